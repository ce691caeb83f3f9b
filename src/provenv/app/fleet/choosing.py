"""Which connections are tried between hosts, and what follows: addresses, interfaces, a port; pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...errors import Argument, text
from ...model.meeting import Attempt, Interface, Meeting, Member, is_loopback

ALL_PAIRS = 8
"""Up to so many hosts each tries each; beyond, every host tries the head and its neighbours in the ring."""
CANDIDATES = 16
"""Addresses of one host that are tried at most: one that runs containers may have hundreds."""
HEAD_PORTS = (29500,)
"""What is tried on the head beside a port of the system's choice: torchrun's own, firewalls may know it."""


@dataclass(frozen=True)
class About:
    """What a host told of itself. `ports` are those on which it listens; the first is the system's choice."""

    host: str
    node: str
    interfaces: tuple[Interface, ...]
    ports: tuple[int, ...]
    machine: str = ""
    resolves: tuple[str, ...] = ()
    trap: str = ""
    range: tuple[int, int] = (0, 0)
    firewall: str = ""


def pairs(hosts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the ordered pairs that are tried: all of few hosts, else with the head and round the ring."""
    if len(hosts) <= ALL_PAIRS:
        yield from ((one, other) for one in hosts for other in hosts if one != other)
        return
    found: dict[tuple[str, str], None] = {}
    for number, one in enumerate(hosts):
        for other in (hosts[0], hosts[(number + 1) % len(hosts)]):
            if one != other:
                found[one, other] = found[other, one] = None
    yield from found


def goals(source: About, goal: About, *, is_head: bool) -> Iterator[tuple[str, int]]:
    """Yield the addresses and ports by which one host tries another.

    An address that both have is not the other's: every host has docker's 172.17.0.1.
    """
    same = source.machine == goal.machine
    own = {address for one in source.interfaces for address in one.addresses}
    theirs = [address for one in goal.interfaces for address in one.addresses]
    usable = [one for one in theirs if not is_loopback(one) and (same or one not in own)]
    if same:
        usable += [one for one in theirs if is_loopback(one)]
    for address in usable[:CANDIDATES]:
        for port in goal.ports if is_head else goal.ports[:1]:
            yield address, port


def meeting(abouts: Sequence[About], attempts: Sequence[Attempt]) -> Meeting:
    """Return how these hosts meet, of which the first is the head, after what was tried."""
    known = {one.host: one for one in abouts}
    tried: dict[tuple[str, str], list[Attempt]] = {pair: [] for pair in pairs([one.host for one in abouts])}
    for one in attempts:
        tried[one.source, one.goal].append(one)
    members = tuple(_member(one, known, tried) for one in abouts)
    by_host = {one.host: one for one in members}
    blocked = []
    for pair, found in tried.items():
        regular = [one for one in found if one.port == known[pair[1]].ports[0]]
        if not regular:
            blocked.append(Attempt(*pair, "", 0, ok=False, how="nothing"))
            continue
        if not any(one.ok and one.address == by_host[pair[1]].address for one in regular):
            blocked.append(_telling(regular, known[pair[0]], by_host[pair[1]].address))
    head = members[0]
    port = _port(head, known[head.host], tried)
    return Meeting(members, port, len(tried), tuple(blocked), abouts[0].range)


def _port(head: Member, about: About, tried: Mapping[tuple[str, str], Sequence[Attempt]]) -> int:
    """Return the first port of the head that all others reached; 0 where there is none."""
    others = {source for source, goal in tried if goal == head.host}
    for port in about.ports:
        reached = {
            one.source
            for source in others
            for one in tried[source, head.host]
            if one.ok and one.port == port and one.address == head.address
        }
        if reached == others:
            return port
    return 0


def _member(
    about: About, known: Mapping[str, About], tried: Mapping[tuple[str, str], Sequence[Attempt]]
) -> Member:
    to_it = [one for (_, goal), found in tried.items() if goal == about.host for one in found]
    from_it = [one for (source, _), found in tried.items() if source == about.host for one in found]
    sources = {source for source, goal in tried if goal == about.host}
    reached: dict[str, set[str]] = {}
    for one in to_it:
        if one.ok:
            reached.setdefault(one.address, set()).add(one.source)
    leaves = {_of(about, one.own).name for one in from_it if one.ok}
    candidates = [
        address
        for one in about.interfaces
        for address in one.addresses
        if any(tried_one.address == address for tried_one in to_it)
    ]
    if not candidates:
        return _made(about, "", ("nothing", {}), leaves)

    def rank(address: str) -> tuple[int, int, bool, float, bool, bool]:
        interface = _of(about, address)
        count = len(reached.get(address, ()))
        # where nobody comes through, another network's addresses are not to be reached anyway
        near = 0 if count else max(_near(address, known[one]) for one in sources)
        away = not is_loopback(address)
        return count, near, away, interface.speed, interface.name in leaves, ":" not in address

    best = max(candidates, key=rank)  # of equal ones the first
    whole = [one for one in candidates if reached.get(one) == sources]
    interfaces = list(dict.fromkeys(_of(about, one).name for one in whole))
    words: tuple[str, dict[str, Argument]]
    if best not in whole:
        count = len(reached.get(best, ()))
        words = ("some" if count else "none"), {"count": count, "n": len(sources)}
    elif len(interfaces) == 1:
        lost = list(dict.fromkeys(_of(about, one).name for one in candidates))
        lost.remove(interfaces[0])
        words = ("only_of", {"others": ", ".join(lost)}) if lost else ("only", {})
    else:
        words = _why(about, best, whole, leaves)
    return _made(about, best, words, leaves)


def _why(about: About, best: str, whole: Sequence[str], leaves: set[str]) -> tuple[str, dict[str, Argument]]:
    """Return why it is this one of several by which all others reach the host."""
    chosen = _of(about, best)
    others = {_of(about, one).name: _of(about, one) for one in whole}
    others.pop(chosen.name)
    names = ", ".join(others)
    if all(one.speed < chosen.speed for one in others.values()):
        slower = max(one.speed for one in others.values())
        if slower:
            speeds = {"speed": rate(chosen.speed), "slower": rate(slower)}
            return "fastest", {**speeds, "others": names}
        return "known", {"speed": rate(chosen.speed), "others": names}
    if chosen.name in leaves and not any(name in leaves for name in others):
        return "routed", {"others": names}
    return "first", {"others": names}


def _made(about: About, address: str, words: tuple[str, Mapping[str, Argument]], leaves: set[str]) -> Member:
    chosen = _of(about, address)
    key, told = words
    why = text(f"meeting.why.{key}", host=about.host, interface=chosen.name or "-", address=address, **told)
    other = sorted(leaves - {chosen.name})
    return Member(
        about.host,
        address,
        chosen,
        why,
        about.interfaces,
        about.node,
        about.resolves,
        about.trap,
        other[0] if other and chosen.name not in leaves else "",
        about.firewall,
    )


def _of(about: About, address: str) -> Interface:
    """Return the interface that has an address."""
    return next((one for one in about.interfaces if address in one.addresses), Interface("", ()))


def _telling(attempts: Sequence[Attempt], source: About, chosen: str) -> Attempt:
    """Return the attempt that tells most of why a host is not reached.

    That is the one at the address by which others reach it, else at the one that is nearest to an address of
    the source.
    """
    return max(attempts, key=lambda one: (one.address == chosen, _near(one.address, source)))


def _near(address: str, source: About) -> int:
    """Return how many bits an address has in common with the nearest of a host."""
    own = [other for one in source.interfaces for other in one.addresses]
    return max((_common(address, other) for other in own), default=0)


def rate(bits: float) -> str:
    """Return a link's speed, of bits a second, as its makers write it."""
    return f"{bits / 1e9:g} Gbit/s" if bits >= 1e9 else f"{bits / 1e6:g} Mbit/s"


def _common(one: str, other: str) -> int:
    """Return how many bits two addresses have in common at their beginning."""
    first, second = ipaddress.ip_address(one), ipaddress.ip_address(other)
    if first.version != second.version:
        return 0
    return first.max_prefixlen - (int(first) ^ int(second)).bit_length()
