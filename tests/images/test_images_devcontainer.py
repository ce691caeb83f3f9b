"""`render devcontainer`: brought up by the dev containers' own CLI, as root and as another user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from loading import load

pytestmark = [pytest.mark.root, pytest.mark.slow]
conftest = load("images_conftest", Path(__file__).with_name("conftest.py"))
world = conftest.world

CLI = "@devcontainers/cli@0.89.0"
USER = 23456
"""A number that no image has."""
LOOK = (
    "import alpha, os, pathlib, sys; pathlib.Path('made').touch(); "
    "print(sys.prefix, os.getcwd(), os.getuid(), alpha.version, os.environ.get('TOKEN'))"
)


@pytest.fixture(scope="session")
def cli() -> str:
    """Return the path of the CLI, fetched once; there has to be a Node.js."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("no dev containers here: node and npm are not installed")
    place = world.cache() / f"devcontainers-{CLI.rpartition('@')[2]}"
    with world.locked(world.cache() / f"{place.name}.lock"):
        if not place.is_dir():
            with tempfile.TemporaryDirectory(dir=world.cache(), prefix=".making-") as folder:
                words = ["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, CLI]
                done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=300)
                if done.returncode:
                    pytest.skip(f"no dev containers here: npm could not fetch {CLI}: {done.stderr[-300:]}")
                Path(folder).chmod(0o755)
                shutil.copytree(folder, place, symlinks=True)
    return str(place / "node_modules" / ".bin" / "devcontainer")


@dataclass
class Opened:
    """A project in a dev container."""

    place: Any
    engine: Any
    words: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, verb: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the CLI on the project."""
        return subprocess.run(
            [*self.words, verb, "--workspace-folder", str(self.place.root), *self.docker, *words],
            cwd=self.place.root,
            env={**self.engine.environment, **self.variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    @property
    def docker(self) -> tuple[str, str]:
        """Return the client for it: these engines have no bridge, and it builds one image of its own."""
        path = self.place.root.parent / "docker"
        path.write_text(
            f'#!/bin/sh\n[ "$1" = build ] && shift && set -- build --network=host "$@"\n'
            f'exec {self.engine.client} "$@"\n'
        )
        path.chmod(0o755)
        return "--docker-path", str(path)


@pytest.fixture
def project(place: Any, new_engine: Any) -> Iterator[Any]:
    """Return a project whose image and dev container were rendered; its containers go at the end."""
    place.write(
        "provenv.toml",
        (place.root / "provenv.toml")
        .read_text()
        .replace('COLOUR = "blue"\n', 'COLOUR = "blue"\npass = ["TOKEN"]\n')
        + 'shm = "96m"\ngpus = "all"\nhealth = "false"\n',
    )
    for words in (
        ("lock", "--on", "box"),
        ("render", "dockerfile", "-o", ".", "--secrets", ".provenv/box/secrets"),
        ("render", "devcontainer", "-o", "."),
    ):
        done = place(*words)
        assert done.code == 0, done.err + done.out
    yield place
    label = f"label=devcontainer.local_folder={place.root}"
    for one in new_engine.call("ps", "--all", "--quiet", "--filter", label).stdout.split():
        new_engine.call("rm", "--force", "--volumes", one)


def told(place: Any) -> dict[str, str]:
    secrets = place.root / ".provenv/box/secrets"
    return {f"BUILD_{one.name.upper()}": str(one) for one in secrets.iterdir()} if secrets.is_dir() else {}


def test_the_environment_is_the_image_s_and_the_folder_the_user_s(
    project: Any, new_engine: Any, cli: str
) -> None:
    opened = Opened(project, new_engine, (cli,), {**told(project), "TOKEN": "hunter2"})
    up = opened("up")
    assert up.returncode == 0, up.stdout[-1000:] + up.stderr[-3000:]
    answer = json.loads(up.stdout)
    assert (answer["remoteUser"], answer["remoteWorkspaceFolder"]) == ("app", "/app")
    seen = json.loads(new_engine.call("inspect", answer["containerId"]).stdout)[0]
    assert seen["HostConfig"]["ShmSize"] == 96 << 20
    # the image's check is about its own command, which is not running
    assert seen["State"].get("Health", {}).get("Status") in (None, "none")
    (project.root / "main.py").write_text("print('edited')\n")
    ran = opened("exec", "python", "main.py")
    assert ran.stdout.strip() == "edited", ran.stderr
    assert "hunter2" not in (project.root / ".devcontainer/devcontainer.json").read_text()


def test_on_linux_the_user_gets_the_number_of_whoever_opened_it(
    project: Any, new_engine: Any, cli: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    passwd = tmp_path / "passwd"
    passwd.write_text(f"{Path('/etc/passwd').read_text()}somebody:x:{USER}:{USER}::{home}:/bin/sh\n")
    socket = new_engine.folder / "docker.sock"
    configuration = home / ".docker"
    configuration.mkdir()
    (configuration / "cli-plugins").symlink_to((new_engine.folder / "client/cli-plugins").resolve())
    for one in (home, configuration, project.root, *project.root.rglob("*")):
        os.chown(one, USER, USER, follow_symlinks=False)
    # the number has a name for as long as the command runs; the capability is for pytest's closed folders
    script = (
        f"mount --bind {passwd} /etc/passwd && "
        f"exec setpriv --reuid={USER} --regid={USER} --groups={socket.stat().st_gid} "
        "--inh-caps=+dac_override --ambient-caps=+dac_override "
        f'env HOME={home} TMPDIR={home} DOCKER_CONFIG={configuration} "$@"'
    )
    words = ("unshare", "--mount", "sh", "-c", script, "sh", cli)
    opened = Opened(project, new_engine, words, {**told(project), "TOKEN": "hunter2"})
    up = opened("up")
    assert up.returncode == 0, up.stdout[-1000:] + up.stderr[-3000:]
    ran = opened("exec", "python", "-c", LOOK)
    assert ran.stdout.split() == ["/opt/venv", "/app", str(USER), "1.0", "hunter2"], ran.stderr
    assert (project.root / "made").stat().st_uid == USER
