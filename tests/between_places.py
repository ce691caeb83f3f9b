"""Places on hosts of tests/ssh_hosts.py, each with a generation whose environment is laid down by hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from provenv.app.fleet_up.places import Place, place_of
from provenv.hosts.ssh import SshHost
from ssh_hosts import SshHosts, running

NUMBER = 1
SCRIPTS = ("between_agent", "between_ranks")


@contextmanager
def places_on(hosts: SshHosts, folder: str = "~/digits") -> Iterator[tuple[Place, ...]]:
    """Yield a place on each host, in `folder` or below it by the host's name where it is absolute."""
    with ExitStack() as stack:
        found = []
        for name in hosts.names:
            host = SshHost(name, environment=hosts.environment)
            stack.callback(host.close)
            where = os.path.join(folder, name) if folder.startswith("/") else folder
            found.append(place_of(name, host, where, "pair"))
        yield tuple(found)


def lay_down(place: Place, python: str, *, sites: Sequence[str] = (), customize: str = "") -> None:
    """Make the environment of generation 1: `python` itself, with these folders of packages and this hook.

    The hook is what every Python there runs first.
    """
    venv = Path(place.venv(NUMBER))
    shutil.rmtree(venv, ignore_errors=True)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if python != sys.executable:
        asked = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    packages = venv / "lib" / f"python{version}" / "site-packages"
    packages.mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to(python)
    (venv / "pyvenv.cfg").write_text(f"home = {Path(python).parent}\ninclude-system-site-packages = false\n")
    (packages / "places.pth").write_text("".join(f"{one}\n" for one in sites))
    if customize:
        # Debian has a sitecustomize of its own, which comes first
        (packages / "hook.py").write_text(customize)
        (packages / "hook.pth").write_text("import hook\n")


def system_python(version: str = "") -> str:
    """Return a Python that every user of this machine may run; skip where there is none."""
    for folder in ("/usr/bin", "/usr/local/bin"):
        found = shutil.which(f"python{version or '3'}", path=folder)
        if found is not None:
            return os.path.realpath(found)
    pytest.skip(f"no Python {version} that every user of this machine may run")


def packages_of(python: Path) -> tuple[str, str]:
    """Return the version and the folder of packages of an environment."""
    code = "import sys, sysconfig; print('%d.%d' % sys.version_info[:2], sysconfig.get_path('purelib'))"
    said = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    return said[0], said[1]


def left_running(hosts: SshHosts) -> list[int]:
    """Return the processes of the scripts that still run on these hosts."""
    family = {pid for name in hosts.names for pid in hosts.processes(name)}
    own = {os.readlink(f"/proc/{hosts.servers[name].pid}/ns/net") for name in hosts.names}
    found = []
    for script in SCRIPTS:
        for pid in running(f"{script}.py"):
            try:
                if pid in family or os.readlink(f"/proc/{pid}/ns/net") in own:
                    found.append(pid)
            except OSError:
                continue
    return found
