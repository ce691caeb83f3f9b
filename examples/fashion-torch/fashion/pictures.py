"""Pictures of a training and its model: curves, confusion, predictions, what it looked at, its mistakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from provenv_runtime.evaluation import Evaluation
from provenv_runtime.outputs import read_lines, write_json

from . import samples
from .data import CLASSES, Pictures, ink
from .inference import Trained
from .saliency import integrated_gradients, smooth_grad

BLUE, ORANGE, GREY = "#2f6fb0", "#d9822b", "#b8bec6"
DOTS = 110  # per inch


def draw(outputs: Path, model: Trained, test: Pictures, evaluation: Evaluation) -> None:
    """Write all pictures below `outputs`, and gallery.json that names them."""
    probabilities = model.probabilities(ink(test.pixels))
    shown = samples.first_of_each(test.labels)
    wrong = samples.mistakes(probabilities, test.labels, 12)
    made: list[tuple[str, str, str, Callable[[], Figure]]] = [
        ("curves", "Loss and accuracy by epoch", "每轮的损失与准确率", lambda: curves(outputs)),
        ("confusion", "What was taken for what", "混淆矩阵", lambda: confusion(evaluation)),
        (
            "predictions",
            "One picture of each class, and its scores",
            "每类一张图片及其得分",
            lambda: predictions(test, probabilities, shown),
        ),
        ("saliency", "What the model looked at", "模型关注的像素", lambda: saliency(model, test, shown)),
        (
            "mistakes",
            "The mistakes it was surest of",
            "最有把握的错误",
            lambda: predictions(test, probabilities, wrong),
        ),
    ]
    (outputs / "pictures").mkdir(parents=True, exist_ok=True)
    gallery = []
    for name, en, zh, figure in made:
        if name == "mistakes" and not wrong:
            continue
        file = f"pictures/{name}.png"
        figure().savefig(outputs / file, dpi=DOTS)
        gallery.append({"file": file, "title": {"en": en, "zh": zh}})
    write_json(outputs / "gallery.json", {"pictures": gallery, "sounds": []})


def curves(outputs: Path) -> Figure:
    """Return loss and accuracy over the epochs."""
    lines = read_lines(outputs / "metrics.jsonl")
    epochs = [line["epoch"] for line in lines]
    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [line["train_loss"] for line in lines], "o-", color=GREY, label="training")
    left.plot(epochs, [line["validation_loss"] for line in lines], "o-", color=BLUE, label="validation")
    right.plot(epochs, [line["validation_accuracy"] for line in lines], "o-", color=BLUE, label="validation")
    for axes, name in ((left, "loss"), (right, "accuracy")):
        axes.set(xlabel="epoch", ylabel=name)
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def confusion(evaluation: Evaluation) -> Figure:
    """Return the confusion: rows are the truth, columns what the model said; shares of each row."""
    counts = np.array(evaluation.confusion)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(CLASSES)), CLASSES, rotation=45, ha="right")
    axes.set_yticks(range(len(CLASSES)), CLASSES)
    axes.set(xlabel="taken for", ylabel="truth")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=8)
    return figure


def predictions(test: Pictures, probabilities: np.ndarray, rows: Sequence[int]) -> Figure:
    """Return pictures beside their scores; the truth's bar is blue, another class's that won is orange."""
    lines = -(-len(rows) // 4)
    figure = Figure(figsize=(11, 1.6 * lines))
    grid = figure.subplots(lines, 8, squeeze=False)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=1 - 0.13 / lines, wspace=0.45, hspace=0.22)
    for axes in grid.flat[2 * len(rows) :]:
        axes.set_axis_off()
    for place, row in enumerate(rows):
        picture, bars = grid.flat[2 * place : 2 * place + 2]
        truth, taken = int(test.labels[row]), int(probabilities[row].argmax())
        picture.imshow(test.pixels[row], cmap="gray_r", vmin=0, vmax=255)
        picture.set_title(CLASSES[truth], fontsize=8)
        picture.set_axis_off()
        colours = [BLUE if one == truth else ORANGE if one == taken else GREY for one in range(len(CLASSES))]
        bars.barh(range(len(CLASSES)), probabilities[row], color=colours)
        bars.set_yticks(range(len(CLASSES)), CLASSES, fontsize=5)
        bars.set(xlim=(0, 1), xticks=[])
        bars.invert_yaxis()
        bars.spines[["top", "right", "bottom"]].set_visible(False)
    return figure


def saliency(model: Trained, test: Pictures, rows: Sequence[int]) -> Figure:
    """Return pictures over what the class that the model chose hangs on: SmoothGrad, integrated gradients."""
    light = ink(test.pixels[list(rows)])
    chosen = model.probabilities(light).argmax(1)
    smooth, parts = smooth_grad(model, light, chosen), integrated_gradients(model, light, chosen)
    figure = Figure(figsize=(1.1 * len(rows), 3.9), layout="constrained")
    grid = figure.subplots(3, len(rows), squeeze=False)
    for column, label in enumerate(chosen):
        grid[0, column].imshow(light[column], cmap="gray_r", vmin=0, vmax=1)
        grid[0, column].set_title(CLASSES[label], fontsize=8)
        for line, values in ((1, smooth), (2, parts)):
            most = np.percentile(np.abs(values[column]), 99.5) or 1.0
            grid[line, column].imshow(values[column], cmap="RdBu_r", vmin=-most, vmax=most)
    for line, name in enumerate(("picture", "SmoothGrad", "integrated\ngradients")):
        grid[line, 0].set_ylabel(name, fontsize=8)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
    return figure
