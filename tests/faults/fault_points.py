"""Points: which fault at which call of which operation; how they are found, chosen and carried out."""

from __future__ import annotations

import itertools
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fault_injection import (
    BEGINNING,
    CHANGING,
    FULL,
    READING,
    Call,
    Run,
    calls,
    end_those_in,
    inject,
    someone_works_in,
    traced,
    where_it_fired,
)
from fault_states import (
    Wrong,
    check_convergence,
    check_current,
    check_ending,
    check_use,
    signature,
)
from fault_world import OPERATIONS, Operation, World

NAMES = sorted(CHANGING | READING | BEGINNING)
PRIVATE = ("run",)
"""Operations whose children are the user's own: how those end is theirs to say."""
RANDOM = re.compile(r"(?<=^\$tmp/)[a-z0-9_]{8}|(?<=\.tmp)\w{6}|(?<=provenv-lock-)\w{8}|(?<=\.prove-)\w{8}")
OWN = re.compile(r"(?<=/)(\.[^/]+\.)\d+(-\d+)?$|(?<=/)(leases/)\d+$")


@dataclass(frozen=True)
class Point:
    """One fault. `number` counts the calls of that name in the main thread; without it `path` says which."""

    operation: str
    name: str
    number: int | None
    path: str
    fault: str
    kind: str

    def __str__(self) -> str:
        """Return what `replay.py` takes."""
        where = f":{self.number}" if self.number is not None else f"@{self.path}"
        return f"{self.operation}:{self.name}{where}:{self.fault}"


@dataclass(frozen=True)
class Outcome:
    """What came of a point; `wrong` says in words which invariant doesn't hold."""

    point: Point
    fired: Call | None
    replayed: bool
    wrong: str | None
    known: bool
    seconds: float
    run: Run


def points(world: World, operation: Operation, *, children: bool = True) -> list[Point]:
    """Return every point of an operation, from a recording of it without a fault.

    Without `children` only those of the program's own main thread.
    """
    world.take(operation.template)
    log = world.base / "recorded.log"
    ended = traced(
        world.argv(*operation.argv), log, folder=world.root, environment=world.environment(), names=NAMES
    )
    assert ended.code == 0, ended.err + ended.out
    recorded = calls(log)
    found = [point for call in recorded for point in _of_call(world, operation, call)]
    for begun, after in itertools.pairwise(recorded):
        if begun.name in BEGINNING and begun.name != "execve":
            # the child runs when its parent dies
            path = _shown(world, after)
            found.append(Point(operation.name, after.name, after.number, path, "SIGKILL", "begun"))
    if operation.name in PRIVATE or not children:
        return found
    world.take(operation.template)
    ended = traced(
        world.argv(*operation.argv),
        log,
        folder=world.root,
        environment=world.environment(),
        names=NAMES,
        children=True,
    )
    assert ended.code == 0, ended.err + ended.out
    seen: dict[Point, None] = {}
    for call in calls(log, children=True):
        if not call.main:
            seen.update(dict.fromkeys(_of_child(world, operation, call)))
    return found + list(seen)


def _of_call(world: World, operation: Operation, call: Call) -> Iterable[Point]:
    path = _shown(world, call)
    ours = path.startswith(("$", "pipe", "stdout"))
    if call.name in BEGINNING:
        return
    if call.changes and ours and call.name != "ioctl":
        kind = "print" if path == "stdout" else "change"
        for fault in ("SIGKILL", "EIO", "ENOSPC"):
            if fault != "ENOSPC" or call.name in FULL:
                yield Point(operation.name, call.name, call.number, path, fault, kind)
    elif call.name in READING and path.startswith("$project") and not call.failed:
        yield Point(operation.name, call.name, call.number, path, "EIO", "read")


def _of_child(world: World, operation: Operation, call: Call) -> Iterable[Point]:
    # strace meets `rename` by the name that is given up alone (6.1, pathtrace.c): a point named by the other
    # one would never come
    paths = call.paths[:1] if call.name == "rename" else call.paths[::-1]
    path = next(filter(None, (_relative(world, one) for one in paths)), "")
    if (
        not path.startswith(("$project", "$cache"))
        or "RANDOM" in path
        or "PID" in path
        or path.endswith("/.")
    ):
        return
    if call.changes and call.name != "ioctl":
        for fault in ("SIGKILL", "EIO", "ENOSPC"):
            if fault != "ENOSPC" or call.name in FULL:
                yield Point(operation.name, call.name, None, path, fault, "child-change")
    elif call.name in {"openat", "read"} and path.startswith("$project") and not call.failed:
        yield Point(operation.name, call.name, None, path, "EIO", "child-read")


def _shown(world: World, call: Call) -> str:
    """Return the path that a call is about, without what differs from run to run."""
    if call.name == "write" and call.arguments.startswith(("1<", "2<")):
        return "stdout"
    for path in call.paths[::-1]:
        shown = _relative(world, path)
        if shown:
            return shown
    return "pipe" if call.paths and call.paths[-1].startswith("pipe:") else (call.paths or ("",))[-1]


def _relative(world: World, path: str) -> str:
    for name in ("project", "cache", "tmp", "home"):
        folder = str(world.place / name)
        if path == folder or path.startswith(folder + "/"):
            return OWN.sub(_own, RANDOM.sub("RANDOM", f"${name}{path[len(folder) :]}"))
    return ""


def _own(match: re.Match[str]) -> str:
    return f"{match[1] or match[3]}PID"


def carry_out(world: World, point: Point) -> Outcome:
    """Make a point's fault happen in a fresh copy of its project and check what is left."""
    operation = OPERATIONS[point.operation]
    began = time.monotonic()
    world.take(operation.template)
    log = world.base / "injected.log"
    by_path = point.number is None
    ended = traced(
        world.argv(*operation.argv),
        log,
        folder=world.root,
        environment=world.environment(),
        names=[point.name],
        inject=inject(point.name, point.number, point.fault),
        path=_whole(world, point.path) if by_path else None,
        children=by_path,
    )
    fired = where_it_fired(log, point.fault, children=by_path)
    replayed = fired is not None and (by_path or _shown(world, fired) == point.path)
    orphans = someone_works_in(world.place)
    wrong, known = None, False
    try:
        if not replayed:
            fired = fired or None
        known = _check(world, operation, ended, orphans=orphans)
    except Wrong as error:
        wrong = str(error)
    finally:
        if orphans or someone_works_in(world.place):
            end_those_in(world.place)
    return Outcome(point, fired, replayed, wrong, known, time.monotonic() - began, ended)


def _check(world: World, operation: Operation, ended: Run, *, orphans: bool) -> bool:
    """Check everything; return True where the same state was checked in full before."""
    check_ending(operation, ended.code, ended.out, ended.err, world.temporary)
    number = check_current(world, operation, ended.code)
    # the same state is met on many ways: what is checked of it depends on nothing else
    wanted = (
        number,
        operation.version(number or 0),
        operation.declared,
        operation.intact or number != operation.before,
    )
    state = f"{wanted} {signature(world.root)}"
    if not orphans and state in world.seen:
        if world.seen[state] is not None:
            raise Wrong(world.seen[state] or "")
        return True
    try:
        check_use(world, operation, number)
        check_convergence(world, operation)
    except Wrong as error:
        if not orphans:
            world.seen[state] = str(error)
        raise
    if not orphans:
        world.seen[state] = None
    return False


def _whole(world: World, path: str) -> str:
    name, slash, rest = path[1:].partition("/")
    return str(world.place / name) + slash + rest


def choose(found: Sequence[Point], count: int, seed: int) -> list[Point]:
    """Return `count` points: every operation, kind, fault and name of call in turn, the rest by chance."""
    chance = random.Random(seed)
    strata: dict[tuple[str, ...], list[Point]] = defaultdict(list)
    for point in found:
        strata[point.operation, point.kind, point.fault].append(point)
    for group in strata.values():
        chance.shuffle(group)
    groups = list(strata.values())
    chance.shuffle(groups)
    chosen: list[Point] = []
    while len(chosen) < count and any(groups):
        for group in groups:
            if group and len(chosen) < count:
                chosen.append(group.pop())
    return chosen


def parse(word: str, world: World) -> Point:
    """Return the point that `str(point)` wrote. Raises ValueError where it isn't one."""
    operation, rest = word.split(":", 1)
    head, fault = rest.rsplit(":", 1)
    if "@" in head:
        name, path = head.split("@", 1)
        return Point(operation, name, None, path, fault, "child-change")
    name, number = head.split(":")
    recorded = [one for one in points(world, OPERATIONS[operation]) if one.number is not None]
    for one in recorded:
        if (one.name, one.number, one.fault) == (name, int(number), fault):
            return one
    return Point(operation, name, int(number), "", fault, "change")


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return a table: operation by fault, how many points, how many states were checked in full."""
    faults = ("SIGKILL", "EIO", "ENOSPC")
    rows = [
        f"{'operation':<10}"
        + "".join(f"{fault:>9}" for fault in faults)
        + "   points   states  wrong  missed  seconds"
    ]
    names = [name for name in OPERATIONS if any(one.point.operation == name for one in outcomes)]
    for name in [*names, "all"]:
        some = [one for one in outcomes if name in {one.point.operation, "all"}]
        cells = "".join(f"{sum(one.point.fault == fault for one in some):>9}" for fault in faults)
        rows.append(
            f"{name:<10}{cells}{len(some):>9}{sum(not one.known for one in some):>9}"
            f"{sum(one.wrong is not None for one in some):>7}{sum(not one.replayed for one in some):>8}"
            f"{sum(one.seconds for one in some):>9.0f}"
        )
    return "\n".join(rows)


def new_world(base: Path, program: Path, true_program: Path | None = None) -> World:
    """Return a world in a fresh folder below `base`, its templates made."""
    base.mkdir(parents=True)
    return World(base, program, true_program or program).prepare()
