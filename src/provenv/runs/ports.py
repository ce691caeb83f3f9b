"""Free ports of this machine for a group's rendezvous: new ones for each attempt."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack
from dataclasses import dataclass

FROM, BELOW = 15_000, 32_000
"""Below the ports that Linux gives to outgoing connections (net.ipv4.ip_local_port_range begins at 32768).

Until rank 0 listens, seconds pass in which its frameworks are imported; no connection takes such a port then.
"""
TRIES = 200


@dataclass(frozen=True)
class Ports:
    """Where the processes of an attempt meet: torch's store, JAX's coordinator, one for each TF worker."""

    master: int
    coordinator: int
    workers: tuple[int, ...]


def free_ports(world: int, address: str) -> Ports:
    """Return ports for `world` processes that nobody listens on at `address` now, all different.

    They are free when this returns and taken by nobody on our account. Raises OSError where there are none.
    """
    with ExitStack() as held:
        master, coordinator, *workers = [_free(held, address) for _ in range(world + 2)]
    return Ports(master, coordinator, tuple(workers))


def _free(held: ExitStack, address: str) -> int:
    """Take a free port, and keep it until `held` lets go, so that it isn't found twice."""
    for attempt in range(TRIES + 1):
        one = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        wanted = random.randrange(FROM, BELOW) if attempt < TRIES else 0  # noqa: S311 - no secret
        try:
            one.bind((address, wanted))
        except OSError:
            if not wanted:
                raise
            one.close()
            continue
        return int(one.getsockname()[1])
    raise AssertionError  # port 0 was bound, or refused
