"""Train: `python -m prompts.train`. Ends with the evaluation of its best epoch on the test part."""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass, field
from typing import Any

import torch
from provenv_runtime import Sampler, state
from provenv_runtime.outputs import append_line, keep_lines
from provenv_runtime.recipe import EarlyStop, l1, torch_optimizer
from provenv_runtime.settings import settings as declared
from torch import Tensor, nn

from . import augment, data, evaluate, group, storage
from .data import Prompt
from .errors import PromptsError, run
from .inference import probabilities
from .model import PromptNet, choose_device
from .options import Settings
from .storage import Trained

METRICS = "outputs/metrics.jsonl"
WARMING = 0.1


@dataclass
class Progress:
    """What the lines are made of: the running epoch's losses, and the lines so far."""

    loss: float = 0.0
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
    """Train until the validation loss has not fallen for `patience` epochs; return the best epoch's model."""
    torch.manual_seed(settings.seed)
    device = choose_device()
    windows = [(prompt, begin) for prompt in parts["train"] for begin in prompt.windows(data.WINDOW)]
    network = PromptNet(settings.width, settings.dropout).to(device)
    normalise(network, windows)
    best, trained = copy.deepcopy(network), group.shared(network, device)
    optimizer = torch_optimizer(settings.optimizer, network.parameters(), rate=settings.rate, l2=settings.l2)
    batch = max(1, settings.batch // group.size())
    sampler = Sampler(len(windows), seed=settings.seed, batch_size=batch, drop_last=True, keyed=True)
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
        every=max(1, len(sampler) // 2),
    )
    kept.restore()
    if group.first():
        keep_lines(METRICS, progress.lines)
    began = time.perf_counter() - progress.seconds
    while True:
        if len(progress.lines) < sampler.epoch:
            line = finished(network, parts["validation"], progress, settings)
            early.step(line["validation_loss"])
            if early.improved:
                best.load_state_dict(network.state_dict())
            if group.first():
                append_line(METRICS, line)
                tell(line, early.improved)
        if sampler.epoch >= settings.epochs or early.stop:
            break
        network.train()
        for items in sampler:
            sound = torch.stack([augment.heard(*windows[item], item.key, settings) for item in items])
            truth = torch.tensor([windows[item][0].language for item in items])
            error = loss(trained(sound.to(device)), truth.to(device), settings)
            optimizer.zero_grad(set_to_none=True)
            (error + settings.l1 * l1(network.parameters()) if settings.l1 else error).backward()
            optimizer.step()
            scheduler.step()
            progress.loss += group.mean(error)
            progress.batches += 1
            progress.seconds = time.perf_counter() - began
            kept.stepped()
    kept.save()
    learned = frozenset(prompt.content for prompt in parts["train"])
    return Trained(best.eval(), settings, learned, early.best_epoch, round(progress.seconds, 1))


def loss(scores: Tensor, truth: Tensor, settings: Settings) -> Tensor:
    """Return the declared loss."""
    if settings.loss == "mse":
        return nn.functional.mse_loss(scores.softmax(1), nn.functional.one_hot(truth, scores.shape[1]).float())
    return nn.functional.cross_entropy(scores, truth)


def course(done: float) -> float:
    """Return the learning rate's share after this share of the training: up, then down along a cosine."""
    return min(done / WARMING, 0.5 * (1 + math.cos(math.pi * done))) if done < 1 else 0.0


def normalise(network: PromptNet, windows: list[tuple[Prompt, int]]) -> None:
    """Give the network the mean and the deviation of the training part's spectrograms."""
    device = network.centre.device
    chosen = torch.stack([torch.from_numpy(prompt.window(begin)) for prompt, begin in windows[::4]])
    with torch.no_grad():
        found = torch.cat([network.spectrogram(some.to(device)).cpu() for some in chosen.split(256)])
    network.centre.copy_(found.mean())
    network.spread.copy_(found.std())


def finished(
    network: PromptNet, validation: list[Prompt], progress: Progress, settings: Settings
) -> dict[str, Any]:
    """Return the line of the epoch that just ended, and begin the next one's sums."""
    guesses = probabilities(network, validation)
    truth = torch.tensor([prompt.language for prompt in validation])
    line = {
        "epoch": len(progress.lines) + 1,
        "train_loss": progress.loss / max(1, progress.batches),
        "validation_loss": loss(guesses.log(), truth, settings).item(),
        "validation_accuracy": (guesses.argmax(1) == truth).double().mean().item(),
        "seconds": round(progress.seconds, 3),
    }
    if not math.isfinite(line["train_loss"] + line["validation_loss"]):
        raise PromptsError(f"the loss of epoch {line['epoch']} is no number: try a smaller --rate")
    progress.loss, progress.batches = 0.0, 0
    progress.lines.append(line)
    return line


def tell(line: dict[str, Any], best: bool) -> None:
    """Say how an epoch went."""
    print(
        f"epoch {line['epoch']:>2}   loss {line['train_loss']:.4f}   validation {line['validation_loss']:.4f}"
        f"   accuracy {line['validation_accuracy']:6.1%}   {line['seconds']:.1f} s{'   best' if best else ''}",
        flush=True,
    )


def main() -> int:
    """Load, split, train, save, evaluate."""
    settings = declared(Settings)
    group.join()
    parts = data.divided(data.load(), settings)
    if group.first():
        for part, prompts in parts.items():
            print(f"{part:<11}{len(prompts):>5} prompts, {data.seconds(prompts):6.0f} s")
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
