"""The trained model's file: weights, settings, and what it has learned from."""

from __future__ import annotations

import pickle
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from .errors import WavenetError
from .model import WaveNet, choose_device
from .options import Settings

FILE = Path("outputs") / "model.pt"


@dataclass(frozen=True)
class Trained:
    """A network, the settings it was trained with, and the digests of the prompts it learned from."""

    network: WaveNet
    settings: Settings
    learned: frozenset[str]
    epoch: int
    seconds: float


def save(trained: Trained, path: Path = FILE) -> None:
    """Write the model beside its place, then rename it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    torch.save(
        {
            "weights": {name: value.cpu() for name, value in trained.network.state_dict().items()},
            "settings": asdict(trained.settings),
            "learned": sorted(trained.learned),
            "epoch": trained.epoch,
            "seconds": trained.seconds,
        },
        beside,
    )
    beside.replace(path)


def load(path: Path = FILE) -> Trained:
    """Return the model of a file; nothing in it is run as code. Raises WavenetError."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        settings = Settings(**content["settings"])
        network = WaveNet(settings)
        network.load_state_dict(content["weights"])
    except FileNotFoundError:
        raise WavenetError(f"{path} is not there yet: `provenv run train` makes it") from None
    except (OSError, EOFError, RuntimeError, KeyError, TypeError) as error:
        raise WavenetError(f"{path} can't be read, train again: {error}") from error
    except (pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise WavenetError(f"{path} is damaged, train again: {error}") from error
    network.to(choose_device()).eval()
    return Trained(network, settings, frozenset(content["learned"]), content["epoch"], content["seconds"])
