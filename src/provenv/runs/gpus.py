"""What the vendors' tools tell of GPUs while a run goes on: nvidia-smi, amd-smi, rocm-smi, in the background.

A tool that is slow or hangs delays nobody: a sample takes what was told last.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from .. import environ
from ..facts.raw import whole
from ..model.resources import GpuSample
from .gpu_tools import (
    AMD_CARDS,
    AMD_HELD,
    NVIDIA_CARDS,
    NVIDIA_HELD,
    ROCM_CARDS,
    Card,
    Held,
    read_amd_cards,
    read_amd_held,
    read_nvidia_cards,
    read_nvidia_held,
    read_rocm_cards,
)
from .quiet_thread import quiet_thread

EVERY = 2.0
SHARE = 0.05
"""The share of time that asking may take: a tool that needs 0.5 s is asked every 10 s."""
LIMIT = 10.0
PATIENCE = 2.0
"""Seconds that a tool which the kernel does not let go is waited for in the end."""
LEAST = 32 << 20
"""Bytes by which a device's use must have grown to count as ours where nobody says whose it is."""

VISIBLE = (
    environ.CUDA_VISIBLE_DEVICES,
    *(one for one in environ.VISIBLE_DEVICES if one.name in ("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")),
)

Ask = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Tool:
    """A vendor's tool: what to run for the devices, and for who holds memory on them."""

    program: str
    cards: tuple[str, ...]
    read_cards: Callable[[str], tuple[Card, ...]]
    held: tuple[str, ...] = ()
    read_held: Callable[[str], tuple[Held, ...]] = lambda printed: ()


TOOLS = (
    Tool("nvidia-smi", NVIDIA_CARDS, read_nvidia_cards, NVIDIA_HELD, read_nvidia_held),
    Tool("amd-smi", AMD_CARDS, read_amd_cards, AMD_HELD, read_amd_held),
    Tool("rocm-smi", ROCM_CARDS, read_rocm_cards),
)


@dataclass(frozen=True)
class Told:
    """The devices at one moment, and who holds memory on them."""

    cards: tuple[Card, ...] = ()
    held: tuple[Held, ...] = ()


def ask(tool: Tool, run: Ask) -> Told:
    """Return what a tool tells now."""
    cards = tool.read_cards(run(tool.cards))
    return Told(cards, tool.read_held(run(tool.held)) if cards and tool.held else ())


def found(environment: Mapping[str, str]) -> Tool | None:
    """Return the first tool of a vendor that is installed."""
    path = environment.get(environ.PATH.name, os.defpath)
    return next((tool for tool in TOOLS if shutil.which(tool.program, path=path)), None)


def visible(cards: Iterable[Card], environment: Mapping[str, str]) -> tuple[Card, ...]:
    """Return the devices that the variables leave to a program; all, where they can't be told apart."""
    every = tuple(cards)
    for variable in VISIBLE:
        said = environment.get(variable.name)  # empty is none of them
        if said is None or "MIG" in said:
            continue
        words = [word.strip() for word in said.split(",")]
        numbers = {whole(word) for word in words}
        return tuple(
            card
            for card in every
            if card.index in numbers
            or any(word and not word.isdigit() and card.uuid.startswith(word) for word in words)
        )
    return every


def samples(
    told: Told,
    pids: Iterable[int],
    before: Told,
    seen_here: Callable[[int], bool],
    had: Container[int] = (),
) -> tuple[GpuSample, ...]:
    """Return the devices on which the processes `pids` hold something, and those on which they `had`.

    In a container the tools often tell no process, or those of another numbering: there all that a device's
    use grew by since `before` counts as ours.
    """
    ours = set(pids)
    mine = [one for one in told.held if one.pid in ours]
    numbered = bool(mine) or (bool(told.held) and all(seen_here(one.pid) for one in told.held))
    used_before = {card.index: card.used for card in before.cards}
    result = []
    for card in told.cards:
        here = [one for one in mine if one.device in (str(card.index), card.uuid)]
        grown = card.used - used_before.get(card.index, card.used)
        held = sum(one.memory for one in here) if numbered else grown if grown >= LEAST else 0
        if here or held or card.index in had:
            result.append(GpuSample(card.index, held, card.utilisation, card.used, card.total))
    return tuple(result)


def _exists(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


@dataclass
class Gpus:
    """Asks the tool of this machine's vendor again and again, from `start` to `end`.

    A device counts as the run's from when it first holds something there: what others do on the rest of
    them is none of its figures.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    every: float = EVERY
    _before: Told | None = None
    _told: Told | None = None
    _had: set[int] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)
    _running: subprocess.Popen[bytes] | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to ask; nothing where no tool is installed."""
        tool = found(self.environment)
        if tool is not None and self._thread is None:
            self._thread = quiet_thread(lambda: self._ask_on(tool), "gpus")

    def end(self) -> None:
        """Ask no more; a tool that is under way is ended."""
        self._stop.set()
        running = self._running
        if running is not None:
            running.kill()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def __call__(self, pids: Iterable[int]) -> tuple[GpuSample, ...]:
        """Return the devices of these processes as they were told last; nothing before the first answer."""
        told, before = self._told, self._before
        found = samples(told, pids, before, _exists, self._had) if told and before else ()
        self._had |= {one.index for one in found}
        return found

    def _ask_on(self, tool: Tool) -> None:
        failures = 0
        while not self._stop.is_set() and failures < 3:
            began = time.monotonic()
            told = ask(tool, self._run)
            failures = 0 if told.cards else failures + 1
            told = replace(told, cards=visible(told.cards, self.environment))
            if told.cards:
                self._before = self._before or told
                self._told = told
            self._stop.wait(max(self.every, (time.monotonic() - began) / SHARE))
        # who does not answer any more is not there any more
        self._told = None

    def _run(self, words: Sequence[str]) -> str:
        if self._stop.is_set():
            return ""
        with (
            suppress(OSError),
            subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self.environment,
            ) as child,
        ):
            self._running = child
            if self._stop.is_set():
                child.kill()
            try:
                return child.communicate(timeout=LIMIT)[0].decode("utf-8", "replace")
            except subprocess.TimeoutExpired:
                child.kill()
            finally:
                self._running = None
        return ""
