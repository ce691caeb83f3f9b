"""Engines and registries that fail, with real parts: what the user is told, and with which exit code."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from loading import load
from provenv.engines import registry as registries
from provenv.engines.failures import explain
from provenv.engines.find import find
from provenv.errors import Exit, Failure, Problem
from provenv.hosts.local import LocalHost
from provenv.model.channel import Completed
from provenv.model.progress import Silent

pytestmark = [pytest.mark.root, pytest.mark.slow]

HERE = Path(__file__)
world = load("images_world", HERE.with_name("world.py"))
small = load("images_small", HERE.with_name("small.py"))
faulty = load("images_faulty", HERE.with_name("faulty.py"))


def problem_of(caught: pytest.ExceptionInfo[Failure]) -> Problem:
    (one,) = caught.value.problems
    assert one.why is None or str(one.why.args.get("words", "")).strip()
    return one


def commands(one: Problem) -> list[str]:
    return [hint.command for hint in one.hints if hint.command]


class Nobody(LocalHost):
    """This machine as a user who may do nothing."""

    def exec(self, argv: Sequence[str], **options: Any) -> Completed:
        return super().exec(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *argv], **options)


# engines


@pytest.mark.parametrize("wanted", ["auto", "docker", "podman"])
def test_no_engine_is_installed(wanted: Any, tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        find(LocalHost(), wanted, {"PATH": str(tmp_path)})
    one = problem_of(caught)
    assert one.code == "PV1040"
    assert any("install" in command for command in commands(one))


def test_the_other_engine_is_named(podman: Any, tmp_path: Path) -> None:
    (tmp_path / "podman").symlink_to(podman.client)
    with pytest.raises(Failure) as caught:
        find(LocalHost(), "docker", {"PATH": str(tmp_path)})
    assert [hint.text.args for hint in problem_of(caught).hints if hint.text][-1] == {"name": "podman"}


def reached(old_engine: Any, address: str, **variables: str) -> Mapping[str, str]:
    return {
        "PATH": str(Path(old_engine.client).parent),
        "HOME": str(old_engine.folder),
        **({"DOCKER_HOST": address} if address else {}),
        **variables,
    }


def test_nobody_listens_on_the_socket(old_engine: Any, tmp_path: Path) -> None:
    place = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place))
    with pytest.raises(Failure) as caught:
        find(LocalHost(), "docker", reached(old_engine, f"unix://{place}"))
    one = problem_of(caught)
    assert one.code == "PV1041"
    assert one.what.args["place"] == f"unix://{place}"
    assert any("start" in command or "dockerd" in command for command in commands(one)) or one.hints


def test_the_daemon_was_killed(old_engine: Any) -> None:
    with small.own_docker(world) as own:
        engine = small.as_user(own)
        number = int((own.folder / "pid").read_text())
        os.kill(number, signal.SIGKILL)
        world._wait_for_end(number, 20)
        with pytest.raises(Failure) as caught:
            find(LocalHost(), "docker", own.environment)
        assert problem_of(caught).code == "PV1041"
        # what was found before tells the same
        with pytest.raises(Failure) as caught:
            registries.pull(engine, "127.0.0.1:9/x:1", Silent())
        assert problem_of(caught).code == "PV1041"


@pytest.mark.parametrize(
    "address", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:9", "tcp://no.invalid:2375"]
)
def test_an_address_leads_nowhere(old_engine: Any, address: str) -> None:
    with pytest.raises(Failure) as caught:
        find(LocalHost(), "docker", reached(old_engine, address))
    one = problem_of(caught)
    assert one.code == "PV1043"
    assert one.what.args["name"] == f"DOCKER_HOST={address}"
    assert "unset DOCKER_HOST" in commands(one)


def test_a_context_is_not_there(old_engine: Any) -> None:
    with pytest.raises(Failure) as caught:
        find(LocalHost(), "docker", reached(old_engine, "", DOCKER_CONTEXT="gone"))
    one = problem_of(caught)
    assert one.code == "PV1043"
    assert one.what.args["name"] == "context gone"
    assert "unset DOCKER_CONTEXT" in commands(one)


def test_this_user_may_not(old_engine: Any) -> None:
    address = f"unix://{old_engine.folder}/docker.sock"
    with pytest.raises(Failure) as caught:
        find(Nobody(), "docker", reached(old_engine, address))
    one = problem_of(caught)
    assert one.code == "PV1044"
    assert caught.value.exit_code == Exit.DENIED
    assert one.what.args["path"] == address
    assert "newgrp docker" in commands(one)


def test_an_engine_hangs(old_engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenv.engines.find.LIMIT", 1.0)
    place = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place))
        made.listen(8)
        with pytest.raises(Failure) as caught:
            find(LocalHost(), "docker", reached(old_engine, f"unix://{place}"))
    assert problem_of(caught).code == "PV1045"


def test_the_disk_is_full(old_engine: Any, registry: str, tmp_path: Path) -> None:
    large = f"{registry}/large-{os.getpid()}:1"
    small.build(old_engine, tmp_path / "ctx", large, 1)
    (tmp_path / "ctx" / "f").write_bytes(os.urandom(24 << 20))
    old_engine.call("build", "-t", large, str(tmp_path / "ctx"))
    old_engine.call("push", large)
    old_engine.call("image", "rm", "--force", large)
    with small.own_docker(world, "20m") as own:
        engine = small.as_user(own)
        with pytest.raises(Failure) as caught:
            pull(engine, large)
        one = problem_of(caught)
        assert one.code == "PV1050"
        assert one.what.args["path"]
        assert "docker builder prune" in commands(one)
        done = engine.call("build", str(tmp_path / "ctx"), variables=engine.client.variables)
        assert done.code
        assert explain(done, "build", root=engine.client.root).problems[0].code == "PV1050"


# registries


def pull(engine: Any, reference: str) -> Any:
    return registries.pull(engine, reference, Silent())


@pytest.fixture(params=["new_engine", "old_engine", "podman"])
def any_engine(request: pytest.FixtureRequest) -> Any:
    """Return each of the tests' engines in turn."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(
    ("how", "code", "names"),
    [
        ("limited", "PV1054", ("new_engine", "old_engine", "podman")),
        ("broken", "PV1055", ("new_engine", "old_engine", "podman")),
        ("closing", "PV1055", ("new_engine",)),
        ("cut", "PV1055", ("new_engine", "podman")),
        # docker waits half a minute for an answer by itself
        ("silent", "PV1055", ("podman",)),
    ],
)
def test_a_registry_fails(
    how: str, code: str, names: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    with faulty.registry(how) as bad:
        for name in names:
            engine = request.getfixturevalue(name)
            if name == "podman":
                world.trust(engine.variables, bad.address)
            before, told = len(bad.asked), small.Told()
            reference = f"{bad.address}/team/x:1"
            with pytest.raises(Failure) as caught:
                registries.pull(small.as_user(engine), reference, told)
            one = problem_of(caught)
            assert (name, one.code) == (name, code)
            assert one.what.args["place"] == bad.address
            assert told.keys[-1] == "registry.failed"
            # asked again, and not for ever
            assert 0 < len(bad.asked) - before < 100


def test_a_registry_has_no_such_image(any_engine: Any, registry: str, podman: Any) -> None:
    world.trust(podman.variables, registry)
    with pytest.raises(Failure) as caught:
        pull(small.as_user(any_engine), f"{registry}/nonesuch:1")
    one = problem_of(caught)
    assert one.code == "PV1051"
    assert one.what.args["reference"] == f"{registry}/nonesuch:1"


def test_nobody_listens_where_the_registry_was(new_engine: Any) -> None:
    address = f"127.0.0.1:{world.free_port()}"
    with pytest.raises(Failure) as caught:
        pull(small.as_user(new_engine), f"{address}/x:1")
    one = problem_of(caught)
    assert (one.code, one.what.args["place"]) == ("PV1059", address)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a registry that wants a login."""
    with world.registry(tmp_path_factory.mktemp("guarded"), logins={"me": "secret-word"}) as address:
        yield address


@pytest.mark.parametrize("login", ["", "me:wrong-word"])
def test_a_registry_wants_a_login(
    any_engine: Any, guarded: str, podman: Any, login: str, tmp_path: Path
) -> None:
    world.trust(podman.variables, guarded)
    name = small.build(any_engine, tmp_path / "ctx", f"{guarded}/mine-{os.getpid()}:1")
    known = {guarded: {"auth": base64.b64encode(login.encode()).decode()}} if login else {}
    (tmp_path / "config.json").write_text(json.dumps({"auths": known}))
    engine = small.as_user(any_engine)
    engine = type(engine)(
        engine.client,
        engine.host,
        {
            **engine.environment,
            "DOCKER_CONFIG": str(tmp_path),
            "REGISTRY_AUTH_FILE": str(tmp_path / "config.json"),
        },
    )
    for work in (lambda: registries.push(engine, name, Silent()), lambda: pull(engine, name)):
        with pytest.raises(Failure) as caught:
            work()
        one = problem_of(caught)
        assert one.code == "PV1053"
        assert caught.value.exit_code == Exit.DENIED
        assert f"{engine.client.kind} login {guarded}" in commands(one)
        assert "wrong-word" not in str(one)
    any_engine.call("image", "rm", "--force", name)


def test_an_image_is_for_another_processor(new_engine: Any, registry: str, tmp_path: Path) -> None:
    other = "arm64" if small.as_user(new_engine).client.platform != "linux/arm64" else "amd64"
    name = f"{registry}/other-{os.getpid()}:1"
    (tmp_path / "f").write_text("x")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY f /f\n")
    new_engine.call("build", "--load", "--platform", f"linux/{other}", "-t", name, str(tmp_path))
    new_engine.call("push", name)
    with pytest.raises(Failure) as caught:
        pull(small.as_user(new_engine), name)
    one = problem_of(caught)
    assert one.code == "PV1052"
    assert one.what.args["platform"] == f"linux/{other}"
    new_engine.call("image", "rm", "--force", name)


@pytest.mark.parametrize("what", ["layer", "manifest"])
def test_what_was_tampered_with_is_refused(
    any_engine: Any, new_engine: Any, old_engine: Any, podman: Any, tmp_path: Path, what: str
) -> None:
    # who built it has its layers, and would not ask for them
    maker = new_engine if any_engine is not new_engine else old_engine
    with world.registry(tmp_path / "registry") as address:
        world.trust(podman.variables, address)
        name = small.build(maker, tmp_path / "ctx", f"{address}/kept-{os.getpid()}-{what}:1", 4096)
        engine = small.as_user(any_engine)
        digest = registries.push(small.as_user(maker), name, Silent())
        maker.call("image", "rm", "--force", name)
        blobs = tmp_path / "registry" / "data" / "docker/registry/v2/blobs/sha256"
        own = blobs / digest[7:9] / digest[7:] / "data"
        if what == "manifest":
            own.write_bytes(own.read_bytes() + b"\n")
        else:
            layer = json.loads(own.read_bytes())["layers"][0]["digest"]
            place = blobs / layer[7:9] / layer[7:] / "data"
            content = bytearray(place.read_bytes())
            content[len(content) // 2] ^= 1
            place.write_bytes(content)
        with pytest.raises(Failure) as caught:
            pull(engine, f"{name.rpartition(':')[0]}@{digest}")
        one = problem_of(caught)
        assert one.code == "PV1058", one.why
