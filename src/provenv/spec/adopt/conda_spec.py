"""conda's way of stating a package and its versions, as a requirement of PEP 508.

The forms are those of conda's MatchSpec and of its version specs:
https://docs.conda.io/projects/conda-build/en/stable/resources/package-spec.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

_SPEC = re.compile(
    r"(?:(?P<channel>[\w./:-]+?)(?:::))?(?P<name>[A-Za-z0-9_][\w.-]*)\s*(?P<brackets>\[[^\]]*\])?"
    r"\s*(?P<rest>.*)"
)
_ONE = re.compile(r"(?P<operator>>=|<=|==|!=|~=|>|<|=)?(?P<version>[\w.!*+-]+)")


@dataclass(frozen=True)
class Spec:
    """A conda package as stated: its channel, name, version spec and build string."""

    name: str
    version: str = ""
    build: str = ""
    channel: str = ""


def parse(words: str) -> Spec | None:
    """Return what a line of `dependencies:` states, None where it is no spec."""
    match = _SPEC.fullmatch(words.strip())
    if not match:
        return None
    version, build, channel = match["rest"].strip(), "", match["channel"] or ""
    if match["brackets"]:
        within = dict(re.findall(r"(\w+)\s*=\s*['\"]?([^'\",\]]*)['\"]?", match["brackets"]))
        quoted = re.search(r"version\s*=\s*(['\"])(.*?)\1", match["brackets"])
        version = version or (quoted[2] if quoted else within.get("version", ""))
        build, channel = within.get("build", ""), channel or within.get("channel", "")
    elif exact := re.fullmatch(r"=(?P<version>[^=<>!~,|\s]+)=(?P<build>[\w.*+-]+)", version):
        version, build = f"=={exact['version']}", exact["build"]
    elif spaced := re.fullmatch(r"(?P<version>\S*[^\s<>=!~,|])\s+(?P<build>[\w*][\w.*]*)", version):
        version, build = spaced["version"], spaced["build"]
    version = version.replace(" ", "")
    if version and not re.match(r"[<>=!~*]|\d", version):
        return None
    return Spec(match["name"], version, build, channel)


def specifier(version: str, *, loose: bool = False) -> str | None:
    """Return conda's version spec as a specifier of PEP 440; None where it has none.

    `=1.2` and `1.2.*` mean any 1.2; `=1.2.3`, which people write for an exact
    version, becomes one unless `loose`. Alternatives (`|`) have no counterpart.
    """
    if version in ("", "*"):
        return ""
    if "|" in version:
        return None
    parts = [_part(part, loose) for part in version.split(",") if part]
    if any(part is None for part in parts):
        return None
    joined = ",".join(part for part in parts if part)
    try:
        SpecifierSet(joined)
    except InvalidSpecifier:
        return None
    return joined


def _part(words: str, loose: bool) -> str | None:
    match = _ONE.fullmatch(words)
    if not match:
        return None
    operator, version = match["operator"], match["version"]
    if version == "*":
        return ""
    starred = version.endswith("*")
    bare = version.rstrip("*").rstrip(".")
    try:
        numbers = len(Version(bare).release)
    except InvalidVersion:
        return None
    if operator in (">", ">=", "<", "<="):
        return f"{operator}{bare}"
    if operator == "!=":
        return f"!={bare}.*" if starred else f"!={bare}"
    if operator == "~=":
        return f"~={bare}" if numbers > 1 else f"~={bare}.0"
    fuzzy = starred or (operator == "=" and numbers < 3) or loose
    return f"=={bare}.*" if fuzzy else f"=={bare}"
