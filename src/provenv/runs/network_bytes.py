"""Bytes over the network of the processes' own network namespaces, the loopback apart (proc_pid_net(5))."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

INNER = re.compile(r"lo$|veth|docker|br-|virbr|cni|flannel|cali|vxlan|dummy|ifb|bond|team|tun|tap|.*[.@]")
"""Interfaces whose bytes pass by another one as well: towards containers, bonds and VLANs over a card."""


def read_interfaces(text: str) -> tuple[int, int]:
    """Return bytes received and sent of a /proc/PID/net/dev; each counted at one interface."""
    rows = {}
    for line in text.splitlines():
        name, colon, values = line.partition(":")
        words = values.split()
        if colon and len(words) >= 9 and words[0].isdigit() and words[8].isdigit():
            rows[name.strip()] = int(words[0]), int(words[8])
    outer = [counts for name, counts in rows.items() if not INNER.match(name)]
    # in a container of a bonded or bridged kind there may be no other
    counted = outer or [counts for name, counts in rows.items() if name != "lo"]
    return sum(received for received, _ in counted), sum(sent for _, sent in counted)


@dataclass
class Network:
    """Adds up what passed since it was first asked, for every namespace that processes of the group are in.

    Where a namespace is shared with others (without a container it is the machine's) theirs is counted too.
    """

    _last: dict[int, tuple[int, int]] = field(default_factory=dict)
    _received: int = 0
    _sent: int = 0

    def passed(self, pids: Iterable[int]) -> tuple[int, int]:
        """Return the bytes received and sent so far; counters that were set back begin anew."""
        for namespace, pid in _namespaces(pids).items():
            with suppress(OSError):
                with open(f"/proc/{pid}/net/dev", encoding="utf-8", errors="replace") as file:
                    now = read_interfaces(file.read())
                before = self._last.get(namespace, now)
                self._received += max(0, now[0] - before[0])
                self._sent += max(0, now[1] - before[1])
                self._last[namespace] = now
        return self._received, self._sent


def _namespaces(pids: Iterable[int]) -> dict[int, int]:
    """Return a process for each network namespace; those of other users can't be told apart, and are left."""
    found: dict[int, int] = {}
    for pid in pids:
        with suppress(OSError):
            found.setdefault(os.stat(f"/proc/{pid}/ns/net").st_ino, pid)
    return found
