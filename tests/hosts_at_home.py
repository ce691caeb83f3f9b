"""The program on a project of tiny wheels whose target `pair` is hosts with homes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.conftest import Ended
from fleet_up_world import make_wheel
from ssh_hosts import SshHosts

SOURCE = Path(__file__).resolve().parent.parent / "src"
OWN_HOMES = (
    'ForceCommand HOME=${LC_HOME:-$HOME} PATH=${LC_PATH:-$PATH} exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'
)
"""For sshd_config: lets hosts that are all this machine and this user have a home and a PATH of their own."""
FILE = """
schema = 1
name = "tiny"
python = "3.{minor}"
requirements = ["alpha=={alpha}", "beta"]
{more}
[target.pair]
kind = "ssh"
hosts = [{hosts}]
folder = "~/tiny"
"""


@dataclass
class Pair:
    """Hosts, and a project at home for them."""

    hosts: SshHosts
    folder: Path
    homes: Mapping[str, Path]
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """Return the project's folder here."""
        return self.folder / "project"

    def declare(self, *names: str, alpha: str = "1.0", more: str = "") -> None:
        """Write the declared file: these hosts (none: all), that version of `alpha`."""
        hosts = ", ".join(f'"{name}"' for name in names or self.hosts.names)
        words = FILE.format(hosts=hosts, alpha=alpha, more=more, minor=sys.version_info.minor)
        (self.root / "provenv.toml").write_text(words, encoding="utf-8")

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start the program."""
        environment = {
            **self.hosts.environment,
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(SOURCE),
            "UV_CACHE_DIR": str(self.folder / "uv-cache"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "PIP_FIND_LINKS": str(self.folder / "wheels"),
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "COLUMNS": "100",
            **self.more,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "provenv", "--lang", "en", *words, "--on", "pair"],
            cwd=self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: str) -> Ended:
        """Run the program."""
        with self.begin(*words) as process:
            try:
                out, err = process.communicate(timeout=200)
            finally:
                process.kill()
        return Ended(process.returncode, out, err)

    def killed_after(self, said: str, *words: str) -> None:
        """Run the program, and kill it as soon as it has said a line with these words."""
        with self.begin(*words) as process:
            assert process.stderr is not None
            heard = []
            for line in process.stderr:
                heard.append(line)
                if said in line:
                    break
            process.kill()
            assert said in "".join(heard[-1:]), "".join(heard)

    def base(self, name: str) -> Path:
        """Return the target's folder on a host."""
        return self.homes[name] / "tiny" / ".provenv" / "pair"

    def current(self, name: str) -> str | None:
        """Return where a host's switch leads."""
        link = self.base(name) / "current"
        return os.readlink(link).rpartition("/")[2] if link.is_symlink() else None

    @property
    def currents(self) -> list[str | None]:
        """Return what is current at home, then on every host."""
        here = self.root / ".provenv" / "pair" / "current"
        own = os.readlink(here).rpartition("/")[2] if here.is_symlink() else None
        return [own, *(self.current(name) for name in self.hosts.names)]

    def module(self, name: str, number: int = 1) -> Path:
        """Return the module `alpha` of a host's generation."""
        lib = f"venv/lib/python3.{sys.version_info.minor}/site-packages/alpha.py"
        return self.base(name) / "generations" / f"{number:04d}" / lib


def pair(hosts: SshHosts, folder: Path, homes: Mapping[str, Path]) -> Pair:
    """Return a project for these hosts, with its wheels."""
    made = Pair(hosts, folder, homes)
    made.root.mkdir(parents=True)
    (folder / "wheels").mkdir()
    for name, version in (("alpha", "1.0"), ("alpha", "2.0"), ("beta", "1.0")):
        make_wheel(folder / "wheels", name, version)
    made.declare()
    return made


def own_homes(hosts: SshHosts, folder: Path, **paths: str) -> dict[str, Path]:
    """Give loopback hosts, begun with OWN_HOMES, new homes below `folder`; `paths` are PATHs by name."""
    homes = {}
    words = []
    for name in hosts.names:
        homes[name] = folder / "homes" / name
        homes[name].mkdir(parents=True)
        path = f" LC_PATH={paths[name]}" if name in paths else ""
        words.append(f"Host {name}\n  SetEnv LC_HOME={homes[name]}{path}\n")
    hosts.before("".join(words) + "Host *\n")
    return homes
