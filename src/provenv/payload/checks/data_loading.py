"""Do worker processes hand over batches? They go through shared memory, which containers keep small.

A batch is as large as is usual for images: 32 of 3 x 224 x 224 in float32, 19 MB.
"""

import os
import shutil

import torch
from torch.utils.data import DataLoader, Dataset

WORKERS, BATCHES, BATCH = 2, 12, 32


class Images(Dataset):
    """Images that are all of one value: their index."""

    def __len__(self):
        return BATCHES * BATCH

    def __getitem__(self, index):
        return torch.full((3, 224, 224), float(index)), index


def shared_memory():
    """Return the size and free space of /dev/shm in bytes, None where there is none."""
    try:
        usage = shutil.disk_usage("/dev/shm")
        return [usage.total, usage.free]
    except OSError:
        return None


def run(options):
    raw = {
        "shared": shared_memory(),
        "batch_bytes": BATCH * 3 * 224 * 224 * 4,
        "workers": WORKERS,
        "prefetch": 2,
        "batches": 0,
        "wrong": [],
    }
    seen = []
    try:
        for images, indexes in DataLoader(
            Images(), batch_size=BATCH, num_workers=WORKERS, timeout=options["wait"]
        ):
            raw["batches"] += 1
            seen += indexes.tolist()
            if not torch.equal(images[:, 0, 0, 0], indexes.float()) or images.shape != (BATCH, 3, 224, 224):
                raw["wrong"].append(indexes.tolist()[0])
            if not torch.equal(images[:, -1, -1, -1], indexes.float()):
                raw["wrong"].append(indexes.tolist()[0])
    except (
        Exception
    ) as error:  # what a lost worker raises differs between versions; the words are the evidence
        raw["error"] = "%s: %s" % (type(error).__name__, error)
    raw["complete"] = seen == list(range(BATCHES * BATCH))
    raw["processors"] = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return raw
