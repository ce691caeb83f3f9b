"""A lock as a requirements file that pip installs by hash: one pin each, and what asked for it.

The format is pip's (https://pip.pypa.io/en/stable/reference/requirements-file-format/), its
hash-checking mode too: once a line has a hash every line needs one, so folders and repositories
are left out of a hashed file, as comments. `# via` is written as pip-compile writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from ..model.lock import Lock, Package
from .header import header

WHAT = "requirements"


@dataclass(frozen=True)
class Rendering:
    """A rendered text, and the names of the packages that stand in it as comments only: they have no hash."""

    text: str
    left_out: tuple[str, ...] = ()


def requirements_file(lock: Lock, options: Sequence[str] = (), *, hashes: bool = True) -> Rendering:
    """Return the lock as a requirements file; `options` are lines of options (where packages are found)."""
    rows = [*header(WHAT, lock)]
    if options:
        rows += ["", *options]
    rows.append("")
    left_out = []
    for package in _ordered(lock):
        line = pin(package)
        found = digests(package) if hashes else ()
        asked = [f"    # via {', '.join(package.required_by)}"] if package.required_by else []
        if hashes and not found:
            left_out.append(package.name)
            rows += [f"# {line}", *asked]
            continue
        rows.append(" \\\n    ".join([line, *(f"--hash={one}" for one in found)]))
        rows += asked
    return Rendering("\n".join(rows) + "\n", tuple(left_out))


def lines(lock: Lock, *, hashes: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return each package on a line of its own, and the names of those that have no hash and are left out."""
    kept, left_out = [], []
    for package in _ordered(lock):
        found = digests(package) if hashes else ()
        if hashes and not found:
            left_out.append(package.name)
        else:
            kept.append(" ".join([pin(package), *(f"--hash={one}" for one in found)]))
    return tuple(kept), tuple(left_out)


def pin(package: Package) -> str:
    """Return a package as one requirement: `name==version`, an address, or a folder of the project."""
    marker = f" ; {package.marker}" if package.marker else ""
    if package.origin == "index":
        return f"{package.name}=={package.version}{marker}"
    location = package.location or "."
    if package.origin == "directory" or (package.origin == "archive" and "://" not in location):
        dotted = location if location.startswith((".", "/")) else f"./{location}"
        # pip takes no marker behind an editable, and no name in front of a relative path
        return f"-e {dotted}" if package.editable else f"{dotted}{marker}"
    return f"{package.name} @ {quote(location, safe=SAFE)}{marker}"


SAFE = "/:@?#[]!$&'()*+,;=%~-._{}"
"""What may stand in an address (RFC 3986), and the braces of `${NAME}`."""


def digests(package: Package) -> tuple[str, ...]:
    """Return `algorithm:value` for each file of a package that pip can check; none where one has none.

    pip takes sha256, sha384 and sha512. A folder or repository is never checked.
    """
    if package.origin in ("directory", "vcs"):
        return ()
    found = [
        [f"{kind}:{value}" for kind, value in one.hashes.items() if kind in ("sha256", "sha384", "sha512")]
        for one in package.artifacts
    ]
    return tuple(sorted({one for each in found for one in each})) if found and all(found) else ()


def _ordered(lock: Lock) -> list[Package]:
    return sorted(lock.packages, key=lambda one: (one.name, one.version, one.marker or ""))
