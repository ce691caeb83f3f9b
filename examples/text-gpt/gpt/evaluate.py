"""Judge the model on the test part, which it has never seen: `python -m gpt.evaluate`.

Leaves `evaluation.json`, samples in `predictions.json`, and pictures. Ends with 1 if something about the
model or the split makes its figures worthless.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from provenv_runtime.estimates import Estimate, bootstrap
from provenv_runtime.evaluation import Evaluation
from provenv_runtime.outputs import read_lines, write_json
from provenv_runtime.settings import settings as chosen

from . import baselines, data, pictures, scoring
from .baselines import Cost, per_character, per_word
from .config import Settings
from .errors import TextError, run
from .generate import generate
from .suspicion import suspicions
from .trained import FILE, Trained

PROMPTS = (
    "",
    "The President said ",
    "She opened the door and ",
    '"I don\'t know", he said. "',
    "In the laboratory, ",
    "The Lord ",
)
SAMPLE = 300  # characters


def judge(model: Trained, parts: data.Parts, outputs: Path) -> Evaluation:
    """Judge, write everything down, and say it. Raises TextError where the figures are worthless."""
    began = time.perf_counter()
    texts = [model.alphabet.encode(document.text) for document in parts.test]
    bits = scoring.bits(model.network, texts)
    costs = [Cost(document, float(np.sum(one))) for document, one in zip(parts.test, bits, strict=True)]
    counted = baselines.counting(parts, model.alphabet)
    lines = read_lines(outputs / "metrics.jsonl")
    evaluation = Evaluation(
        task="language model",
        of="documents",
        count=len(parts.test),
        metrics=figures(costs),
        better=dict.fromkeys(figures(costs[:1]), "lower"),
        baselines=baselines.figures(counted, parts.test),
        split={name: len(part) for name, part in parts.named().items()},
        split_digest=parts.digest,
        checks=suspicions(model, parts, per_character(costs), per_character(counted["1-gram"])),
        seconds=round(sum(line["seconds"] for line in lines), 2),
        parameters=sum(parameter.numel() for parameter in model.network.parameters()),
        settings=model.settings,
    )
    evaluation.write(outputs / "evaluation.json")
    write_json(outputs / "predictions.json", {"samples": samples(model, PROMPTS)})
    write_json(outputs / "gallery.json", pictures.gallery(outputs, model, lines, costs, counted, bits))
    tell(evaluation, sum(cost.characters for cost in costs), time.perf_counter() - began)
    if evaluation.problems():
        raise TextError("; ".join(evaluation.problems()))
    return evaluation


def figures(costs: list[Cost]) -> dict[str, Estimate]:
    """Return the figures of the documents, with 95 % intervals: documents are drawn, not characters."""
    return {
        "bits per character": bootstrap(per_character, costs),
        "perplexity per character": bootstrap(lambda some: 2 ** per_character(some), costs),
        "perplexity per word": bootstrap(lambda some: 2 ** per_word(some), costs),
    }


def samples(model: Trained, prompts: tuple[str, ...]) -> list[dict[str, str]]:
    """Return how the model goes on with each prompt."""
    seed = model.settings["seed"]
    return [
        {"prompt": prompt, "text": generate(model, prompt, length=SAMPLE, seed=seed)[0]} for prompt in prompts
    ]


def tell(evaluation: Evaluation, characters: int, seconds: float) -> None:
    """Say how the judgement came out."""
    print(
        f"{evaluation.count} test documents, {characters:,} characters, each foretold once ({seconds:.1f} s)"
    )
    for name, figure in {**evaluation.metrics, **evaluation.baselines}.items():
        print(f"  {name:<26}{figure}", flush=True)


def main() -> None:
    """Judge the model that training left, on the test part of its own split."""
    outputs = Path(chosen(Settings).outputs)
    model = Trained.load(outputs / FILE)
    judge(model, data.load(model.settings["seed"], model.settings["documents"]), outputs)


if __name__ == "__main__":
    run(main)
