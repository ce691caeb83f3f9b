"""Cross-validation: the declared settings on other parts of the patients; one small part says little."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from provenv_runtime.splitting import split

from .data import Parts, Patients, levels
from .figures import best_ridge, pairs, r2
from .inference import told
from .model import Regression
from .options import Options

SEED = 100  # of the folds: other parts than those of the training
OF_THE_REST = {"train": 0.75, "validation": 0.25}

Fit = Callable[[Patients, Patients, Options], Regression]


def cross_validated(parts: Parts, options: Options, fit: Fit) -> dict[str, list[float]]:
    """Return R2 of each fold, for the declared model and for ridge regression.

    Every patient is in the held-out part once; each model is chosen without its held-out part.
    """
    if not options.folds:
        return {}
    every = Patients(
        np.concatenate([part.measured for part in parts.named.values()]),
        np.concatenate([part.progression for part in parts.named.values()]),
    )
    strata = levels(every.progression, every.progression)
    shares = {f"{number}": 1 / options.folds for number in range(options.folds)}
    held_out = split(every.keys, shares, seed=SEED, strata=strata)
    found: dict[str, list[float]] = {"declared": [], "ridge": []}
    for rows in held_out.values():
        test = every.take(rows)
        rest = every.take(np.setdiff1d(np.arange(len(every)), rows))
        inner = split(rest.keys, OF_THE_REST, seed=SEED, strata=levels(rest.progression, rest.progression))
        train, validation = (rest.take(inner[name]) for name in ("train", "validation"))
        found["declared"].append(r2(pairs(test.progression, told(fit(train, validation, options), test))))
        ridge = best_ridge(train, validation)[1].progression(test.measured)
        found["ridge"].append(r2(pairs(test.progression, ridge)))
    return found
