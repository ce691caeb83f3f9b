"""Hosts' names in words: many as few, `node[01-03,07].cluster`, and in commands that a person can run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence


def folded(names: Iterable[str]) -> str:
    """Return the names with commas between; those that differ in their last number alone become a range."""
    split = [_split(name) for name in names]
    # `9` and `10` are of one range, `08` and `10` too: there zeros fill up to the same width
    padded = {(before, after, len(number)) for before, number, after in split if number.startswith("0")}
    groups: dict[tuple[str, str, int], list[int]] = {}
    for before, number, after in split:
        width = len(number) if (before, after, len(number)) in padded else 0
        groups.setdefault((before, after, width), []).extend([int(number)] if number else [])
    return ", ".join(
        f"{before}{_ranges(sorted(set(numbers)), width)}{after}"
        for (before, after, width), numbers in groups.items()
    )


def ssh(name: str) -> str:
    """Return the beginning of a command line that runs something on a host, by its name as declared.

    A name with a port is what ssh takes as an address of its own kind (`ssh://user@host:port`).
    """
    return f"ssh {shlex.quote(f'ssh://{name}' if re.search(r':[0-9]+$', name) else name)}"


def _split(name: str) -> tuple[str, str, str]:
    """Return what stands before the last number, the number, and what stands behind it."""
    found = re.fullmatch(r"([^\[]*?)(\d{1,9})([^\d\[]*)", name)
    return (found[1], found[2], found[3]) if found else (name, "", "")


def _ranges(numbers: Sequence[int], width: int) -> str:
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    written = [f"{low:0{width}d}" + (f"-{high:0{width}d}" if high > low else "") for low, high in found]
    return ",".join(written) if len(numbers) < 2 else f"[{','.join(written)}]"
