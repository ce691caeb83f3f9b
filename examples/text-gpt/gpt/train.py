"""Train: `python -m gpt.train` (or `provenv run train`), then judge the best model on the test part.

A look at the validation part every so many steps is what other examples call an epoch. Every look leaves a
line in `metrics.jsonl` and a checkpoint; a training that was killed goes on from it, with the same result.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from provenv_runtime import Mismatch, state
from provenv_runtime.outputs import append_line, keep_lines
from provenv_runtime.settings import settings as chosen

from . import data, passages, processes
from .config import Settings
from .errors import run
from .evaluate import judge
from .trained import FILE, Trained
from .training import Training

METRICS = "metrics.jsonl"


def train(parts: data.Parts, settings: Settings, rank: int = 0, world: int = 1) -> Trained:
    """Train until the steps are done, or validation has not become better for `patience` looks."""
    training = Training(parts, settings, rank, world)
    metrics, progress = Path(settings.outputs) / METRICS, training.progress
    wanted = {name: progress[name] for name in ("settings", "split")}
    kept = state(
        settings.checkpoints,
        model=training.network,
        best=training.best,
        optimizer=training.optimizer,
        loader=training.sampler,
        early=training.early,
        progress=progress,
    )
    step = kept.restore()
    different = [name for name in wanted if progress[name] != wanted[name]]
    if different:
        raise Mismatch(
            f"{settings.checkpoints} holds a training with other {' and '.join(different)}:"
            " remove it, or name another folder with --checkpoints"
        )
    if rank == 0:
        keep_lines(metrics, progress["lines"])  # a line that the checkpoint knows nothing of is made again
        begin(parts, training, step)
    began = time.perf_counter()
    while True:
        if step > progress["judged"] and (step % settings.every == 0 or step == settings.steps):
            line = training.judge(step, time.perf_counter() - began)
            kept.save()
            if rank == 0:
                append_line(metrics, line)
                tell(line, step, best=training.early.improved)
            began = time.perf_counter()
        if step >= settings.steps or training.early.stop:
            break
        training.learn(next(iter(training.sampler)), step)
        step = kept.stepped()
    kept.close()
    return Trained(
        network=training.best.eval(),
        alphabet=training.alphabet,
        settings=wanted["settings"],
        epoch=training.early.best_epoch,
        learned_from=parts.keys()["train"],
        passages=passages.of(parts.train),
    )


def begin(parts: data.Parts, training: Training, step: int) -> None:
    """Say what is learned from, by what, and where a training that was killed goes on."""
    count = sum(parameter.numel() for parameter in training.network.parameters())
    sizes = ", ".join(f"{len(part)} for {name}" for name, part in parts.named().items())
    print(
        f"the Brown corpus: {len(training.text):,} characters to learn from; documents: {sizes}\n"
        f"split {parts.digest}\n"
        f"{count:,} parameters on {training.device}"
        + (f", {training.world} processes" if training.world > 1 else "")
        + (f"; going on after step {step}" if step else ""),
        flush=True,
    )


def tell(line: dict[str, Any], step: int, *, best: bool) -> None:
    """Say how a look at the validation part came out."""
    print(
        f"step {step:>5}   loss {line['train_loss']:.4f}   validation {line['validation_loss']:.4f}"
        f"   {line['validation_bits_per_character']:.4f} bits per character   {line['seconds']:.1f} s"
        + ("   best so far" if best else ""),
        flush=True,
    )


def main() -> None:
    """Train, save the best model, believe it once it was read back, and judge it."""
    settings = chosen(Settings)
    parts = data.load(settings.seed, settings.documents)
    with processes.joined() as (rank, world):
        model = train(parts, settings, rank, world)
    if rank == 0:
        outputs = Path(settings.outputs)
        model.save(outputs / FILE)
        judge(Trained.load(outputs / FILE), parts, outputs)


if __name__ == "__main__":
    run(main)
