"""The probe's document as the readers see it: typed looks that never trip over what a machine may send."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ..model.facts import Outcome, Source

OUTCOMES = ("read", "absent", "timeout", "failed", "unreadable")


@dataclass(frozen=True)
class Found:
    """A file or folder that matched: its path, what that really is, and a file's text."""

    path: str
    real: str
    text: str = ""


@dataclass(frozen=True)
class Node:
    """A device node: whether its mode lets this user in, and whether it opened (None: not tried)."""

    path: str
    permitted: bool
    opened: bool | None = None
    error: str = ""
    group: str = ""

    @property
    def usable(self) -> bool:
        """Tell whether a program of this user gets in; a device that is busy is one that it may open."""
        return self.permitted if self.opened is None else self.opened or self.error == "EBUSY"

    @property
    def refusal(self) -> str:
        """Return `/dev/kfd (render)`: what is closed, and the group that may open it."""
        return f"{self.path} ({self.group})" if self.group else self.path


@dataclass(frozen=True)
class Raw:
    """Answers by name (`cpu.lscpu`); what comes before the dot is the fact that they belong to."""

    items: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, document: Mapping[str, object]) -> Raw:
        """Return the answers of a probe's document; what does not look like one is passed over."""
        items = document.get("items")
        if not isinstance(items, Mapping):
            return cls({})
        return cls({str(name): item for name, item in items.items() if isinstance(item, Mapping)})

    def outcome(self, name: str) -> Outcome:
        """Return what came of an ask; `absent` where it was not asked."""
        outcome = self.items.get(name, {}).get("outcome")
        return cast("Outcome", outcome) if outcome in OUTCOMES else "absent"

    def out(self, name: str) -> str:
        """Return what a command printed or a file holds; empty unless it was read."""
        return _string(self.items.get(name, {}).get("out")) if self.outcome(name) == "read" else ""

    def printed(self, name: str) -> str:
        """Return all that a command printed, however it ended."""
        item = self.items.get(name, {})
        return _string(item.get("out")) + _string(item.get("err"))

    def value(self, name: str) -> Any:
        """Return what a builtin found, or None."""
        return self.items.get(name, {}).get("value") if self.outcome(name) == "read" else None

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return a builtin's mapping; empty where there is none."""
        value = self.value(name)
        return value if isinstance(value, Mapping) else {}

    def sequence(self, name: str) -> Sequence[Any]:
        """Return a builtin's list; empty where there is none."""
        value = self.value(name)
        return value if isinstance(value, list) else ()

    def texts(self, name: str) -> tuple[Found, ...]:
        """Return the files and folders that a `texts` ask found."""
        entries = [entry for entry in self.sequence(name) if isinstance(entry, Mapping)]
        return tuple(
            Found(path, _string(entry.get("real")) or path, _string(entry.get("text")))
            for entry in entries
            if (path := _string(entry.get("path")))
        )

    def nodes(self, name: str) -> tuple[Node, ...]:
        """Return the device nodes that a `nodes` ask found."""
        entries = [entry for entry in self.sequence(name) if isinstance(entry, Mapping)]
        return tuple(
            Node(
                path,
                entry.get("readable") is True and entry.get("writable") is True,
                entry.get("opened") if isinstance(entry.get("opened"), bool) else None,
                _string(entry.get("error")),
                _string(entry.get("group")),
            )
            for entry in entries
            if (path := _string(entry.get("path")))
        )

    def sysctl(self) -> dict[str, str]:
        """Return macOS's sysctl values; a name that a release does not know spoils only the exit code."""
        found = fields(self.printed("cpu.sysctl"))
        return found if "hw.memsize" in found else {}

    def sources(self) -> tuple[Source, ...]:
        """Return how each fact was read, in the order of the asks' names."""
        return tuple(self._source(name) for name in sorted(self.items))

    def _source(self, name: str) -> Source:
        item = self.items[name]
        detail = _string(item.get("err")).strip()
        # the same words for every host of a thousand: kept once
        return Source(
            fact=sys.intern(name.partition(".")[0]),
            how=sys.intern(_string(item.get("how"))),
            outcome=self.outcome(name),
            milliseconds=whole(item.get("ms")) or 0,
            detail=detail.splitlines()[0][:200]
            if detail and self.outcome(name) not in ("read", "absent")
            else "",
        )


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def whole(value: object) -> int | None:
    """Return a whole number, also from its digits in a text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    digits = value.strip() if isinstance(value, str) else ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None


def fields(text: str, separator: str = ":") -> dict[str, str]:
    """Return `key: value` lines as a dictionary; of a repeated key the first."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, mark, value = line.partition(separator)
        if mark:
            found.setdefault(key.strip(), value.strip())
    return found
