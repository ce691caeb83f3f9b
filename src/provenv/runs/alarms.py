"""Alarms of a run that goes on: judged sample by sample and line by line, each told once; pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import Hint, Problem, problem, text
from ..model.resources import Alarm, AlarmKind, Sample
from .trend import Slope, Window

MIB, GIB = 1 << 20, 1 << 30

WARM = 60.0
"""Seconds after the first step in which memory may grow: caches fill, workers begin."""
UNSEEN = 300.0
"""The same after the begin of a program in which no step can be seen."""
LEAST_POINTS = 30
LEAST_FIT = 0.8
LEAST_GROWTH = 64 * MIB
"""Bytes in a window below which growth is nothing to speak of."""
FARTHEST = 20.0
"""How many times as far as it was observed a line may be drawn on."""
HORIZON = 24 * 3600.0
DISK_HORIZON = 1800.0

NEARLY = 0.05
"""The share of memory that is left when it is nearly full."""
SHM_FULL = 0.9
STILL = 60.0
STILL_STEPS = 20.0
"""How many usual steps without one make a stand-still, if that is longer than STILL."""
IDLE_CORES = 0.05
IDLE_BYTES = MIB
"""What a group that stands still may yet compute and move in that time."""
WAITED = 0.5
GPU_IDLE = 0.3
LOOKED_BACK = 60.0


@dataclass
class _Rank:
    """What a process told of its steps: how many, when the last came, how long one takes, what it waited."""

    steps: int = -1
    moved: float = 0.0
    usual: float = 0.0
    beat: float = 0.0
    waiting: float | None = None
    shares: deque[tuple[float, float, float]] = field(default_factory=deque)


def _windows() -> tuple[Window, Window]:
    """Return a window for what grows fast, and one for what grows slowly."""
    return Window(600.0, 5.0), Window(4 * 3600.0, 60.0)


@dataclass
class Alarms:
    """Watches over a run: give it every sample and every observed line, in the order of time.

    `cores` are those that the place grants, for advice. An alarm is told once a run; what was measured
    before a new attempt (`began`) does not count for it.
    """

    cores: float = 0.0
    _told: set[AlarmKind] = field(default_factory=set)
    _ranks: dict[int, _Rank] = field(default_factory=dict)
    _samples: deque[Sample] = field(default_factory=deque)
    _memory: tuple[Window, Window] = field(default_factory=_windows)
    _by_process: deque[tuple[float, Mapping[str, int]]] = field(default_factory=deque)
    _free: Window = field(default_factory=lambda: Window(600.0, 5.0))
    _first: float | None = None
    _stepped: float | None = None
    _saved: int = 0

    def began(self) -> None:
        """Forget what was measured: a new attempt begins."""
        self._ranks.clear()
        self._samples.clear()
        self._by_process.clear()
        self._memory, self._free = _windows(), Window(600.0, 5.0)
        self._first = self._stepped = None

    def line(self, rank: int, said: Mapping[str, Any]) -> None:
        """Take a line of `rank-N.jsonl` (model.observed); what does not fit is passed over."""
        kind, t, steps = said.get("k"), _number(said.get("t")), _number(said.get("n"))
        if t is None:
            return
        one = self._ranks.setdefault(rank, _Rank())
        one.beat = t
        if kind == "step" and steps is not None:
            seconds, waited = _number(said.get("d")) or 0.0, _number(said.get("w"))
            count = _number(said.get("s")) or 1.0
            one.usual = seconds / count if not one.usual else 0.8 * one.usual + 0.2 * seconds / count
            if waited is not None and seconds > 0:
                one.shares.append((t, seconds, min(waited, seconds)))
                while t - one.shares[0][0] > LOOKED_BACK:
                    one.shares.popleft()
        if kind in ("step", "beat") and steps is not None and steps > one.steps:
            one.steps, one.moved = int(steps), t
            if steps > 0 and self._stepped is None:
                self._stepped = t
        if kind == "beat":
            one.waiting = _number(said.get("w"))
        elif kind in ("save", "epoch", "resume"):
            # it is at work on something else than steps
            one.moved = t
        if kind == "save":
            self._save(t, _number(said.get("seconds")) or 0.0)

    def sample(self, sample: Sample) -> tuple[Alarm, ...]:
        """Take a sample; return the alarms that it raises."""
        if self._first is None:
            self._first = sample.t
        self._samples.append(sample)
        while sample.t - self._samples[0].t > max(2 * STILL, self._still()) + 10.0:
            self._samples.popleft()
        self._remember(sample)
        found: list[tuple[AlarmKind, Problem | None]] = [
            ("memory-nearly-full", self._memory_full(sample)),
            ("memory-grows", self._memory_grows(sample)),
            ("loader-stuck", self._stuck(sample)),
            ("disk-nearly-full", self._disk(sample)),
            ("shm-nearly-full", self._shm(sample)),
            ("gpu-waits-for-data", self._gpu(sample)),
        ]
        return tuple(self._new(sample.t, found))

    def _new(self, t: float, found: list[tuple[AlarmKind, Problem | None]]) -> Iterator[Alarm]:
        for kind, told in found:
            if told is not None and kind not in self._told:
                self._told.add(kind)
                yield Alarm(kind, t, told)

    def _remember(self, sample: Sample) -> None:
        if sample.disk_free is not None:
            self._free.add(sample.t, sample.disk_free)
        begins = self._stepped + WARM if self._stepped is not None else (self._first or sample.t) + UNSEEN
        if sample.t < begins or not sample.processes:
            return
        kept = [window.add(sample.t, sample.memory) for window in self._memory]
        if kept[0]:
            self._by_process.append((sample.t, sample.workers))
            while sample.t - self._by_process[0][0] > self._memory[0].seconds:
                self._by_process.popleft()

    def _memory_grows(self, sample: Sample) -> Problem | None:
        if sample.left is None or "memory-grows" in self._told:
            return None
        for window in self._memory:
            line = window.slope()
            if line is None or not _grows(line, sample.memory):
                continue
            seconds = sample.left / line.rate
            if seconds <= min(HORIZON, FARTHEST * line.span):
                growing = self._growing()
                key = "PV1220.why_workers" if len(growing) > 1 else "PV1220.why_one"
                return problem(
                    "PV1220",
                    why=text(key, n=len(growing), pid=growing[0] if growing else "?", over_seconds=line.span),
                    hints=(
                        Hint(text("PV1220.hint_look"), _ps(growing)),
                        Hint(text("PV1220.hint_workers")),
                    ),
                    severity="warning",
                    rate_bytes=round(line.rate * 60),
                    left_bytes=sample.left,
                    full_seconds=round(seconds),
                )
        return None

    def _growing(self) -> list[str]:
        """Return the processes that most of the growth is in, the fastest first."""
        if not self._by_process:
            return []
        before, now = self._by_process[0][1], self._by_process[-1][1]
        grown = {pid: now[pid] - before.get(pid, now[pid]) for pid in now}
        most = max(grown.values(), default=0)
        return sorted((pid for pid in grown if grown[pid] > max(0, most // 4)), key=lambda pid: -grown[pid])

    def _memory_full(self, sample: Sample) -> Problem | None:
        left, used = sample.left, sample.memory
        # where the group itself has next to nothing, it is not the one that can do something about it
        if left is None or left >= NEARLY * (left + used) or used < left:
            return None
        largest = sorted(sample.workers, key=lambda pid: -sample.workers[pid])
        hints = (Hint(text("PV1221.hint_less")), Hint(text("PV1221.hint_look"), _ps(largest)))
        return problem(
            "PV1221",
            why=text("PV1221.why"),
            hints=hints,
            severity="warning",
            left_bytes=left,
            used_bytes=used,
        )

    def _still(self) -> float:
        """Return for how long no step may come before it counts as a stand-still."""
        return max([STILL, *(STILL_STEPS * one.usual for one in self._ranks.values())])

    def _stuck(self, sample: Sample) -> Problem | None:
        for rank, one in sorted(self._ranks.items()):
            long = sample.t - one.moved
            # that it beats says that the process itself lives and could tell more
            if one.steps < 0 or long < self._still() or sample.t - one.beat > STILL:
                continue
            sure = one.waiting is not None and one.waiting >= 0.9 * long
            elsewhere = one.waiting is not None and not sure
            others = [pid for pid in sample.workers if sample.processes > len(self._ranks)]
            if elsewhere or not (sure or (others and self._idle(sample, long))):
                continue
            smaller = sorted(others, key=lambda pid: sample.workers[pid])
            return problem(
                "PV1222",
                why=text("PV1222.why_waits" if sure else "PV1222.why_idle"),
                hints=(
                    Hint(text("PV1222.hint_where"), _ps(smaller, "pid,stat,wchan:24,args")),
                    Hint(text("PV1222.hint_workers")),
                ),
                severity="warning",
                rank=rank,
                still_seconds=round(long),
                step=max(0, one.steps),
            )
        return None

    def _idle(self, sample: Sample, long: float) -> bool:
        """Tell whether the group neither computed nor moved anything for so long."""
        since = [one for one in self._samples if one.t >= sample.t - min(long, self._still())]
        if len(since) < 5:
            return False
        first = since[0]
        bytes_moved = sum(getattr(sample, name) - getattr(first, name) for name in ("read", "written"))
        busy = sum(one.cpu for one in since) / len(since)
        computed = max((gpu.utilisation or 0.0 for one in since for gpu in one.gpus), default=0.0)
        return busy < IDLE_CORES * max(1, len(self._ranks)) and bytes_moved < IDLE_BYTES and computed <= 0.05

    def _save(self, t: float, seconds: float) -> None:
        """Note how much a checkpoint wrote: what was written from its begin to the sample after it."""
        written = [one.written for one in self._samples if t - seconds - 2.0 <= one.t <= t + 2.0]
        if written:
            self._saved = max(self._saved, max(written) - min(written))

    def _disk(self, sample: Sample) -> Problem | None:
        free = sample.disk_free
        if free is None:
            return None
        line = self._free.slope()
        seconds = None
        if line is not None and line.count >= LEAST_POINTS and line.rate < 0 and line.fit >= LEAST_FIT:
            seconds = free / -line.rate
        soon = seconds is not None and seconds < DISK_HORIZON
        if free >= max(GIB, 2 * self._saved) and not soon:
            return None
        if free >= GIB and self._saved and free < 2 * self._saved:
            why = text("PV1223.why_checkpoint", checkpoint_bytes=self._saved)
        elif soon and seconds is not None:
            why = text("PV1223.why_soon", full_seconds=round(seconds))
        else:
            why = text("PV1223.why")
        return problem(
            "PV1223",
            why=why,
            hints=(
                Hint(text("PV1223.hint_look"), "du -xh --max-depth=2 . | sort -h | tail -20"),
                Hint(None, "provenv gc"),
            ),
            severity="warning",
            free_bytes=free,
        )

    def _shm(self, sample: Sample) -> Problem | None:
        if not sample.shm_total or sample.shm is None or sample.shm < SHM_FULL * sample.shm_total:
            return None
        return problem(
            "PV1224",
            why=text("PV1224.why"),
            hints=(Hint(text("PV1224.hint_look"), "ls -l -S /dev/shm"), Hint(text("PV1224.hint_workers"))),
            severity="warning",
            used_bytes=sample.shm,
            total_bytes=sample.shm_total,
        )

    def _gpu(self, sample: Sample) -> Problem | None:
        if self._stepped is None or sample.t - self._stepped < 2 * LOOKED_BACK:
            return None
        recent = [one for one in self._samples if one.t >= sample.t - LOOKED_BACK]
        busy = [gpu.utilisation for one in recent for gpu in one.gpus if gpu.utilisation is not None]
        shares = [
            share
            for one in self._ranks.values()
            for share in one.shares
            if share[0] >= sample.t - LOOKED_BACK
        ]
        seconds = sum(share[1] for share in shares)
        # a waiting share that is known for a few seconds only says nothing yet
        if len(busy) < LEAST_POINTS or seconds < LOOKED_BACK / 2:
            return None
        waiting, computing = sum(share[2] for share in shares) / seconds, sum(busy) / len(busy)
        if waiting < WAITED or computing > GPU_IDLE:
            return None
        workers = max(0, sample.processes - max(1, len(self._ranks)))
        return problem(
            "PV1225",
            why=text("PV1225.why", n=workers, cores=f"{self.cores or sample.cpu:.0f}"),
            hints=(Hint(text("PV1225.hint_workers")), Hint(text("PV1225.hint_look"), "nproc")),
            severity="warning",
            busy=round(computing * 100),
            waiting=round(waiting * 100),
        )


def _grows(line: Slope, memory: int) -> bool:
    least = max(LEAST_GROWTH, memory // 50)
    return line.count >= LEAST_POINTS and line.fit >= LEAST_FIT and line.rate * line.span >= least


def _ps(pids: list[str], columns: str = "pid,rss,etime,args") -> str:
    """Return the command that shows some processes."""
    known = [pid for pid in pids if pid.isdigit()][:8]
    return f"ps -o {columns} -p {','.join(known)}" if known else f"ps -A -o {columns} --sort=-rss | head"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
