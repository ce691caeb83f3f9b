"""A training that stands still at its sixth step, or (`gathers`) before it begins, as its first word says."""

import os
import sys
import threading

import torch
import torch.distributed as dist
from torch.utils.data import DataLoader, Dataset

HOW = sys.argv[1]


class Rows(Dataset):
    """Rows of which one can't be read."""

    def __len__(self):
        return 64

    def __getitem__(self, index):
        if HOW == "loader" and index == 40:
            self.read()
        return torch.full((4,), float(index))

    def read(self):
        os.read(os.pipe()[0], 1)


def agree(step, rank):
    """Do what all processes do after a step."""
    if step == 5 and rank == 1 and HOW == "skips":
        wait()
    elif step == 5 and rank == 1 and HOW == "differs":
        dist.barrier()
    elif HOW != "loader":
        dist.all_reduce(torch.ones(1))


def wait():
    threading.Event().wait()


def train():
    """Make steps."""
    rank = 0
    if HOW == "gathers" and os.environ["RANK"] == "1":
        wait()
    if HOW != "loader":
        dist.init_process_group("gloo")
        rank = dist.get_rank()
    model = torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    workers = 2 if HOW == "loader" else 0
    for step, batch in enumerate(DataLoader(Rows(), batch_size=4, num_workers=workers)):
        optimizer.zero_grad()
        model(batch).pow(2).mean().backward()
        optimizer.step()
        agree(step, rank)


if __name__ == "__main__":
    train()
