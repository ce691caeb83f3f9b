"""Pictures of a training and its model, in outputs/pictures, and the list of them in outputs/gallery.json."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from provenv_runtime.outputs import read_lines, write_json

from .data import FEATURES, Parts
from .figures import lasso_path
from .inference import Trained

mpl.use("Agg")

BLUE, ORANGE, GREY = "#2b6cb0", "#c05621", "#718096"


def draw(outputs: Path, model: Trained, parts: Parts) -> None:
    """Draw all of them."""
    told = model.told(parts.test)
    drawn = [
        ("curves", "Loss, epoch by epoch", "每一轮的损失", lambda at: curves(at, outputs)),
        (
            *("told", "Told against true, test part", "测试集：预测与真实"),
            lambda at: against(at, parts.test.progression, told),
        ),
        (
            *("residuals", "What is left over, test part", "测试集：残差"),
            lambda at: residuals(at, parts.test.progression, told),
        ),
        (
            *("path", "Weights of the linear model as L1 grows", "L1 增大时线性模型的权重"),
            lambda at: path(at, parts, float(model.record.settings["l1"])),
        ),
    ]
    made = [_made(outputs, name, paint, {"en": en, "zh": zh}) for name, en, zh, paint in drawn]
    write_json(outputs / "gallery.json", {"pictures": made, "sounds": []})


def _made(
    outputs: Path, name: str, paint: Callable[[Axes], None], title: dict[str, str]
) -> dict[str, object]:
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    at = figure.subplots()
    paint(at)
    at.spines[["top", "right"]].set_visible(False)
    goal = outputs / "pictures" / f"{name}.png"
    goal.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(goal, dpi=110)
    return {"file": f"pictures/{goal.name}", "title": title}


def curves(at: Axes, outputs: Path) -> None:
    """Draw the losses of both parts; the best epoch is marked."""
    lines = read_lines(outputs / "metrics.jsonl")
    epochs = [line["epoch"] for line in lines]
    lost = [line["validation_loss"] for line in lines]
    at.plot(epochs, [line["train_loss"] for line in lines], color=BLUE, label="train")
    at.plot(epochs, lost, color=ORANGE, label="validation")
    if lost:
        best = int(np.argmin(lost))
        at.plot(epochs[best], lost[best], "o", color=ORANGE, label=f"best: {epochs[best]}")
    at.set(xlabel="epoch", ylabel="loss, standardised")
    at.legend(frameon=False)


def against(at: Axes, truth: np.ndarray, told: np.ndarray) -> None:
    """Draw a point for each patient; on the line, the model is right."""
    ends = [min(truth.min(), told.min()), max(truth.max(), told.max())]
    at.plot(ends, ends, color=GREY, linewidth=1)
    at.scatter(truth, told, s=18, color=BLUE, alpha=0.7, linewidths=0)
    at.set(xlabel="true progression", ylabel="told", aspect="equal")


def residuals(at: Axes, truth: np.ndarray, told: np.ndarray) -> None:
    """Draw how far off the model is, by what it told: a shape in it would be something not learned."""
    at.axhline(0, color=GREY, linewidth=1)
    at.scatter(told, truth - told, s=18, color=BLUE, alpha=0.7, linewidths=0)
    at.set(xlabel="told", ylabel="true - told")


def path(at: Axes, parts: Parts, declared: float) -> None:
    """Draw each weight as `l1` grows: one after the other becomes 0, the most useful last."""
    strengths = np.logspace(-3, 0.1, 60)
    weights = lasso_path(parts.train, strengths)
    for row, name in enumerate(FEATURES):
        at.plot(strengths, weights[:, row], label=name, linewidth=1.5)
    if declared > 0:
        at.axvline(declared, color=GREY, linestyle=":", linewidth=1)
    at.axhline(0, color=GREY, linewidth=0.5)
    at.set(xscale="log", xlabel="l1", ylabel="weight, standardised")
    at.legend(frameon=False, ncols=2, fontsize=8)
