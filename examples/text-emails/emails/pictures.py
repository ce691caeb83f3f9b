"""Pictures of the training and of what came of it, for people and for provenv's report."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from sklearn.metrics import precision_recall_curve, roc_curve

from provenv_runtime.evaluation import confusion
from provenv_runtime.outputs import read_lines, write_json

from . import saliency
from .corpus import CLASSES, Mail
from .decent import decent
from .linear import Linear
from .storage import Trained

HAM, SPAM = "#2a6f97", "#c8553d"
LETTERS, LINES = 112, 6


def draw(
    outputs: Path, mails: list[Mail], spam: np.ndarray, other: np.ndarray, model: Trained, beside: Linear
) -> None:
    """Write the pictures and `gallery.json`, which names them."""
    mpl.use("Agg")
    folder = outputs / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    truth = np.array([mail.label for mail in mails])
    drawn = {
        "curves": (curves(outputs), "Loss and accuracy by epoch", "每轮的损失与准确率"),
        "confusion": (
            tables(truth, spam, other),
            "Confusion: the encoder and the linear model",
            "混淆矩阵：编码器与线性模型",
        ),
        "roc": (
            ranks(truth, spam, other),
            "ROC, and precision against recall",
            "ROC 曲线与精确率-召回率曲线",
        ),
        "saliency": (
            looked_at(mails, spam, model),
            "What the encoder looked at: red speaks for spam, blue for ham",
            "编码器看了什么：红色倾向垃圾邮件，蓝色倾向正常邮件",
        ),
        "words": (strongest(beside), "The linear model's strongest words", "线性模型中权重最大的词"),
    }
    for name, (figure, _en, _zh) in drawn.items():
        figure.savefig(folder / f"{name}.png", dpi=100)
        plt.close(figure)
    listed = [
        {"file": f"pictures/{name}.png", "title": {"en": en, "zh": zh}}
        for name, (_figure, en, zh) in drawn.items()
    ]
    write_json(outputs / "gallery.json", {"pictures": listed, "sounds": []})


def curves(outputs: Path) -> plt.Figure:
    """Draw the loss of both parts, and the validation accuracy."""
    lines = read_lines(outputs / "metrics.jsonl")
    epochs = [line["epoch"] for line in lines]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    left.plot(epochs, [line["train_loss"] for line in lines], "o-", color=HAM, label="train")
    left.plot(epochs, [line["validation_loss"] for line in lines], "o-", color=SPAM, label="validation")
    left.set(xlabel="epoch", ylabel="loss", xticks=epochs)
    left.legend()
    right.plot(epochs, [line["validation_accuracy"] for line in lines], "o-", color=SPAM)
    right.set(xlabel="epoch", ylabel="validation accuracy", xticks=epochs)
    return figure


def tables(truth: np.ndarray, spam: np.ndarray, other: np.ndarray) -> plt.Figure:
    """Draw both confusion tables side by side."""
    figure, axes = plt.subplots(1, 2, figsize=(7.5, 3.4), layout="constrained")
    for axis, scores, name in zip(axes, (spam, other), ("encoder", "linear"), strict=True):
        table = np.array(confusion(truth, scores > 0.5, 2))
        shares = table / np.maximum(1, table.sum(1, keepdims=True))
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(table):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axis.text(column, row, count, ha="center", va="center", color=colour)
        axis.set(title=name, xlabel="filed as", ylabel="is", xticks=(0, 1), yticks=(0, 1))
        axis.set_xticklabels(CLASSES)
        axis.set_yticklabels(CLASSES)
    return figure


def ranks(truth: np.ndarray, spam: np.ndarray, other: np.ndarray) -> plt.Figure:
    """Draw the ROC curve's interesting corner, and precision against recall."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    for scores, name, colour in ((spam, "encoder", SPAM), (other, "linear", HAM)):
        alarms, caught, _ = roc_curve(truth, scores)
        left.step(alarms, caught, where="post", color=colour, label=name)
        precision, recall, _ = precision_recall_curve(truth, scores)
        right.step(recall, precision, where="post", color=colour, label=name)
    left.set(xlim=(0, 0.2), ylim=(0.8, 1.005), xlabel="ham taken for spam", ylabel="spam caught")
    right.set(xlim=(0.8, 1.005), ylim=(0.8, 1.005), xlabel="recall of spam", ylabel="precision of spam")
    left.legend(loc="lower right")
    return figure


def strongest(beside: Linear, count: int = 15) -> plt.Figure:
    """Draw the words with the greatest weights on either side."""
    words = beside.strongest(count)
    figure, axis = plt.subplots(figsize=(7, 6.5), layout="constrained")
    colours = [HAM if weight < 0 else SPAM for _, weight in words]
    axis.barh([word for word, _ in words], [weight for _, weight in words], color=colours)
    axis.set(xlabel="weight (left ham, right spam)")
    axis.axvline(0, color="black", linewidth=0.6)
    return figure


def looked_at(mails: list[Mail], spam: np.ndarray, model: Trained) -> plt.Figure:
    """Draw some mails with each word in the colour of what it speaks for."""
    chosen = choose(mails, spam)
    figure, axes = plt.subplots(
        len(chosen), 1, figsize=(9, 1.3 * len(chosen)), layout="constrained", squeeze=False
    )
    for axis, place in zip(axes[:, 0], chosen, strict=True):
        score, words = saliency.words(model, mails[place].text)
        most = max((abs(weight) for _, weight in words), default=1.0) or 1.0
        axis.set_title(f"{mails[place].source}: spam {score:.1%}", loc="left", fontsize=9)
        axis.set(xlim=(0, LETTERS), ylim=(LINES, -0.6))
        axis.axis("off")
        column, row = 0, 0
        for word, weight in words:
            shown = word.encode("ascii", "replace").decode()[:24].replace("$", r"\$")
            if column + len(shown) > LETTERS:
                column, row = 0, row + 1
            if row >= LINES:
                break
            back = {
                "facecolor": SPAM if weight > 0 else HAM,
                "alpha": abs(weight) / most * 0.7,
                "pad": 1,
                "linewidth": 0,
            }
            axis.text(column, row, shown, family="monospace", fontsize=8, bbox=back, va="center")
            column += len(shown) + 1
    return figure


def choose(mails: list[Mail], spam: np.ndarray) -> list[int]:
    """Return six mails: the surest of each kind, hard ham, and the worst mistakes."""
    order = [int(place) for place in np.argsort(spam) if decent(mails[place].text)]
    wrong = sorted(
        (place for place in order if (spam[place] > 0.5) != mails[place].label),
        key=lambda place: -abs(spam[place] - mails[place].label),
    )
    hard = [place for place in order if mails[place].source == "hard-ham-1"]
    wanted = [order[-1], order[-max(2, len(order) // 8)], order[0], *hard[:1], *wrong[:2]]
    return list(dict.fromkeys(wanted))
