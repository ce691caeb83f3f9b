"""Tensors and plain values in a file: there whole or not at all, and read without running code."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from . import storage
from .errors import DigitsError


def save(path: Path, state: Mapping[str, Any]) -> None:
    """Save tensors and plain values, whole or not at all."""
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    storage.write(path, buffer.getvalue())


def load(path: Path) -> dict[str, Any]:
    """Return what `save` saved, on the CPU.

    Only tensors and plain values are read (`weights_only`): a file from elsewhere
    cannot run code. Raises DigitsError where it is missing or damaged.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise DigitsError(f"{path} is not there yet: run `python -m digits.train` first") from error
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise DigitsError(f"{path} cannot be read; remove it and train again ({error})") from error
