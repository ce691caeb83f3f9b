"""Sound as 256 levels, finer where it is soft: mu-law companding, ITU-T G.711's curve with mu = 255."""

from __future__ import annotations

import numpy as np

LEVELS = 256
MU = LEVELS - 1
SILENCE = LEVELS // 2


def encode(samples: np.ndarray) -> np.ndarray:
    """Return the codes 0..255 of samples in -1..1."""
    samples = np.clip(samples, -1, 1)
    bent = np.sign(samples) * np.log1p(MU * np.abs(samples)) / np.log1p(MU)
    return np.floor((bent + 1) / 2 * MU + 0.5).astype(np.uint8)


def decode(codes: np.ndarray) -> np.ndarray:
    """Return samples in -1..1."""
    bent = codes.astype(np.float32) / MU * 2 - 1
    return (np.sign(bent) * np.expm1(np.abs(bent) * np.log1p(MU)) / MU).astype(np.float32)
