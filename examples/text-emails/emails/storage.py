"""The trained model and its files: what learned, and of which encoder it is the upper half."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from provenv_runtime import data
from provenv_runtime.outputs import write_json

from . import encoder
from .choices import Settings
from .errors import EmailsError


@dataclass(frozen=True)
class Trained:
    """Both halves, how they were trained, and the groups of mails that they have learned from."""

    lower: encoder.Lower
    upper: encoder.Upper
    settings: Settings
    learned_from: list[str]
    epoch: int

    def scores(self, texts: Sequence[str]) -> Tensor:
        """Return the probabilities of ham and spam, a row for each text."""
        features = self.lower.features(texts)
        return encoder.logits(self.upper, features, self.lower.kept, self.lower.device).softmax(1)

    def save(self, folder: Path) -> None:
        """Write `model.safetensors` and `model.json`. The encoder itself stays where its package has it."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {name: value.detach().cpu().contiguous() for name, value in self.upper.state_dict().items()}
        save_file(tensors, folder / "model.safetensors")
        about = {
            "encoder": digest_of(data("minilm")),
            "epoch": self.epoch,
            "settings": asdict(self.settings),
            "learned_from": self.learned_from,
        }
        write_json(folder / "model.json", about)


def load(folder: Path) -> Trained:
    """Return the model that `save` left. Raises EmailsError where there is none, or of another encoder."""
    try:
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        weights = load_file(folder / "model.safetensors")
    except FileNotFoundError as error:
        raise EmailsError(f"no model in {folder}: train one first, `provenv run train`") from error
    if digest_of(data("minilm")) != about["encoder"]:
        raise EmailsError("the model was trained on top of another encoder than the declared one")
    settings = Settings(**about["settings"])
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    lower, upper = encoder.build(data("minilm"), settings, device)
    upper.load_state_dict(weights)
    return Trained(lower, upper.eval(), settings, list(about["learned_from"]), int(about["epoch"]))


def digest_of(folder: Path) -> str:
    """Return the identity of the encoder's weights."""
    try:
        return sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    except OSError as error:
        raise EmailsError(f"the encoder can't be read from {folder}: {error}") from error
