"""Pictures of a training and its model, as PNG files, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from . import attention
from .baselines import Cost, per_character
from .trained import Trained

mpl.use("Agg")  # no screen is needed; this has to come before pyplot
from matplotlib import pyplot as plt

SENTENCE = "The jury said the jury had been told of it."
ROWS, COLUMNS = 9, 72
BLUE, ORANGE, GREY = "#2563eb", "#ea580c", "#9ca3af"


def gallery(
    outputs: Path,
    model: Trained,
    lines: Sequence[dict[str, Any]],
    costs: Sequence[Cost],
    counted: dict[str, list[Cost]],
    bits: Sequence[np.ndarray],
) -> dict[str, Any]:
    """Draw everything into `outputs/pictures`; return what gallery.json says of it."""
    folder = outputs / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    curves(folder / "curves.png", lines)
    genres(folder / "genres.png", costs, counted["6-gram"])
    looks(folder / "attention.png", model)
    surprise(folder / "surprise.png", costs[0].document.text, bits[0])
    titles = {
        "curves": ("Bits per character while it learns", "训练过程中的每字符比特数"),
        "genres": ("Bits per character by genre, beside counting", "各体裁的每字符比特数，与计数法对照"),
        "attention": (
            "Where one head looks: each row is a character, and what it looks back at",
            "一个注意力头在看哪里：每一行是一个字符，以及它回看的内容",
        ),
        "surprise": (
            "How surprising each character of a test document is",
            "测试文档中每个字符的意外程度",
        ),
    }
    return {
        "pictures": [
            {"file": f"pictures/{name}.png", "title": {"en": english, "zh": chinese}}
            for name, (english, chinese) in titles.items()
        ]
    }


def curves(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Draw bits per character of both parts against the looks."""
    figure, axes = plt.subplots(figsize=(6, 3.6))
    looks = [line["epoch"] for line in lines]
    axes.plot(looks, [line["train_loss"] / np.log(2) for line in lines], color=GREY, label="training")
    axes.plot(
        looks, [line["validation_bits_per_character"] for line in lines], color=BLUE, label="validation"
    )
    axes.set(xlabel="look at the validation part", ylabel="bits per character")
    axes.legend(frameon=False)
    keep(figure, path)


def genres(path: Path, costs: Sequence[Cost], counted: Sequence[Cost]) -> None:
    """Draw a bar for each genre, and a mark where counting stands."""
    names = sorted({cost.document.genre for cost in costs})
    ours, theirs = (
        [per_character([cost for cost in one if cost.document.genre == name]) for name in names]
        for one in (costs, counted)
    )
    order = np.argsort(ours)[::-1]
    figure, axes = plt.subplots(figsize=(6, 4.2))
    places = np.arange(len(names))
    axes.barh(places, np.array(ours)[order], color=BLUE, label="this model")
    axes.plot(np.array(theirs)[order], places, "|", color=ORANGE, markersize=13, mew=3, label="6-gram")
    axes.set_yticks(places, [names[place] for place in order])
    axes.set(xlabel="bits per character (lower is better)")
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    keep(figure, path)


def looks(path: Path, model: Trained) -> None:
    """Draw the attention of the head that looks back farthest."""
    sentence = SENTENCE[: model.network.shape.context - 1]
    found = attention.weights(model, sentence)
    layer, head = attention.farthest(found)
    letters = ["START", *(letter if letter != " " else "\u2423" for letter in sentence)]
    figure, axes = plt.subplots(figsize=(6.4, 6.2))
    axes.imshow(found[layer, head], cmap="Blues", vmin=0)
    axes.set_xticks(range(len(letters)), letters, fontsize=7, family="monospace")
    axes.set_yticks(range(len(letters)), letters, fontsize=7, family="monospace")
    axes.get_xticklabels()[0].set_rotation(90)
    axes.set_title(f"layer {layer + 1}, head {head + 1}", fontsize=9)
    keep(figure, path)


def surprise(path: Path, text: str, bits: np.ndarray) -> None:
    """Write the beginning of a text on colours: the redder, the more bits a character costs."""
    figure, axes = plt.subplots(figsize=(8.4, 2.6))
    grid = np.zeros((ROWS, COLUMNS))
    shown = text[: ROWS * COLUMNS]
    for place, letter in enumerate(shown):
        row, column = divmod(place, COLUMNS)
        grid[row, column] = bits[place]
        mark = "\u00b6" if letter == "\n" else letter
        axes.text(
            column, row, mark, ha="center", va="center", family="monospace", fontsize=8, parse_math=False
        )
    image = axes.imshow(grid, cmap="Reds", vmin=0, vmax=8, aspect="auto", alpha=0.75)
    axes.set_axis_off()
    figure.colorbar(image, ax=axes, label="bits", pad=0.01)
    keep(figure, path)


def keep(figure: Any, path: Path) -> None:
    """Write a figure and forget it."""
    figure.savefig(path, dpi=110, bbox_inches="tight")
    plt.close(figure)
