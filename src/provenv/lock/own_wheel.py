"""provenv-runtime, which comes with provenv itself: only ever its own wheel, whoever asks for the name.

uv gets the wheel's address as a constraint: it asks no index for that name then, and a higher version
elsewhere counts for nothing. A lock names the wheel below the project's own `.provenv`, where it is put
before it is installed: so a lock is the same wherever provenv is installed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name, parse_wheel_filename

from ..errors import Failure, Hint, Problem, problem, text, verbatim
from ..model.lock import Package
from ..model.spec import Requirement, Spec
from .folders import name_of
from .requirements import parsed
from .sources import local_path

NAME = "provenv-runtime"
FOLDER = ".provenv/wheels"
"""Where a project keeps the wheel, below its own folder."""
SHIPPED = Path(__file__).resolve().parent.parent / "wheels"
_UNSOLVED = re.compile(rf"(?:no versions? of|only) {NAME}\b")


def shipped() -> Path | None:
    """Return the wheel of this installation; None where there is none (a checkout that was not built)."""
    return next(iter(sorted(SHIPPED.glob("provenv_runtime-*.whl"))), None)


def check(spec: Spec) -> None:
    """Raise Failure PV1251 for a line that wants another version, PV1252 where the wheel is missing."""
    asked = [one for one in (*spec.requirements, *spec.constraints) if one.name == NAME]
    if not asked or _given(spec):
        return
    wheel = shipped()
    if wheel is None:
        raise Failure(_missing())
    version = parse_wheel_filename(wheel.name)[1]
    for one in asked:
        found = parsed(one)
        # what a marker leaves out is uv's to say
        if found and found.marker is None and not found.specifier.contains(version, prereleases=True):
            raise Failure(replace(_other_version(wheel, spec), where=one.where))


def constraints(spec: Spec) -> tuple[str, ...]:
    """Return the line that binds the name to the wheel; none where the user's own lines say where it lies."""
    wheel = shipped()
    return () if wheel is None or _given(spec) else (f"{NAME} @ {wheel.as_uri()}",)


def explained(first: Problem, spec: Spec) -> Problem:
    """Return what uv could not solve; as PV1251 where it is that somebody wants another version of ours."""
    wheel, words = shipped(), str(first.why.args.get("text", "")) if first.why else ""
    if wheel is None or _given(spec) or not _UNSOLVED.search(re.sub(r"\s+", " ", words)):
        return first
    return replace(_other_version(wheel, spec), where=first.where, why=verbatim(words))


def recorded(package: Package, spec: Spec) -> Package:
    """Return a resolved package as the lock names it. Raises Failure PV1252 for ours from anywhere else."""
    if package.name != NAME or _given(spec):
        return package
    wheel = shipped()
    if wheel is None or package.origin != "archive":
        raise Failure(_missing())
    place = f"{FOLDER}/{wheel.name}"
    size, hashes = wheel.stat().st_size, {"sha256": sha256_of(wheel)}
    only = replace(package.artifacts[0], filename=wheel.name, url=None, path=place, size=size, hashes=hashes)
    return replace(package, location=place, artifacts=(only,))


def _given(spec: Spec) -> bool:
    """Tell whether a line of the user's own names an address or a folder for it: that is where it is from."""
    return any(_is_given(one, Path(spec.root)) for one in (*spec.requirements, *spec.constraints))


def _is_given(requirement: Requirement, root: Path) -> bool:
    if requirement.name:
        return requirement.name == NAME and "@" in requirement.text.partition(";")[0]
    words = requirement.text.removeprefix("-e ").partition("[")[0].strip()
    path = local_path(words)
    if path is None:
        return False
    if words.endswith(".whl"):
        return str(canonicalize_name(Path(words).name.partition("-")[0])) == NAME
    try:
        named = NAME in (root / path / "pyproject.toml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return named and name_of(root / path) == NAME


def _missing() -> Problem:
    return problem("PV1252", folder=str(SHIPPED), hints=(Hint(text("PV1252.hint")),))


def _other_version(wheel: Path, spec: Spec) -> Problem:
    """Return the problem; only a limit of the user's own list can be taken away by a command."""
    version = str(parse_wheel_filename(wheel.name)[1])
    limits = [found for one in spec.requirements if one.name == NAME and (found := parsed(one))]
    direct = any(one.specifier for one in limits)
    hints = (Hint(text("PV1251.hint"), f"provenv add {NAME}") if direct else Hint(text("PV1251.hint_limit")),)
    return problem("PV1251", version=version, why=text("PV1251.why"), hints=hints)


def sha256_of(path: Path) -> str:
    """Return the digest of a file that is small enough to be read at once."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
