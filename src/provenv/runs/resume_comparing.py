"""Holds a training that was killed and went on against the same one run straight: what differs, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ..model.resume_proof import DECISIVE, Compared, Divergence, Gap, Kill, Part, Verdict
from .exact_accounts import PARTS, Account, Update

Straight = Mapping[int, Mapping[int, Update]]
"""rank -> number -> update"""
DRAWN: tuple[Part, ...] = ("indices", "batches")
"""Parts of which a resumed process may show more than it trained on: it reads batches to pass over them."""


@dataclass(frozen=True)
class Found:
    """What the comparison says."""

    verdict: Verdict
    kills: tuple[Kill, ...]
    parts: tuple[Compared, ...]
    gaps: tuple[Gap, ...]


def compare(straight: Sequence[Account], cut: Sequence[Account], killed: Sequence[int]) -> Found:
    """Return how the attempts of a training that was killed differ from the straight one.

    `killed` is the rank of each attempt that was; the others were ended with it.
    """
    drawn = {one.rank: _drawn(one) for one in straight}
    straight = [_without_idle(one, drawn) for one in straight]
    cut = [_without_idle(one, drawn) for one in cut]
    wanted = {one.rank: {update.number: update for update in one.updates} for one in straight}
    parts = tuple(_part(part, wanted, cut) for part in PARTS)
    kills = tuple(_kills(cut, killed))
    differing = [one.first for one in parts if one.part in DECISIVE and one.first is not None]
    if any(one.kills == 0 for one in differing) or any(not one.known for one in cut if one.attempt == 1):
        return Found("unrepeatable", kills, parts, tuple(_unrepeatable(straight, cut, parts)))
    resumed = [one for one in cut if one.attempt > 1 and one.begins is not None]
    if resumed and all(one.begins == 0 and one.known for one in resumed):
        return Found("anew", kills, parts, (Gap("all"),))
    gaps = tuple(_gaps(straight, wanted, resumed))
    if differing or not resumed:
        return Found("differs", kills, parts, gaps or (Gap("other"),))
    return Found("exact", kills, parts, ())


def _drawn(account: Account) -> frozenset[str]:
    """Return the random generators that are drawn from while it trains: the others decide nothing."""
    states = [update.parts["random"] for update in account.updates]
    changed = {one for before, after in pairwise(states) for one in set(after) - set(before)}
    return frozenset(_name(one) for one in changed)


def _without_idle(account: Account, drawn: Mapping[int, frozenset[str]]) -> Account:
    """Return an account without the generators that nothing is drawn from."""
    names = drawn.get(account.rank, frozenset())
    kept = [
        replace(
            one,
            parts={
                **one.parts,
                "random": tuple(state for state in one.parts["random"] if _name(state) in names),
            },
        )
        for one in account.updates
    ]
    return replace(account, updates=tuple(kept))


def _name(state: str) -> str:
    return state.partition(":")[0]


def _kills(cut: Sequence[Account], killed: Sequence[int]) -> Iterator[Kill]:
    """Yield how far each process was that was killed, and from where it went on."""
    for attempt, rank in enumerate(killed, start=1):
        own = [one for one in cut if one.rank == rank]
        reached = max((one.reached for one in own if one.attempt == attempt), default=0)
        following = next((one for one in own if one.attempt > attempt and one.begins is not None), None)
        if following is None:
            yield Kill(rank, reached)
        else:
            yield Kill(rank, reached, following.begins, following.known)


def _part(part: Part, wanted: Straight, cut: Sequence[Account]) -> Compared:
    updates = equal = 0
    first = None
    for account in cut:
        for place, update in enumerate(account.updates):
            straight, told = _sides(part, wanted, account, place, update)
            if not straight and not told:
                continue
            updates += 1
            if straight == told:
                equal += 1
            elif first is None:
                first = Divergence(
                    update.number, account.rank, account.attempt - 1, " ".join(straight), " ".join(told)
                )
    return Compared(part, updates, equal, first)


def _sides(
    part: Part, wanted: Straight, account: Account, place: int, update: Update
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a part of an update in the straight training, and in this one."""
    other = wanted.get(account.rank, {}).get(update.number)
    if other is None:
        # it went on farther than the straight one, which was ended there
        return (), ()
    straight, told = other.parts[part], update.parts[part]
    if place == 0 and account.attempt > 1 and part in DRAWN and straight:
        told = told[-len(straight) :]
    return straight, told


def _gaps(straight: Sequence[Account], wanted: Straight, resumed: Sequence[Account]) -> Iterator[Gap]:
    """Yield what was not taken up, by the first resume that differs: later ones differ in consequence."""
    for account in resumed:
        found = [*_at_start(straight, wanted, account), *_at_first_update(wanted, account)]
        if found:
            yield from found
            return


def _at_start(straight: Sequence[Account], wanted: Straight, account: Account) -> Iterator[Gap]:
    if not account.known:
        yield Gap("model")
        return
    before = wanted.get(account.rank, {}).get(account.begins or 0)
    state = before.parts["optimizer"] if before is not None else ()
    if before is not None and state != (account.optimizer,):
        new = any(one.rank == account.rank and one.optimizer == account.optimizer for one in straight)
        yield Gap("optimizer", "empty" if new else "")


def _at_first_update(wanted: Straight, account: Account) -> Iterator[Gap]:
    if not account.updates:
        return
    update = account.updates[0]
    sides = {part: _sides(part, wanted, account, 0, update) for part in PARTS}
    differs = {part for part, (one, other) in sides.items() if one != other}
    rates = next(_other_rates(wanted, account), None)
    if rates is not None:
        yield Gap("scheduler", " ".join(map(_number, rates)))
    if "indices" in differs or ("batches" in differs and not any(sides["indices"])):
        first = wanted.get(account.rank, {}).get(1)
        anew = first is not None and _same_order(first, update)
        yield Gap("order", "anew" if anew else "")
    elif "batches" in differs:
        yield Gap("augmentation")
    if "random" in differs:
        straight, told = sides["random"]
        names = [_name(one) for one in told if one not in straight]
        yield Gap("random", ", ".join(names))
    if rates is not None or differs & {"indices", "batches", "random"}:
        return
    straight_update = wanted.get(account.rank, {}).get(update.number)
    if straight_update is not None and "losses" not in differs and "weights" in differs:
        yield Gap("buffers" if straight_update.parameters == update.parameters else "other")
    elif "losses" in differs:
        yield Gap("other")


def _other_rates(wanted: Straight, account: Account) -> Iterator[tuple[str, ...]]:
    """Yield the rates that are not the straight training's: a schedule that begins anew may show it late."""
    for place, update in enumerate(account.updates):
        straight, told = _sides("rates", wanted, account, place, update)
        if straight != told:
            yield told


def _same_order(one: Update, other: Update) -> bool:
    part: Part = "indices" if one.parts["indices"] else "batches"
    count = len(one.parts[part])
    return bool(count) and one.parts[part] == other.parts[part][-count:]


def _number(words: str) -> str:
    try:
        return f"{float.fromhex(words):g}"
    except ValueError:
        return words


def _unrepeatable(
    straight: Sequence[Account], cut: Sequence[Account], parts: Sequence[Compared]
) -> Iterator[Gap]:
    """Yield what two trainings of the same do not have in common from their very beginning."""
    begun = {one.rank: one.parameters for one in straight}
    if any(one.parameters != begun.get(one.rank) for one in cut if one.attempt == 1):
        yield Gap("model")
    early = {one.part for one in parts if one.first is not None and one.first.kills == 0}
    if "indices" in early or (
        "batches" in early and not any(one.updates for one in parts if one.part == "indices")
    ):
        yield Gap("order")
    elif "batches" in early:
        yield Gap("augmentation")
    if "random" in early:
        yield Gap("random")
    if not early & {"indices", "batches", "random"}:
        yield Gap("other")
