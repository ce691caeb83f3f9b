"""Checkpoints that are verified, and data orders that resume exactly, for any training loop.

    from provenv_runtime import Sampler, state

    sampler = Sampler(len(dataset), seed=7)
    loader = DataLoader(dataset, batch_size=64, sampler=sampler, num_workers=2)
    kept = state("checkpoints", model=model, optimizer=optimizer, loader=loader, every=100, keep=3)
    step = kept.restore()
    while step < total:
        for batch in loader:
            ...
            step = kept.stepped()
            if step == total:
                break

Standard library only; torch and numpy are used where the script has them. Nothing is ever unpickled.
"""

from .checkpoint import verify
from .counters import Permutation, augmentation_key
from .data import DataMissing, data
from .errors import CheckpointError, Mismatch, SaveFailed, Torn, Unencodable
from .sampler import Item, Sampler
from .state import State, state
from .version import VERSION as __version__

__all__ = [
    "CheckpointError",
    "DataMissing",
    "Item",
    "Mismatch",
    "Permutation",
    "Sampler",
    "SaveFailed",
    "State",
    "Torn",
    "Unencodable",
    "__version__",
    "augmentation_key",
    "data",
    "state",
    "verify",
]
