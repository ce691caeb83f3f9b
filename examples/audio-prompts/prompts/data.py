"""The prompts in five languages, and a split in which no prompt is in two parts, in whatever language.

The same prompt (`vm-goodbye`, `digits/7`) is spoken in every language: its name is the group. So a prompt of
the test part was heard in no language while the network learned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from provenv_runtime import data
from provenv_runtime.splitting import digest, split

from . import sounds
from .errors import PromptsError
from .options import Settings

LANGUAGES = ("english", "spanish", "french", "italian", "russian")
WINDOW = sounds.RATE
STEP = WINDOW // 2
SHORTEST = sounds.RATE // 5
SILENT = "silence"
NOT_SPOKEN = ("ascending-2tone", "beep", "beeperr", "descending-2tone", "tt-monkeys", "tt-weasels")
KINDS = ("digits", "letters", "phonetic")
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Prompt:
    """A spoken prompt: `samples` at 8 kHz, the same level in all; `content`: the sha256 of what was read."""

    name: str
    language: int
    samples: np.ndarray
    content: str

    @property
    def kind(self) -> str:
        """digits, letters, phonetic (the spelling alphabet) or phrases."""
        folder = self.name.split("/")[0]
        return folder if folder in KINDS else "phrases"

    def windows(self, step: int = STEP) -> list[int]:
        """Return where windows of a second begin: each `step`, one at least."""
        return list(range(0, max(1, len(self.samples) - WINDOW // 2), step))

    def window(self, begin: int) -> np.ndarray:
        """Return a second of it, filled with silence where it has less."""
        kept = self.samples[max(0, begin) : max(0, begin + WINDOW)]
        before = min(WINDOW, max(0, -begin))
        return np.pad(kept, (before, WINDOW - before - len(kept)))


def read(path: Path, name: str, language: int) -> Prompt:
    """Return a wav file as a prompt."""
    samples = sounds.read(path)
    return Prompt(name, language, sounds.spoken(samples), hashlib.sha256(samples.tobytes()).hexdigest())


def folder(path: Path, language: int) -> list[Prompt]:
    """Return a folder's prompts, without silence, signals and what is shorter than a fifth of a second."""
    found = []
    for file in sorted(path.rglob("*.wav")):
        name = file.relative_to(path).with_suffix("").as_posix()
        if name.startswith(SILENT) or name in NOT_SPOKEN:
            continue
        prompt = read(file, name, language)
        if len(prompt.samples) >= SHORTEST:
            found.append(prompt)
    return found


def load() -> list[Prompt]:
    """Return all prompts. Raises DataMissing, PromptsError where a language has too few."""
    found = []
    for language, name in enumerate(LANGUAGES):
        prompts = folder(data(name), language)
        if len(prompts) < 100:
            raise PromptsError(f"{data(name)} has {len(prompts)} spoken prompts: are these the {name} ones?")
        found += prompts
    return found


def divided(prompts: Sequence[Prompt], settings: Settings) -> dict[str, list[Prompt]]:
    """Return the parts: by the prompts' names, each kind in its share."""
    names = sorted({prompt.name for prompt in prompts})
    if settings.most:
        names.sort(key=lambda name: hashlib.sha256(name.encode()).digest())
        kept = set(names[: settings.most])
        prompts = [prompt for prompt in prompts if prompt.name in kept]
    keys, kinds = [prompt.name for prompt in prompts], [prompt.kind for prompt in prompts]
    shares = {"train": 0.7, "validation": 0.1, "test": 0.2}
    parts = split(keys, shares, seed=settings.seed, strata=kinds)
    return {part: [prompts[index] for index in parts[part]] for part in PARTS}


def keys(parts: dict[str, list[Prompt]]) -> dict[str, list[str]]:
    """Return what must not be in two parts: names and contents."""
    return {
        part: [*(f"name {one.name}" for one in prompts), *(f"content {one.content}" for one in prompts)]
        for part, prompts in parts.items()
    }


def identity(parts: dict[str, list[Prompt]]) -> str:
    """Return the split's digest: which recording, of which language, is in which part."""
    return digest({part: [f"{one.language} {one.content}" for one in parts[part]] for part in parts})


def seconds(prompts: Iterable[Prompt]) -> float:
    """Return how long all are together."""
    return sum(len(prompt.samples) for prompt in prompts) / sounds.RATE
