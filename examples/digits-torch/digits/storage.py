"""Files that are there whole or not at all, and the checkpoints kept in them."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from .errors import DigitsError


def write(path: Path, content: bytes) -> None:
    """Write a file so that a kill or a power cut at any moment leaves the old content or the new.

    The content goes to the disk beside its place (fsync), then takes the place by one rename.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the rename itself
        finally:
            os.close(folder)


def write_json(path: Path, value: object) -> None:
    """Write `value` as JSON, whole or not at all."""
    write(path, (json.dumps(value, indent=1, allow_nan=False) + "\n").encode())


def write_lines(path: Path, entries: list[dict[str, Any]]) -> None:
    """Write one JSON object a line, whole or not at all."""
    write(path, "".join(json.dumps(entry, allow_nan=False) + "\n" for entry in entries).encode())


def append_line(path: Path, entry: Mapping[str, Any]) -> None:
    """Append one JSON object as a line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, allow_nan=False) + "\n")


def save(path: Path, state: Mapping[str, Any]) -> None:
    """Save tensors and plain values, whole or not at all."""
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    write(path, buffer.getvalue())


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
