"""A trained model in use: its file, and its scores for images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from . import tensor_file
from .data import Images, Normalisation
from .errors import DigitsError
from .model import DigitNet, choose_device

FILE = "model.pt"


@dataclass
class Trained:
    """A network with all that it needs to be used and judged.

    `seed` made its split; `learned_from` has the digest of every image it was
    trained on, so that a later evaluation can tell whether it is judged on one of them.
    """

    network: DigitNet
    normalisation: Normalisation
    data: str
    seed: int
    epoch: int
    learned_from: frozenset[bytes]

    def save(self, path: Path) -> None:
        """Write the model's file, whole or not at all."""
        digests = bytearray(b"".join(sorted(self.learned_from)))
        tensor_file.save(
            path,
            {
                "network": self.network.state_dict(),
                "side": self.network.side,
                "mean": self.normalisation.mean,
                "deviation": self.normalisation.deviation,
                "data": self.data,
                "seed": self.seed,
                "epoch": self.epoch,
                "learned_from": torch.frombuffer(digests, dtype=torch.uint8).view(-1, 16),
            },
        )

    @classmethod
    def load(cls, path: Path) -> Trained:
        """Return the model that the file holds, on the device that this machine has."""
        state = tensor_file.load(path)
        network = DigitNet(state["side"])
        network.load_state_dict(state["network"])
        return cls(
            network=network.to(choose_device()).eval(),
            normalisation=Normalisation(state["mean"], state["deviation"]),
            data=state["data"],
            seed=state["seed"],
            epoch=state["epoch"],
            learned_from=frozenset(bytes(row) for row in state["learned_from"].numpy()),
        )

    @property
    def parameters(self) -> int:
        """Return how many numbers were learned."""
        return sum(value.numel() for value in self.network.parameters())

    def check_data(self, images: Images) -> None:
        """Raise DigitsError where `images` are not of the kind that the model was trained on."""
        if images.name != self.data:
            raise DigitsError(
                f"the model was trained on {self.data}, and these images are {images.name}:"
                " give the same --mnist (or DIGITS_MNIST) as in training, or train again"
            )

    def probabilities(self, images: Images) -> np.ndarray:
        """Return a score in 0..1 for each image and class; each row adds up to 1."""
        return scores(self.network, images, self.normalisation).double().softmax(1).numpy()


@torch.no_grad()
def scores(network: DigitNet, images: Images, normalisation: Normalisation) -> Tensor:
    """Return the scores before the softmax (count, classes), on the CPU; the network learns nothing."""
    device = next(network.parameters()).device
    network.eval()
    pixels, _ = tensors(images, normalisation, device)
    return torch.cat([network(part).cpu() for part in pixels.split(1024)])


def tensors(images: Images, normalisation: Normalisation, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return normalised images (count, 1, side, side) and their labels, on the device."""
    pixels = torch.from_numpy(normalisation.apply(images.pixels)).unsqueeze(1)
    return pixels.to(device), torch.from_numpy(images.labels).to(device)
