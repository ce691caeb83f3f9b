"""`demo`: the environment and everything that was made in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..facts import Facts
from ..lock import Lock
from ..spec import Spec
from ..up_result import UpResult
from .about import Example
from .evaluation import Evaluation
from .gallery import Piece
from .learning import Epoch
from .media import Media
from .predictions import Predictions


@dataclass(frozen=True)
class Cost:
    """What the training took: seconds, the most memory (bytes), steps a second; None where unknown.

    `run` is the id of its record.
    """

    run: str = ""
    seconds: float | None = None
    memory: int | None = None
    gpu_memory: int | None = None
    rate: float | None = None
    steps: int = 0
    framework: str = ""
    device: str = ""


@dataclass(frozen=True)
class DataUsed:
    """A declared set of data: where it came from, and its bytes, files and digest as they lie here."""

    name: str
    source: str
    origin: str
    bytes: int
    files: int
    digest: str


@dataclass(frozen=True)
class DemoResult:
    """`demo`: the environment and everything that was made in it.

    `commands` are the steps in the order they were run, each with its seconds; `folder` is the project's
    copy, where the files lie; `media` the pictures and sounds by their paths below `outputs/`.
    """

    example: Example
    spec: Spec
    facts: Facts
    lock: Lock
    up: UpResult
    epochs: tuple[Epoch, ...]
    evaluation: Evaluation
    predictions: Predictions
    folder: str
    commands: tuple[tuple[str, float], ...] = ()
    gallery: tuple[Piece, ...] = ()
    media: Mapping[str, Media] = field(default_factory=dict)
    cost: Cost = Cost()
    data: tuple[DataUsed, ...] = ()
