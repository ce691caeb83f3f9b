"""The words by which a container is started, and what a command line says of one: pure, no engine."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from provenv.app.images.advice import for_image
from provenv.app.images.wished import mounts, wished
from provenv.engines.engine import Engine
from provenv.engines.running import gpus, mounted, variables, words
from provenv.errors import Exit, Failure, text
from provenv.hosts.local import LocalHost
from provenv.model.diagnosis import Advice, Candidate, Diagnosis
from provenv.model.engine import Client, Starting
from provenv.model.image import ImageOptions, Limits, Port, Volume
from provenv.model.launch import Wishes

DOCKER = Client("/d", "docker", "26.1", "buildx", gpu="hook")
CDI = Client("/d", "docker", "26.1", "buildx", gpu="cdi")
PODMAN = Client("/p", "podman", "4.3", "buildah")
OPTIONS = ImageOptions(
    "base",
    "repo",
    ports=(Port(8000, 8000),),
    volumes=(Volume("./data", "/data", read_only=True), Volume("cache", "/cache")),
    limits=Limits(gpus="all", shm=1, memory=2, cpus=3),
)


def engine(client: Client = DOCKER, **environment: str) -> Engine:
    """Return an engine that nobody calls."""
    return Engine(client, LocalHost(), {"PATH": "/usr/bin", **environment})


def given(starting: Starting, client: Client = DOCKER, **environment: str) -> list[tuple[str, str]]:
    """Return the words of a run as pairs of neighbours."""
    return list(pairwise(words(engine(client, **environment), starting, terminal=False)))


def test_ports_are_loopback_s_unless_an_address_says_otherwise() -> None:
    ports = (Port(8000, 8080), Port(80, 80, "0.0.0.0"))
    pairs = given(Starting("i", ports=ports))
    assert ("--publish", "127.0.0.1:8080:8000") in pairs
    assert ("--publish", "0.0.0.0:80:80") in pairs


@pytest.mark.parametrize("network", ["host", "none"])
def test_a_network_without_ports_gets_none(network: str) -> None:
    pairs = given(Starting("i", ports=(Port(1, 1),), network=network))
    assert [one for one in pairs if one[0] == "--publish"] == []


def test_values_go_in_by_their_names() -> None:
    starting = Starting("i", environment={"TOKEN": "hunter2", "PATH": "/opt/bin", "HOME": "/home/mei"})
    pairs = given(starting, HOME="/home/mei")
    assert "hunter2" not in str(pairs)
    assert ("--env", "TOKEN") in pairs
    # the client's own home is the same; another PATH would make it another client
    assert ("--env", "HOME") in pairs
    assert ("--env", "PATH=/opt/bin") in pairs
    made = variables(engine(HOME="/home/mei"), starting)
    assert (made["TOKEN"], made["PATH"]) == ("hunter2", "/usr/bin")


def test_no_variable_of_a_container_can_turn_the_client_elsewhere() -> None:
    made = variables(
        engine(), Starting("i", environment={"DOCKER_HOST": "tcp://elsewhere", "LD_PRELOAD": "x"})
    )
    assert not {"DOCKER_HOST", "LD_PRELOAD"} & made.keys()


@pytest.mark.parametrize(
    ("client", "wanted", "expected"),
    [
        (DOCKER, "all", ("--gpus", "all")),
        (DOCKER, "2", ("--gpus", "2")),
        (DOCKER, "0,1", ("--gpus", '"device=0,1"')),
        (CDI, "all", ("--device", "nvidia.com/gpu=all")),
        (CDI, "2", ("--device", "nvidia.com/gpu=0", "--device", "nvidia.com/gpu=1")),
        (CDI, "GPU-a,GPU-b", ("--device", "nvidia.com/gpu=GPU-a", "--device", "nvidia.com/gpu=GPU-b")),
    ],
)
def test_gpus_are_asked_as_the_engine_hands_them_out(client, wanted, expected) -> None:
    assert gpus(client, wanted) == expected


def test_an_engine_without_gpus_says_so() -> None:
    with pytest.raises(Failure) as caught:
        words(engine(PODMAN), Starting("i", limits=Limits(gpus="all")), terminal=False)
    assert caught.value.problems[0].code == "PV1070"


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        (Volume("/a", "/b"), "type=bind,source=/a,target=/b"),
        (Volume("name", "/b", read_only=True), "type=volume,source=name,target=/b,readonly"),
        (Volume("/a,b: c", "/d"), 'type=bind,"source=/a,b: c",target=/d'),
    ],
)
def test_mounts_are_rows_of_csv(volume: Volume, expected: str) -> None:
    assert mounted(volume) == expected


def test_the_command_line_counts_in_place_of_the_target() -> None:
    said = Wishes(ports=("9000:8000", "1234"), volumes=("./other:/data",), gpus="1", memory="1g", cpus="1.5")
    made = wished(OPTIONS, said)
    assert made.ports == (Port(8000, 9000), Port(1234, 1234))
    assert made.volumes == (Volume("./other", "/data"), Volume("cache", "/cache"))
    assert made.limits == Limits(gpus="1", shm=1, memory=1 << 30, cpus=1.5)
    assert wished(OPTIONS, Wishes()) == OPTIONS


@pytest.mark.parametrize(
    "said",
    [
        Wishes(ports=("x",)),
        Wishes(ports=("70000",)),
        Wishes(volumes=("/only",)),
        Wishes(gpus="some"),
        Wishes(memory="much"),
        Wishes(cpus="-1"),
        Wishes(cpus="nan"),
        Wishes(shm="2 apples"),
    ],
    ids=lambda one: f"{one.named[0]}",
)
def test_what_cannot_be_read_is_a_mistake_of_usage(said: Wishes) -> None:
    with pytest.raises(Failure) as caught:
        wished(OPTIONS, said)
    assert caught.value.problems[0].code == "PV1083"
    assert caught.value.exit_code == Exit.USAGE


def test_folders_are_meant_from_where_they_are_written(tmp_path: Path) -> None:
    root, folder = tmp_path, tmp_path / "sub"
    (root / "data").mkdir()
    (folder / "mine").mkdir(parents=True)
    said = Wishes(volumes=("./mine:/mine",))
    found = mounts(wished(OPTIONS, said), said, root, folder, "")
    assert [one.source for one in found] == [str(root / "data"), "cache", str(folder / "mine")]
    (root / "data").rmdir()
    with pytest.raises(Failure) as caught:
        mounts(OPTIONS, Wishes(), root, folder, "unix:///run/docker.sock")
    assert caught.value.problems[0].code == "PV1081"
    # another machine's folders cannot be seen from here
    assert len(mounts(OPTIONS, Wishes(), root, folder, "ssh://elsewhere")) == 2


def test_the_commands_of_a_diagnosis_name_the_target() -> None:
    remedies = (
        Advice(None, ("provenv up --repair", "provenv up --on other")),
        Advice(None, ("cat .venv/pyvenv.cfg",)),
        Advice(text("x")),
    )
    confirm = (Advice(None, ("provenv run -- python -V", "free -h")),)
    cause = Candidate("c", 1.0, 1.0, text("a"), text("b"), remedies=remedies, confirm=confirm)
    made = for_image(Diagnosis("c", "cause", (cause,)), "box")
    assert made is not None
    first = made.candidates[0]
    assert [one.commands for one in first.remedies] == [
        ("provenv up --on box --repair", "provenv up --on other"),
        (),
    ]
    assert first.confirm[0].commands == ("provenv run --on box -- python -V", "free -h")
    assert for_image(None, "box") is None
    assert for_image(Diagnosis("venv-broken-interpreter", "cause", (cause,)), "box") is None
