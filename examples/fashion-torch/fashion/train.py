"""Train: `python -m fashion.train`, with what settings.toml says.

Leaves in outputs/: metrics.jsonl (a line for each epoch), model.safetensors (the best epoch by validation)
and what `evaluate` leaves. Killed at any moment and started again, it goes on from the newest checkpoint and
ends with the same weights.
"""

from __future__ import annotations

import time

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from provenv_runtime import Sampler, state
from provenv_runtime.outputs import append_line, keep_lines
from provenv_runtime.recipe import EarlyStop, l1, torch_optimizer
from provenv_runtime.settings import settings

from . import data, telling, together
from .batches import in_a_row, in_order_of
from .data import Parts, Pictures
from .errors import run
from .evaluate import OUTPUTS, finish
from .inference import Trained, device
from .model import build, objective
from .options import Options
from .record import record_of

METRICS = OUTPUTS / "metrics.jsonl"


def train(parts: Parts, options: Options, rank: int) -> Trained:
    """Return the model of the best epoch, by the loss on the validation part."""
    torch.manual_seed(options.seed)
    torch.backends.cudnn.deterministic = True
    at = device()
    network = build(options.model, *parts.normalisation, options.dropout).to(at)
    model = together.wrapped(network)
    torch.manual_seed(options.seed + rank)  # each process has its own dropout
    sampler = Sampler(len(parts.train), seed=options.seed)
    loader = in_order_of(sampler, parts.train, max(1, options.batch // together.size()))
    optimizer = torch_optimizer(options.optimizer, network.parameters(), rate=options.rate, l2=options.l2)
    steps = options.epochs * len(loader)
    scheduler = LambdaLR(optimizer, lambda step: telling.rate_at(options, step / steps))
    early, best = EarlyStop(options.patience), {}
    progress = {"lines": [], "loss": 0.0, "seen": 0, "seconds": 0.0}
    kept = state(
        options.checkpoints(parts.digest),
        model=network,
        optimizer=optimizer,
        scheduler=scheduler,
        loader=loader,
        early=early,
        best=best,
        progress=progress,
        every=100,
        keep=2,
    )
    kept.restore()
    lines = progress["lines"]
    if rank == 0:
        keep_lines(METRICS, lines)
        telling.begin(parts, options, str(at), len(lines))
    while len(lines) < options.epochs and not early.stop:
        network.train()
        began, before = time.monotonic(), progress["seconds"]
        # a checkpoint may lie between an epoch's last batch and its validation: then no batch is left
        for ink, labels in loader if sampler.epoch == len(lines) else ():
            loss = objective(options.loss, model(ink.to(at)), labels.to(at))
            whole = loss + options.l1 * l1(network.parameters()) if options.l1 else loss
            optimizer.zero_grad()
            whole.backward()
            optimizer.step()
            scheduler.step()
            progress["loss"] += loss.item() * len(labels)  # of this process's share of the pictures
            progress["seen"] += len(labels)
            progress["seconds"] = before + time.monotonic() - began
            kept.stepped()
        judged = validate(network, parts.validation, options.loss) if rank == 0 else (0.0, 0.0)
        validation_loss, accuracy = together.as_first_says(judged, at)
        line = {
            "epoch": len(lines) + 1,
            "train_loss": progress["loss"] / progress["seen"],
            "validation_loss": validation_loss,
            "validation_accuracy": accuracy,
            "seconds": round(before + time.monotonic() - began, 3),
        }
        telling.finite(line)
        lines.append(line)
        early.step(validation_loss)
        if early.improved:
            best.update({name: one.detach().cpu().clone() for name, one in network.state_dict().items()})
        progress.update(loss=0.0, seen=0, seconds=0.0)
        if rank == 0:
            append_line(METRICS, line)
            telling.epoch(line, best=early.improved)
    kept.save()
    kept.close()
    network.load_state_dict(best)
    return Trained(network.eval(), record_of(parts, options, early.best_epoch, lines))


@torch.no_grad()
def validate(network: nn.Module, part: Pictures, loss: str) -> tuple[float, float]:
    """Return mean loss and accuracy on pictures that are not learned from."""
    network.eval()
    at, lost, right = next(network.parameters()).device, 0.0, 0
    for ink, labels in in_a_row(part):
        scores, truth = network(ink.to(at)), labels.to(at)
        lost += objective(loss, scores, truth).item() * len(labels)
        right += int((scores.argmax(1) == truth).sum())
    return lost / len(part), right / len(part)


def main() -> None:
    """Train with the declared settings, save the model, and judge it."""
    options = settings(Options)
    parts = data.load(options.most)
    with together.group() as rank:
        model = train(parts, options, rank)
    if rank == 0:
        finish(model, parts)


if __name__ == "__main__":
    run(main)
