"""Train: `python -m prompts.train`. Ends with the evaluation of its best epoch on the test part."""

from __future__ import annotations

import copy
import time

import torch

from provenv_runtime import Sampler, state
from provenv_runtime.outputs import append_line, keep_lines
from provenv_runtime.recipe import EarlyStop, l1, torch_optimizer
from provenv_runtime.settings import settings as declared

from . import augment, data, evaluate, group, storage
from .data import Prompt
from .errors import run
from .model import PromptNet, choose_device
from .options import Settings
from .progress import Progress, course, finished, loss, tell
from .storage import Trained

METRICS = "outputs/metrics.jsonl"


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


def normalise(network: PromptNet, windows: list[tuple[Prompt, int]]) -> None:
    """Give the network the mean and the deviation of the training part's spectrograms."""
    device = network.centre.device
    chosen = torch.stack([torch.from_numpy(prompt.window(begin)) for prompt, begin in windows[::4]])
    with torch.no_grad():
        found = torch.cat([network.spectrogram(some.to(device)).cpu() for some in chosen.split(256)])
    network.centre.copy_(found.mean())
    network.spread.copy_(found.std())


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
