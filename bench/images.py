"""One project's image by provenv, by the usual Dockerfiles and by uv's guide: size, builds, pushes, starts.

Run as root as `python bench/images.py [--quick]` (--quick: once each, and no CUDA); it needs provenv and
uv on PATH, what tests/images needs, 30 GB of disk, and half an hour. Each way has an engine, a folder and a
build cache of its own; base image, wheels and their index are the same for all. Wheels are downloaded once,
from where pip is set up to look.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial

from image_project import MORE, PACKAGES
from image_ways import Way, by_dockerfile, by_envd, by_rendered, by_up
from image_world import ENVD, UV, Place, place
from pairs import Goal, Measured, Row, Unit, row, show

TUTORIAL, KEPT, FIRST = "tutorial", "tutorial-pip-cache", "tutorial-code-first"
GUIDE, STAGES, CUDA = "uv-guide", "uv-multistage", "tutorial-cuda"
AHEAD = Goal("ratio", 1.0)
SMALLER, MOVED, REBUILT = Goal("ratio", 0.3), Goal("alone", 1e6), Goal("alone", 2.0)
IMPORTS = ("python", "-c", "import torch, sklearn")


@dataclass(frozen=True)
class Times:
    """How often each phase is measured; `few` where a way installs everything anew each time."""

    cold: int = 2
    warm: int = 5
    few: int = 2
    start: int = 7


@dataclass(frozen=True)
class Pair:
    """Two ways side by side: what was measured of each by turns, {phase: [(ours, theirs)]}.

    `number` is the pair's own: nothing that one pair built or pushed may be there for the next.
    """

    place: Place
    ours: Way
    theirs: Way
    number: int
    figures: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def turn(self, phase: str, measure: Callable[[Way], float]) -> None:
        """Measure both and keep the two figures; who begins changes with every turn."""
        kept = self.figures.setdefault(phase, [])
        ways = [self.ours, self.theirs]
        found = {one.name: measure(one) for one in (ways if len(kept) % 2 else reversed(ways))}
        kept.append((found[self.ours.name], found[self.theirs.name]))
        said = f"  {phase:<30} {self.ours.name} {kept[-1][0]:,.2f}   {self.theirs.name} {kept[-1][1]:,.2f}"
        print(said, file=sys.stderr, flush=True)

    def changed(self, phase: str, number: int) -> None:
        """Change a line of the code and build."""
        for one in (self.ours, self.theirs):
            one.edit(100 * self.number + number)
        self.turn(phase, Way.make)

    def added(self, phase: str, number: int) -> None:
        """Require one more package and build."""
        for one in (self.ours, self.theirs):
            one.require([*PACKAGES, *MORE[self.number : self.number + number + 1]])
        self.turn(phase, Way.make)

    def row(self, phase: str, goal: Goal | None = None) -> Row:
        """Return the row of a phase."""
        unit: Unit = "bytes" if phase.startswith("size") or phase.endswith("push") else "seconds"
        return row(phase, self.theirs.name, self.figures[phase], goal, unit)


def measure(times: Times = Times(), *, cuda: bool = True) -> Measured:
    """Return all rows."""
    with place(cuda=cuda) as where:
        rendered = by_rendered(where)
        found: list[Pair] = []
        for make in _others(where):
            other = make()
            found.append(Pair(where, rendered, other, len(found)))
            if other.name in {KEPT, CUDA}:
                _weighed(found[-1])
            else:
                _compared(found[-1], times)
            if other.name != TUTORIAL:
                other.end()
        version = rendered.engine.call("version", "-f", "{{.Server.Version}}").stdout.strip()
        base = int(rendered.engine.call("image", "inspect", "-f", "{{.Size}}", where.base).stdout)
        rendered.end()
        proven = Pair(where, by_up(where), other, len(found))
        _proven(proven, times)
        rows = [*_rows(found), *(proven.row(one) for one in proven.figures)]
        return Measured(rows, {"engine": version, "base": f"{base / 1e6:.0f} MB", "uv": UV, "envd": ENVD})


def _others(where: Place) -> list[Callable[[], Way]]:
    """Return what ours is compared with, the tutorial last: it stays for `up`."""
    found: list[Callable[[], Way]] = [
        partial(by_dockerfile, where, key) for key in (KEPT, FIRST, GUIDE, STAGES, TUTORIAL)
    ]
    if "cuda" in where.kinds:
        found.insert(0, partial(by_dockerfile, where, TUTORIAL, "cuda"))
    if where.envd is not None:
        found.insert(-1, partial(by_envd, where))
    return found


def _weighed(pair: Pair) -> None:
    """Build both, warm or cold, and keep what the two images weigh; both are pushed afterwards."""
    for one in (pair.ours, pair.theirs):
        one.make()
        one.push(pair.place)
    pair.turn("size", Way.size)
    pair.turn("size, compressed", lambda one: pair.place.compressed(one.image))


def _compared(pair: Pair, times: Times) -> None:
    """Go through all phases with both."""
    pair.ours.require(PACKAGES)
    for _ in range(times.cold):
        pair.turn("cold build", _cold)
    _weighed(pair)
    few = pair.theirs.name in {FIRST, STAGES}
    for number in range(times.few if few else times.warm):
        pair.changed("code changed: build", number)
        if number == 0:
            pair.turn("code changed: push", lambda one: one.push(pair.place))
    for one in (pair.ours, pair.theirs):
        one.push(pair.place)
    for number in range(times.few):
        pair.added("one more dependency: build", number)
        if number == 0:
            pair.turn("one more dependency: push", lambda one: one.push(pair.place))
    if pair.theirs.name != FIRST:
        for _ in range(times.start):
            pair.turn("start: true", lambda one: one.start("true"))
            pair.turn("start: import torch, sklearn", lambda one: one.start(*IMPORTS))


def _proven(pair: Pair, times: Times) -> None:
    """Go through what `up` does with its proof inside; theirs is the tutorial, which proves nothing."""
    pair.theirs.require(PACKAGES)
    for _ in range(times.cold):
        pair.turn("cold: up, proof and all", _cold)
        _its_build(pair, "cold")
    for number in range(times.warm):
        pair.changed("code changed: up, proof and all", number)
        _its_build(pair, "code changed")
    for number in range(times.few):
        pair.added("one more dependency: up, proof and all", number)
        _its_build(pair, "one more dependency")
    for phase, words in (("true", ("true",)), ("import torch, sklearn", IMPORTS)):
        for _ in range(times.start):
            pair.turn(f"run --on box: {phase}", partial(_started, words=words))


def _cold(way: Way) -> float:
    way.forget()
    return way.make()


def _started(way: Way, words: Sequence[str]) -> float:
    return way.start(*words)


def _its_build(pair: Pair, what: str) -> None:
    """Keep what of the last `up` was the build itself."""
    record = pair.ours.folder / ".provenv" / "box" / "current" / "image.json"
    theirs = pair.figures[f"{what}: up, proof and all"][-1][1]
    kept = pair.figures.setdefault(f"{what}: up, its build", [])
    kept.append((float(json.loads(record.read_text())["seconds"]), theirs))


def _rows(pairs: Sequence[Pair]) -> list[Row]:
    """Return the rows, phase by phase: what ours is beside each of the others."""
    special = {("size", CUDA): SMALLER, ("size, compressed", CUDA): SMALLER}
    special |= {("code changed: build", FIRST): REBUILT, ("code changed: push", FIRST): MOVED}
    phases = dict.fromkeys(phase for pair in pairs for phase in pair.figures)
    return [
        pair.row(phase, special.get((phase, pair.theirs.name), AHEAD))
        for phase in phases
        for pair in pairs
        if phase in pair.figures
    ]


if __name__ == "__main__":
    # what was started is ended then too
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    quick = "--quick" in sys.argv[1:]
    measured = measure(Times(1, 1, 1, 1) if quick else Times(), cuda=not quick)
    show(measured)
    print(json.dumps({"rows": [asdict(one) for one in measured.rows], "figures": dict(measured.figures)}))
