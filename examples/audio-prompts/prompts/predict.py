"""Use the model: `python -m prompts.predict hello.wav`, a folder of wav files, or nothing: test prompts.

Of test prompts it leaves `outputs/predictions.json` with spectrograms and sounds; of your own files
`outputs/predicted.json`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from provenv_runtime.outputs import write_json

from . import data, pictures, storage
from .data import LANGUAGES, Prompt
from .errors import PromptsError, run
from .inference import probabilities
from .model import PromptNet


def files(paths: Sequence[Path]) -> list[Path]:
    """Return the wav files that are named, and those in named folders."""
    found = []
    for path in paths:
        inside = sorted(path.rglob("*.wav")) if path.is_dir() else [path]
        if not inside:
            raise PromptsError(f"{path} holds no wav file")
        found += inside
    return found


def heard(network: PromptNet, prompts: Sequence[Prompt]) -> list[list[float]]:
    """Return each prompt's probabilities, rounded to six places."""
    return [[round(float(value), 6) for value in row] for row in probabilities(network, prompts)]


def own(network: PromptNet, paths: Sequence[Path]) -> None:
    """Predict the language of wav files: say it, and write it down."""
    prompts = [data.read(path, path.as_posix(), 0) for path in paths]
    empty = [prompt.name for prompt in prompts if not len(prompt.samples)]
    if empty:
        raise PromptsError(f"{empty[0]} holds nothing but silence")
    rows = heard(network, prompts)
    for prompt, row in zip(prompts, rows, strict=True):
        best = max(range(len(LANGUAGES)), key=row.__getitem__)
        print(f"{prompt.name}: {LANGUAGES[best]} ({row[best]:.1%})")
    if len(rows) == 1:
        for name, value in zip(LANGUAGES, rows[0], strict=True):
            print(f"  {name:<8} {value:7.2%} {'█' * round(value * 40)}")
    predicted = [{"file": one.name, "scores": row} for one, row in zip(prompts, rows, strict=True)]
    write_json("outputs/predicted.json", {"classes": list(LANGUAGES), "predictions": predicted})


def choose(test: Sequence[Prompt], rows: Sequence[Sequence[float]], count: int) -> list[int]:
    """Return test prompts worth hearing: up to half of them wrong, the others the least sure right ones."""
    order = sorted(range(len(test)), key=lambda at: max(rows[at]))
    wrong = [at for at in order if rows[at][test[at].language] < max(rows[at])][::-1][: count // 2]
    right = [at for at in order if rows[at][test[at].language] == max(rows[at])]
    taken: dict[int, int] = {}
    turns = {}
    for at in right:
        turns[at] = taken[test[at].language] = taken.get(test[at].language, 0) + 1
    return [*wrong, *sorted(right, key=lambda at: (turns[at], test[at].language))[: count - len(wrong)]]


def samples(network: PromptNet, test: Sequence[Prompt], count: int) -> None:
    """Write predictions.json: test prompts with their spectrograms, sounds and scores."""
    rows = heard(network, test)
    kept: list[dict[str, Any]] = []
    for at in choose(test, rows, count):
        picture = pictures.spectrograms(network, [test[at]], f"sample-{at}.png", saliency=False)
        entry = {"index": at, "truth": test[at].language, "scores": rows[at], "name": test[at].name}
        kept.append({**entry, "picture": picture, "sound": pictures.sound(test[at])})
    write_json("outputs/predictions.json", {"classes": list(LANGUAGES), "predictions": kept})
    print(f"a batch of {len(test)} test recordings; {len(kept)} are in outputs/predictions.json")


def main() -> int:
    """Read the command line and predict."""
    parser = argparse.ArgumentParser(prog="python -m prompts.predict", description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, help="wav files (8 kHz, 16 bits, mono) and folders")
    parser.add_argument("--count", type=int, default=12, help="test prompts to keep (default: 12)")
    options = parser.parse_args()
    model = storage.load()
    if options.paths:
        own(model.network, files(options.paths))
    else:
        samples(model.network, data.divided(data.load(), model.settings)["test"], max(1, options.count))
    return 0


if __name__ == "__main__":
    run(main)
