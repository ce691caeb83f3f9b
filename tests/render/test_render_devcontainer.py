"""An image target as devcontainer.json, from values alone, read back as JSON with comments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provenv.model.image import ImageOptions, Limits, Port, Volume
from provenv.model.spec import Spec
from provenv.render import devcontainer, is_ours, jsonc

SPEC = Spec("digits", "/p", "provenv.toml", ("provenv.toml",), "e" * 64, passed=("HF_TOKEN",))
OPTIONS = ImageOptions("python:3.11-slim", "digits")


def read(spec=SPEC, options=OPTIONS, **more):
    return jsonc.read(devcontainer(spec, options, target="box", **more)).value


def test_the_image_is_built_and_the_folder_mounted_where_the_image_has_it():
    made = read()
    assert made["build"] == {
        "dockerfile": "../Dockerfile",
        "context": "..",
        "options": [
            "--secret=id=network,src=${localEnv:BUILD_NETWORK:/dev/null}",
            "--secret=id=ca,src=${localEnv:BUILD_CA:/dev/null}",
            "--secret=id=apt,src=${localEnv:BUILD_APT:/dev/null}",
        ],
    }
    assert made["workspaceFolder"] == "/app"
    assert made["workspaceMount"] == "source=${localWorkspaceFolder},target=/app,type=bind"
    assert made["remoteUser"] == "app"
    # on Linux the user's number is changed unless the file says no
    assert "updateRemoteUserUID" not in made
    assert "hostRequirements" not in made
    assert "mounts" not in made


def test_editors_find_the_interpreter_and_the_extensions():
    vscode = read(options=replace(OPTIONS, extensions=("charliermarsh.ruff", "ms-python.python")))[
        "customizations"
    ]["vscode"]
    assert vscode["extensions"] == ["ms-python.python", "ms-toolsai.jupyter", "charliermarsh.ruff"]
    assert vscode["settings"]["python.defaultInterpreterPath"] == "/opt/venv/bin/python"
    assert "python.testing.pytestEnabled" not in vscode["settings"]
    tested = read(packages=frozenset({"pytest"}))["customizations"]["vscode"]["settings"]
    assert tested["python.testing.pytestEnabled"] is True


def test_what_a_container_may_use():
    made = read(
        options=replace(
            OPTIONS,
            network="host",
            platform="linux/amd64",
            limits=Limits("0,2", 1 << 30, 2 << 30, 1.5),
            health="true",
        )
    )
    assert made["runArgs"] == [
        *("--network=host", f"--shm-size={1 << 30}b", f"--memory={2 << 30}b", "--cpus=1.5"),
        *("--no-healthcheck", "--env=HF_TOKEN"),
    ]
    assert made["build"]["options"][:2] == ["--network=host", "--platform=linux/amd64"]
    assert made["hostRequirements"] == {"gpu": "optional", "cpus": 1}
    assert made["containerEnv"] == {"CUDA_VISIBLE_DEVICES": "0,2"}


@pytest.mark.parametrize(
    ("gpus", "accelerator", "asked"), [("", "cpu", False), ("", "cuda", True), ("all", "cpu", True)]
)
def test_gpus_are_taken_where_there_are_some(gpus, accelerator, asked):
    made = read(options=replace(OPTIONS, limits=Limits(gpus)), accelerator=accelerator)
    assert made.get("hostRequirements") == ({"gpu": "optional"} if asked else None)


def test_the_project_s_own_code_comes_before_the_installed_copy():
    made = read(replace(SPEC, variables={"PYTHONPATH": "/opt/more"}), sources=("src", "libs/a/src", "."))
    assert made["containerEnv"] == {"PYTHONPATH": "/app/src:/app/libs/a/src:/app:/opt/more"}


def test_mounts_but_for_what_the_folder_has_anyhow():
    volumes = (
        *(Volume("./data", "/app/data"), Volume("./big", "/big", True), Volume("models", "/models")),
        *(Volume("~/.cache/hf", "/hf"), Volume("/srv", "/srv")),
    )
    assert read(options=replace(OPTIONS, volumes=volumes))["mounts"] == [
        "source=${localWorkspaceFolder}/big,target=/big,type=bind,readonly",
        "source=models,target=/models,type=volume",
        "source=${localEnv:HOME}/.cache/hf,target=/hf,type=bind",
        "source=/srv,target=/srv,type=bind",
    ]


def test_ports_and_notebooks():
    options = replace(OPTIONS, ports=(Port(8000, 9000),))
    assert read(options=options)["forwardPorts"] == [8000]
    made = read(options=options, packages=frozenset({"jupyterlab"}))
    assert made["forwardPorts"] == [8000, 8888]
    assert made["portsAttributes"]["8888"]["label"] == "Jupyter"


def test_a_file_that_lies_elsewhere_finds_the_project():
    made = read(root="../..", dockerfile="Dockerfile.box")
    assert (made["build"]["dockerfile"], made["build"]["context"]) == ("../../Dockerfile.box", "../..")


def test_the_file_knows_its_own():
    made = devcontainer(replace(SPEC, name='a"b\\c'), OPTIONS, target="box")
    assert is_ours(made, "devcontainer")
    assert jsonc.read(made).value["name"] == 'a"b\\c'
