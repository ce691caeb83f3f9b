"""Train with Lightning: `python -m fashion.train`, with what settings.toml says.

Leaves in outputs/: metrics.jsonl (a line for each epoch), model.safetensors (the best epoch by validation)
and what `evaluate` leaves. Killed at any moment and started again, it goes on from the newest checkpoint and
ends with the same weights.
"""

from __future__ import annotations

import logging
import os
import warnings

import torch
from lightning.pytorch import Trainer

from provenv_runtime import Sampler
from provenv_runtime.lightning import Checkpoints
from provenv_runtime.settings import settings

from . import data
from .batches import in_a_row, in_order_of
from .data import Parts
from .errors import run
from .evaluate import finish
from .inference import Trained, device
from .learning import Epochs, Learning
from .model import build
from .options import Options
from .record import record_of


def train(parts: Parts, options: Options) -> Trained | None:
    """Return the model of the best epoch, by the loss on the validation part, in process 0."""
    world, here = (int(os.environ.get(name, "1")) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    torch.manual_seed(options.seed)
    network = build(options.model, *parts.normalisation, options.dropout)
    torch.manual_seed(options.seed + int(os.environ.get("RANK", "0")))  # each process has its own dropout
    epochs = Epochs(parts, options)
    trainer = Trainer(
        max_epochs=options.epochs,
        accelerator="auto",
        devices=here,
        num_nodes=world // here,
        strategy="ddp" if world > 1 else "auto",
        callbacks=[epochs, Checkpoints(options.checkpoints(parts.digest), every=100, keep=2)],
        use_distributed_sampler=False,  # ours knows the processes, and where an epoch was cut off
        deterministic=True,
        num_sanity_val_steps=0,
        **dict.fromkeys(
            ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False
        ),
    )
    sampler = Sampler(len(parts.train), seed=options.seed, rank=trainer.global_rank, world_size=world)
    trainer.fit(
        Learning(network, options),
        in_order_of(sampler, parts.train, max(1, options.batch // world)),
        in_a_row(parts.validation),
    )
    if not trainer.is_global_zero:
        return None
    network.load_state_dict(epochs.kept["best"])
    record = record_of(parts, options, epochs.early.best_epoch, epochs.kept["lines"])
    return Trained(network.to(device()).eval(), record)  # Lightning leaves it on the CPU


def main() -> None:
    """Train with the declared settings, save the model, and judge it."""
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")  # it is in memory already
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    options = settings(Options)
    parts = data.load(options.most)
    model = train(parts, options)
    if model is not None:
        finish(model, parts)


if __name__ == "__main__":
    run(main)
