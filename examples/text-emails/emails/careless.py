"""What a careless split would have said: `python -m emails.careless`.

Deals the mails to the parts one by one, as most do, and again by groups; fits the linear model
on both. The first figure is flattered by copies that lie on both sides, and nothing else differs.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from provenv_runtime.splitting import split

from . import linear, measures
from .corpus import SHARES, Corpus, load
from .errors import run


def judged(parts: Corpus) -> tuple[float, int, int]:
    """Return the linear model's accuracy, the test mails with a relative in training, and all test mails."""
    mails = parts.part("test")
    truth = np.array([mail.label for mail in mails])
    known = set(parts.groups()["train"])
    spam = linear.fit(parts).scores(mails)[:, 1]
    return measures.accuracy(truth, spam), sum(mail.group in known for mail in mails), len(mails)


def main() -> None:
    """Split by groups and by mails with several seeds, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m emails.careless", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--mails", type=int, default=0)
    options = parser.parse_args()
    parts = load(options.mails)
    sources = [mail.source for mail in parts.mails]
    ways = {"by groups": [mail.group for mail in parts.mails], "by mails": list(range(len(parts.mails)))}
    for name, keys in ways.items():
        found = [
            judged(replace(parts, parts=split(keys, SHARES, seed=seed, strata=sources)))
            for seed in range(options.seeds)
        ]
        figures = ", ".join(f"{figure:.4f}" for figure, _, _ in found)
        relatives = ", ".join(f"{known} of {count}" for _, known, count in found)
        print(
            f"{name:<10} accuracy {figures}; test mails with a relative in training: {relatives}", flush=True
        )


if __name__ == "__main__":
    run(main)
