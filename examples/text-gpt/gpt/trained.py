"""A trained model and its file: with all that it needs to be used and judged."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .data import Alphabet
from .errors import TextError
from .model import GPT, Shape

FILE = "model.pt"


@dataclass
class Trained:
    """A network with its alphabet, and what is known of what it learned from.

    `settings` are those of its training, whatever settings.toml says by now. `learned_from` has the digest
    of every document and `passages` the hashes of sampled passages, so that an evaluation can tell whether
    the model is judged on what it has read.
    """

    network: GPT
    alphabet: Alphabet
    settings: dict[str, Any]
    epoch: int
    learned_from: list[bytes]
    passages: np.ndarray

    def save(self, path: Path) -> None:
        """Write the model's file, whole or not at all."""
        buffer = io.BytesIO()
        content = {
            "network": {name: value.cpu() for name, value in self.network.state_dict().items()},
            "shape": asdict(self.network.shape),
            "characters": self.alphabet.characters,
            "settings": self.settings,
            "epoch": self.epoch,
            "learned_from": [digest.hex() for digest in self.learned_from],
            "passages": torch.from_numpy(self.passages.view(np.int64)),
        }
        torch.save(content, buffer)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.write_bytes(buffer.getvalue())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> Trained:
        """Return what the file holds, on this machine's device. Only tensors and plain values are read.

        Raises TextError where the file is missing or damaged.
        """
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except FileNotFoundError as error:
            raise TextError(f"{path} is not there yet: run `provenv run train` first") from error
        except (OSError, EOFError, RuntimeError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
            raise TextError(f"{path} can't be read; remove it and train again ({error})") from error
        network = GPT(Shape(**content["shape"]))
        network.load_state_dict(content["network"])
        return cls(
            network=network.to(device()).eval(),
            alphabet=Alphabet(content["characters"]),
            settings=content["settings"],
            epoch=content["epoch"],
            learned_from=[bytes.fromhex(digest) for digest in content["learned_from"]],
            passages=content["passages"].numpy().view(np.uint64),
        )


def device() -> torch.device:
    """Return the GPU of this process where there is one that torch can use, else the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
