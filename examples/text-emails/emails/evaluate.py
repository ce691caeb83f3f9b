"""Judge the encoder and the linear model on the test part: `python -m emails.evaluate`.

Leaves `evaluation.json`, `predictions.json`, `gallery.json` and pictures in outputs. Fails where
the test part shares a group with what the model has learned from, or its labels do not fit.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np

from provenv_runtime.estimates import Estimate, share
from provenv_runtime.evaluation import Evaluation, confusion
from provenv_runtime.outputs import write_json

from . import linear, measures, pictures, storage
from .corpus import CLASSES, SOURCES, Corpus, Mail, load
from .decent import decent
from .errors import EmailsError, run

OUTPUTS = Path("outputs")
LINEAR = "TF-IDF and logistic regression"
ALARMS = "share of hard ham taken for spam"
SHOWN, WORDS = 240, 400
"""How many mails are shown, and how many characters of each: enough to judge, not the whole letter."""


def judge(parts: Corpus, model: storage.Trained, outputs: Path, seconds: float | None = None) -> None:
    """Write all figures and pictures down, and say them. Raises EmailsError where they are worth nothing."""
    mails, seed = parts.part("test"), model.settings.seed
    truth = np.array([mail.label for mail in mails])
    scores = model.scores([mail.text for mail in mails]).double().numpy()
    beside = linear.fit(parts)
    spam, other = scores[:, 1], beside.scores(mails)[:, 1]
    table = confusion(truth, spam > 0.5, len(CLASSES))
    found = parts.checked(table, train=model.learned_from)
    metrics = _metrics(mails, spam, seed)
    others = _metrics(mails, other, seed)
    result = Evaluation(
        task="classification",
        of="mails",
        count=len(mails),
        metrics=metrics,
        better={ALARMS: "lower"},
        baselines={LINEAR: others["accuracy"], "always ham": share(int((truth == 0).sum()), len(mails))},
        classes=CLASSES,
        confusion=table,
        split={name: len(parts.parts[name]) for name in parts.parts},
        split_digest=parts.digest,
        checks=found,
        seconds=seconds,
        parameters=sum(one.numel() for one in (*model.lower.bert.parameters(), *model.upper.parameters())),
        settings=asdict(model.settings),
    )
    result.write(outputs / "evaluation.json")
    write_json(outputs / "predictions.json", {"predictions": _predictions(parts, scores)})
    pictures.draw(outputs, mails, spam, other, model, beside)
    print(_said(mails, spam, other, metrics, others, seed), flush=True)
    if result.problems():
        raise EmailsError("; ".join(result.problems()))


def _metrics(mails: list[Mail], spam: np.ndarray, seed: int) -> dict[str, Estimate]:
    found = {
        "accuracy": measures.estimate(measures.accuracy, mails, spam, seed),
        "F1 of spam": measures.estimate(measures.f1, mails, spam, seed),
        "ROC AUC": measures.estimate(measures.auc, mails, spam, seed),
    }
    alarms = measures.false_alarms(mails, spam, "hard-ham-1")
    return found if alarms is None else {**found, ALARMS: alarms}


def _predictions(parts: Corpus, scores: np.ndarray) -> list[dict[str, object]]:
    """Return some mails with their scores, all mistakes first; masked and cut short."""
    every = zip(parts.parts["test"], parts.part("test"), scores, strict=True)
    rows = [row for row in every if decent(row[1].text)]
    wrong = [row for row in rows if row[2].argmax() != row[1].label]
    right = [row for row in rows if row[2].argmax() == row[1].label]
    spread = right[:: max(1, -(-len(right) // max(1, SHOWN - len(wrong))))]
    return [
        {
            "index": index,
            "truth": mail.label,
            "scores": [round(float(one), 6) for one in score],
            "text": mail.text[:WORDS],
        }
        for index, mail, score in (*wrong, *spread)
    ]


def _said(
    mails: list[Mail],
    spam: np.ndarray,
    other: np.ndarray,
    metrics: dict[str, Estimate],
    others: dict[str, Estimate],
    seed: int,
) -> str:
    """Return what the terminal shows: figures, errors by source, and the comparison in words."""
    lines = [f"{len(mails)} test mails{'':<23}{'encoder':<30}{LINEAR}"]
    lines += [f"{name:<34}{metrics[name]!s:<30}{others[name]}" for name in metrics]
    for source in SOURCES:
        rows = [place for place, mail in enumerate(mails) if mail.source == source]
        wrong = [
            sum((scores[place] > 0.5) != mails[place].label for place in rows) for scores in (spam, other)
        ]
        lines.append(
            f"{f'errors in {source}':<34}{f'{wrong[0]} of {len(rows)}':<30}{wrong[1]} of {len(rows)}"
        )
    truth = np.array([mail.label for mail in mails])
    only, only_other, chance = measures.mcnemar(truth, spam, other)
    gain = measures.difference(mails, spam, other, seed)
    verdict = "no difference that the test part could show"
    if gain.low is not None and gain.high is not None and gain.low > 0:
        verdict = "the encoder is better"
    elif gain.low is not None and gain.high is not None and gain.high < 0:
        verdict = "the linear model is better"
    lines.append(
        f"{only} mails only the encoder files right, {only_other} only the linear model"
        f" (McNemar's exact test: p = {chance:.2g}); drawing groups, the encoder's accuracy is higher by"
        f" {gain}: {verdict}"
    )
    return "\n".join(lines)


def main() -> None:
    """Load the model and its corpus, and judge."""
    argparse.ArgumentParser(
        prog="python -m emails.evaluate", description=__doc__.splitlines()[0]
    ).parse_args()
    model = storage.load(OUTPUTS)
    parts = load(model.settings.mails, model.settings.seed)
    judge(parts, model, OUTPUTS)


if __name__ == "__main__":
    run(main)
