"""The linear model beside the encoder: TF-IDF of words and pairs of words, and logistic regression.

It reads whole mails (the encoder their beginning), learns from the same part, and the one
thing that is chosen about it, how strongly it is regularised, is chosen by the validation part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from .corpus import Corpus, Mail

STRENGTHS = (3.0, 30.0, 300.0)


@dataclass(frozen=True)
class Linear:
    """The words it knows, and their weights."""

    words: TfidfVectorizer
    model: LogisticRegression

    def scores(self, mails: list[Mail]) -> np.ndarray:
        """Return the probabilities of ham and spam, a row for each mail."""
        return self.model.predict_proba(self.words.transform([mail.text for mail in mails]))

    def similar(self, mails: list[Mail], known: list[Mail]) -> list[int]:
        """Return the place of the known mail that has the most words in common with each mail (cosine)."""
        one, other = (self.words.transform([mail.text for mail in part]) for part in (mails, known))
        return [int(place) for place in np.asarray((one @ other.T).argmax(axis=1)).ravel()]

    def strongest(self, count: int) -> list[tuple[str, float]]:
        """Return the words that speak most for ham, then those that speak most for spam."""
        weights, names = self.model.coef_[0], self.words.get_feature_names_out()
        order = weights.argsort()
        return [(str(names[index]), float(weights[index])) for index in (*order[:count], *order[-count:])]


def fit(parts: Corpus) -> Linear:
    """Return the model with the lowest loss on the validation part."""
    train, held_out = parts.part("train"), parts.part("validation")
    words = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2), max_features=50_000)
    seen = words.fit_transform([mail.text for mail in train])
    unseen = words.transform([mail.text for mail in held_out])
    models = [
        LogisticRegression(C=strength, max_iter=1000).fit(seen, [mail.label for mail in train])
        for strength in STRENGTHS
    ]
    truth = [mail.label for mail in held_out]
    return Linear(
        words, min(models, key=lambda one: log_loss(truth, one.predict_proba(unseen), labels=[0, 1]))
    )
