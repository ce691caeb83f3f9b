"""The state of every source of random numbers that this process uses: python, numpy, torch, its devices."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from .counters import augmentation_key
from .optional import loaded


def captured() -> dict[str, Any]:
    """Return the states of the sources that are in use; nothing is imported or initialised for it."""
    states: dict[str, Any] = {"python": random.getstate()}
    numpy, torch = loaded("numpy"), loaded("torch")
    if numpy is not None:
        states["numpy"] = numpy.random.get_state(legacy=False)
    if torch is not None:
        states["torch"] = torch.get_rng_state()
        if torch.cuda.is_initialized():
            states["cuda"] = torch.cuda.get_rng_state_all()
    return states


def restore(states: Mapping[str, Any]) -> list[str]:
    """Set the sources to these states; return what could not be set, in words."""
    missed = []
    random.setstate(states["python"])
    numpy, torch = loaded("numpy"), loaded("torch")
    if numpy is not None and "numpy" in states:
        numpy.random.set_state(states["numpy"])
    if torch is not None and "torch" in states:
        torch.set_rng_state(states["torch"])
    if torch is not None and "cuda" in states:
        if torch.cuda.is_available() and torch.cuda.device_count() == len(states["cuda"]):
            torch.cuda.set_rng_state_all(states["cuda"])
        else:
            missed.append(
                f"random state of {len(states['cuda'])} CUDA devices: this process sees another number"
            )
    return missed


def begin_anew(step: int, rank: int) -> None:
    """Seed all sources from the step and the rank: for another number of processes."""
    key = augmentation_key(rank, step, 0)
    random.seed(key)
    numpy, torch = loaded("numpy"), loaded("torch")
    if numpy is not None:
        numpy.random.seed([key & 0xFFFFFFFF, key >> 32])
    if torch is not None:
        torch.manual_seed(key)
