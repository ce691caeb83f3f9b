"""What a careless split would have said: `python -m emails.careless`.

Deals the mails to the parts one by one, as most do, and again by groups; judges the linear model
and one that only looks up the most similar mail it knows. Nothing differs but the split.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from provenv_runtime.splitting import split

from . import linear, measures
from .corpus import SHARES, Corpus, load
from .errors import run


def judged(parts: Corpus) -> tuple[float, float, int, int]:
    """Return both models' accuracy, the test mails with a relative in training, and all test mails."""
    train, mails = parts.part("train"), parts.part("test")
    truth = np.array([mail.label for mail in mails])
    known = {mail.group for mail in train}
    model = linear.fit(parts)
    alike = model.similar(mails, train)
    looked_up = np.array([train[place].label for place in alike], dtype=float)
    figures = [measures.accuracy(truth, spam) for spam in (model.scores(mails)[:, 1], looked_up)]
    return figures[0], figures[1], sum(mail.group in known for mail in mails), len(mails)


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
        fitted, looked_up = (", ".join(f"{one[place]:.4f}" for one in found) for place in (0, 1))
        relatives = ", ".join(f"{known} of {count}" for *_, known, count in found)
        print(f"{name}: test mails with a relative in training {relatives}")
        print(f"  linear model {fitted}; most similar mail {looked_up}", flush=True)


if __name__ == "__main__":
    run(main)
