"""A Lightning training as users write them: dropout, a scheduler, validation, random augmentation, shuffling.

Options: workers, sampler, keyed, generator, accumulate, data, two (processes, each with half of the data).
"""

from __future__ import annotations

import hashlib
import logging
import warnings

import lightning
import torch
from torch.utils.data import DataLoader, Dataset

from provenv_runtime import Sampler
from provenv_runtime.lightning import Checkpoints

warnings.filterwarnings("ignore")
for name in ("lightning.pytorch", "lightning.fabric"):
    logging.getLogger(name).setLevel(logging.ERROR)


class Noisy(Dataset):
    def __init__(self, noise: bool) -> None:
        made = torch.Generator().manual_seed(3)
        self.x = torch.randn(104, 8, generator=made)
        self.y = (self.x.sum(1) > 0).long()
        self.noise = noise

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple:
        x = self.x[index]
        if hasattr(index, "key"):
            x = x + 0.1 * torch.randn(8, generator=torch.Generator().manual_seed(index.key >> 1))
        elif self.noise:
            x = x + 0.1 * torch.randn(8)
        return x, self.y[index], int(index)


class Module(lightning.LightningModule):
    def __init__(self, log_line, hooked: bool) -> None:
        super().__init__()
        self.net = torch.nn.Sequential(
            torch.nn.Linear(8, 16),
            torch.nn.BatchNorm1d(16),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.3),
            torch.nn.Linear(16, 2),
        )
        self.register_buffer("seen", torch.zeros(()))
        self.log_line = log_line
        self.batches = 0
        self.hooked = hooked
        self.save_hyperparameters({"lr": 0.01, "what": Noisy})  # a class: only pickle could keep it

    def training_step(self, batch, batch_idx):
        x, y, items = batch
        loss = torch.nn.functional.cross_entropy(self.net(x), y)
        per = self.trainer.num_training_batches
        number = self.trainer.current_epoch * per + batch_idx + 1
        self.log_line(step=number, loss=loss.item().hex(), items=items.tolist())
        self.log("train", loss)
        return loss

    def on_train_batch_end(self, outputs, batch, batch_idx):
        self.seen += 1  # counted after all callbacks were called

    def validation_step(self, batch, batch_idx):
        x, y, _ = batch
        self.log("val", torch.nn.functional.cross_entropy(self.net(x), y))

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=0.01)
        steps = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.02, total_steps=400)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": steps, "interval": "step"}}


def train(folder, log, options) -> None:
    lightning.seed_everything(11, verbose=False)
    workers = 2 if "workers" in options else 0
    data = Noisy(noise=not workers or "data" in options)
    more: dict = {"shuffle": True}
    if "sampler" in options or "keyed" in options:
        more = {"sampler": Sampler(len(data), seed=5, keyed="keyed" in options)}
    elif "generator" in options:
        more = {"shuffle": True, "generator": torch.Generator().manual_seed(8)}
    two = "two" in options
    loader = DataLoader(data, batch_size=4 if two else 8, num_workers=workers, **more)
    valid = DataLoader(Noisy(noise=True), batch_size=26)
    module = Module(log, True)
    kept = Checkpoints(folder, every=4, keep=2, replay="data" if "data" in options else "indices")
    trainer = lightning.Trainer(
        max_epochs=4,
        accelerator="cpu",
        strategy="ddp" if two else "auto",
        devices=2 if two else 1,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        val_check_interval=5,
        num_sanity_val_steps=1,
        accumulate_grad_batches=2 if "accumulate" in options else 1,
        callbacks=[kept],
    )
    trainer.fit(module, loader, valid)
    # the buffers of rank 0 are the model's: DistributedDataParallel hands them out before each forward
    state = dict(module.named_parameters()) if trainer.global_rank else module.state_dict()
    content = b"".join(value.detach().numpy().tobytes() for value in state.values())
    digest = hashlib.sha256(content).hexdigest()
    log(weights=digest, seen=int(module.seen))
