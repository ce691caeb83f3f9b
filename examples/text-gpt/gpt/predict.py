"""Use the model: `python -m gpt.predict --prompt "The jury "`, or `--file FILE` to judge a text line by line.

Text that goes on from the prompt is printed and kept in `predictions.json`. What the lines of a file cost,
in bits per character, is printed and kept in `scores.json`: the lower, the more the model expected it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from provenv_runtime.outputs import write_json
from provenv_runtime.settings import settings as chosen

from . import scoring
from .config import Settings
from .errors import TextError, run
from .evaluate import PROMPTS, SAMPLE
from .generate import generate
from .trained import FILE, Trained


def scored(model: Trained, lines: list[str]) -> list[dict[str, Any]]:
    """Return what each line costs, as if it began a document."""
    costs = scoring.bits(model.network, [model.alphabet.encode(line) for line in lines])
    return [
        {"text": line, "bits_per_character": float(cost.mean()), "unknown": model.alphabet.unknown(line)}
        for line, cost in zip(lines, costs, strict=True)
    ]


def arguments() -> argparse.ArgumentParser:
    """Return the options beside the settings."""
    parser = argparse.ArgumentParser(
        prog="python -m gpt.predict", description=__doc__.splitlines()[0], allow_abbrev=False
    )
    parser.add_argument("--prompt", action="append", help="what the text begins with; may be given again")
    parser.add_argument("--count", type=int, default=1, help="texts for each prompt (1)")
    parser.add_argument("--length", type=int, default=SAMPLE, help=f"characters of each text ({SAMPLE})")
    parser.add_argument(
        "--temperature", type=float, default=0.8, help="0: the likeliest; 1: as learned (0.8)"
    )
    parser.add_argument("--top-k", type=int, default=20, help="only the k likeliest characters; 0: all (20)")
    parser.add_argument("--file", type=Path, help="a text file: each of its lines is judged")
    return parser


def continued(model: Trained, options: argparse.Namespace, seed: int) -> list[dict[str, str]]:
    """Return the texts that go on from each prompt."""
    if options.count < 1 or options.length < 1:
        raise TextError("--count and --length have to be at least 1")
    samples = []
    for prompt in options.prompt or PROMPTS:
        unknown = model.alphabet.unknown(prompt)
        if unknown:
            print(f"characters that the model never saw: {unknown}")
        texts = generate(
            model,
            prompt,
            count=options.count,
            length=options.length,
            temperature=options.temperature,
            top_k=options.top_k,
            seed=seed,
        )
        samples += [{"prompt": prompt, "text": text} for text in texts]
    return samples


def read(path: Path) -> list[str]:
    """Return a file's lines that are not empty. Raises TextError where there are none."""
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise TextError(f"{path} can't be read as text: {error}") from error
    if not lines:
        raise TextError(f"{path} holds no line of text")
    return lines


def main() -> None:
    """Judge a file's lines, or go on with prompts."""
    settings, options = chosen(Settings, parser=arguments())
    outputs = Path(settings.outputs)
    model = Trained.load(outputs / FILE)
    if options.file:
        lines = scored(model, read(options.file))
        write_json(outputs / "scores.json", {"lines": lines})
        for line in lines:
            print(f"{line['bits_per_character']:7.3f}  {line['text']}")
        return
    samples = continued(model, options, settings.seed)
    write_json(outputs / "predictions.json", {"samples": samples})
    for sample in samples:
        print(f"[{sample['prompt']}]{sample['text']}\n")


if __name__ == "__main__":
    run(main)
