"""Telephone prompts of two voices as mu-law codes, and a split in which no prompt is in two parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from provenv_runtime import data
from provenv_runtime.splitting import digest, split

from . import mulaw, sounds
from .errors import WavenetError
from .options import Settings

VOICES = ("english", "italian")
SHORTEST = sounds.RATE // 5
SILENT = "silence"
NOT_SPOKEN = ("ascending-2tone", "beep", "beeperr", "descending-2tone", "tt-monkeys", "tt-weasels")
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Prompt:
    """A spoken prompt as codes 0..255; `content`: the sha256 of what was read."""

    name: str
    voice: int
    codes: np.ndarray
    content: str

    def after(self, context: int) -> np.ndarray:
        """Return its codes behind as much silence as the network looks back."""
        return np.concatenate([np.full(context, mulaw.SILENCE, np.uint8), self.codes])


@dataclass(frozen=True)
class Stretch:
    """Some seconds of a prompt, from which each epoch takes one window: its samples, from `begin` on."""

    prompt: Prompt
    begin: int
    length: int

    def window(self, key: int, samples: int, context: int) -> np.ndarray:
        """Return context and window at the place that the key says."""
        begin = self.begin + key % self.length
        whole = self.prompt.after(context)
        begin = max(0, min(begin, len(self.prompt.codes) - samples))
        found = whole[begin : begin + context + samples]
        missing = context + samples - len(found)
        return np.concatenate([np.full(missing, mulaw.SILENCE, np.uint8), found])


def read(path: Path, name: str, voice: int) -> Prompt:
    """Return a wav file as a prompt."""
    samples = sounds.read(path)
    content = hashlib.sha256(samples.tobytes()).hexdigest()
    return Prompt(name, voice, mulaw.encode(sounds.spoken(samples)), content)


def load() -> list[Prompt]:
    """Return all spoken prompts. Raises DataMissing, WavenetError where a voice has too few."""
    found = []
    for voice, language in enumerate(VOICES):
        folder = data(language)
        paths = sorted(folder.rglob("*.wav"))
        names = [path.relative_to(folder).with_suffix("").as_posix() for path in paths]
        spoken = [name for name in names if not name.startswith(SILENT) and name not in NOT_SPOKEN]
        prompts = [read(folder / f"{name}.wav", name, voice) for name in spoken]
        prompts = [prompt for prompt in prompts if len(prompt.codes) >= SHORTEST]
        if len(prompts) < 100:
            raise WavenetError(f"{folder} has {len(prompts)} spoken prompts: are these the {language} ones?")
        found += prompts
    return found


def divided(prompts: Sequence[Prompt], settings: Settings) -> dict[str, list[Prompt]]:
    """Return the parts, by the prompts' names: a name's prompts of both voices are in one part."""
    if settings.most:
        names = sorted({one.name for one in prompts}, key=lambda name: hashlib.sha256(name.encode()).digest())
        kept = set(names[: settings.most])
        prompts = [prompt for prompt in prompts if prompt.name in kept]
    shares = {"train": 0.8, "validation": 0.1, "test": 0.1}
    parts = split([prompt.name for prompt in prompts], shares, seed=settings.seed)
    return {part: [prompts[index] for index in parts[part]] for part in PARTS}


def stretches(prompts: Iterable[Prompt], every: float) -> list[Stretch]:
    """Return the prompts in stretches of so many seconds, one at least of each."""
    length = max(1, round(every * sounds.RATE))
    return [
        Stretch(prompt, begin, min(length, len(prompt.codes) - begin))
        for prompt in prompts
        for begin in range(0, len(prompt.codes), length)
    ]


def keys(parts: dict[str, list[Prompt]]) -> dict[str, list[str]]:
    """Return what must not be in two parts: names and contents."""
    return {
        part: [*(f"name {one.name}" for one in prompts), *(f"content {one.content}" for one in prompts)]
        for part, prompts in parts.items()
    }


def identity(parts: dict[str, list[Prompt]]) -> str:
    """Return the split's digest: which recording is in which part."""
    return digest({part: [f"{one.voice} {one.content}" for one in parts[part]] for part in parts})


def samples(prompts: Iterable[Prompt]) -> int:
    """Return how many samples all have together."""
    return sum(len(prompt.codes) for prompt in prompts)
