"""A trained model in use: its file, and what it tells of patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from .data import Patients
from .errors import Fault
from .model import Regression, build
from .options import Options
from .record import Record

FILE = "model.safetensors"


@dataclass(frozen=True)
class Trained:
    """A network with all that is needed to use and to judge it."""

    network: Regression
    record: Record

    @property
    def parameters(self) -> int:
        """How many weights were learned."""
        return sum(one.numel() for one in self.network.parameters())

    def with_folds(self, folds: Mapping[str, Sequence[float]]) -> Trained:
        """Return it with what a cross-validation of its settings gave."""
        return replace(self, record=replace(self.record, folds=folds))

    def save(self, path: Path) -> None:
        """Write the model's file, whole or not at all."""
        tensors = {name: one.detach().cpu().contiguous() for name, one in self.network.state_dict().items()}
        learned = torch.frombuffer(bytearray(self.record.keys()), dtype=torch.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        save_file({**tensors, "learned_from": learned}, beside, {"record": self.record.words()})
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
        network = build(Options(**record.settings))
        network.load_state_dict(tensors)
        return cls(network.to(device()).eval(), record)

    def told(self, patients: Patients) -> np.ndarray:
        """Return the progression that the model tells of each patient."""
        return told(self.network, patients)


@torch.no_grad()
def told(network: Regression, patients: Patients) -> np.ndarray:
    """Return what a network tells of each patient."""
    at = next(network.parameters()).device
    measured = torch.from_numpy(patients.measured).float().to(at)
    return network.progression(measured).double().cpu().numpy()


def device() -> torch.device:
    """Return the GPU of this process where there is one that torch can use, else the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device())
