"""The steps of a build as its builder tells them: which there are, which run, how each one ended."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

KEPT = 60
"""Lines of a step's output that are kept, of a failure the last ones."""

STAGE = re.compile(r"\[(?:(?P<stage>[^\]]*?) )?(?P<place>\d+/\d+)\] (?P<words>.*)", re.DOTALL)
NUMBERED = re.compile(r"stage-\d+")
INTERNAL = re.compile(r"\[(?P<stage>internal|auth)\] ?(?P<words>.*)", re.DOTALL)
UNITS = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


@dataclass
class Step:
    """One step. `words` are its instruction, `counted` tells whether it is one of the Dockerfile's.

    `stage` is the name of its stage, empty where that has none.

    `moved` are bytes by what they are of: how many of how many (0 where nobody knows).
    """

    words: str
    counted: bool = False
    stage: str = ""
    began: bool = False
    ended: bool = False
    cached: bool = False
    error: str = ""
    said: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    moved: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def bytes(self) -> tuple[int, int]:
        """Return how many bytes are there of how many; (0, 0) where none were told."""
        return sum(now for now, _ in self.moved.values()), sum(of for _, of in self.moved.values())


def step_named(name: str) -> Step:
    """Return the step of a name: `[stage 2/5] RUN ...`, `[internal] ...` or `exporting to image`."""
    found = STAGE.fullmatch(name)
    if found:
        stage = found["stage"] or ""
        # BuildKit gives a stage without a name its number
        return Step(found["words"], counted=True, stage="" if NUMBERED.fullmatch(stage) else stage)
    internal = INTERNAL.fullmatch(name)
    return Step(internal["words"] if internal else name, counted=name.startswith("exporting to"))


class Reading(Protocol):
    """What a builder prints, line by line, into steps."""

    steps: dict[str, Step]
    rest: list[str]

    def line(self, line: str) -> None:
        """Take the next line; what belongs to no step is kept in `rest`."""


class RawJson:
    """`--progress=rawjson` of buildx since 0.13: a stream of BuildKit's SolveStatus (client/graph.go).

    The first versions write each over many lines, later ones each on one.
    """

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.rest: list[str] = []
        self._open: list[str] = []

    def line(self, line: str) -> None:
        """Take the next line."""
        if not self._open and not line.startswith("{"):
            self.rest.append(line)
            return
        self._open.append(line)
        if line.rstrip() != "}" and (len(self._open) > 1 or not line.rstrip().endswith("}")):
            return
        try:
            document = json.loads("\n".join(self._open))
        except ValueError:
            document = None
        if isinstance(document, dict):
            self._take(document)
        else:
            self.rest += self._open
        self._open = []

    def _take(self, document: Mapping[str, Any]) -> None:
        for one in _rows(document, "vertexes"):
            step = self.steps.setdefault(str(one.get("digest")), step_named(str(one.get("name") or "")))
            step.began = step.began or bool(one.get("started"))
            step.ended = bool(one.get("completed"))
            step.cached = bool(one.get("cached"))
            step.error = str(one.get("error") or "")
        for one in _rows(document, "statuses"):
            known = self.steps.get(str(one.get("vertex")))
            if known is not None and (one.get("total") or one.get("current")):
                total = int(one.get("total") or 0)
                known.moved[str(one.get("id"))] = (int(one.get("current") or 0), total)
        for one in _rows(document, "logs"):
            known = self.steps.get(str(one.get("vertex")))
            if known is not None:
                known.said.extend(_decoded(str(one.get("data") or "")).splitlines())


def _rows(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = document.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _decoded(data: str) -> str:
    try:
        return base64.b64decode(data).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


class Plain:
    """`--progress=plain` of every BuildKit: `#5 ...` behind a number (progressui/printer.go)."""

    LINE = re.compile(r"#(?P<number>\d+) (?P<rest>.*)")
    SAID = re.compile(r"\d+\.\d+ (?P<words>.*)")
    MOVED = re.compile(
        r"(?P<what>.+?) (?P<now>\d[\d.]*)(?P<unit>[kKMG]?i?B) / (?P<of>\d[\d.]*)(?P<of_unit>[kKMG]?i?B).*"
    )

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.rest: list[str] = []

    def line(self, line: str) -> None:
        """Take the next line."""
        found = self.LINE.fullmatch(line)
        if found is None:
            if line.strip():
                self.rest.append(line)
            return
        number, rest = found["number"], found["rest"]
        if number not in self.steps:
            self.steps[number] = step_named(rest)
            self.steps[number].began = True
            return
        self._take(self.steps[number], rest)

    def _take(self, step: Step, rest: str) -> None:
        said, moved = self.SAID.fullmatch(rest), self.MOVED.fullmatch(rest)
        if rest.startswith("DONE ") or rest == "CACHED":
            step.ended, step.cached = True, rest == "CACHED"
        elif rest.startswith(("ERROR: ", "CANCELED")):
            step.ended, step.error = True, rest.removeprefix("ERROR: ")
        elif said:
            step.said.append(said["words"])
        elif moved:
            now, of = (_bytes(moved["now"], moved["unit"]), _bytes(moved["of"], moved["of_unit"]))
            step.moved[moved["what"]] = (now, of)


def _bytes(number: str, unit: str) -> int:
    try:
        return int(float(number) * UNITS[unit])
    except (ValueError, KeyError):
        return 0


class Buildah:
    """`podman build`, one at a time: `[2/2] STEP 3/5: COPY ...` (buildah, imagebuildah/stage_executor.go)."""

    STEP = re.compile(r"(?:\[\d+/\d+\] )?STEP (?P<place>\d+/\d+): (?P<words>.*)")
    COMMIT = re.compile(r"(?:\[\d+/\d+\] )?COMMIT\b.*")
    FAILED = re.compile(r"Error: .*building at STEP .*", re.DOTALL)

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.rest: list[str] = []
        self._now: Step | None = None

    def line(self, line: str) -> None:
        """Take the next line."""
        found = self.STEP.fullmatch(line)
        if found or self.COMMIT.fullmatch(line):
            if self._now is not None:
                self._now.ended = True
            self._now = Step(found["words"] if found else "COMMIT", counted=bool(found), began=True)
            self.steps[str(len(self.steps))] = self._now
        elif line.startswith(("Error: ", "error building")):
            self.rest.append(line)
            if self._now is not None and self.FAILED.match(line):
                self._now.ended, self._now.error = True, line.rpartition('": ')[2]
        elif self._now is None:
            self.rest.append(line)
        elif line.startswith("--> Using cache"):
            self._now.cached = True
        elif not line.startswith("--> "):
            self._now.said.append(line)
