"""Train: `python -m diabetes.train`, with what settings.toml says.

Leaves in outputs/: metrics.jsonl (a line for each epoch), model.safetensors (the best epoch by validation)
and what `evaluate` leaves. Killed at any moment and started again, it goes on from the newest checkpoint and
ends with the same weights.
"""

from __future__ import annotations

from dataclasses import asdict

from provenv_runtime import state
from provenv_runtime.outputs import append_line, keep_lines
from provenv_runtime.settings import settings

from . import data, telling, together
from .data import Parts
from .errors import run
from .evaluate import OUTPUTS, finish
from .folds import cross_validated
from .inference import Trained
from .options import Options
from .record import Record
from .training import Training, alone

METRICS = OUTPUTS / "metrics.jsonl"


def train(parts: Parts, options: Options, rank: int) -> Trained:
    """Train until nothing becomes better, with checkpoints; return the best epoch's model."""
    training = Training(parts.train, options, rank, together.size())
    kept = state(options.checkpoints(parts.digest), **training.parts, every=100, keep=2)
    kept.restore()
    lines = training.progress["lines"]
    if rank == 0:
        keep_lines(METRICS, lines)
        telling.begin(parts, options, str(training.at), len(lines))
    while not training.over:
        line = training.epoch(parts.validation, kept.stepped)
        if rank == 0:
            append_line(METRICS, line)
            telling.epoch(line, best=training.early.improved)
    kept.save()
    kept.close()
    seconds = round(sum(line["seconds"] for line in lines), 2)
    learned_from = frozenset(parts.train.keys)
    record = Record(asdict(options), parts.digest, training.early.best_epoch, seconds, learned_from)
    return Trained(training.result(), record)


def main() -> None:
    """Train with the declared settings, cross-validate them, save the model, and judge it."""
    options = settings(Options)
    parts = data.load()
    with together.group() as rank:
        model = train(parts, options, rank)
    if rank == 0:
        finish(model.with_folds(cross_validated(parts, options, alone)), parts)


if __name__ == "__main__":
    run(main)
