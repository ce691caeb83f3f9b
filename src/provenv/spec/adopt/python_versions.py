"""Which Python a source means: what it says itself, or what its old pins still have wheels for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement as Pep508
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from ...errors import Text, text
from ..mistakes import parses
from .adopted import Item

COMMON = ("3.10", "3.11", "3.12", "3.13")
"""Where a list works with all of these, nothing needs to be said about Python."""
_EXACT = re.compile(r"={0,3}\s*v?(?P<minor>3\.\d+)(?:\.\d+)?(?:\.\*)?")
_IMPLIED = (
    # releases whose own requirement decides the Python; source: `install_requires` in transformers'
    # setup.py at the tags v4.10.0, v4.33.0 and v4.43.0, from memory
    ("transformers", SpecifierSet("<4.34"), "tokenizers<0.14"),
    ("transformers", SpecifierSet(">=4.34,<4.44"), "tokenizers<0.20"),
)


@dataclass(frozen=True)
class Window:
    """The Pythons that have wheels for a requirement, oldest first, and the requirement's words and place."""

    words: str
    where: str
    pythons: tuple[str, ...]

    @property
    def brief(self) -> str:
        """Return `3.6-3.9`, or the one version."""
        first, last = self.pythons[0], self.pythons[-1]
        return first if first == last else f"{first}-{last}"


def stated(words: str, where: str) -> Item | None:
    """Return the Python that a source states; of `3.8.5` the minor version, since patches hardly matter.

    None where the words are no version and no range.
    """
    words = words.strip().strip("\"'").replace(" ", "")
    if match := _EXACT.fullmatch(words):
        minor = match["minor"]
        exact = words.lstrip("=v") != minor and not words.endswith(".*")
        return Item(minor, where, text("adopt.note.python_minor", words=words.lstrip("=")) if exact else None)
    try:
        SpecifierSet(words)
    except InvalidSpecifier:
        return None
    return Item(words, where) if words else None


def dated(items: Iterable[Item], declared: Item | None) -> tuple[Item | None, tuple[Window, ...]]:
    """Return the newest Python that the pinned releases have wheels for, with the reason.

    None where nothing needs to be said: a version is declared already, or no
    requirement rules a common Python out. The windows that did not fit
    together with those before them come second.
    """
    allowed = [python for python in _pythons() if declared is None or _admits(declared.words, python)]
    if not allowed or (declared is not None and _EXACT.fullmatch(declared.words)):
        return None, ()
    deciding: Window | None = None
    misfits: list[Window] = []
    for window in sorted(filter(None, map(_window, items)), key=lambda one: _rank(one.words)):
        left = [python for python in allowed if python in window.pythons]
        if not left:
            misfits.append(window)
            continue
        if left[-1] != allowed[-1] or len(left) < len(allowed):
            deciding = window if deciding is None or left[-1] != allowed[-1] else deciding
        allowed = left
    if deciding is None or all(python in allowed for python in COMMON):
        return None, tuple(misfits)
    note = text("adopt.note.dated", requirement=deciding.words, pythons=deciding.brief, date=_table_date())
    return Item(allowed[-1], deciding.where, note), tuple(misfits)


def _window(item: Item) -> Window | None:
    if not parses(item.words):
        return None
    requirement = Pep508(item.words)
    name = canonicalize_name(requirement.name)
    if requirement.url or requirement.marker or not requirement.specifier:
        return None
    for implying, versions, implied in _IMPLIED:
        newest = _upper(requirement.specifier)
        if name == implying and newest is not None and newest in versions:
            within = Pep508(implied)
            pythons = _matching(canonicalize_name(within.name), within.specifier)
            return Window(item.words, item.where, pythons) if pythons else None
    pythons = _matching(name, requirement.specifier)
    return Window(item.words, item.where, pythons) if pythons else None


def _upper(specifier: SpecifierSet) -> Version | None:
    """Return a version close under the newest that a specifier takes, None where it is open."""
    for one in specifier:
        if one.operator in ("==", "===", "~=", "<", "<="):
            version = Version(one.version.removesuffix(".*"))
            if one.operator == "~=":
                head = version.release[:-1]
                return Version(".".join(map(str, head)) + ".9999")
            return (
                Version(f"{version.major}.{max(version.minor - 1, 0)}.9999")
                if one.operator == "<"
                else version
            )
    return None


def _matching(name: str, specifier: SpecifierSet) -> tuple[str, ...]:
    found: set[str] = set()
    for version, pythons in _releases().get(name, ()):
        if version in specifier:
            found |= pythons
    return tuple(python for python in _pythons() if python in found)


def _rank(words: str) -> tuple[int, str]:
    """Return the order in which requirements decide: the frameworks before what goes with them."""
    name = canonicalize_name(Pep508(words).name)
    first = ("torch", "tensorflow", "tensorflow-cpu", "jaxlib", "paddlepaddle", "torchvision", "numpy")
    return (first.index(name) if name in first else len(first)), name


def _admits(specifier: str, python: str) -> bool:
    try:
        found = SpecifierSet(specifier)
    except InvalidSpecifier:
        return True
    return python in found or f"{python}.99" in found


@cache
def _table() -> dict[str, object]:
    content: dict[str, object] = json.loads(
        Path(__file__).with_name("python_windows.json").read_text("utf-8")
    )
    return content


def _table_date() -> str:
    return str(_table()["date"])


@cache
def _pythons() -> tuple[str, ...]:
    """Return every minor version of Python 3 that the table tells apart, oldest first."""
    found = {python for rows in _releases().values() for _, pythons in rows for python in pythons}
    return tuple(sorted(found, key=lambda one: int(one.partition(".")[2])))


@cache
def _releases() -> dict[str, tuple[tuple[Version, frozenset[str]], ...]]:
    releases = _table()["releases"]
    return {
        name: tuple(
            (Version(version), frozenset(pythons.split()))
            for pythons, versions in windows.items()
            for version in versions
        )
        for name, windows in (releases.items() if isinstance(releases, dict) else ())
    }


def told_misfits(misfits: Iterable[Window], python: Item | None) -> list[Text]:
    """Return what to say of pins that have wheels for none of the Pythons that the others need."""
    return [
        text(
            "adopt.found.misfit",
            requirement=one.words,
            place=one.where,
            pythons=one.brief,
            python=python.words if python else "-",
        )
        for one in misfits
    ]
