"""The training part as torch takes it: tensors, read a batch at a time, not one picture at a time."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from provenv_runtime import Sampler

from . import data
from .data import Pictures


class Tensors(Dataset):
    """Pictures as ink in 0..1, and their labels."""

    def __init__(self, part: Pictures) -> None:
        self.ink, self.labels = torch.from_numpy(data.ink(part.pixels)), torch.from_numpy(part.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitems__(self, rows: list[int]) -> tuple[Tensor, Tensor]:
        """Return a batch."""
        return self.ink[rows], self.labels[rows]


def in_order_of(sampler: Sampler, part: Pictures, batch: int) -> DataLoader:
    """Return batches of `batch` pictures for this process, in the sampler's order."""
    return DataLoader(Tensors(part), batch_size=batch, sampler=sampler, collate_fn=as_it_is)


def in_a_row(part: Pictures, batch: int = 250) -> DataLoader:
    """Return batches in the part's own order."""
    return DataLoader(Tensors(part), batch_size=batch, collate_fn=as_it_is)


def as_it_is(batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Return what `__getitems__` made."""
    return batch
