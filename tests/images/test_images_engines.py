"""Engines as they are found, and what they are asked for: images, layers, a registry, the build cache."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from loading import load
from provenv.engines import cache, images, registry
from provenv.engines.find import find, programs
from provenv.errors import Failure
from provenv.hosts.local import LocalHost

pytestmark = [pytest.mark.root, pytest.mark.slow]

world = load("images_world", Path(__file__).with_name("world.py"))
small = load("images_small", Path(__file__).with_name("small.py"))
ENGINES = ("new_engine", "old_engine", "podman")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Any:
    """Return each of the tests' engines in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def name(engine: Any, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Return the name of a small image in it, which is gone afterwards."""
    made = small.build(engine, tmp_path / "ctx", f"engines-{os.getpid()}-{abs(hash(request.node.name))}:1")
    yield made
    engine.call("image", "rm", "--force", made, check=False)


def test_a_new_docker_builds_with_its_plugin(new_engine: Any) -> None:
    client = small.as_user(new_engine).client
    assert (client.kind, client.builder) == ("docker", "buildx")
    assert client.version.startswith("26.")
    assert {"heredoc", "link", "run-network", "build-context", "cdi"} == client.features
    assert client.platform.startswith("linux/")
    assert client.root == str(new_engine.folder / "data")
    assert client.variables["BUILDX_BUILDER"] == "default"


def test_an_old_docker_builds_by_itself(old_engine: Any, tmp_path: Path) -> None:
    environment = {**old_engine.environment, "DOCKER_CONFIG": str(tmp_path)}
    client = find(LocalHost(), "docker", {**environment, "PATH": str(Path(old_engine.client).parent)}).client
    assert client.builder == "buildkit"
    assert client.variables == {"DOCKER_BUILDKIT": "1"}
    assert client.features == frozenset()


def without_plugin(new_engine: Any, folder: Path) -> dict[str, str]:
    """Return the variables with which a newer client, and nothing else, is on PATH, without its plugin."""
    (folder / "bin").mkdir()
    (folder / "bin" / "docker").symlink_to(new_engine.client)
    if any(
        Path(place, "docker/cli-plugins/docker-buildx").exists() for place in ("/usr/libexec", "/usr/lib")
    ):
        pytest.skip("buildx is installed for every client here")
    return {
        **new_engine.environment,
        "DOCKER_CONFIG": str(folder / "none"),
        "HOME": str(folder),
        "PATH": str(folder / "bin"),
    }


def test_a_client_without_the_plugin_cannot_build(new_engine: Any, tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        find(LocalHost(), "docker", without_plugin(new_engine, tmp_path))
    (one,) = caught.value.problems
    assert one.code == "PV1042"
    assert one.what.args["program"] == str(tmp_path / "bin" / "docker")


def test_an_older_client_behind_it_is_taken(new_engine: Any, old_engine: Any, tmp_path: Path) -> None:
    environment = without_plugin(new_engine, tmp_path)
    environment["PATH"] += f":{Path(old_engine.client).parent}"
    assert find(LocalHost(), "auto", environment).client.program == old_engine.client


def test_podman_is_found(podman: Any) -> None:
    client = small.as_user(podman).client
    assert (client.kind, client.builder, client.program) == ("podman", "buildah", podman.client)
    assert client.features >= {"timestamps", "cdi"}


def test_podman_is_taken_where_docker_does_not_run(podman: Any, tmp_path: Path) -> None:
    environment = {**podman.environment, "DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"}
    assert find(LocalHost(), "auto", environment).client.kind == "podman"


def test_a_program_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "docker").write_text("#!/bin/sh\n")
    (tmp_path / "one" / "docker").chmod(0o755)
    (tmp_path / "two").symlink_to(tmp_path / "one")
    path = f"{tmp_path}/two:{tmp_path}/one:{tmp_path}/none"
    assert list(programs("docker", {"PATH": path})) == [f"{tmp_path}/two/docker"]


def test_an_image_is_looked_at_named_and_removed(engine: Any, name: str) -> None:
    found = small.as_user(engine)
    one = images.inspect(found, name)
    assert one is not None
    assert one.id.startswith("sha256:")
    assert one.labels["org.example.of"] == name
    assert one.variables["A"] == "b"
    assert len(one.layers) == 2
    assert one.platform == found.client.platform
    assert any(tag.endswith(name) for tag in one.tags)
    other = name.replace(":1", ":other")
    images.tag(found, one.id, other)
    again = images.inspect(found, other)
    assert again is not None
    assert again.id == one.id
    assert images.remove(found, other)
    assert not images.remove(found, other)
    assert images.inspect(found, other) is None
    assert images.inspect(found, name) is not None


def test_images_are_listed_by_their_label(engine: Any, name: str) -> None:
    found = small.as_user(engine)
    listed = images.listed(found, f"org.example.of={name}")
    assert images.inspect(found, name) in listed
    if engine.name != "podman":
        # podman lists steps of its builds as well
        assert len(listed) == 1
    assert images.listed(found, "org.example.of=nobody") == ()


def test_each_layer_knows_its_instruction(engine: Any, name: str) -> None:
    found = small.as_user(engine)
    first, second = images.history(found, name)
    one = images.inspect(found, name)
    assert one is not None
    assert (first.digest, second.digest) == one.layers
    # buildah names a file by its content
    assert "/first" in first.made_by
    assert "/second" in second.made_by
    assert first.size > 0


def test_a_digest_is_what_the_registry_says(engine: Any, name: str, registry_of: Any, tmp_path: Path) -> None:
    found = small.as_user(engine)
    reference = f"{registry_of(engine)}/{name.replace(':', '-')}:1"
    images.tag(found, name, reference)
    told = small.Told()
    digest = registry.push(found, reference, told)
    assert told.keys[0] == "registry.pushing"
    assert told.said[-1].args["digest"] == digest
    assert told.said[-2].key == "registry.layers"
    assert images.remove(found, reference)
    pinned = f"{reference.rpartition(':')[0]}@{digest}"
    told = small.Told()
    pulled = registry.pull(found, pinned, told)
    assert pinned in pulled.digests
    assert told.keys[-1] == "registry.pulled"
    before = images.inspect(found, name)
    assert before is not None
    assert pulled.layers == before.layers
    engine.call("image", "rm", "--force", pinned, check=False)


@pytest.fixture
def registry_of(registry: str, podman: Any) -> Any:
    """Return the address of the registry, which an engine takes without certificates."""

    def of(engine: Any) -> str:
        if engine.name == "podman":
            world.trust(podman.variables, registry)
        return registry

    return of


def test_a_pull_shows_its_progress(new_engine: Any, base: str) -> None:
    told = small.Told()
    registry.pull(small.as_user(new_engine), base, told)
    assert told.keys[0] == "registry.pulling"
    assert told.keys[-1] == "registry.pulled"


def test_a_build_cache_is_counted_and_thrown_away(tmp_path: Path) -> None:
    with small.own_docker(world) as own:
        small.build(own, tmp_path / "ctx", "cache:1", 1 << 20)
        found = small.as_user(own)
        before = cache.use(found)
        assert before.size > 1 << 20
        own.call("image", "rm", "cache:1")
        assert cache.prune(found) > 1 << 20
        assert cache.use(found).size < before.size


def test_podman_has_no_cache_of_its_own(podman: Any) -> None:
    found = small.as_user(podman)
    assert (cache.use(found).size, cache.prune(found)) == (0, 0)
