"""What the processes of a session have done so far: bytes received and moved, processor time, and by whom.

Linux alone: `/proc` (proc(5)) says which processes and sockets there are, and the kernel's socket
diagnostics (sock_diag(7), `struct tcp_info` of linux/tcp.h) how many bytes each TCP connection has
received. Elsewhere nothing is known, and nobody is hurried.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

AF_NETLINK = 16
NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST_DUMP = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
INET_DIAG_INFO = 2
MESSAGE = 72
"""Bytes of a `struct inet_diag_msg`; attributes follow it."""
INODE = 68
BYTES_RECEIVED = 128
"""Offset of `tcpi_bytes_received` in `struct tcp_info`."""
WHOLE_ANSWER = 1 << 16
SOCKET_LINK = re.compile(r"socket:\[(\d+)\]")


@dataclass(frozen=True)
class Traffic:
    """Totals since the session began: `connections` maps each open one to its peer and the bytes it received.

    `moved` are bytes read and written through files and pipes, `seconds` processor time.
    `others` are the bytes that the whole network namespace received: what is left to
    compare where the kernel tells nothing about single connections (-1: it does).
    """

    connections: dict[int, tuple[str, int]] = field(default_factory=dict)
    moved: int = 0
    seconds: float = 0.0
    others: int = -1


def traffic(session: int) -> Traffic | None:
    """Return the totals of all processes in a session; None where this system does not tell them."""
    if sys.platform != "linux":
        return None
    inodes: set[int] = set()
    moved, seconds, members = 0, 0.0, 0
    for process in _members(session):
        members += 1
        seconds += _seconds(process)
        moved += _moved(process)
        inodes |= _sockets(process)
    if not members:
        return None
    known = _received()
    if known is None:
        return Traffic({}, moved, seconds, _namespace(session))
    return Traffic({one: known[one] for one in inodes if one in known}, moved, seconds)


def _members(session: int) -> Iterator[str]:
    """Yield the folders under /proc of the processes of a session."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                # behind the name in brackets: state, parent, group, session
                if int(_read(f"/proc/{name}/stat").rpartition(")")[2].split()[3]) == session:
                    yield f"/proc/{name}"


def _seconds(process: str) -> float:
    """Return the processor time of a process and of its children that ended, in seconds."""
    with suppress(OSError, ValueError):
        values = _read(f"{process}/stat").rpartition(")")[2].split()
        return sum(map(int, values[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _moved(process: str) -> int:
    with suppress(OSError):
        found = re.findall(r"^[rw]char: (\d+)", _read(f"{process}/io"), re.MULTILINE)
        return sum(map(int, found))
    return 0


def _sockets(process: str) -> set[int]:
    found = set()
    with suppress(OSError):
        for name in os.listdir(f"{process}/fd"):
            with suppress(OSError):
                match = SOCKET_LINK.fullmatch(os.readlink(f"{process}/fd/{name}"))
                if match:
                    found.add(int(match[1]))
    return found


def _received() -> dict[int, tuple[str, int]] | None:
    """Return peer and received bytes of each TCP connection by inode; None where the kernel won't say."""
    found: dict[int, tuple[str, int]] = {}
    try:
        with socket.socket(AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as diagnostics:
            diagnostics.settimeout(1.0)
            for family in (socket.AF_INET, socket.AF_INET6):
                # struct inet_diag_req_v2: all states, the information that holds the byte counts
                asked = struct.pack(
                    "=BBBxI48x", family, socket.IPPROTO_TCP, 1 << (INET_DIAG_INFO - 1), 2**32 - 1
                )
                head = struct.pack(
                    "=IHHII", 16 + len(asked), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, family, 0
                )
                diagnostics.sendall(head + asked)
                while _take(diagnostics.recv(WHOLE_ANSWER), family, found):
                    pass
    except (OSError, struct.error):
        return None
    return found


def _take(answer: bytes, family: int, found: dict[int, tuple[str, int]]) -> bool:
    """Take one datagram of the dump; return whether more follow. Raises OSError for a refusal."""
    while len(answer) >= 16:
        length, kind = struct.unpack_from("=IH", answer)
        if kind == NLMSG_ERROR:
            raise OSError("refused")
        if kind == NLMSG_DONE or length < 16:
            return False
        message = answer[16:length]
        if len(message) >= MESSAGE:
            inode = struct.unpack_from("=I", message, INODE)[0]
            found[inode] = (_peer(message, family), _bytes(message[MESSAGE:]))
        answer = answer[(length + 3) & ~3 :]
    return True


def _peer(message: bytes, family: int) -> str:
    port = struct.unpack_from("!H", message, 6)[0]
    size = 4 if family == socket.AF_INET else 16
    address = socket.inet_ntop(family, message[24 : 24 + size])
    return f"{address}:{port}" if family == socket.AF_INET else f"[{address}]:{port}"


def _bytes(attributes: bytes) -> int:
    while len(attributes) >= 4:
        length, kind = struct.unpack_from("=HH", attributes)
        if length < 4:
            break
        if kind == INET_DIAG_INFO and length >= 4 + BYTES_RECEIVED + 8:
            return int(struct.unpack_from("=Q", attributes, 4 + BYTES_RECEIVED)[0])
        attributes = attributes[(length + 3) & ~3 :]
    return 0


def _namespace(process: int) -> int:
    """Return how many bytes all interfaces but the loopback of a process's network have received."""
    with suppress(OSError, ValueError, IndexError):
        rows = _read(f"/proc/{process}/net/dev").splitlines()[2:]
        return sum(int(row.partition(":")[2].split()[0]) for row in rows if not row.strip().startswith("lo:"))
    return 0


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
