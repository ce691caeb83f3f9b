"""Wav files: read as numbers in -1..1 at 8 kHz, cut to where somebody speaks; written."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from .errors import WavenetError

RATE = 8000
FRAME = RATE // 50
QUIET = 0.03
"""A frame of 20 ms with less than this share of the loudest frame's level counts as silence."""
MARGIN = 3


def read(path: Path) -> np.ndarray:
    """Return a wav file's samples as float32, without their mean. Raises WavenetError for other formats."""
    try:
        with wave.open(str(path), "rb") as file:
            rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
            content = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise WavenetError(f"{path} can't be read as wav: {error}") from error
    if (rate, width, channels) != (RATE, 2, 1):
        raise WavenetError(
            f"{path} has {channels} channels of {8 * width} bits at {rate} Hz; wanted is one of 16 bits at"
            f" {RATE} Hz: `sox {path.name} -r {RATE} -b 16 -c 1 new.wav` makes it so"
        )
    samples = np.frombuffer(content[: len(content) // 2 * 2], "<i2").astype(np.float32) / 32768
    return samples - samples.mean() if len(samples) else samples


def write(path: Path, samples: np.ndarray) -> None:
    """Write samples in -1..1 as a wav file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def spoken(samples: np.ndarray) -> np.ndarray:
    """Return the samples without the silence before and after; at a level that is the same for all.

    How long a studio leaves silence, and how loud it records, tells the studio, not the language.
    """
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    level = np.sqrt((frames**2).mean(1))
    if not len(level) or level.max() == 0:
        return samples[:0]
    loud = np.flatnonzero(level > QUIET * level.max())
    begin, end = max(0, loud[0] - MARGIN), loud[-1] + 1 + MARGIN
    kept = samples[begin * FRAME : end * FRAME]
    return (kept * (0.1 / np.sqrt((frames[loud] ** 2).mean()))).astype(np.float32)
