"""Where the locked wheel of provenv-runtime lies on this machine: known by its digest, on no index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.utils import parse_wheel_filename

from ..errors import Failure, Hint, Problem, problem, text
from ..model.lock import Lock, Package
from ..model.spec import Spec
from ..pipconf import PipConfiguration
from .own_wheel import FOLDER, NAME, sha256_of, shipped
from .pylock import HERE
from .sources import local_path, sources_of


@dataclass(frozen=True)
class OwnWheel:
    """The locked wheel: a file of this machine that is it, and where the project has it."""

    source: Path
    goal: Path


def find_own_wheel(
    lock: Lock, spec: Spec, *, pip: PipConfiguration, environment: Mapping[str, str]
) -> OwnWheel | None:
    """Return where the wheel that a lock names lies on this machine; None for a lock that does not name it.

    It may lie in the project already, come with provenv, or lie in a folder of pip's configuration. Raises
    Failure PV1250 where none of them has it, PV1253 for a lock that takes it from an index.
    """
    package = lock.package(NAME)
    if package is not None and package.origin == "index":
        hints = (Hint(text("PV1253.hint"), "provenv lock"),)
        raise Failure(problem("PV1253", version=package.version, why=text("PV1253.why"), hints=hints))
    if package is None or not is_own(package):
        return None
    root, only = Path(spec.root), package.artifacts[0]
    goal, wheel = root / (package.location or ""), shipped()
    links = [local_path(one) for one in sources_of(spec, pip, environment).find_links]
    places = [goal, *([wheel] if wheel else []), *(one / only.filename for one in links if one is not None)]
    wanted = only.hashes.get("sha256")
    source = next((one for one in places if wanted and _is(one, wanted)), None)
    if source is None:
        raise Failure(_other_wheel(lock, package, wheel, places))
    return OwnWheel(source, goal)


def is_own(package: Package) -> bool:
    """Tell whether a locked package is our wheel, as own_wheel.recorded names it."""
    place = package.location or ""
    # exactly there: no lock makes us write anywhere else
    there = place == f"{FOLDER}/{PurePosixPath(place).name}" and place.endswith(".whl")
    return package.name == NAME and package.origin == "archive" and there


def _other_wheel(lock: Lock, package: Package, wheel: Path | None, places: Iterable[Path]) -> Problem:
    command = "provenv lock" if lock.target == HERE else f"provenv lock --on {lock.target}"
    here = parse_wheel_filename(wheel.name)[1] if wheel else "-"
    wanted = package.artifacts[0].hashes.get("sha256", "-")
    found = sha256_of(wheel) if wheel else "-"
    return problem(
        "PV1250",
        version=package.version,
        here=str(here),
        why=text(
            "PV1250.why", wanted=wanted, found=found, folders=", ".join(str(one.parent) for one in places)
        ),
        hints=(Hint(text("PV1250.hint"), command), Hint(text("PV1250.hint_keep"))),
    )


def _is(path: Path, digest: str) -> bool:
    try:
        return sha256_of(path) == digest
    except OSError:
        return False  # not there, or not to be read: another place may have it
