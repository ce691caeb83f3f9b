"""Judges whether hosts reach each other, and by which interface; what helps where they don't."""

from __future__ import annotations

from ...errors import Hint, Text, text
from ...model.evidence import Check, Measure
from ...model.host_names import ssh
from ...model.meeting import Attempt, Meeting, Member
from ..verdict import Verdict, failed, lines, passed

REACH = Check("hosts-reach", "hosts_reach.py", 60.0)
INTERFACE = Check("hosts-interface", "hosts_interface.py", 60.0)

HOWS = ("refused", "timeout", "no_route", "denied", "stranger", "silent", "reset", "nothing")
ALLOW = {
    "firewalld": "sudo firewall-cmd --zone=trusted --add-source={address}",
    "ufw": "sudo ufw allow from {address}",
    "nft": "sudo nft list ruleset",
    "iptables": "sudo iptables -S",
}
"""By the tool that keeps a host's firewall: what lets another host in, or what shows the rules."""
WHYS = ("nothing", "none", "some", "only", "first", "only_of", "known", "routed", "fastest")
"""Why an interface was chosen, by how much of a choice there was."""


def judge_reach(meeting: Meeting) -> Verdict:
    """Judge whether every pair that was tried connects, on any port, and all others to a port of the head."""
    if not meeting.blocked and meeting.port:
        return passed(REACH, n=meeting.pairs, head=meeting.head.host, port=meeting.port)
    if not meeting.blocked:
        return failed(REACH, text("PV1361.no_port", host=meeting.head.host))
    first = meeting.blocked[0]
    told = [f"{one.source} -> {one.goal} {one.address}:{one.port}: {one.how}" for one in meeting.blocked]
    if meeting.port:
        told.append(f"{meeting.head.host}:{meeting.port}: ok")
    return failed(
        REACH,
        text(f"meeting.how.{how(first)}", **arguments(first)),
        evidence=lines(told),
        hints=remedies(meeting),
    )


def judge_interfaces(meeting: Meeting) -> Verdict:
    """Tell by which interface each host is reached; one without any has failed.

    A host whose own name means a loopback address there is told: gloo and NCCL would listen on that.
    """
    lost = [one for one in meeting.members if not one.address]
    if lost:
        return failed(INTERFACE, text("proof.hosts_interface.none", host=lost[0].host))
    measures = tuple(
        Measure(f"link.{one.host}.{one.interface.name}", one.interface.speed / 1e9, "Gbit/s")
        for one in meeting.members
        if one.interface.speed
    )
    evidence = lines([_described(one) for one in meeting.members])
    return Verdict("passed", _said(meeting), measures=measures, evidence=evidence)


def _said(meeting: Meeting) -> Text:
    """Return what is most worth telling: a trap that is avoided, a way out by another, the choice itself."""
    for one in meeting.members:
        if one.misled:
            key = "proof.hosts_interface.did_trap" if one.resolves else "proof.hosts_interface.did_unresolved"
            meaning = {"meaning": ", ".join(one.resolves), "line": one.trap or "-"} if one.resolves else {}
            return text(key, host=one.host, interface=one.interface.name or "-", **meaning)
    for one in meeting.members:
        if one.leaves:
            told = {"interface": one.interface.name, "address": one.address, "leaves": one.leaves}
            return text("proof.hosts_interface.did_leaves", host=one.host, **told)
    first = max(meeting.members, key=lambda one: _weight(one.why)).why
    if first.key != "meeting.why.only":
        return first
    names = dict.fromkeys(one.interface.name or "-" for one in meeting.members)
    return text("proof.hosts_interface.did", n=len(meeting.members), interfaces=", ".join(names))


def _weight(why: Text) -> int:
    """Return how much of a choice there was; of equal ones the first host's is told."""
    return WHYS.index(why.key.rpartition(".")[2])


def _described(member: Member) -> str:
    speed = f" {member.interface.speed / 1e9:g} Gbit/s" if member.interface.speed else ""
    resolves = ", ".join(member.resolves) or "-"
    return (
        f"{member.host}: {member.address} {member.interface.name}{speed}, mtu {member.interface.mtu}; "
        f"{member.node} = {resolves}"
    )


def how(attempt: Attempt) -> str:
    """Return the name of the way in which a connection failed, `other` for an error without words."""
    return attempt.how if attempt.how in HOWS else "other"


def arguments(attempt: Attempt) -> dict[str, str | int]:
    """Return the arguments of the words about a connection that failed."""
    return {
        "source": attempt.source,
        "goal": attempt.goal,
        "address": attempt.address,
        "port": attempt.port,
        "how": attempt.how,
    }


def remedies(meeting: Meeting) -> tuple[Hint, ...]:
    """Return what helps against the first of what is blocked."""
    first = meeting.blocked[0]
    goal, source = meeting.member(first.goal), meeting.member(first.source)
    if first.how == "no_route":
        return (Hint(text("meeting.hint.route"), f"{ssh(source.host)} ip route get {first.address}"),)
    if first.how == "denied":
        return (_rules(source, goal, "own_rules"),)
    if first.how in ("refused", "timeout", "silent", "reset"):
        low, high = meeting.ports
        ports = text("meeting.hint.ports", low=low or 32768, high=high or 60999)
        return (_rules(goal, source, "allow"), Hint(ports))
    return ()


def _rules(member: Member, other: Member, what: str) -> Hint:
    shows = member.firewall not in ("firewalld", "ufw")
    command = ALLOW.get(member.firewall, ALLOW["nft"]).format(address=other.address)
    key = f"meeting.hint.{what}_show" if shows else f"meeting.hint.{what}"
    return Hint(text(key, host=member.host), f"{ssh(member.host)} {command}")
