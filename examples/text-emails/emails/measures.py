"""Figures of a spam filter, and what two filters' figures on the same mails say of each other.

Mails of one group are alike, so they are not independent: what is drawn for an interval
are groups, not mails.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from provenv_runtime.estimates import Estimate, bootstrap, share

from .corpus import Mail

Measure = Callable[[np.ndarray, np.ndarray], float]


def accuracy(truth: np.ndarray, spam: np.ndarray) -> float:
    """Return the share of mails that are filed right."""
    return float(np.mean((spam > 0.5) == truth))


def f1(truth: np.ndarray, spam: np.ndarray) -> float:
    """Return the harmonic mean of spam's precision and recall."""
    taken = spam > 0.5
    return float(2 * np.sum(taken & (truth == 1)) / (np.sum(taken) + np.sum(truth)))


def auc(truth: np.ndarray, spam: np.ndarray) -> float:
    """Return the chance that a spam scores higher than a ham (the area under the ROC curve)."""
    _, place, counts = np.unique(spam, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    spams, hams = int(np.sum(truth)), int(np.sum(1 - truth))
    if not spams or not hams:
        raise ValueError("there is one class only")
    return float((np.sum(ranks[truth == 1]) - spams * (spams + 1) / 2) / (spams * hams))


def estimate(measure: Measure, mails: Sequence[Mail], spam: np.ndarray, seed: int) -> Estimate:
    """Return a measure with its interval, by drawing groups."""
    truth = np.array([mail.label for mail in mails])

    def of(groups: list[list[int]]) -> float:
        chosen = np.concatenate(groups)
        return measure(truth[chosen], spam[chosen])

    return bootstrap(of, groups_of(mails), seed=seed)


def false_alarms(mails: Sequence[Mail], spam: np.ndarray, source: str) -> Estimate | None:
    """Return which share of a source's ham is taken for spam; None where it has no mail."""
    taken = [score > 0.5 for mail, score in zip(mails, spam, strict=True) if mail.source == source]
    return share(sum(taken), len(taken)) if taken else None


def difference(mails: Sequence[Mail], one: np.ndarray, other: np.ndarray, seed: int) -> Estimate:
    """Return how much more of the mails `one` files right, by drawing the same groups for both."""
    truth = np.array([mail.label for mail in mails])
    gain = ((one > 0.5) == truth).astype(float) - ((other > 0.5) == truth)
    return bootstrap(lambda groups: float(np.mean(gain[np.concatenate(groups)])), groups_of(mails), seed=seed)


def mcnemar(truth: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[int, int, float]:
    """Return how often only `one` is right, how often only `other`, and the exact two-sided chance of that.

    Q. McNemar, 1947: where both are equally good, each mail that only one files right is a fair coin's throw.
    """
    right, other_right = (one > 0.5) == truth, (other > 0.5) == truth
    only, only_other = int(np.sum(right & ~other_right)), int(np.sum(~right & other_right))
    thrown = only + only_other
    tail = sum(math.comb(thrown, count) for count in range(min(only, only_other) + 1))
    return only, only_other, min(1.0, 2 * tail / 2**thrown)


def groups_of(mails: Sequence[Mail]) -> list[list[int]]:
    """Return the places of each group's mails."""
    found: dict[str, list[int]] = defaultdict(list)
    for index, mail in enumerate(mails):
        found[mail.group].append(index)
    return list(found.values())
