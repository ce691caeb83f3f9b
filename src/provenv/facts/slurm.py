"""The fact `slurm`: Slurm's client, and the partitions that it shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..model.services import Partition, Slurm
from .raw import Raw, whole

LIMIT = 3.0
"""Seconds: a controller that is down keeps the client waiting for longer than a look may take."""

ASKS: list[dict[str, object]] = [
    {"name": "slurm.version", "kind": "command", "argv": ["sinfo", "--version"], "systems": ["linux"]},
    {
        "name": "slurm.partitions",
        "kind": "command",
        "argv": ["sinfo", "--noheader", "--format=%P|%D|%G|%l"],
        "limit": LIMIT,
        "systems": ["linux"],
    },
]


@dataclass(frozen=True)
class Node:
    """One node of a cluster: its generic resources, and the partitions that it is in, where they are told."""

    name: str
    gres: str
    partitions: tuple[str, ...] = ()


def read(raw: Raw) -> Slurm:
    """Return Slurm's version and partitions, or why the controller told none."""
    version = re.search(r"slurm(?:-wlm)?\s+(\d\S*)", raw.printed("slurm.version"), re.I)
    if raw.outcome("slurm.partitions") == "absent":
        return Slurm()
    found = partitions(raw.out("slurm.partitions"))
    wrong = raw.printed("slurm.partitions").strip() if raw.outcome("slurm.partitions") == "failed" else ""
    late = "sinfo: timeout" if raw.outcome("slurm.partitions") == "timeout" else ""
    return Slurm(version[1] if version else "", found, late or wrong.partition("\n")[0][:300])


def partitions(printed: str) -> tuple[Partition, ...]:
    """Read `sinfo --format=%P|%D|%G|%l`: a line for each kind of node; the default's name ends with a star.

    A partition of several kinds of node is one with the sum of them, each kind's resources named.
    """
    found: dict[str, Partition] = {}
    for line in printed.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != 4 or whole(cells[1]) is None:
            continue
        name, nodes = cells[0].rstrip("*"), whole(cells[1]) or 0
        before = found.get(name, Partition(name, 0))
        resources = _merged(before.gres, gres(cells[2]))
        default = before.default or cells[0].endswith("*")
        found[name] = Partition(name, before.nodes + nodes, resources, cells[3], default)
    return tuple(found.values())


def _merged(before: str, now: str) -> str:
    return ",".join(dict.fromkeys(part for part in (before, now) if part))


def gres(words: str) -> str:
    """Return `gpu:h100:8` of `gpu:h100:8(S:0-1)`; nothing of `(null)` and `N/A`."""
    plain = re.sub(r"\([^)]*\)", "", words).strip().strip(",")
    return "" if plain in ("", "N/A", "none") else plain


def nodes(printed: str) -> tuple[Node, ...]:
    """Read nodes one by one: `scontrol show node`, or `sinfo -N` with a column of generic resources."""
    if "NodeName=" in printed:
        blocks = re.split(r"(?=^NodeName=)", printed, flags=re.M)
        return tuple(_shown(block) for block in blocks if block.startswith("NodeName="))
    rows = [line.split() for line in printed.splitlines() if line.strip() and not line.startswith("#")]
    return tuple(Node(row[0], _column(row)) for row in rows if len(row) > 1 and row[0] != "NODELIST")


def _shown(block: str) -> Node:
    values = dict(re.findall(r"(?<!\S)(NodeName|Gres|Partitions)=(\S+)", block))
    names = tuple(values.get("Partitions", "").split(",")) if values.get("Partitions") else ()
    return Node(values["NodeName"], gres(values.get("Gres", "")), names)


def _column(row: Sequence[str]) -> str:
    """Return the first column that looks like generic resources; what is in use comes after what there is."""
    words = [word for word in row[1:] if re.match(r"(?:[a-z_]+:)+\S*\d|\(null\)", word)]
    return gres(words[0]) if words else ""
