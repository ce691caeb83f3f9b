"""Engines as fixtures: a failure where CI runs as root, a skip with its reason elsewhere."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loading import load

world = load("images_world", Path(__file__).with_name("world.py"))


def _refuse(reason: object) -> None:
    if os.geteuid() == 0 and os.environ.get("CI"):
        pytest.fail(f"no engine: {reason}")
    pytest.skip(f"no engine here: {reason}")


def _shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of this run, which its workers share; another run has another."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def _docker(tmp_path_factory: pytest.TempPathFactory, name: str) -> Iterator[object]:
    if os.geteuid() != 0:
        pytest.skip("no engine here: starting one needs root")
    # paths of sockets have to be short
    folder = _shared_folder(tmp_path_factory) / f"engine-{name}"
    try:
        programs = world.newer_programs() if name == "new" else None
        variables = {"DOCKER_HOST": f"unix://{folder}/docker.sock", "DOCKER_CONFIG": str(folder / "client")}
        client = str(world.installed_docker())
        if programs is not None:
            client = str(programs / "usr/bin/docker")
        variables["PATH"] = f"{Path(client).parent}:{os.environ['PATH']}"

        def start(place: Path) -> None:
            configuration: dict[str, object] = {}
            (place / "client").mkdir(parents=True, exist_ok=True)
            if programs is not None:
                plugins = place / "client" / "cli-plugins"
                plugins.unlink(missing_ok=True)
                plugins.symlink_to(programs / "usr/libexec/docker/cli-plugins")
                (place / "cdi").mkdir(exist_ok=True)
                # one specification for all tests: a device that two of them name is no device
                (place / "cdi" / "fake.json").write_text(json.dumps(world.DEVICES))
                configuration = {"features": {"cdi": True}, "cdi-spec-dirs": [str(place / "cdi")]}
            world.start_docker(place, programs, configuration)

        with world.shared(folder, start, world.stop_docker):
            yield world.Engine(name, client, variables, folder)
    except world.CannotStart as reason:
        _refuse(reason)


@pytest.fixture(scope="session")
def new_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Return a Docker of the next suite: buildx, compose, devices by CDI."""
    yield from _docker(tmp_path_factory, "new")


@pytest.fixture(scope="session")
def old_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Return the suite's own Docker: BuildKit inside of the engine, by the classic client."""
    yield from _docker(tmp_path_factory, "old")


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Return podman with its own images and settings."""
    if os.geteuid() != 0:
        pytest.skip("no engine here: the tests' podman is root's")
    folder = _shared_folder(tmp_path_factory) / "engine-podman"
    try:
        variables = world.podman(folder)
        engine = world.Engine("podman", str(shutil.which("podman")), variables, folder)
        with world.shared(folder, lambda _: None, world.stop_podman):
            if engine.call("info", check=False).returncode:
                _refuse(engine.call("info", check=False).stderr.strip()[-300:])
            yield engine
    except world.CannotStart as reason:
        _refuse(reason)


@pytest.fixture(scope="session")
def base_tar() -> Path:
    """Return the root file system of the usual base image: Debian with Python and pip."""
    try:
        found: Path = world.base_tar()
    except (world.CannotStart, FileNotFoundError) as reason:
        _refuse(reason)
    return found


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a registry on loopback, without logins."""
    try:
        with world.registry(tmp_path_factory.mktemp("registry")) as address:
            yield address
    except world.CannotStart as reason:
        _refuse(reason)


@pytest.fixture(scope="session")
def base(new_engine: object, base_tar: Path, registry: str) -> str:
    """Return the name of the usual base image in the new engine, as a registry has it (it has a digest)."""
    name = f"{registry}/library/python:3.11-slim"
    new_engine.bring(base_tar, name)  # type: ignore[attr-defined]  # an Engine of world.py
    new_engine.call("push", name)  # type: ignore[attr-defined]  # as above
    return name


@pytest.fixture
def place(tmp_path: Path, new_engine: Any, base: str) -> Any:
    """Return a project with an image target on the new engine, and `provenv` as a user runs it there."""
    return make_place(tmp_path, new_engine, base)


def make_place(folder: Path, engine: Any, base: str, more: str = "") -> Any:
    """Return a project of two tiny packages whose target `box` is an image on `base`, for that engine."""
    cli = load("cli_conftest", Path(__file__).parents[1] / "cli" / "conftest.py")
    root, wheels = folder / "project", folder / "wheels"
    root.mkdir()
    wheels.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))},
        **engine.variables,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }
    made = cli.Workplace(root, wheels, environment)
    # engines are shared by the tests of a run: each project has images of its own name
    name = f"tiny-{secrets.token_hex(4)}"
    made.repository = f"{name}-box"
    made.wheel("alpha", "1.0")
    made.wheel("alpha", "2.0")
    made.wheel("beta", "1.0", requires=("alpha",))
    made.write(
        "provenv.toml",
        f'schema = 1\nname = "{name}"\n'
        'python = "3.11"\nrequirements = ["beta", "alpha<2"]\n'
        '[env]\nCOLOUR = "blue"\n'
        '[prove]\ncommands = { own = "python main.py" }\n'
        '[run.main]\ncommand = "python main.py"\n'
        f'[target.box]\nkind = "image"\nbase = "{base}"\nnetwork = "host"\n{more}',
    )
    made.write("main.py", "import alpha, beta\nprint(alpha.version, beta.version)\n")
    return made
