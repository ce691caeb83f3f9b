"""A build under way, told: how many steps are done of how many, what runs right now, what is waited for."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import Place, Text, text
from ..model.dockerfile import Instruction
from ..model.progress import Progress, Task
from .steps import Reading, Step

LONG = 10.0
"""Seconds of a step that is worth a line of its own."""
SHOWN = 60
"""Characters of an instruction that are shown."""
LAYERED = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})
"""The instructions that BuildKit counts; the others change the configuration alone."""

_SCRIPT = re.compile(r"\s*<<-?\w+ \(.*\)$", re.DOTALL)
"""A here-document, as BuildKit shortens it: `RUN <<EOF (set -e...)`."""
_FLAGS = re.compile(r"^(--[\w-]+(=\S+)?\s+)+")
_WAITS = (
    ("load metadata for ", "building.waits.metadata"),
    ("load build context", "building.waits.context"),
    ("load ", "building.waits.reading"),
    ("sharing credentials for ", "building.waits.login"),
    ("exporting to", "building.waits.exporting"),
    ("importing to", "building.waits.exporting"),
    ("COMMIT", "building.waits.exporting"),
    ("FROM ", "building.waits.base"),
)


@dataclass(frozen=True)
class Failed:
    """The step that ended a build: its instruction, what it said, how it ended."""

    words: str
    said: tuple[str, ...]
    error: str


class Follower:
    """Takes in a builder's lines and tells them to a task of so many steps; long ones leave a line."""

    def __init__(self, progress: Progress, task: Task, reading: Reading, total: int) -> None:
        self.reading = reading
        self._progress = progress
        self._task = task
        self._began = time.monotonic()
        self._since: dict[str, float] = {}
        self._done: set[str] = set()
        self._left = total
        self._told: Text | None = None

    def line(self, line: str) -> None:
        """Take the next line."""
        self.reading.line(line)
        now = time.monotonic()
        for key, step in self.reading.steps.items():
            if step.began:
                self._since.setdefault(key, now)
            if step.ended and key not in self._done:
                self._done.add(key)
                self._end(step, now - self._since.get(key, now))
        running = [step for step in self.reading.steps.values() if step.began and not step.ended]
        told = described(running) if running else self._told
        if told is not None and told != self._told:
            self._told = told
            self._task.describe(told)

    def _end(self, step: Step, seconds: float) -> None:
        if step.counted and self._left:
            self._left -= 1
            self._task.advance(1)
        if seconds >= LONG and not step.error:
            self._progress.note(text("building.long", step=labelled(step), took_seconds=seconds))

    def finished(self) -> None:
        """Say that the image is built, of how many steps, how many of them from the cache."""
        others = ("FROM ", "exporting ")
        counted_ = (step for step in self.reading.steps.values() if step.counted)
        steps = [step for step in counted_ if not step.words.startswith(others)]
        cached = sum(step.cached for step in steps)
        took = time.monotonic() - self._began
        self._task.finish(text("building.done", n=len(steps), cached=cached, took_seconds=took))

    def failed(self) -> Failed | None:
        """Say that there is no image; return the step that ended the build, None where it was none."""
        self._task.fail(text("building.failed"))
        for step in self.reading.steps.values():
            # the others were given up for it
            if step.error and not step.error.endswith(("CANCELED", "context canceled")):
                return Failed(step.words, tuple(step.said), step.error)
        return None


def counted(instructions: Sequence[Instruction], *, every: bool) -> int:
    """Return how many steps a builder will count, its export included.

    buildah counts every instruction; BuildKit a base once, and what makes a layer.
    """
    if every:
        return len(instructions) - sum(one.name == "ARG" for one in _before_first(instructions))
    stages: set[str] = set()
    bases: set[str] = set()
    layers = 0
    for one in instructions:
        if one.name == "FROM":
            words = [word for word in one.rest.replace("\\\n", " ").split() if not word.startswith("--")]
            if words and words[0].lower() not in stages | {"scratch"}:
                bases.add(words[0])
            if len(words) > 2:
                stages.add(words[2].lower())
        layers += one.name in LAYERED
    return len(bases) + layers + 1


def _before_first(instructions: Sequence[Instruction]) -> Sequence[Instruction]:
    first = next((at for at, one in enumerate(instructions) if one.name == "FROM"), 0)
    return instructions[:first]


def described(running: Sequence[Step]) -> Text:
    """Return what is said of the steps that run: the newest of them, its bytes, how many run beside it."""
    step = running[-1]
    now, of = step.bytes
    waits = next((key for begin, key in _WAITS if step.words.startswith(begin)), "")
    what = step.words
    for begin, _key in _WAITS:
        what = what.removeprefix(begin)
    if of and waits:
        return text(f"{waits}_bytes", what=what, now_bytes=now, of_bytes=of)
    if waits:
        return text(waits, what=what)
    if of:
        return text("building.step_bytes", step=labelled(step), now_bytes=now, of_bytes=of)
    if len(running) > 1:
        return text("building.steps", step=labelled(step), others=len(running) - 1)
    return text("building.step", step=labelled(step))


def labelled(step: Step) -> str:
    """Return a step as one line: its stage, and its instruction; of one that is a script just the name."""
    words = _SCRIPT.sub("", step.words) if step.stage else step.words
    return f"{step.stage}: {shortened(words)}" if step.stage else shortened(words)


def shortened(words: str, room: int = SHOWN) -> str:
    """Return an instruction as one line that fits: without its flags, cut at a word."""
    name, _, rest = " ".join(words.split()).partition(" ")
    whole = f"{name} {_FLAGS.sub('', f'{rest} ').strip()}".rstrip()
    if len(whole) <= room:
        return whole
    head, space, _ = whole[: room - 1].rpartition(" ")
    return f"{head if space and len(head) > room // 2 else whole[: room - 1]}…"


def place_of(
    words: str, rest: Sequence[str], dockerfile: str, name: str, instructions: Sequence[Instruction]
) -> Place | None:
    """Return where an instruction stands: BuildKit says it since 0.9 (`Dockerfile:5`), else by its words."""
    said = (re.fullmatch(rf"{re.escape(name)}:(\d+)", line.strip()) for line in rest)
    line = next((int(found[1]) for found in said if found), 0)
    if not line:
        same = [one.line for one in instructions if _plain(f"{one.name} {one.rest}") == _plain(words)]
        line = same[0] if words and same else 0
    lines = dockerfile.splitlines()
    if not 0 < line <= len(lines):
        return None
    source = lines[line - 1].rstrip()
    return Place(name, line, 1, source, len(source))


def without_excerpt(rest: Sequence[str], name: str) -> tuple[str, ...]:
    """Return a builder's last words without the lines of the Dockerfile that BuildKit shows among them."""
    kept: list[str] = []
    inside = False
    for line in rest:
        if line and not line.strip("-"):
            inside = not inside
        elif not inside and not re.fullmatch(rf"{re.escape(name)}:\d+", line.strip()) and line.strip():
            kept.append(line)
    return tuple(kept)


def _plain(words: str) -> str:
    return " ".join(words.replace("\\\n", " ").split())
