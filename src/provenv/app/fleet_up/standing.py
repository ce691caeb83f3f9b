"""What one host has of a target: its generations that are whole, and which one is current."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from .places import Place
from .there import must, words

WHOLE = "whole.json"
"""The mark of a generation that was installed to its end and read back; it is written last."""

# the free room of the file system that a path is on, or will be
NEAR = r"""
near() { near=$1; until [ -e "$near" ]; do near=${near%/*}; near=${near:-/}; done; }
room() {
  near "$2"
  df -Pk "$near" | { read -r _; read -r device _ _ free _; printf '%s %s %s\n' "$1" "$free" "$device"; }
}
"""
# the target's folder
SHOW = (
    NEAR
    + r"""
room free "$1"
cd -- "$1" 2>/dev/null || exit 0
printf 'current %s\n' "$(readlink current 2>/dev/null)"
for mark in generations/*/whole.json; do
  [ -f "$mark" ] || continue
  number=${mark#generations/}
  printf 'whole %s %s\n' "${number%%/*}" "$(cat "$mark")"
done
"""
)


@dataclass(frozen=True)
class Standing:
    """What a host has of the target.

    `generations` are the whole ones, oldest first; `locks` the identity of the lock that each was installed
    from. `free` are the free bytes where the project's folder is.
    """

    generations: tuple[int, ...]
    current: int | None
    free: int
    locks: dict[int, str] = field(default_factory=dict)


def standing(place: Place) -> Standing:
    """Return what a host has of the target. Raises Failure as the host does, PV1320."""
    done = place.host.exec(words(SHOW, place.base))
    must(done, place.name, place.base)
    free, current, locks = 0, None, {}
    for line in done.out.splitlines():
        kind, _, rest = line.partition(" ")
        name, _, told = rest.partition(" ")
        if kind == "free":
            free = int(name) << 10
        elif kind == "current":
            current = number_of(rest)
        elif (number := number_of(name)) is not None:
            locks[number] = lock_of(told)
    return Standing(tuple(sorted(locks)), current if current in locks else None, free, locks)


def number_of(path: str) -> int | None:
    """Return the number of a generation's folder; None for any other path."""
    name = path.rstrip("/").rpartition("/")[2]
    return int(name) if len(name) >= 4 and name.isascii() and name.isdecimal() else None


def mark_of(lock: str) -> str:
    """Return the mark of a generation that was installed from the lock of that identity; one line."""
    return json.dumps({"schema": 1, "lock": lock})


def lock_of(mark: str) -> str:
    """Return the identity of the lock that a mark names; empty where it can't be read."""
    try:
        told = json.loads(mark)
    except ValueError:
        return ""
    return str(told.get("lock", "")) if isinstance(told, dict) else ""
