"""How the hosts of a target meet: found by real connections between them, on their own addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from ...errors import Failure, Problem, problem, text
from ...model.meeting import Attempt, Interface, Meeting
from ...proof.between import arguments, how, remedies
from ..fleet_up.places import Place
from .choosing import HEAD_PORTS, About, goals, meeting, pairs
from .each import AT_ONCE
from .talk import Conversation, conversation

START_LIMIT = 60.0
"""Seconds until the script on a host has begun: the login and Python, over a slow line too."""
CONNECT_LIMIT = 4.0
"""Seconds after which a connection counts as dropped: the system asks anew after 1 and 3."""
MARGIN = 30.0


@dataclass(frozen=True)
class Gathering:
    """How hosts meet, and the port on which each of them listens as long as one talks with it."""

    meeting: Meeting
    ports: Mapping[str, int]


def meet(places: Sequence[Place], number: int | None = None, *, at_once: int = AT_ONCE) -> Meeting:
    """Return how the hosts reach each other; the first is the head. Nothing is left running there.

    The script on each is run by the interpreter of generation `number`, or by `python3`. Every host listens
    for a moment, and the others connect to each of its addresses: what ssh's configuration calls it need not
    be what other hosts reach.
    Raises Failure: PV1360 a host did not answer, and as hosts do, a problem for each.
    """
    with conversation(places, number, at_once) as talking:
        return gathered(talking).meeting


def gathered(talking: Conversation) -> Gathering:
    """Return how hosts meet that one talks with. Raises as `meet`."""
    names = talking.names
    token = token_hex(16)
    questions = {
        name: {
            "ask": "begin",
            "token": token,
            "name": name,
            "ports": list(HEAD_PORTS) if name == names[0] else [],
        }
        for name in names
    }
    abouts = {name: about(name, told) for name, told in _all(talking, questions, START_LIMIT).items()}
    wanted: dict[str, list[tuple[str, str, int]]] = {}
    for source, goal in pairs(names):
        found = goals(abouts[source], abouts[goal], is_head=goal == names[0])
        wanted.setdefault(source, []).extend((goal, *one) for one in found)
    asked = {
        name: {"ask": "connect", "goals": tried, "limit": CONNECT_LIMIT} for name, tried in wanted.items()
    }
    answers = _all(talking, asked, _limit(wanted))
    attempts = [
        _attempt(name, goal, told)
        for name, tried in wanted.items()
        for goal, told in zip(tried, answers[name]["found"], strict=True)
    ]
    met = meeting([abouts[name] for name in names], attempts)
    return Gathering(met, {name: one.ports[0] for name, one in abouts.items()})


def about(name: str, told: Mapping[str, Any]) -> About:
    """Return what a host's script told of the host."""
    interfaces = tuple(
        Interface(one["name"], tuple(one["addresses"]), float(one["speed"]) * 1e6, int(one["mtu"]))
        for one in told["interfaces"]
    )
    trap = told["trap"]
    low, high = told["range"] or (0, 0)
    return About(
        name,
        told["node"],
        interfaces,
        tuple(told["ports"]),
        told["machine"],
        tuple(told["resolves"]),
        f"{trap[0]}: {trap[1]}" if trap else "",
        (low, high),
        told["firewall"],
    )


def require(meeting: Meeting) -> Meeting:
    """Return the meeting. Raises Failure PV1361 where hosts do not reach each other."""
    if meeting.whole:
        return meeting
    raise Failure(blocked_problem(meeting))


def blocked_problem(meeting: Meeting) -> Problem:
    """Return what keeps hosts from each other, with what helps."""
    first = meeting.blocked[0] if meeting.blocked else None
    if first is None:
        return problem("PV1361", why=text("PV1361.no_port", host=meeting.head.host), n=0)
    why = text(f"meeting.how.{how(first)}", **arguments(first))
    return problem("PV1361", why=why, hints=remedies(meeting), n=len(meeting.blocked))


def _limit(wanted: Mapping[str, Sequence[object]]) -> float:
    most = max((len(one) for one in wanted.values()), default=0)
    return CONNECT_LIMIT * (1 + most // 256) + MARGIN


def _all(
    talking: Conversation, questions: Mapping[str, Mapping[str, object]], limit: float
) -> dict[str, Mapping[str, Any]]:
    """Return the answers of all that are asked. Raises Failure with a problem for each that gives none."""
    found = talking.ask(questions, limit)
    missing = [one.problem for one in found.values() if one.problem is not None]
    told = {name: one.value for name, one in found.items() if one.value is not None}
    missing += [_refused(name, one["error"]) for name, one in told.items() if "error" in one]
    if missing:
        raise Failure(*missing)
    return told


def _refused(name: str, said: str) -> Problem:
    return problem("PV1360", why=text("PV1360.ended", said=said), host=name)


def _attempt(source: str, goal: tuple[str, str, int], told: Mapping[str, Any]) -> Attempt:
    name, address, port = goal
    return Attempt(
        source,
        name,
        address,
        port,
        bool(told["ok"]),
        str(told.get("how", "")),
        float(told["seconds"]),
        str(told.get("from", "")),
    )
