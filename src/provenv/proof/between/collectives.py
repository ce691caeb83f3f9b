"""Judges a process group over all hosts: whether every rank computed what it must, and how fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import Hint, Text, text
from ...model.evidence import Check, Measure
from ...model.host_names import ssh
from ..judging import death, first_line
from ..verdict import FACTS, REBUILD, Raw, Verdict, failed, lines, passed, skipped
from .links import rate_words

COLLECTIVES = Check("hosts-all-reduce", "hosts_all_reduce.py", 240.0)
DONE = "done"
CUT_OFF = (
    "Connection closed by peer",
    "Connection reset by peer",
    "Broken pipe",
    "Timed out",
    "timed out",
    "Timeout",
    "timeout",
    "Socket closed",
)
"""What a rank says that was left alone by another."""


@dataclass(frozen=True)
class Rank:
    """One rank, its host, and what came of it.

    `steps` are the lines that it printed, `code` how it ended (None: nobody saw that), `ended` whether we
    ended it: its time was up, or another's end had left it waiting. `problem` says why it did not run.
    """

    host: str
    steps: tuple[Raw, ...] = ()
    code: int | None = None
    ended: bool = False
    problem: Text | None = None
    output: str = ""

    def told(self, step: str) -> Sequence[Raw]:
        """Return what it told of a step."""
        return [one for one in self.steps if one.get("step") == step]

    @property
    def last(self) -> str:
        """Return the last step that it told, an error aside."""
        return next((str(one["step"]) for one in reversed(self.steps) if one.get("step") != "error"), "-")

    @property
    def error(self) -> str:
        """Return the error that it told, an empty string for none."""
        found = self.told("error")
        return f"{found[-1].get('type')}: {first_line(str(found[-1].get('message')))}" if found else ""

    @property
    def is_alone(self) -> bool:
        """Tell whether its error says no more than that another left it, or did not answer."""
        return any(word in self.error for word in CUT_OFF)


def judge_collectives(ranks: Sequence[Rank]) -> Verdict:
    """Judge every rank's results against what is known and against each other's; then the figures."""
    if any(one.told("skipped") for one in ranks):
        return skipped(COLLECTIVES, text("proof.skipped.no_distributed"))
    evidence = lines([_described(one) for one in ranks])
    lost = [one for one in ranks if not one.told(DONE)]
    if lost:
        first = culprit(lost)
        why, hints = _why_lost(first)
        return failed(COLLECTIVES, why, evidence=f"{first.output}\n{evidence}".strip(), hints=hints)
    wrong = _wrong(ranks)
    if wrong:
        host, backend, what, distance = wrong[0]
        why = text("proof.hosts_all_reduce.wrong", host=host, backend=backend, what=what)
        told = [f"{one[0]} {one[1]} {one[2]}: {one[3]:g} != 0" for one in wrong]
        return failed(
            COLLECTIVES, why, evidence=lines(told), hints=(FACTS, REBUILD), distance=distance, tolerance=0.0
        )
    return _figures(ranks, evidence)


def culprit(lost: Sequence[Rank]) -> Rank:
    """Return the rank that most likely kept the others: who could not run, who died, who came to nothing.

    A rank that says it was left alone is not it where another says nothing; of several the one that came
    least far.
    """

    def rank(one: Rank) -> tuple[int, int]:
        if one.problem is not None:
            return 0, 0
        if one.error:
            return 4 if one.is_alone else 2, len(one.steps)
        return 3 if one.ended else 1, len(one.steps)

    return min(lost, key=rank)


def _why_lost(rank: Rank) -> tuple[Text, tuple[Hint, ...]]:
    key = "proof.hosts_all_reduce"
    look = Hint(text(f"{key}.hint_look"), f"{ssh(rank.host)} uptime")
    if rank.problem is not None:
        return text(f"{key}.unreached", host=rank.host, code=rank.problem.key), (look,)
    if rank.is_alone:
        return text(f"{key}.alone", step=rank.last, error=rank.error), ()
    if rank.error:
        return text(f"{key}.raised", host=rank.host, error=rank.error), (REBUILD,)
    if rank.ended:
        return text(f"{key}.silent", host=rank.host, step=rank.last), (look,)
    code = rank.code or 0
    number = code - 128 if 128 < code < 160 else -code if code < 0 else 0
    if number:
        _, hints = death(number)
        return text(f"{key}.died", host=rank.host, signal=number, step=rank.last), hints
    return text(f"{key}.left", host=rank.host, code=code, step=rank.last), (FACTS, REBUILD)


def _wrong(ranks: Sequence[Rank]) -> list[tuple[str, str, str, float]]:
    """Return (host, backend, operation, distance) of what is not as it must be, or as the others have it."""
    found: list[tuple[str, str, str, float]] = []
    digests: dict[tuple[str, str], dict[str, list[str]]] = {}
    for one in ranks:
        for told in one.told("right"):
            for what, (distance, digest) in _pairs(told["found"]):
                backend = str(told["backend"])
                if distance != 0:
                    found.append((one.host, backend, what, distance))
                digests.setdefault((backend, what), {}).setdefault(digest, []).append(one.host)
    for (backend, what), groups in digests.items():
        if len(groups) > 1 and not found:
            fewest = min(groups.values(), key=len)
            found += [(host, backend, what, 1.0) for host in fewest]
    return found


def _pairs(found: Mapping[str, Any]) -> list[tuple[str, tuple[float, str]]]:
    return [(name, (float(distance), str(digest))) for name, (distance, digest) in found.items()]


def _figures(ranks: Sequence[Rank], evidence: str) -> Verdict:
    world = len(ranks)
    measures: list[Measure] = []
    best, latency, backends = 0.0, 0.0, []
    for told in ranks[0].told("measured"):
        backend, found = str(told["backend"]), told["found"]
        backends.append(backend)
        latency = float(found["latency"])
        measures.append(Measure(f"all_reduce.{backend}.latency", round(latency * 1e6, 1), "us"))
        best = 0.0
        for size, seconds, _ in found["sizes"]:
            algorithm, bus = bandwidths(int(size), float(seconds), world)
            best = max(best, bus)
            name = f"all_reduce.{backend}.{int(size) // 2**20}MiB"
            measures.append(Measure(f"{name}.algorithm", round(algorithm / 1e6, 1), "MB/s"))
            measures.append(Measure(f"{name}.bus", round(bus / 1e6, 1), "MB/s"))
    return passed(
        COLLECTIVES,
        measures=tuple(measures),
        evidence=evidence,
        backends=", ".join(backends),
        n=world,
        bus=rate_words(best),
        latency=f"{latency * 1e6:.3g} us" if latency < 1e-3 else f"{latency * 1e3:.3g} ms",
    )


def bandwidths(size: int, seconds: float, world: int) -> tuple[float, float]:
    """Return an all-reduce's algorithm and bus bandwidth in bytes a second.

    Bus bandwidth is size / time * 2 (n - 1) / n: what every link must carry whatever the number of ranks, so
    that it compares with the link's own (NCCL-tests, doc/PERFORMANCE.md, "AllReduce").
    """
    algorithm = size / max(seconds, 1e-9)
    return algorithm, algorithm * 2 * (world - 1) / world


def _described(rank: Rank) -> str:
    lost = rank.problem.key if rank.problem is not None else ""
    end = lost or rank.error or ("ended by us" if rank.ended else str(rank.code))
    return f"{rank.host}: {rank.last}; {end}"
