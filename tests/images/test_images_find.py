"""What clients say of their engines, read: versions, plugins, GPUs; and how an engine is installed. Pure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from provenv.engines.features import features_of, numbers
from provenv.engines.find import described, find
from provenv.engines.images import pair, read, steps
from provenv.engines.remedies import packages, read_release
from provenv.errors import Failure
from provenv.hosts.fake import Answer, FakeHost
from provenv.model.image import ImageLayer

INFO: dict[str, Any] = {
    "ServerVersion": "28.3.0",
    "OSType": "linux",
    "Architecture": "aarch64",
    "DockerRootDir": "/var/lib/docker",
    "Runtimes": {"runc": {}},
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"],
    "ClientInfo": {
        "Version": "28.3.0",
        "Context": "rootless",
        "Plugins": [{"Name": "buildx", "Version": "v0.25.0"}],
    },
}


def client_of(folder: Path, info: dict[str, Any], name: str = "docker", **variables: str) -> Any:
    """Return what is found where the program of this name prints this."""
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)
    host = FakeHost([Answer((str(folder / name),), json.dumps(info))])
    return find(host, "auto", {"PATH": str(folder), **variables}).client


def test_what_docker_says_of_itself(tmp_path: Path) -> None:
    client = client_of(tmp_path, INFO)
    assert (client.builder, client.platform, client.root) == ("buildx", "linux/arm64", "/var/lib/docker")
    assert client.rootless
    assert client.gpu == ""
    assert client.variables == {"DOCKER_BUILDKIT": "1", "BUILDX_BUILDER": "rootless"}


def test_a_builder_that_the_user_chose_stays(tmp_path: Path) -> None:
    assert client_of(tmp_path, INFO, BUILDX_BUILDER="mine").variables == {"DOCKER_BUILDKIT": "1"}


@pytest.mark.parametrize(
    ("more", "gpu"),
    [
        ({"Runtimes": {"nvidia": {}, "runc": {}}}, "hook"),
        ({"CDISpecDirs": [], "DiscoveredDevices": [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}]}, "cdi"),
        ({"CDISpecDirs": ["/nowhere"], "Runtimes": {"nvidia": {}}}, "hook"),
        ({"CDISpecDirs": ["/nowhere"]}, ""),
    ],
)
def test_gpus_are_handed_out(tmp_path: Path, more: dict[str, Any], gpu: str) -> None:
    assert client_of(tmp_path, {**INFO, **more}).gpu == gpu


def test_a_hook_on_path_hands_gpus_out(tmp_path: Path) -> None:
    (tmp_path / "nvidia-container-runtime-hook").write_text("#!/bin/sh\n")
    (tmp_path / "nvidia-container-runtime-hook").chmod(0o755)
    assert client_of(tmp_path, INFO).gpu == "hook"


def test_devices_are_described_for_cdi(tmp_path: Path) -> None:
    assert not described((str(tmp_path / "none"), str(tmp_path)))
    (tmp_path / "a.yaml").write_text("cdiVersion: 0.5.0\nkind: example.com/nic\n")
    assert not described((str(tmp_path),))
    (tmp_path / "nvidia.yaml").write_text("cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n")
    assert described((str(tmp_path / "none"), str(tmp_path)))


def test_a_plugin_that_does_not_start_is_none(tmp_path: Path) -> None:
    client = {**INFO["ClientInfo"], "Plugins": [{"Name": "buildx", "Err": "exec format error"}]}
    with pytest.raises(Failure) as caught:
        client_of(tmp_path, {**INFO, "ClientInfo": client})
    assert caught.value.problems[0].code == "PV1042"


def test_an_engine_from_before_buildkit_is_too_old(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        client_of(tmp_path, {"ServerVersion": "18.06.1-ce"})
    assert caught.value.problems[0].what.key == "PV1042.old"


def test_podman_under_the_name_of_docker(tmp_path: Path) -> None:
    said = {"host": {"arch": "amd64"}, "version": {"Version": "5.4.0"}}
    said["Client"] = {"Version": "5.4.0", "OsArch": "linux/amd64"}
    client = client_of(tmp_path, said)
    assert (client.kind, client.version, client.builder) == ("podman", "5.4.0", "buildah")


def test_a_client_too_far_from_its_engine(tmp_path: Path) -> None:
    words = (
        "Error response from daemon: client version 1.41 is too old. Minimum supported API version is 1.44"
    )
    with pytest.raises(Failure) as caught:
        client_of(tmp_path, {"ServerErrors": [words], "ClientInfo": {}})
    assert caught.value.problems[0].code == "PV1047"


@pytest.mark.parametrize(
    ("kind", "version", "has", "lacks"),
    [
        (
            "docker",
            "20.10.24+dfsg1",
            set(),
            {"heredoc", "link", "run-network", "build-context", "timestamps"},
        ),
        ("docker", "23.0.0", {"heredoc", "link", "run-network"}, {"cdi", "timestamps"}),
        ("docker", "29.1", {"heredoc", "cdi"}, {"timestamps"}),
        ("podman", "4.3.1", {"timestamps", "build-context"}, {"heredoc", "link", "run-network"}),
        ("podman", "4.9.4", {"heredoc", "run-network"}, {"link"}),
        ("podman", "unknown", set(), {"heredoc", "timestamps"}),
    ],
)
def test_features_by_version(
    kind: Literal["docker", "podman"], version: str, has: set[str], lacks: set[str]
) -> None:
    found = features_of(kind, version, "buildx" if kind == "docker" else "buildah")
    assert has <= found
    assert not lacks & found


def test_the_classic_client_has_one_folder() -> None:
    assert "build-context" not in features_of("docker", "24.0", "buildkit")


@pytest.mark.parametrize(
    ("version", "number"), [("v5.4.0-rc1", (5, 4)), ("19.03.15", (19, 3)), ("dev", (0, 0))]
)
def test_versions_are_read(version: str, number: tuple[int, int]) -> None:
    assert numbers(version) == number


@pytest.mark.parametrize(
    ("manager", "engine", "release", "names"),
    [
        ("apt", "docker", 'ID=debian\nVERSION_ID="12"', ("docker.io",)),
        ("apt", "docker", 'ID=debian\nVERSION_ID="13"', ("docker.io", "docker-cli", "docker-buildx")),
        ("apt", "docker", "ID=debian", ("docker.io", "docker-cli", "docker-buildx")),
        ("apt", "docker", 'ID=ubuntu\nVERSION_ID="24.04"', ("docker.io", "docker-buildx")),
        ("apt", "podman", 'ID=debian\nVERSION_ID="12"', ("podman",)),
        ("dnf", "docker", "ID=fedora", ("podman",)),
        ("pacman", "docker", "ID=arch", ("docker", "docker-buildx")),
    ],
)
def test_what_brings_an_engine(manager: str, engine: str, release: str, names: tuple[str, ...]) -> None:
    assert packages(manager, engine, read_release(release)) == names


def test_layers_find_the_instructions_that_made_them() -> None:
    made = [(100, "ADD root.tar /"), (0, "ENV A=b"), (0, "WORKDIR /app"), (5, "COPY . ."), (0, 'CMD ["x"]')]
    assert pair(("a", "b", "c"), made) == (
        ImageLayer("a", 100, "ADD root.tar /"),
        ImageLayer("b", 0, "WORKDIR /app"),
        ImageLayer("c", 5, "COPY . ."),
    )
    # a folder that was there before makes no layer
    assert [one.made_by for one in pair(("a", "c"), made)] == ["ADD root.tar /", "COPY . ."]
    # a history may have been taken away
    assert pair(("a", "b"), []) == (ImageLayer("a", 0), ImageLayer("b", 0))


def test_a_history_is_read_lowest_first() -> None:
    docker = '{"CreatedBy":"COPY . .","Size":"5"}\n{"CreatedBy":"ADD /","Size":"1e+02"}\n'
    podman = '[{"CreatedBy":"COPY . .","size":5},{"CreatedBy":"ADD /","size":100}]'
    assert steps(docker) == steps(podman) == [(100, "ADD /"), (5, "COPY . .")]


def test_an_image_without_anything_is_read() -> None:
    one = read(
        {"Id": "ab", "Config": None, "RepoTags": None, "Architecture": "arm", "Variant": "v7", "Os": "linux"}
    )
    assert (one.id, one.platform, one.tags, one.labels) == ("sha256:ab", "linux/arm/v7", (), {})
