"""Pictures and sounds for people: what the network hears, what it looks at, what it takes for what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from provenv_runtime.outputs import read_lines, write_json

from . import data, sounds
from .data import LANGUAGES, Prompt
from .model import PromptNet
from .storage import Trained

OUTPUTS = Path("outputs")
LONGEST = 5 * sounds.RATE


def save(figure: Figure, name: str) -> str:
    """Write a picture; return its place in the outputs."""
    path = OUTPUTS / "pictures" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=75, bbox_inches="tight")
    return f"pictures/{name}"


def curves() -> str:
    """Draw losses and accuracy over the epochs."""
    lines = read_lines(OUTPUTS / "metrics.jsonl")
    figure = Figure(figsize=(9, 3.2))
    left, right = figure.subplots(1, 2)
    epochs = [line["epoch"] for line in lines]
    for key in ("train_loss", "validation_loss"):
        left.plot(epochs, [line[key] for line in lines], marker=".", label=key.replace("_", " "))
    right.plot(epochs, [line["validation_accuracy"] for line in lines], marker=".", color="tab:green")
    left.set(xlabel="epoch", title="loss")
    right.set(xlabel="epoch", title="validation accuracy")
    left.legend()
    return save(figure, "curves.png")


def confusions(table: Sequence[Sequence[int]]) -> str:
    """Draw which language was taken for which."""
    figure = Figure(figsize=(4.6, 4.2))
    axes = figure.subplots()
    counts = np.array(table)
    axes.imshow(counts / counts.sum(1, keepdims=True).clip(1), cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        dark = counts[row, column] > counts[row].sum() / 2
        axes.text(column, row, counts[row, column], ha="center", va="center", color="w" if dark else "k")
    axes.set_xticks(range(len(LANGUAGES)), LANGUAGES, rotation=35, ha="right")
    axes.set_yticks(range(len(LANGUAGES)), LANGUAGES)
    axes.set(xlabel="taken for", ylabel="spoken")
    return save(figure, "confusion.png")


def loudest(prompt: Prompt) -> Tensor:
    """Return the prompt's loudest second, for the network."""
    begin = max(prompt.windows(), key=lambda at: float((prompt.window(at) ** 2).sum()))
    return torch.from_numpy(prompt.window(begin))[None]


def seen(network: PromptNet, prompt: Prompt) -> tuple[np.ndarray, np.ndarray, int]:
    """Return a second's spectrogram, how much each place of it moves the score, and what it is taken for.

    The score's gradient times the input, without its sign, smoothed over neighbours.
    """
    network.eval()
    spectrogram = network.normalised(loudest(prompt).to(network.centre.device)).detach().requires_grad_()
    scores = network.scores(spectrogram)[0]
    taken = int(scores.argmax())
    (gradient,) = torch.autograd.grad(scores[taken], spectrogram)
    moved = torch.nn.functional.avg_pool2d((gradient * spectrogram).abs(), 5, 1, 2)
    return spectrogram[0, 0].detach().cpu().numpy(), moved[0, 0].detach().cpu().numpy(), taken


def spectrograms(network: PromptNet, prompts: Sequence[Prompt], name: str, *, saliency: bool) -> str:
    """Draw spectrograms with the predictions; beneath each, where asked, what the network looks at."""
    rows = 2 if saliency else 1
    figure = Figure(figsize=(2.4 * len(prompts), 2.1 * rows))
    axes = figure.subplots(rows, len(prompts), squeeze=False)
    for column, prompt in enumerate(prompts):
        picture, moved, taken = seen(network, prompt)
        right = taken == prompt.language
        for row, (image, colours) in enumerate([(picture, "magma"), (moved, "viridis")][:rows]):
            axes[row, column].imshow(image, origin="lower", aspect="auto", cmap=colours)
            axes[row, column].set_xticks([])
            axes[row, column].set_yticks([])
        title = f"{prompt.name[:20]}\n{LANGUAGES[prompt.language]}" + (
            "" if right else f", not {LANGUAGES[taken]}"
        )
        axes[0, column].set_title(title, fontsize=8, color="k" if right else "tab:red")
    axes[0, 0].set_ylabel("pitch bands", fontsize=8)
    if saliency:
        axes[1, 0].set_ylabel("looked at", fontsize=8)
    figure.tight_layout()
    return save(figure, name)


def one_each(prompts: Sequence[Prompt], start: int = 0) -> list[Prompt]:
    """Return a prompt of each language, of those that last a second."""
    long = [prompt for prompt in prompts if len(prompt.samples) > data.WINDOW]
    return [
        group[start % len(group)]
        for language in range(len(LANGUAGES))
        if (group := [prompt for prompt in long if prompt.language == language])
    ]


def sound(prompt: Prompt) -> str:
    """Write a prompt's first seconds as wav; return its place in the outputs."""
    name = f"{LANGUAGES[prompt.language]}-{prompt.name.replace('/', '-')}.wav"
    samples = prompt.samples[:LONGEST]
    sounds.write(OUTPUTS / "sounds" / name, samples / max(1.0, float(np.abs(samples).max())))
    return f"sounds/{name}"


def gallery(model: Trained, test: Sequence[Prompt], table: Sequence[Sequence[int]], guesses: Tensor) -> None:
    """Write all pictures, a sound of each language, and gallery.json that names them."""
    wrong = [one for one, row in zip(test, guesses, strict=True) if int(row.argmax()) != one.language][:5]
    shown = [
        (curves(), "Losses and validation accuracy", "损失与验证准确率"),
        (confusions(table), "Which language was taken for which", "混淆矩阵"),
        (
            spectrograms(model.network, one_each(test, 3), "saliency.png", saliency=True),
            "A second of each language, and what the network looks at",
            "每种语言的一秒声谱图，以及网络关注之处",
        ),
    ]
    if wrong:
        picture = spectrograms(model.network, wrong, "mistakes.png", saliency=False)
        shown.append((picture, "Recordings that were taken for another language", "被判错的录音"))
    heard = [(sound(one), f"{one.name}, {LANGUAGES[one.language]}") for one in one_each(test, 3)]
    write_json(
        OUTPUTS / "gallery.json",
        {
            "pictures": [{"file": file, "title": {"en": en, "zh": zh}} for file, en, zh in shown],
            "sounds": [{"file": file, "title": {"en": title, "zh": title}} for file, title in heard],
        },
    )
