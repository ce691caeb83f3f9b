"""What a metric's name says: which way is better, and which metrics belong into one drawing.

The names are those that Keras, Lightning's TorchMetrics, Hugging Face's Trainer and scikit-learn log by
themselves (their documentation, 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from ..model.runs import Curve

Better = Literal["low", "high", ""]

LINES = 8
"""Curves that one drawing has at most."""

_LOW = re.compile(
    r"loss|err(?:or)?|perplexity|ppl|mse|rmse|mae|mape|msle|wer|cer|nll|bpc|bpb|entropy|divergence|fid|brier|regret"
)
_HIGH = re.compile(
    r"acc(?:uracy)?|f|auc|auroc|ap|map|precision|recall|iou|dice|bleu|rouge|r|score|reward|return|psnr|ssim|"
    r"mrr|ndcg|kappa|mcc|correlation|pearson|spearman|hits?"
)
# in front of a name or behind it: what the metric was taken of
_OF = re.compile(
    r"^(?:train(?:ing)?|val(?:id(?:ation)?)?|test|eval(?:uation)?|dev)[_/.\- ]+|"
    r"[_/.\- ]+(?:train(?:ing)?|val(?:id(?:ation)?)?|test|eval(?:uation)?|dev|epoch|step)$",
    re.IGNORECASE,
)
# what a schedule sets: its shape is what one wants to see
_SCHEDULE = re.compile(
    r"(?:^|[_/.\- ])(?:lr|learning[_\- ]?rate|momentum|weight_decay|epoch|step)", re.IGNORECASE
)
_WORD = re.compile(r"[a-z]+\d*|\d+")


def better(name: str) -> Better:
    """Return whether lower or higher values of a metric are better; empty where its name does not tell."""
    words = _WORD.findall(name.lower())
    # the last word says what it is: `accuracy_loss` is a loss
    for word in (word.rstrip("0123456789") or word for word in reversed(words)):
        if _LOW.fullmatch(word):
            return "low"
        if _HIGH.fullmatch(word):
            return "high"
    return "low" if name.lower().endswith("loss") else ""


def is_schedule(name: str) -> bool:
    """Tell whether a metric is not measured but set by a schedule, as a learning rate is."""
    return _SCHEDULE.search(name) is not None and not better(name)


def family(name: str) -> str:
    """Return what a metric measures, without what it was taken of: `loss` for `val_loss` and `train/loss`."""
    shorter = _OF.sub("", name)
    while shorter and shorter != name:
        name, shorter = shorter, _OF.sub("", shorter)
    return name.lower()


def together(curves: Sequence[Curve]) -> list[list[Curve]]:
    """Return the curves that belong into one drawing together, the losses first."""
    found: dict[str, list[Curve]] = {}
    for one in curves:
        found.setdefault(family(one.name), []).append(one)
    order = {"low": 0, "high": 1, "": 2}
    whole = sorted(found.values(), key=lambda group: order[better(group[0].name)])
    return [group[start : start + LINES] for group in whole for start in range(0, len(group), LINES)]
