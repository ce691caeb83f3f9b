"""What gets an engine to work on this machine: installing one, starting it, by this system's own means."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator

from ..errors import Hint, text
from ..system.managers import DISTRIBUTIONS, MANAGERS

RELEASE = ("/etc/os-release", "/usr/lib/os-release")
SYSTEMD = "/run/systemd/system"
"""Is there exactly where systemd runs the machine: sd_booted(3)."""


def installing(engine: str, release: dict[str, str] | None = None) -> Iterator[Hint]:
    """Yield how an engine gets onto this machine; `release` is os-release(5)'s."""
    if sys.platform == "darwin":
        yield Hint(
            text("doctor.engine.install"),
            f"brew install {'podman' if engine == 'podman' else '--cask docker'}",
        )
        return
    said = os_release() if release is None else release
    names = [said.get("ID", ""), *said.get("ID_LIKE", "").split()]
    manager = next((MANAGERS[DISTRIBUTIONS[one]] for one in names if one in DISTRIBUTIONS), None)
    if manager is None:
        yield Hint(text("PV1040.hint"))
        return
    lines = [
        words
        for words in (manager.refresh, (*manager.install, *packages(manager.name, engine, said)))
        if words
    ]
    yield Hint(text("doctor.engine.install"), " && ".join(as_root(shlex.join(words)) for words in lines))


def packages(manager: str, engine: str, release: dict[str, str]) -> tuple[str, ...]:
    """Return the packages that bring an engine which can build. Debian has its client apart since 13."""
    if engine == "podman":
        return ("podman",)
    if manager == "apt":
        number = release.get("VERSION_ID", "")
        major = int(number.split(".")[0]) if number.split(".")[0].isdigit() else 99
        if release.get("ID") == "debian":
            return ("docker.io",) if major < 13 else ("docker.io", "docker-cli", "docker-buildx")
        return ("docker.io", "docker-buildx")
    return {"pacman": ("docker", "docker-buildx"), "apk": ("docker", "docker-cli-buildx")}.get(
        manager, ("podman",)
    )


def starting(engine: str, address: str = "") -> Iterator[Hint]:
    """Yield how an engine's daemon is started; `address` is where it was looked for."""
    if engine == "podman":
        yield Hint(text("PV1041.hint_start"), "podman machine start")
    elif sys.platform == "darwin":
        yield Hint(text("PV1041.hint_start"), "open -a Docker")
    elif sys.platform == "win32":
        yield Hint(text("PV1041.hint_start"), "docker desktop start")
    elif os.path.exists("/proc/sys/fs/binfmt_misc/WSLInterop"):
        yield Hint(text("doctor.engine.wsl"))
    elif (os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv")) and not shutil.which(
        "dockerd"
    ):
        yield Hint(text("doctor.engine.inside"))
    elif f"/run/user/{os.geteuid()}/" in address:
        yield Hint(text("doctor.engine.start"), "systemctl --user enable --now docker")
    elif os.path.isdir(SYSTEMD):
        yield Hint(text("doctor.engine.start"), as_root("systemctl enable --now docker"))
        yield Hint(text("doctor.engine.log"), "journalctl -u docker --no-pager -n 30")
    elif os.path.exists("/etc/init.d/docker"):
        yield Hint(text("PV1041.hint_start"), as_root("service docker start"))
    else:
        yield Hint(text("PV1041.hint_start"), as_root("dockerd"))


def os_release() -> dict[str, str]:
    """Return os-release(5) of this machine; empty where it has none."""
    for path in RELEASE:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                return read_release(file.read())
        except OSError:
            continue
    return {}


def read_release(words: str) -> dict[str, str]:
    """Read the assignments of os-release(5)."""
    pairs = (line.partition("=") for line in words.splitlines() if "=" in line and line[:1] != "#")
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}


def as_root(command: str) -> str:
    """Return a command as who is not root writes it."""
    return command if sys.platform == "win32" or os.geteuid() == 0 else f"sudo {command}"
