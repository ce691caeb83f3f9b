"""Poetry's version constraints as specifiers of PEP 440.

The forms: https://python-poetry.org/docs/dependency-specification/
"""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

_PART = re.compile(r"(?P<operator>\^|~=|~|==|!=|>=|<=|>|<|=)?\s*(?P<version>v?\d[\w.!+-]*(?:\.\*)?|\*)")


def specifier(constraint: str) -> str | None:
    """Return a constraint as a specifier, `""` where any version will do, None where it has no such form.

    `^1.2` allows what keeps the leftmost number that is not zero; `~1.2` what
    keeps the minor version; alternatives (`||`) have no counterpart.
    """
    constraint = constraint.strip()
    if constraint in ("", "*"):
        return ""
    if "|" in constraint:
        return None
    parts = []
    for words in re.split(r"\s*,\s*|(?<=[\w*])\s+(?=[<>=!~^])", constraint):
        part = _part(words.strip())
        if part is None:
            return None
        parts.append(part)
    joined = ",".join(part for part in parts if part)
    try:
        SpecifierSet(joined)
    except InvalidSpecifier:
        return None
    return joined


def _part(words: str) -> str | None:
    match = _PART.fullmatch(words)
    if not match:
        return None
    operator, written = match["operator"] or "==", match["version"].lstrip("v")
    if written == "*":
        return ""
    starred = written.endswith(".*")
    try:
        version = Version(written.removesuffix(".*"))
    except InvalidVersion:
        return None
    if operator == "^":
        return f">={written},<{_caret(version.release)}"
    if operator == "~":
        release = version.release
        upper = (release[0] + 1,) if len(release) == 1 else (release[0], release[1] + 1)
        return f">={written},<{'.'.join(map(str, upper))}"
    if operator == "~=" and len(version.release) == 1:
        return f"~={written}.0"
    if operator in ("=", "=="):
        return f"=={written}"
    return f"{operator}{version if starred and operator not in ('!=',) else written}"


def _caret(release: tuple[int, ...]) -> str:
    """Return the first version that `^release` excludes: the leftmost number that is not zero goes up."""
    place = next((number for number, part in enumerate(release) if part), len(release) - 1)
    return ".".join(str(part) for part in (*release[:place], release[place] + 1))
