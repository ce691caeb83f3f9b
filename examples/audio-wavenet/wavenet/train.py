"""Train: `python -m wavenet.train`. Ends with the evaluation of its best epoch on the test part."""

from __future__ import annotations

import copy
import time

import numpy as np
import torch

from provenv_runtime import Sampler, state
from provenv_runtime.outputs import append_line, keep_lines
from provenv_runtime.recipe import EarlyStop, l1, torch_optimizer
from provenv_runtime.settings import settings as declared

from . import data, evaluate, group, logistics, storage
from .data import Prompt
from .errors import run
from .model import WaveNet, choose_device
from .options import Settings
from .progress import Progress, course, finished, tell
from .storage import Trained

METRICS = "outputs/metrics.jsonl"


def train(parts: dict[str, list[Prompt]], settings: Settings) -> Trained:
    """Train until the validation bits do not fall for `patience` epochs; return the best epoch's model."""
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
