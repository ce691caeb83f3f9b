"""Hosts in network namespaces, an index of wheels that they reach, and one project for all of them.

Everything is started here and ended here; the hosts are those of the tests (tests/ssh_hosts.py). Root only.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from programs import program

HERE = Path(__file__).resolve().parent
INDEX = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from wheel_index import index
with index({"bench": Path(sys.argv[2])}) as address:
    print(address.rpartition(":")[2], flush=True)
    sys.stdin.read()
"""
DECLARED = """\
schema = 1
name = "bench"
python = "3.11"
accelerator = "cpu"
requirements = [{packages}]

[mirrors]
pypi = "{index}"
"""
TARGET = """
[target.of{count}]
kind = "ssh"
hosts = ["n[1-{count}]"]
folder = "~/bench"
"""
LIMIT = 600.0
SFTP = "Subsystem sftp internal-sftp"
"""What pyinfra sends files by."""


def _tests() -> Any:
    spec = importlib.util.spec_from_file_location("ssh_hosts", HERE.parent / "tests" / "ssh_hosts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


ssh_hosts = _tests()


@dataclass(frozen=True)
class World:
    """The hosts, the project's folder here, and the address of the index as hosts and home reach it."""

    hosts: Any
    project: Path
    folder: Path
    index: str

    @property
    def environment(self) -> Mapping[str, str]:
        """What every command starts with: ssh finds the hosts, uv and pip ask the index alone."""
        kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        own = {
            "UV_CACHE_DIR": str(self.folder / "uv-cache"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": str(self.folder / "wheels"),
        }
        return {**self.hosts.environment, **kept, **own, "OMP_NUM_THREADS": "1"}

    def inside(self, argv: Sequence[str]) -> list[str]:
        """Return a command as it runs where the hosts' addresses are known."""
        return [*self.hosts.enter, *argv]

    def provenv(self, *words: str) -> list[str]:
        """Return a command of provenv there."""
        return self.inside([program("provenv"), *words])

    def run(self, argv: Sequence[str]) -> str:
        """Run a command in the project and return what it printed. Ends the script where it fails."""
        done = subprocess.run(
            argv,
            cwd=self.project,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{' '.join(argv)}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done.stdout

    def forget(self) -> None:
        """Take away all that either way has left on the hosts and at home, but the locks."""
        for home in self.hosts.homes.values():
            for one in home.iterdir():
                if one.name != "small":
                    shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()
        for one in (self.project / ".provenv", self.folder / "uv-cache"):
            shutil.rmtree(one, ignore_errors=True)
        os.sync()


@contextmanager
def fleet_world(count: int, counts: Sequence[int], packages: Sequence[str]) -> Iterator[World]:
    """Start so many hosts, with a target `ofN` for each of `counts`, until the block is left."""
    with (
        ssh_hosts.namespace_hosts(count, options=SFTP) as hosts,
        tempfile.TemporaryDirectory(prefix="provenv-bench-") as at,
    ):
        folder = Path(at)
        wheels, project = folder / "wheels", folder / "project"
        project.mkdir()
        words = [sys.executable, "-m", "pip", "download", "-qqq", "--only-binary", ":all:", "--dest"]
        subprocess.run([*words, str(wheels), *packages], check=True)
        serving = subprocess.Popen(
            [*hosts.enter, sys.executable, "-c", INDEX, str(HERE), str(wheels)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert serving.stdout is not None
            address = f"http://10.77.0.1:{serving.stdout.readline().strip()}/bench/simple"
            listed = ", ".join(f'"{one}"' for one in packages)
            declared = DECLARED.format(packages=listed, index=address)
            declared += "".join(TARGET.format(count=one) for one in counts)
            (project / "provenv.toml").write_text(declared, encoding="utf-8")
            yield World(hosts, project, folder, address)
        finally:
            serving.kill()
            serving.wait()
