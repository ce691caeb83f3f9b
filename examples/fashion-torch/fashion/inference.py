"""A trained model in use: its file, its scores for pictures, and their gradients."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import nn

from .errors import Fault
from .model import build
from .record import Record

FILE = "model.safetensors"
AT_ONCE = 250


@dataclass(frozen=True)
class Trained:
    """A network with all that is needed to use and to judge it."""

    network: nn.Module
    record: Record

    @property
    def parameters(self) -> int:
        """How many weights were learned."""
        return sum(one.numel() for one in self.network.parameters())

    def save(self, path: Path) -> None:
        """Write the model's file, whole or not at all."""
        tensors = {name: one.detach().cpu().contiguous() for name, one in self.network.state_dict().items()}
        learned = torch.frombuffer(bytearray(self.record.keys()), dtype=torch.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(save({**tensors, "learned_from": learned}, {"record": self.record.words()}))
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> Trained:
        """Return the model that the file holds, on the device that this machine has. Raises Fault."""
        if not path.is_file():
            raise Fault(f"{path} is not there yet: train first")
        try:
            tensors = load_file(path)
            with safe_open(path, framework="pt") as file:
                words = file.metadata()["record"]
        except SafetensorError as error:
            raise Fault(f"{path} is damaged, train again: {error}") from error
        record = Record.of(words, tensors.pop("learned_from").numpy().tobytes())
        network = build(record.settings["model"])
        network.load_state_dict(tensors)
        return cls(network.to(device()).eval(), record)

    def scores(self, ink: np.ndarray) -> np.ndarray:
        """Return the scores before the softmax (count, classes)."""
        at, parts = next(self.network.parameters()).device, torch.from_numpy(ink).split(AT_ONCE)
        with torch.no_grad():
            return torch.cat([self.network(part.to(at)).cpu() for part in parts]).double().numpy()

    def probabilities(self, ink: np.ndarray) -> np.ndarray:
        """Return a score in 0..1 for each picture and class; each row adds up to 1."""
        return torch.from_numpy(self.scores(ink)).softmax(1).numpy()

    def gradients(self, ink: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Return how the score of its class changes with each pixel of a picture, (count, 28, 28)."""
        at = next(self.network.parameters()).device
        taken = torch.from_numpy(ink).to(at).requires_grad_()
        chosen = self.network(taken).gather(1, torch.from_numpy(classes).to(at)[:, None])
        return torch.autograd.grad(chosen.sum(), taken)[0].cpu().double().numpy()


def device() -> torch.device:
    """Return the GPU of this process where there is one that torch can use, else the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device())
