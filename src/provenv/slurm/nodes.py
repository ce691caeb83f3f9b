"""The nodes of a cluster, and whether enough of them have what a target asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ..errors import Failure, Hint, problem, text
from ..model.channel import Host
from ..model.slurm import ClusterNode, SlurmOptions
from .programs import answer

FORMAT = "%N|%P|%G|%c|%m|%f|%t|%l"


def nodes(host: Host, environment: Mapping[str, str]) -> tuple[ClusterNode, ...]:
    """Return the nodes that sinfo shows, once for each of their partitions. Raises Failure PV1390, PV1391."""
    printed = answer(host, ["sinfo", "--noheader", "--Node", f"--format={FORMAT}"], environment)
    return tuple(one for line in printed.splitlines() if (one := read_line(line)) is not None)


def read_line(line: str) -> ClusterNode | None:
    """Return the node of one line of sinfo's, None for what is none."""
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != 8:
        return None
    name, partition, gres, cpus, memory, features, state, limit = cells
    return ClusterNode(
        name,
        partition.rstrip("*"),
        partition.endswith("*"),
        "" if gres in ("(null)", "N/A") else re.sub(r"\([^)]*\)", "", gres),
        _whole(cpus),
        _whole(memory),
        () if features in ("(null)", "N/A") else tuple(features.split(",")),
        state.rstrip("*~#!%$@^-+"),
        limit,
    )


def check(options: SlurmOptions, found: Sequence[ClusterNode], target: str, memory: int) -> None:
    """Make sure that the cluster can ever give what is asked for.

    `memory` is that of each node in MB, 0 where nothing is said of it. Raises Failure: PV1393 for a partition
    that isn't there, PV1394 for generic resources, cores or memory that too few nodes have; where sinfo shows
    no nodes at all nothing is said.
    """
    if not found:
        return
    wanted = set(filter(None, options.partition.split(",")))
    known = list(dict.fromkeys(one.partition for one in found))
    missing = sorted(wanted - set(known))
    if missing:
        why = text("PV1393.why", known=", ".join(f"`{one}`" for one in known))
        hints = (Hint(text("slurm.refused.partition.hint"), "sinfo --summarize"),)
        raise Failure(
            problem(
                "PV1393",
                partition=missing[0],
                target=target,
                why=why,
                hints=hints,
            )
        )
    there = of_partition(options, found)
    for need in _needs(options, memory):
        names = {one.name for one in there if need.has(one)}
        if len(names) < options.nodes:
            where = ", ".join(sorted({one.partition for one in there}))
            have = ", ".join(dict.fromkeys(need.told(one) for one in there)) or "-"
            raise Failure(
                problem(
                    "PV1394",
                    what=need.what,
                    n=options.nodes,
                    count=len(names),
                    target=target,
                    why=text("PV1394.why", partition=where, have=have),
                    hints=(Hint(text("PV1394.hint"), "sinfo --format='%P %D %c %m %G %f'"),),
                )
            )


def of_partition(options: SlurmOptions, found: Sequence[ClusterNode]) -> tuple[ClusterNode, ...]:
    """Return the nodes that a target's jobs may get: of its partitions, else of the default one."""
    wanted = set(filter(None, options.partition.split(",")))
    return tuple(one for one in found if (one.partition in wanted if wanted else one.default)) or tuple(found)


@dataclass(frozen=True)
class _Need:
    """What is asked of each node: how sbatch is told, what a node has of it, whether that is enough."""

    what: str
    told: Callable[[ClusterNode], str]
    has: Callable[[ClusterNode], bool]


def _needs(options: SlurmOptions, memory: int) -> Iterator[_Need]:
    for one in options.resources:
        yield _Need(f"--gres={one}", lambda node: node.gres or "-", partial(_has, one))
    cores = options.cpus_per_task or 0
    if cores:
        yield _Need(f"--cpus-per-task={cores}", lambda node: str(node.cpus), lambda node: node.cpus >= cores)
    if memory:
        yield _Need(
            f"--mem={options.memory}", lambda node: f"{node.memory} MB", lambda node: node.memory >= memory
        )


def _has(asked: str, node: ClusterNode) -> bool:
    """Tell whether a node has so much of a generic resource: of that type, or of any where none is named."""
    name, *rest = asked.split(":")
    count = _whole(rest[-1]) if rest and rest[-1][0].isdigit() else 1
    kind = rest[0] if rest and not rest[0][0].isdigit() else ""
    total = 0
    for one in filter(None, node.gres.split(",")):
        parts = one.split(":")
        if parts[0] == name and (not kind or (len(parts) > 1 and parts[1] == kind)):
            total += (_whole(parts[-1]) or 1) if len(parts) > 1 else 1
    return total >= count


def _whole(words: str) -> int:
    found = re.match(r"\d+", words)
    return int(found[0]) if found else 0
