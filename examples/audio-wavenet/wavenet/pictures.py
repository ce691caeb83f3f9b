"""Sounds, and pictures of them: what the network says on its own beside what people said."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from provenv_runtime.outputs import read_lines, write_json

from . import mulaw, sounds
from .data import VOICES, Prompt
from .generate import Generator
from .storage import Trained

OUTPUTS = Path("outputs")
GIVEN = 0.25
"""The share of a real prompt's sound that is given before the network goes on."""
TEMPERATURE = 0.9
COUNT = 2


def save(figure: Figure, name: str) -> str:
    """Write a picture; return its place in the outputs."""
    path = OUTPUTS / "pictures" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=75, bbox_inches="tight")
    return f"pictures/{name}"


def curves() -> str:
    """Draw the bits over the epochs."""
    lines = read_lines(OUTPUTS / "metrics.jsonl")
    figure = Figure(figsize=(6, 3.2))
    axes = figure.subplots()
    epochs = [line["epoch"] for line in lines]
    axes.plot(epochs, [line["train_loss"] for line in lines], marker=".", label="train, while learning")
    axes.plot(epochs, [line["validation_loss"] for line in lines], marker=".", label="validation")
    axes.set(xlabel="epoch", title="bits per sample")
    axes.legend()
    return save(figure, "curves.png")


def spectrograms(codes: Sequence[np.ndarray], titles: Sequence[str], name: str) -> str:
    """Draw sounds one above the other, as spectrograms with the same time and the same colours."""
    figure = Figure(figsize=(7, 1.9 * len(codes)))
    axes = figure.subplots(len(codes), 1, squeeze=False, sharex=True)
    for row, (one, title) in enumerate(zip(codes, titles, strict=True)):
        samples = mulaw.decode(one) + 1e-5
        axes[row, 0].specgram(samples, 256, sounds.RATE, noverlap=176, cmap="magma", vmin=-120, vmax=-40)
        axes[row, 0].set_title(title, fontsize=9, loc="left")
        axes[row, 0].set_yticks([0, 2000, 4000])
    axes[-1, 0].set_xlim(0, len(codes[0]) / sounds.RATE)
    axes[-1, 0].set_xlabel("seconds")
    figure.tight_layout()
    return save(figure, name)


def write(codes: np.ndarray, name: str) -> str:
    """Write codes as wav; return its place in the outputs."""
    sounds.write(OUTPUTS / "sounds" / name, mulaw.decode(codes))
    return f"sounds/{name}"


def freely(model: Trained, seconds: float, seed: int, temperature: float) -> list[np.ndarray]:
    """Return what the network says after silence: `COUNT` sounds of each voice."""
    generator = Generator(model.network, [voice for voice in range(len(VOICES)) for _ in range(COUNT)])
    return list(generator.go_on(round(seconds * sounds.RATE), seed, temperature))


def going_on(
    model: Trained, prompts: Sequence[Prompt], seconds: float, seed: int, temperature: float
) -> list[np.ndarray]:
    """Return the prompts' beginnings, and how the network goes on from there."""
    generator = Generator(model.network, [prompt.voice for prompt in prompts])
    given = np.stack([prompt.codes[: round(GIVEN * seconds * sounds.RATE)] for prompt in prompts])
    generator.begin(given)
    made = generator.go_on(round(seconds * sounds.RATE) - given.shape[1], seed, temperature)
    return list(np.concatenate([given, made], 1))


def examples(test: Sequence[Prompt], seconds: float) -> list[Prompt]:
    """Return a test prompt of each voice that lasts long enough to be begun."""
    long = [prompt for prompt in test if len(prompt.codes) >= seconds * sounds.RATE]
    return [
        next((prompt for prompt in long if prompt.voice == voice), max(test, key=lambda one: len(one.codes)))
        for voice in range(len(VOICES))
    ]


def gallery(model: Trained, test: Sequence[Prompt], seed: int = 0, temperature: float = TEMPERATURE) -> None:
    """Write sounds with their spectrograms, predictions.json (as samples) and gallery.json."""
    seconds = model.settings.sound
    real = examples(test, seconds)
    began = time.perf_counter()
    free = freely(model, seconds, seed, temperature)
    took = (time.perf_counter() - began) / seconds
    print(f"{len(free)} sounds at once: {took:.1f} s for a second of each")
    continued = going_on(model, real, seconds, seed, temperature)
    samples: list[dict[str, Any]] = []
    for number, codes in enumerate(free):
        voice = VOICES[number // COUNT]
        picture = spectrograms([codes], [f"{voice} voice, after silence"], f"free-{number}.png")
        sound = write(codes, f"free-{voice}-{number % COUNT}.wav")
        samples.append({"prompt": f"{voice} voice, after silence", "sound": sound, "picture": picture})
    for prompt, codes in zip(real, continued, strict=True):
        voice = VOICES[prompt.voice]
        words = f"{voice} voice, after the beginning of {prompt.name}"
        picture = spectrograms([codes], [words], f"on-{voice}.png")
        sound = write(codes, f"on-{voice}.wav")
        samples.append({"prompt": words, "sound": sound, "picture": picture})
    write_json(OUTPUTS / "predictions.json", {"samples": samples})
    length = round(seconds * sounds.RATE)
    heard = [(write(one.codes[:length], f"real-{VOICES[one.voice]}.wav"), one) for one in real]
    rows, titles = [], []
    for prompt, codes in zip(real, continued, strict=True):
        voice = VOICES[prompt.voice]
        rows += [prompt.codes[:length], codes, free[prompt.voice * COUNT]]
        titles += [f"{voice}: real", f"{voice}: goes on after {GIVEN:.0%}", f"{voice}: after silence"]
    beside = spectrograms(rows, titles, "beside.png")
    shown = [
        (curves(), "Bits per sample over the epochs", "每个样本所需比特数"),
        (beside, "Real speech and what the network makes of it", "真实语音与网络生成的声音"),
    ]
    chosen = [samples[0], samples[COUNT], *samples[-2:]]
    played = [(one["sound"], one["prompt"], one["prompt"]) for one in chosen]
    played += [(file, f"real: {one.name}", f"真实录音：{one.name}") for file, one in heard]
    write_json(
        OUTPUTS / "gallery.json",
        {
            "pictures": [{"file": file, "title": {"en": en, "zh": zh}} for file, en, zh in shown],
            "sounds": [{"file": file, "title": {"en": en, "zh": zh}} for file, en, zh in played],
        },
    )
