"""A project whose target are hosts with an environment of torch, and the program run on them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from provenv.model.state import Generation
from provenv.targets.layout import Layout
from provenv.targets.records import write_generation
from ssh_hosts import TRAINER, SshHosts, namespace_hosts, wait_until

SCRIPTS = Path(__file__).resolve().parent / "scripts"
RUNTIME = Path(__file__).resolve().parents[2] / "runtime" / "src"
LIMIT = 240

FILE = """
schema = 1
name = "pair"
requirements = []

[env]
OMP_NUM_THREADS = "1"
KEPT = "{kept}"
{env}

[run.train]
command = "python resumed.py"
processes = 1
{run}

[target.pair]
kind = "ssh"
hosts = [{hosts}]
folder = "~/project"
"""


@dataclass(frozen=True)
class World:
    """Hosts, and a project with scripts on this machine."""

    hosts: SshHosts
    root: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return what the program gets."""
        source = Path(__file__).resolve().parents[2] / "src"
        return {**self.hosts.environment, "PYTHONPATH": str(source), "PROVENV_LANG": "en", "COLUMNS": "100"}

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """Start the program; what it prints goes to the file `printed`."""
        with (self.root / "printed").open("wb") as file:
            return subprocess.Popen(
                [sys.executable, "-m", "provenv", "run", "--on", "pair", *words],
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def run(self, *words: str) -> int:
        """Run the program to its end."""
        process = self.begin(*words)
        try:
            return process.wait(LIMIT)
        finally:
            process.kill()

    @property
    def printed(self) -> str:
        """Return what was printed so far."""
        return (self.root / "printed").read_text(errors="replace")

    def says(self, words: str, limit: float = LIMIT) -> bool:
        """Wait until the program has printed these words."""
        return wait_until(lambda: words in self.printed, limit)

    @property
    def record(self) -> Path:
        """Return the folder of the newest record."""
        return max((self.root / ".provenv" / "runs").iterdir())

    @property
    def attempts(self) -> list[dict[str, object]]:
        """Return the recorded attempts."""
        lines = (self.record / "attempts.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def data(self, name: str, file: str) -> Path:
        """Return a file in the project's folder of a host."""
        return self.hosts.homes[name] / "project" / file

    def left(self) -> list[int]:
        """Return the processes of the hosts' user: those of runs, since no others are started here."""
        return [pid for name in self.hosts.names for pid in self.on(name)]

    def on(self, name: str) -> list[int]:
        """Return the processes of a run on one host: by its project's folder, which no sshd has."""
        mark = str(self.hosts.homes[name] / "project").encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if mark in words and state != "Z":
                found.append(int(entry.name))
        return found

    def kill(self, name: str) -> None:
        """Kill a host's connections, and all of a run there, as a machine that is switched off."""
        self.hosts.cut(name)
        for pid in self.on(name):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def environment_like(python: Path, folder: Path, hosts: SshHosts) -> None:
    """Make an environment that the hosts' user may use, with the packages of another one."""
    ask = "import sys, sysconfig; print(sys.version_info[1], sysconfig.get_path('purelib'))"
    told = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout
    minor, packages = told.strip().split(" ", 1)
    system = shutil.which(f"python3.{minor}", path="/usr/bin:/usr/local/bin")
    if system is None:
        pytest.skip(f"this machine has no Python 3.{minor} that everybody may use")
    subprocess.run([system, "-m", "venv", "--without-pip", folder], check=True)
    own = folder / "lib" / f"python3.{minor}" / "site-packages"
    runtime = shutil.copytree(RUNTIME, folder / "runtime")
    (own / "packages.pth").write_text(f"{hosts.shown(Path(packages))}\n{runtime}\n")


def lay_down(
    hosts: SshHosts, root: Path, python: Path, *, torch: bool = True, run: str = "", env: str = ""
) -> World:
    """Make the project, its record, and on every host an environment that is there already."""
    names = ", ".join(f'"{name}"' for name in hosts.names)
    # a folder that all hosts see, as a cluster's shared file system
    kept = hosts.folder / "homes" / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    kept.chmod(0o777)
    (root / "provenv.toml").write_text(FILE.format(hosts=names, run=run, env=env, kept=kept))
    for script in SCRIPTS.iterdir():
        if script.suffix == ".py":
            shutil.copy(script, root)
    layout = Layout(root, "pair")
    layout.generation(1).mkdir(parents=True)
    packages = {"torch": "2"} if torch else {}
    write_generation(layout, Generation(1, "", "3.11", packages, proof="passed"))
    (layout.base / "current").symlink_to("generations/0001")
    for home in hosts.homes.values():
        generation = home / "project" / ".provenv" / "pair" / "generations" / "0001"
        shutil.rmtree(home / "project", ignore_errors=True)
        generation.mkdir(parents=True)
        environment_like(python, generation / "venv", hosts)
        (generation / "whole.json").write_text('{"schema": 1, "lock": ""}')
        for folder, _, files in os.walk(home / "project"):
            os.chown(folder, TRAINER, TRAINER)
            for file in files:
                os.chown(Path(folder) / file, TRAINER, TRAINER, follow_symlinks=False)
    return World(hosts, root)


@pytest.fixture(scope="module")
def pair() -> Iterator[SshHosts]:
    with namespace_hosts(2) as found:
        yield found


Make = Callable[..., World]


@pytest.fixture
def make(pair: SshHosts, tmp_path: Path, torch_python: Path) -> Iterator[Make]:
    """Return a maker of the world of two hosts; what a test began and did not end is ended."""
    made: list[World] = []

    def world(*, torch: bool = True, run: str = "", env: str = "") -> World:
        made.append(lay_down(pair, tmp_path, torch_python, torch=torch, run=run, env=env))
        return made[-1]

    yield world
    for one in made:
        for pid in one.left():
            os.kill(pid, signal.SIGKILL)
