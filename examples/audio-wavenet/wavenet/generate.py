"""Sound from the network, a sample at a time, with each layer's past kept instead of computed again.

The whole network on all of its context would do the same work a thousand times ("Fast WaveNet", Le Paine and
others, arXiv:1611.09482). Several sounds are made side by side: small matrices cost no more for eight rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .logistics import CURVES, NARROWEST, UNIT
from .model import WaveNet
from .mulaw import LEVELS, SILENCE


class Line:
    """The last `length` values of a layer's input: gives the oldest for the newest."""

    def __init__(self, length: int, rows: int, channels: int) -> None:
        self.values = np.zeros((length, rows, channels), np.float32)
        self.at = 0

    def swap(self, value: np.ndarray) -> np.ndarray:
        """Take the newest value and return the one from `length` samples ago."""
        oldest = self.values[self.at].copy()
        self.values[self.at] = value
        self.at = (self.at + 1) % len(self.values)
        return oldest


class Generator:
    """The network as matrices, for some sounds side by side; begins after silence."""

    def __init__(self, network: WaveNet, voices: Sequence[int]) -> None:
        weights = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
        rows, channels = len(voices), weights["hidden.weight"].shape[1]
        self.output = network.output
        self.first = taps(weights, "first")
        self.hidden, self.last = (taps(weights, name) for name in ("hidden", "last"))
        self.layers = []
        self.lines = [Line(1, rows, 1)]
        for number, layer in enumerate(network.layers):
            name = f"layers.{number}"
            matrices, shift = taps(weights, f"{name}.gates")
            shift = shift + weights[f"{name}.voice.weight"][list(voices)]
            ends = (taps(weights, f"{name}.{end}") for end in ("residual", "skip"))
            self.layers.append(((matrices, shift), *ends))
            self.lines.append(Line(layer.dilation, rows, channels))
        for _ in range(network.context):
            self.said = self.step(np.full(rows, SILENCE))

    def step(self, codes: np.ndarray) -> np.ndarray:
        """Take each sound's newest code; return what is said of the next (rows, outputs)."""
        level = ((codes - (LEVELS - 1) / 2) / UNIT).astype(np.float32)[:, None]
        (old, new), bias = self.first
        signal = self.lines[0].swap(level) @ old + level @ new + bias
        result = np.float32(0)
        for line, layer in zip(self.lines[1:], self.layers, strict=True):
            ((before, now), shift), residual, skip = layer
            gates = line.swap(signal) @ before + signal @ now + shift
            half = gates.shape[1] // 2
            found = np.tanh(gates[:, :half]) * (0.5 * np.tanh(0.5 * gates[:, half:]) + 0.5)
            signal = signal + found @ residual[0][0] + residual[1]
            result = result + found @ skip[0][0] + skip[1]
        result = np.maximum(result, 0) @ self.hidden[0][0] + self.hidden[1]
        said = np.maximum(result, 0) @ self.last[0][0] + self.last[1]
        if self.output == "logistics":
            said[:, CURVES : 2 * CURVES] += level + np.linspace(-0.5, 0.5, CURVES, dtype=np.float32)
            said[:, 2 * CURVES :] = np.maximum(said[:, 2 * CURVES :] - 2, NARROWEST)
        return said

    def begin(self, codes: np.ndarray) -> None:
        """Hear the beginnings of the sounds (rows, samples), to go on from there."""
        for column in codes.T:
            self.said = self.step(column)

    def go_on(self, samples: int, seed: int, temperature: float = 1.0) -> np.ndarray:
        """Return the next codes of each sound (rows, samples), drawn from what the network says."""
        chance = np.random.default_rng(seed)
        made = np.empty((len(self.said), samples), np.uint8)
        for at in range(samples):
            made[:, at] = draw(self.said, chance, temperature)
            self.said = self.step(made[:, at])
        return made


def taps(weights: dict[str, np.ndarray], name: str) -> tuple[list[np.ndarray], np.ndarray]:
    """Return a convolution as matrices (inputs, outputs), the oldest tap first, and its bias."""
    kernel = weights[f"{name}.weight"]
    matrices = [np.ascontiguousarray(kernel[..., tap].T) for tap in range(kernel.shape[2])]
    return matrices, weights[f"{name}.bias"]


def draw(said: np.ndarray, chance: np.random.Generator, temperature: float) -> np.ndarray:
    """Return a code for each row. A temperature below 1 draws closer to what is likeliest."""
    if said.shape[1] == LEVELS:
        return (said / temperature + chance.gumbel(size=said.shape)).argmax(1)
    weights, centres, widths = np.split(said, 3, axis=1)
    curve = (weights + chance.gumbel(size=weights.shape)).argmax(1)[:, None]
    uniform = chance.uniform(1e-5, 1 - 1e-5, size=(len(said), 1))
    spread = temperature * np.exp(np.take_along_axis(widths, curve, 1))
    level = np.take_along_axis(centres, curve, 1) + spread * np.log(uniform / (1 - uniform))
    codes = np.rint(level[:, 0] * UNIT + (LEVELS - 1) / 2)
    return np.clip(codes, 0, LEVELS - 1).astype(np.int64)
