"""The data and the network in Lightning's terms: what is learned, and from what in which order."""

from __future__ import annotations

from collections.abc import Iterator

import lightning
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Sampler, TensorDataset

from . import data
from .command import Settings
from .inference import tensors
from .model import DigitNet


class Shuffled(Sampler[int]):
    """The rows of an epoch in an order that follows from (seed, epoch) alone.

    Lightning tells the epoch before it begins (`set_epoch`), also to a training that goes on after a kill.
    """

    def __init__(self, count: int, seed: int) -> None:
        super().__init__()
        self.count, self.seed, self.epoch = count, seed, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[int]:
        for rows in data.batches(self.count, self.count, self.seed, self.epoch + 1):
            yield from rows.tolist()


class Digits(lightning.LightningDataModule):
    """The training and the validation part, normalised by the training part."""

    def __init__(self, parts: data.Split, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.normalisation = data.Normalisation.of(parts.train)
        cpu = torch.device("cpu")
        self.train_part = TensorDataset(*tensors(parts.train, self.normalisation, cpu))
        self.validation_part = TensorDataset(*tensors(parts.validation, self.normalisation, cpu))

    def train_dataloader(self) -> DataLoader:
        order = Shuffled(len(self.train_part), self.settings.seed)
        return DataLoader(self.train_part, self.settings.batch, sampler=order, generator=torch.Generator())

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.validation_part, 1024, generator=torch.Generator())


class Recogniser(lightning.LightningModule):
    """Learns to tell the classes apart: cross-entropy, AdamW."""

    def __init__(self, network: DigitNet, settings: Settings) -> None:
        super().__init__()
        self.network, self.settings = network, settings

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        images, labels = batch
        loss = nn.functional.cross_entropy(self.network(images), labels)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(labels))
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        images, labels = batch
        scores = self.network(images)
        loss = nn.functional.cross_entropy(scores, labels)
        right = (scores.argmax(1) == labels).double().mean()
        self.log_dict({"validation_loss": loss, "validation_accuracy": right}, batch_size=len(labels))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(
            self.network.parameters(), lr=self.settings.learning_rate, weight_decay=self.settings.weight_decay
        )
