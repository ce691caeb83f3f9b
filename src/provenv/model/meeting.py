"""How hosts reach each other: the address and interface of each, a port of the first, what is blocked."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Text


@dataclass(frozen=True)
class Interface:
    """An interface of a host; its speed in bit/s (0: not told), its largest packet in bytes."""

    name: str
    addresses: tuple[str, ...]
    speed: float = 0.0
    mtu: int = 0


@dataclass(frozen=True)
class Attempt:
    """One connection that was tried: whether the host that was meant answered, and `how` not.

    `how`: `refused`, `timeout`, `no_route`, `denied` (by the source's own rules), `stranger` (another host
    has this address, as seen from there), `silent`, `reset`, `nothing` (there is no address to try), or a
    number of errno. `own` is the address that
    the source had; `seconds` what the connection took.
    """

    source: str
    goal: str
    address: str
    port: int
    ok: bool
    how: str = ""
    seconds: float = 0.0
    own: str = ""


@dataclass(frozen=True)
class Member:
    """One host as the others meet it: by this address, on this interface, and why it is that one.

    `resolves` is what the host's own name means there, `trap` the line of its /etc/hosts that makes it a
    loopback address. `leaves` names the interface by which it reaches the others, where that is another.
    """

    host: str
    address: str
    interface: Interface
    why: Text
    interfaces: tuple[Interface, ...] = ()
    node: str = ""
    resolves: tuple[str, ...] = ()
    trap: str = ""
    leaves: str = ""
    firewall: str = ""

    @property
    def misled(self) -> bool:
        """Tell whether the host's name leads a program there to the loopback, or nowhere."""
        return all(is_loopback(one) for one in self.resolves)


@dataclass(frozen=True)
class Meeting:
    """How hosts meet: the first is the head, whose `port` all others reached (0: there is none).

    `pairs` counts the ordered pairs that were tried, `blocked` has one attempt of each that can't connect.
    `ports` are the bounds of what the systems choose for programs that ask for any port.
    """

    members: tuple[Member, ...]
    port: int
    pairs: int
    blocked: tuple[Attempt, ...] = ()
    ports: tuple[int, int] = (0, 0)

    @property
    def head(self) -> Member:
        """Return the host where the others meet."""
        return self.members[0]

    @property
    def whole(self) -> bool:
        """Tell whether every host that was tried reaches those that it has to."""
        return bool(self.port) and not self.blocked

    def member(self, host: str) -> Member:
        """Return the member of that name."""
        return next(one for one in self.members if one.host == host)

    def environment(self, host: str) -> dict[str, str]:
        """Return the variables that have gloo, NCCL and TensorPipe use the chosen interface on a host.

        Without them each takes what the host's name resolves to, or the first interface it finds.
        """
        member = self.member(host)
        name = member.interface.name
        if not name:
            return {}
        # NCCL takes a name for the beginning of one where no = stands before it
        found = {"GLOO_SOCKET_IFNAME": name, "NCCL_SOCKET_IFNAME": f"={name}", "TP_SOCKET_IFNAME": name}
        return {**found, "NCCL_SOCKET_FAMILY": "AF_INET6"} if ":" in member.address else found


def is_loopback(address: str) -> bool:
    """Tell whether an address never leaves its machine."""
    return address.startswith("127.") or address in ("::1", "localhost")
