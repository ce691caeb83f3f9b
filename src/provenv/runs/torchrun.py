"""The words by which torch's elastic agent is started on each host of a training."""

from __future__ import annotations

from dataclasses import dataclass

JOIN = 600
"""Seconds in which all hosts have to have come together: torch may be read from a slow disk."""


@dataclass(frozen=True)
class Meeting:
    """Where a formation comes together: its name, how many hosts, where the store listens."""

    name: str
    hosts: int
    address: str
    port: int


def torchrun(
    python: str, meeting: Meeting, *, processes: int, is_head: bool, address: str
) -> tuple[str, ...]:
    """Return the words in front of those of one rank.

    `is_host` is told to each: torch finds out by itself whether an address is its own, and where that fails
    all wait as clients for a store that nobody keeps. Who takes part is decided here, and a death ends the
    formation (`--max-restarts=0`): the next one is a new rendezvous.
    """
    place = f"[{meeting.address}]" if ":" in meeting.address else meeting.address
    conditions = f"is_host={int(is_head)},join_timeout={JOIN}"
    return (
        *(python, "-m", "torch.distributed.run"),
        *(f"--nnodes={meeting.hosts}", f"--nproc-per-node={processes}", "--max-restarts=0"),
        *("--rdzv-backend=c10d", f"--rdzv-id={meeting.name}", f"--rdzv-endpoint={place}:{meeting.port}"),
        *(f"--rdzv-conf={conditions}", f"--local-addr={address}", "--no-python"),
    )
