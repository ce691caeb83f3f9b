"""An image target as compose.yaml, from values alone, read back by a YAML library."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from provenv.model.engine import Client
from provenv.model.image import ImageOptions, Limits, Port, Volume
from provenv.model.spec import Run, Spec
from provenv.render import compose, is_ours

SPEC = Spec(
    "digits",
    "/p",
    "provenv.toml",
    ("provenv.toml",),
    "e" * 64,
    variables={"SEED": "0"},
    passed=("HF_TOKEN", "WANDB_API_KEY"),
    runs={
        "train": Run("train", "python train.py --out '$HOME/x y' # not a comment", retries=3),
        "check": Run("check", "python -m digits.check"),
    },
)
OPTIONS = ImageOptions(
    "python:3.11-slim",
    "registry.example:5000/team/digits",
    command="python -m digits.serve",
    health="curl -f http://127.0.0.1:8000 || exit 1",
    ports=(Port(8000, 8080), Port(9000, 9000, "0.0.0.0")),
    volumes=(Volume("./data", "/app/data"), Volume("/srv/in", "/in", True), Volume("models", "/models")),
    limits=Limits(shm=2 << 30, memory=1536 << 20, cpus=2.5),
)
HOOK, CDI, PODMAN = (
    Client("docker", "docker", "27.0", "buildx", gpu="hook"),
    Client("docker", "docker", "27.0", "buildx", gpu="cdi"),
    Client("podman", "podman", "5.0", "buildah", gpu="cdi"),
)


def read(spec=SPEC, options=OPTIONS, **more):
    return yaml.safe_load(compose(spec, options, target="box", **more))


def test_the_image_s_own_service():
    service = read()["services"]["digits"]
    assert service["image"] == "registry.example:5000/team/digits"
    assert service["build"] == {"context": ".", "secrets": ["network", "ca", "apt"]}
    assert service["restart"] == "unless-stopped"
    assert service["ports"] == ["127.0.0.1:8080:8000", "0.0.0.0:9000:9000"]
    assert service["healthcheck"]["test"] == [
        *("CMD", "/bin/sh", "-c"),
        "curl -f http://127.0.0.1:8000 || exit 1",
    ]
    assert service["shm_size"] == "2g"
    assert service["deploy"]["resources"]["limits"] == {"memory": "1536m", "cpus": "2.5"}
    assert service["init"] is True
    assert "command" not in service


def test_a_run_is_started_only_when_it_is_named():
    made = read()["services"]["train"]
    assert made["profiles"] == ["train"]
    # `$$` is compose's word for `$`; the words are those that `provenv run` starts
    assert made["command"] == ["python", "train.py", "--out", "$$HOME/x y", "#", "not", "a", "comment"]
    assert made["restart"] == "on-failure:3"
    assert made["healthcheck"] == {"disable": True}
    assert "ports" not in made
    assert "restart" not in read()["services"]["check"]


def test_values_of_variables_stand_nowhere():
    made = read()
    assert made["services"]["digits"]["environment"] == ["HF_TOKEN", "WANDB_API_KEY"]
    assert "SEED" not in compose(SPEC, OPTIONS, target="box")


def test_the_build_s_secrets_may_be_left_out():
    assert read()["secrets"] == {
        "network": {"file": "${BUILD_NETWORK:-/dev/null}"},
        "ca": {"file": "${BUILD_CA:-/dev/null}"},
        "apt": {"file": "${BUILD_APT:-/dev/null}"},
    }


def test_volumes_are_named_or_folders_that_have_to_be_there():
    made = read()
    data, inputs, models = made["services"]["digits"]["volumes"]
    assert data == {
        "type": "bind",
        "source": "./data",
        "target": "/app/data",
        "bind": {"create_host_path": False},
    }
    assert (inputs["source"], inputs["read_only"]) == ("/srv/in", True)
    assert models == "models:/models"
    assert made["volumes"] == {"models": {"name": "models"}}
    assert made["services"]["digits"]["user"] == "${RUN_AS:-1000:1000}"


def test_a_file_that_lies_elsewhere_finds_the_project():
    made = read(root="../..")["services"]["digits"]
    assert made["build"]["context"] == "../.."
    assert [one["source"] for one in made["volumes"][:2]] == ["../../data", "/srv/in"]


def test_the_host_s_network_has_no_ports_to_publish():
    made = read(options=replace(OPTIONS, network="host"))["services"]["digits"]
    assert (made["network_mode"], made["build"]["network"]) == ("host", "host")
    assert "ports" not in made
    made = read(options=replace(OPTIONS, network="none"))["services"]["digits"]
    assert made["network_mode"] == "none"
    # a build without a network could install nothing
    assert "network" not in made["build"]


@pytest.mark.parametrize(
    ("gpus", "client", "devices"),
    [
        ("all", None, [{"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}]),
        ("2", HOOK, [{"driver": "nvidia", "count": 2, "capabilities": ["gpu"]}]),
        ("0,2", HOOK, [{"driver": "nvidia", "device_ids": ["0", "2"], "capabilities": ["gpu"]}]),
        ("GPU-1a", HOOK, [{"driver": "nvidia", "device_ids": ["GPU-1a"], "capabilities": ["gpu"]}]),
        ("all", CDI, [{"driver": "cdi", "device_ids": ["nvidia.com/gpu=all"], "capabilities": ["gpu"]}]),
        (
            "2",
            CDI,
            [
                {
                    "driver": "cdi",
                    "device_ids": ["nvidia.com/gpu=0", "nvidia.com/gpu=1"],
                    "capabilities": ["gpu"],
                }
            ],
        ),
    ],
)
def test_gpus_are_reserved_as_the_engine_hands_them_out(gpus, client, devices):
    made = read(options=replace(OPTIONS, limits=Limits(gpus)), client=client)["services"]["digits"]
    assert made["deploy"]["resources"] == {"reservations": {"devices": devices}}


def test_podman_takes_devices_by_name():
    made = read(options=replace(OPTIONS, limits=Limits("0,1")), client=PODMAN)["services"]["digits"]
    assert made["devices"] == ["nvidia.com/gpu=0", "nvidia.com/gpu=1"]
    assert "deploy" not in made


def test_without_a_command_it_waits_to_be_entered():
    made = read(options=replace(OPTIONS, command="", health=""))["services"]
    assert made["digits"]["command"] == ["sleep", "infinity"]
    assert "restart" not in made["digits"]
    assert "healthcheck" not in made["train"]


@pytest.mark.parametrize(
    ("name", "runs", "service"),
    [
        ("digits", ("digits",), "box"),
        ("digits", ("digits", "box"), "main"),
        ("Digits.Net_2", (), "digits-net_2"),
        ("数字", (), "project"),
    ],
)
def test_the_names_are_such_as_compose_takes(name, runs, service):
    made = read(replace(SPEC, name=name, runs={one: Run(one, "true") for one in runs}))
    assert list(made["services"]) == [service, *runs]


@pytest.mark.parametrize(
    "words",
    [
        "yes",
        "0x1f",
        "1e3",
        "~",
        "a: b",
        "a #b",
        "- x",
        "'",
        '"',
        "é中",
        "\\n",
        "{a}",
        "[b]",
        "$A${B}",
        "*a",
        "%x",
    ],
)
def test_every_word_is_read_as_it_was_said(words):
    quoted = "'" + words.replace("'", "'\\''") + "'"
    spec = replace(SPEC, passed=(words,), runs={"on": Run("on", f"echo {quoted}")})
    made = yaml.safe_load(compose(spec, replace(OPTIONS, health=f"test {quoted}"), target="box"))
    escaped = words.replace("$", "$$")
    assert made["services"]["on"]["command"] == ["echo", escaped]
    assert made["services"]["on"]["profiles"] == ["on"]
    assert made["services"]["on"]["environment"] == [escaped]


def test_the_file_knows_its_own():
    made = compose(SPEC, OPTIONS, target="box")
    assert is_ours(made, "compose")
    assert "# target: box" in made.splitlines()
    assert all(len(line) <= 110 for line in made.splitlines() if line.lstrip().startswith("#"))
