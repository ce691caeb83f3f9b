"""A bare Debian machine, made once from packages and entered by namespaces: no daemon, no leftovers."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

SUITE = "bookworm"
PACKAGES = ("ca-certificates", "git", "python3", "python3-venv")
SCRIPT = Path(__file__).with_name("machine.sh")


class CannotStart(Exception):
    """Why there can be no bare machine here."""


def bare_root(cache: Path, packages: Sequence[str] = PACKAGES, suite: str = SUITE) -> Path:
    """Return the root of a bare Debian with these packages, made at first use and kept in `cache`.

    Raises CannotStart, with the tool's last words, where it can't be made.
    """
    name = hashlib.sha256("\n".join([suite, *sorted(packages)]).encode()).hexdigest()[:12]
    place = cache / f"{suite}-{name}"
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / f"{place.name}.lock"):
        if not place.is_dir():
            beside = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=cache))
            try:
                _make(beside / "root", packages, suite)
                (beside / "root").rename(place)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
    return place


def snapshot(repository: Path, place: Path) -> Path:
    """Return a git repository at `place` with one commit: the files of the working tree as they are now.

    Files that git ignores stay out, as in a clone.
    """
    listed = _output("git", "-C", str(repository), "ls-files", "-z", "-co", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        source, target = repository / name, place / name
        if source.is_symlink() or source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    git = ["git", "-C", str(place), "-c", "user.name=fresh", "-c", "user.email=fresh@localhost"]
    _output("git", "init", "--quiet", str(place))
    _output(*git, "add", "--all", "--force")
    _output(*git, "commit", "--quiet", "--no-gpg-sign", "--message", "the working tree")
    return place


def enter(
    commands: str,
    *,
    repository: Path,
    cache: Path,
    wheels: Path | None = None,
    out: Path | None = None,
    exports: Mapping[str, str] | None = None,
    packages: Sequence[str] = PACKAGES,
    prepare: str = "",
    capture: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run shell commands on a bare machine, as the user `dev` in a clone of the working tree.

    `wheels` is offered as a company does: read-only, named by /etc/pip.conf. `out` is
    a folder of ours that is /run/out there. `prepare` is run by root there first.
    Standard output and error come back in one stream. Raises CannotStart where this
    machine does not allow it.
    """
    missing = [name for name in ("unshare", "git") if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        raise CannotStart(f"missing: {', '.join(missing)}" if missing else "needs root")
    root = bare_root(cache, packages)
    with tempfile.TemporaryDirectory(prefix="provenv-fresh-") as folder:
        stage = Path(folder, "stage")
        stage.mkdir()
        source = snapshot(repository, Path(folder, "source"))
        variables = {
            "PATH": os.environ["PATH"],
            "ROOT": str(root),
            "STAGE": str(stage),
            "SOURCE": str(source),
            "WHEELS": str(wheels or ""),
            "OUT": str(out or ""),
            "INDEX": index_url(),
            "COMMANDS": commands,
            "PREPARE": prepare,
            "EXPORTS": " ".join(f"{name}={shlex.quote(value)}" for name, value in (exports or {}).items()),
        }
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "sh", str(SCRIPT)],
            check=False,
            env=variables,
            stdin=subprocess.DEVNULL if capture else None,
            stdout=subprocess.PIPE if capture else None,
            stderr=subprocess.STDOUT if capture else None,
            text=True,
        )


def index_url() -> str:
    """Return the index that this machine's pip is configured for, or '' where it is pip's default."""
    done = subprocess.run(
        ["python3", "-m", "pip", "config", "list"], check=False, capture_output=True, text=True
    )
    for line in done.stdout.splitlines():
        name, _, value = line.partition("=")
        if name.rpartition(".")[2] == "index-url":
            return value.strip("'\"")
    return ""


def _make(place: Path, packages: Sequence[str], suite: str) -> None:
    tool = shutil.which("mmdebstrap") or shutil.which("debootstrap")
    if tool is None:
        raise CannotStart("neither mmdebstrap nor debootstrap is installed")
    if Path(tool).name == "mmdebstrap":
        words = [tool, "--quiet", "--variant=minbase", f"--include={','.join(packages)}"]
        words += ["--aptopt=Apt::Install-Recommends false", "--dpkgopt=force-unsafe-io", "--format=directory"]
        words += [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("man", "doc", "info", "locale")]
        words += [suite, str(place), *_sources()]
    else:
        words = [tool, "--variant=minbase", f"--include={','.join(packages)}", suite, str(place)]
    done = subprocess.run(words, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        last = "\n".join((done.stderr or done.stdout).splitlines()[-15:])
        raise CannotStart(f"{Path(tool).name} ended with {done.returncode}:\n{last}")


def _sources() -> list[str]:
    """Return this machine's own Debian sources, so that its mirror is used."""
    place = Path("/etc/apt/sources.list.d/debian.sources")
    return [str(place)] if place.is_file() else []


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _output(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
