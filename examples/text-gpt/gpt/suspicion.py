"""What is looked at before a figure is believed: leaks, looks into the future, misplaced targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from provenv_runtime.evaluation import Check, checks

from . import passages, scoring
from .brown import Document
from .data import Parts
from .trained import Trained

LEAST = 1.3
"""Bits per character that no model of this size reaches on English it has not seen. C. E. Shannon found 0.6
to 1.3 for people (Bell System Technical Journal 30, 1951); a trigram of 583 million words came to 1.75.
"""
SAMPLE = 1000  # characters of each text that the checks read
TEXTS = 8
CLEARLY = 0.3
"""How many bits less another reading of the targets has to cost before it is told; chance has less."""
READINGS = {
    0: "the character it just read",
    1: "the next character",
    2: "the character after the next",
}


def suspicions(model: Trained, parts: Parts, bits: float, letters: float) -> list[Check]:
    """Return what was looked at, each with what was seen.

    `bits` is what the model came to per character, `letters` what counting single letters comes to.
    """
    texts = [model.alphabet.encode(document.text[:SAMPLE]) for document in parts.test[:TEXTS]]
    return [
        *checks(keys={**parts.keys(), "train": model.learned_from}),
        copied(parts.test, model.passages),
        causal(model, texts),
        targets(model, texts),
        possible(bits),
        learned(bits, letters),
    ]


def copied(documents: Sequence[Document], known: np.ndarray) -> Check:
    """Look for test documents whose passages stand in the training part, even if some words differ."""
    found = passages.copies(documents, known)
    said = ", ".join(f"{name} ({share:.0%})" for name, share in found.items())
    words = (
        f"leak: passages of test documents stand in the training part too: {said}"
        if found
        else "no test document shares more than quotations with the training part"
    )
    return Check("passages", not found, words)


def causal(model: Trained, texts: Sequence[np.ndarray]) -> Check:
    """Change later characters; what the model says of earlier places must stay."""
    places = [scoring.sees_the_future(model.network, text) for text in texts]
    seen = [place for place in places if place is not None]
    words = (
        f"the model sees what it is to foretell: its answer at place {seen[0]} changes with later characters"
        if seen
        else "a later character changes no earlier answer"
    )
    return Check("causality", not seen, words)


def targets(model: Trained, texts: Sequence[np.ndarray]) -> Check:
    """Ask for the character before, at and after the right place: the right one has to cost least."""
    costs = {}
    for ahead in READINGS:
        cut = slice(0, -1) if ahead > 1 else slice(None)  # the last place has nothing after the next
        costs[ahead] = float(
            np.mean([bits[cut].mean() for bits in scoring.bits(model.network, texts, ahead)])
        )
    best = min(costs, key=lambda ahead: costs[ahead])
    shifted = costs[best] < costs[1] - CLEARLY
    words = (
        f"the targets are shifted: the model foretells {READINGS[best]} ({costs[best]:.2f} bits)"
        f" rather than {READINGS[1]} ({costs[1]:.2f} bits)"
        if shifted
        else "no other reading of the targets fits better"
    )
    return Check("targets", not shifted, words)


def possible(bits: float) -> Check:
    """Compare with what no model of this size reaches."""
    words = (
        f"{bits:.2f} bits per character is less than is possible ({LEAST}): the model knows what it is asked"
        if bits < LEAST
        else f"not below {LEAST} bits per character"
    )
    return Check("possible", bits >= LEAST, words)


def learned(bits: float, letters: float) -> Check:
    """Compare with counting single letters."""
    words = (
        f"{bits:.2f} bits per character: no better than the frequencies of letters ({letters:.2f});"
        " are its targets the next characters?"
        if bits >= letters
        else "better than the frequencies of letters"
    )
    return Check("learned", bits < letters, words)
