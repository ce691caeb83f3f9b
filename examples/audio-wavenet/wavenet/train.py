"""Train: `python -m wavenet.train`. Ends with the evaluation of its best epoch on the test part."""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from provenv_runtime import Sampler, state
from provenv_runtime.outputs import append_line, keep_lines
from provenv_runtime.recipe import EarlyStop, l1, torch_optimizer
from provenv_runtime.settings import settings as declared

from . import data, evaluate, group, logistics, storage
from .data import Prompt
from .errors import WavenetError, run
from .inference import mean_bits
from .model import WaveNet, choose_device
from .options import Settings
from .storage import Trained

METRICS = "outputs/metrics.jsonl"
WARMING = 0.1
VALIDATED = 300_000
"""Samples of the validation part that are looked at after each epoch."""


@dataclass
class Progress:
    """What the lines are made of: the running epoch's bits, and the lines so far."""

    bits: float = 0.0
    batches: int = 0
    seconds: float = 0.0
    lines: list[dict[str, Any]] = field(default_factory=list)

    def state_dict(self) -> dict[str, Any]:
        """Return all of it, for a checkpoint."""
        return vars(self).copy()

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        vars(self).update(saved)


def train(parts: dict[str, list[Prompt]], settings: Settings) -> Trained:
    """Train until the validation bits have not fallen for `patience` epochs; return the best epoch's model."""
    torch.manual_seed(settings.seed)
    device = choose_device()
    network = WaveNet(settings).to(device)
    best, trained = copy.deepcopy(network), group.shared(network, device)
    optimizer = torch_optimizer(settings.optimizer, network.parameters(), rate=settings.rate, l2=settings.l2)
    stretches = data.stretches(parts["train"], settings.every)
    batch = max(1, settings.batch // group.size())
    sampler = Sampler(len(stretches), seed=settings.seed, batch_size=batch, drop_last=True, keyed=True)
    steps = settings.epochs * len(sampler)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: course(step / steps))
    early, progress = EarlyStop(settings.patience), Progress()
    kept = state(
        "checkpoints",
        model=trained,
        optimizer=optimizer,
        scheduler=scheduler,
        loader=sampler,
        best=best,
        early=early,
        progress=progress,
        every=max(1, len(sampler) // 4),
    )
    kept.restore()
    if group.first():
        keep_lines(METRICS, progress.lines)
    began = time.perf_counter() - progress.seconds
    while True:
        if len(progress.lines) < sampler.epoch:
            line = finished(network, parts["validation"], progress)
            early.step(line["validation_bits_per_sample"])
            if early.improved:
                best.load_state_dict(network.state_dict())
            if group.first():
                append_line(METRICS, line)
                tell(line, early.improved)
        if sampler.epoch >= settings.epochs or early.stop:
            break
        for items in sampler:
            heard = [stretches[item].window(item.key, settings.window, network.context) for item in items]
            codes = torch.from_numpy(np.stack(heard)).long().to(device)
            voice = torch.tensor([stretches[item].prompt.voice for item in items], device=device)
            error = logistics.bits(trained, codes, voice, network.context).mean()
            optimizer.zero_grad(set_to_none=True)
            (error + settings.l1 * l1(network.parameters()) if settings.l1 else error).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            progress.bits += group.mean(error)
            progress.batches += 1
            progress.seconds = time.perf_counter() - began
            kept.stepped()
    kept.save()
    learned = frozenset(prompt.content for prompt in parts["train"])
    return Trained(best.eval(), settings, learned, early.best_epoch, round(progress.seconds, 1))


def course(done: float) -> float:
    """Return the learning rate's share after this share of the training: up, then down along a cosine."""
    return min(done / WARMING, 0.5 * (1 + math.cos(math.pi * done))) if done < 1 else 0.0


def finished(network: WaveNet, validation: list[Prompt], progress: Progress) -> dict[str, Any]:
    """Return the line of the epoch that just ended, and begin the next one's sums."""
    looked_at, count = [], 0
    for prompt in sorted(validation, key=lambda one: one.content):
        if count < VALIDATED:
            looked_at.append(prompt)
            count += len(prompt.codes)
    bits = mean_bits(network, looked_at)
    line = {
        "epoch": len(progress.lines) + 1,
        "train_loss": progress.bits / max(1, progress.batches),
        "validation_loss": bits,
        "validation_bits_per_sample": bits,
        "seconds": round(progress.seconds, 3),
    }
    if not math.isfinite(line["train_loss"] + bits):
        raise WavenetError(f"the loss of epoch {line['epoch']} is no number: try a smaller --rate")
    progress.bits, progress.batches = 0.0, 0
    progress.lines.append(line)
    return line


def tell(line: dict[str, Any], best: bool) -> None:
    """Say how an epoch went."""
    print(
        f"epoch {line['epoch']:>2}   {line['train_loss']:.3f} bits a sample"
        f"   validation {line['validation_bits_per_sample']:.3f}   {line['seconds']:.1f} s"
        f"{'   best' if best else ''}",
        flush=True,
    )


def main() -> int:
    """Load, split, train, save, evaluate."""
    settings = declared(Settings)
    group.join()
    parts = data.divided(data.load(), settings)
    if group.first():
        for part, prompts in parts.items():
            print(f"{part:<11}{len(prompts):>5} prompts, {data.samples(prompts) / 1e6:6.2f} million samples")
        print(f"split {data.identity(parts)} · {choose_device()}", flush=True)
    trained = train(parts, settings)
    wrong = 0
    if group.first():
        storage.save(trained)
        wrong = evaluate.report(storage.load(), parts)
    group.leave()
    return wrong


if __name__ == "__main__":
    run(main)
