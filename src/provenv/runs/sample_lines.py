"""`resources.jsonl`: a line for each sample (model.observed), written whole and read back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..model.codec import from_json
from ..model.resources import Sample


def line_of(sample: Sample) -> bytes:
    """Return a sample as its line; what nothing tells is left out."""
    fields = {one.name: getattr(sample, one.name) for one in dataclasses.fields(sample) if one.name != "gpus"}
    said = {name: value for name, value in fields.items() if value is not None}
    said["t"] = round(sample.t, 3)
    said["workers"] = dict(sample.workers)
    if sample.gpus:
        said["gpus"] = [_told(dataclasses.asdict(gpu)) for gpu in sample.gpus]
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def sample_of(said: Mapping[str, Any]) -> Sample | None:
    """Return the sample of a line; None for what is none. Unknown keys are passed over."""
    try:
        return from_json(Sample, dict(said))
    except (ValueError, TypeError):
        return None


def read_samples(path: Path) -> Iterator[Sample]:
    """Yield the samples of a file, oldest first; nothing where there is none. A torn line is passed over."""
    try:
        file = path.open("rb")
    except OSError:
        return
    with file:
        for line in file:
            try:
                said = json.loads(line) if line.endswith(b"\n") else None
            except (ValueError, RecursionError):
                continue
            sample = sample_of(said) if isinstance(said, dict) else None
            if sample is not None:
                yield sample


def _told(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}
