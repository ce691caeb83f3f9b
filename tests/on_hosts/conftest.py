"""The real program against two hosts that have homes of their own, and a third that nobody can reach."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ssh_hosts import SshHosts, namespace_hosts

FILE = """
schema = 1
name = "pair"
requirements = []

[target.pair]
kind = "ssh"
hosts = ["n1", "n2"]
folder = "~/project"

[target.three]
kind = "ssh"
hosts = ["n1", "n2", "gone.invalid"]

[target.box]
kind = "image"
base = "python:3.11-slim"
"""


@dataclass(frozen=True)
class Fleet:
    """Hosts, and a project whose target `pair` they are."""

    hosts: SshHosts
    project: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return what the program gets."""
        source = Path(__file__).resolve().parents[2] / "src"
        return {**self.hosts.environment, "PYTHONPATH": str(source), "PROVENV_LANG": "en", "COLUMNS": "100"}

    def begin(self, *words: str, **settings: object) -> subprocess.Popen[bytes]:
        """Start the program."""
        streams = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "stdin": subprocess.DEVNULL,
            **settings,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "provenv", *words], cwd=self.project, env=self.environment, **streams
        )

    def run(self, *words: str, stdin: bytes | None = None) -> tuple[int, bytes, str]:
        """Run the program; return its code and what it printed."""
        begun = self.begin(*words, **({} if stdin is None else {"stdin": subprocess.PIPE}))
        out, err = begun.communicate(stdin, timeout=120)
        return begun.returncode, out, err.decode()

    def home(self, name: str) -> Path:
        """Return a host's home."""
        return self.hosts.homes[name]


@pytest.fixture(scope="module")
def hosts() -> Iterator[SshHosts]:
    with namespace_hosts(2) as found:
        yield found


@pytest.fixture
def fleet(hosts: SshHosts, tmp_path: Path) -> Fleet:
    (tmp_path / "provenv.toml").write_text(FILE)
    for home in hosts.homes.values():
        folder = home / "project"
        if folder.exists():
            subprocess.run(["rm", "-rf", str(folder)], check=True)
        folder.mkdir()
        os.chown(folder, *(home.stat().st_uid, home.stat().st_gid))
    return Fleet(hosts, tmp_path)
