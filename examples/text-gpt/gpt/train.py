"""Train: `python -m gpt.train` (or `provenv run train`), then judge the best model on the test part.

A look at the validation part every so many steps is what other examples call an epoch. Every look leaves a
line in `metrics.jsonl` and a checkpoint; a training that was killed goes on from it, with the same result.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from provenv_runtime import Mismatch, Sampler, state
from provenv_runtime.outputs import append_line, keep_lines
from provenv_runtime.recipe import EarlyStop, l1, torch_optimizer
from provenv_runtime.settings import settings as chosen
from torch import Tensor
from torch.nn import functional

from . import data, passages, processes, scoring
from .config import Settings
from .errors import TextError, run
from .evaluate import judge
from .model import GPT, Shape
from .trained import FILE, Trained, device

METRICS = "metrics.jsonl"


class Training:
    """Everything that changes while a training goes on, and how it changes."""

    def __init__(self, parts: data.Parts, settings: Settings, rank: int, world: int) -> None:
        if settings.batch % world:
            raise TextError(f"a batch of {settings.batch} can't be shared by {world} processes")
        torch.manual_seed(settings.seed)
        self.settings, self.rank, self.world, self.device = settings, rank, world, device()
        self.alphabet = data.Alphabet()
        self.text = data.stream(parts.train, self.alphabet)
        self.look = excerpts(parts, self.alphabet, settings.judged)[rank::world]
        shape = Shape(
            len(self.alphabet),
            settings.layers,
            settings.heads,
            settings.width,
            settings.context,
            settings.dropout,
        )
        self.network, self.best = GPT(shape).to(self.device), GPT(shape).to(self.device)
        torch.manual_seed(settings.seed + rank)  # from here on processes leave out (dropout) different numbers
        self.shared = processes.shared(self.network, world)
        self.optimizer = torch_optimizer(
            settings.optimizer,
            self.network.parameters(),
            rate=settings.rate,
            l2=settings.l2,
            momentum=settings.momentum,
        )
        self.sampler = Sampler(
            len(self.text) // settings.context,
            seed=settings.seed,
            batch_size=settings.batch // world,
            drop_last=True,
            keyed=True,
        )
        self.early = EarlyStop(settings.patience, "lower")
        decisive = {
            name: value for name, value in asdict(settings).items() if name not in ("outputs", "checkpoints")
        }
        self.progress: dict[str, Any] = {"lines": [], "loss": 0.0, "batches": 0, "judged": 0}
        self.progress |= {"settings": decisive, "split": parts.digest}

    def learn(self, items: list[Any], step: int) -> None:
        """Take one step: foretell the next character at every place of some windows."""
        self.shared.train()
        read, target = (
            torch.from_numpy(part).to(self.device)
            for part in data.windows(self.text, items, self.settings.context)
        )
        loss = functional.cross_entropy(self.shared(read).flatten(0, 1), target.flatten())
        whole: Tensor = loss
        if self.settings.l1:
            whole = loss + self.settings.l1 * l1(self.network.parameters())
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.settings, step)
        self.optimizer.zero_grad(set_to_none=True)
        whole.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip)
        self.optimizer.step()
        self.progress["loss"] += loss.item()
        self.progress["batches"] += 1

    def judge(self, step: int, seconds: float) -> dict[str, Any]:
        """Look at the validation part; return the line that tells of it, and keep the weights if best."""
        costs = [cost.sum() for cost in scoring.bits(self.network, self.look)]
        found = [float(sum(costs)), float(sum(len(text) - 1 for text in self.look))]
        cost, count, loss, batches = processes.summed(
            [*found, self.progress["loss"], self.progress["batches"]], self.device
        )
        bits = cost / count
        if not math.isfinite(bits):
            raise TextError(f"the loss is no number any more: try a smaller --rate than {self.settings.rate}")
        self.early.step(bits)
        if self.early.improved:
            self.best.load_state_dict(self.network.state_dict())
        self.progress |= {"loss": 0.0, "batches": 0, "judged": step}
        line = {
            "epoch": self.early.epoch,
            "train_loss": loss / batches,
            "validation_loss": bits * math.log(2),
            "validation_bits_per_character": bits,
            "seconds": round(seconds, 3),
        }
        self.progress["lines"].append(line)
        return line


def rate(settings: Settings, step: int) -> float:
    """Return the learning rate of a step: it rises straight, then falls to a twentieth as a cosine does."""
    if step < settings.warm_up:
        return settings.rate * (step + 1) / settings.warm_up
    way = (step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
    return settings.rate * (0.05 + 0.95 * (1 + math.cos(math.pi * min(1.0, way))) / 2)


def excerpts(parts: data.Parts, alphabet: data.Alphabet, most: int) -> list[np.ndarray]:
    """Return the beginning of each validation document, `most` characters in all."""
    each = math.ceil(most / len(parts.validation)) if most else None
    return [alphabet.encode(document.text[:each]) for document in parts.validation]


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
        seed=settings.seed,
        documents=settings.documents,
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
        path = Path(settings.outputs) / FILE
        model.save(path)
        judge(Trained.load(path), parts, settings)


if __name__ == "__main__":
    run(main)
