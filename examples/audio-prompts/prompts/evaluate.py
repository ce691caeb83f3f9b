"""Judge the model on prompts it has heard in no language: `python -m prompts.evaluate`.

Also asks what the figure is worth: is it the language that is recognised, or the voice?
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict

import torch
from torch import Tensor

from provenv_runtime.estimates import Estimate, bootstrap, share
from provenv_runtime.evaluation import Check, Evaluation, checks, confusion

from . import baselines, data, pictures, storage
from .data import LANGUAGES, Prompt
from .errors import run
from .inference import of_windows, probabilities
from .storage import Trained

ONE_VOICE = ("english", "spanish")
OTHER_VOICE, ITS_LANGUAGE = "PROVENV_DATA_ITALIAN_OTHER_VOICE", "italian"


def over_prompts(prompts: Sequence[Prompt], right: Sequence[float]) -> Estimate:
    """Return the share of what is right, its interval by drawing names: one name's recordings are alike."""
    names: dict[str, list[float]] = {}
    for prompt, value in zip(prompts, right, strict=True):
        names.setdefault(prompt.name, []).append(value)
    groups = [(sum(values), len(values)) for values in names.values()]
    return bootstrap(lambda drawn: sum(s for s, _ in drawn) / sum(n for _, n in drawn), groups)


def report(model: Trained, parts: dict[str, list[Prompt]]) -> int:
    """Write evaluation.json and pictures; return 1, with sentences, where the figures are worth nothing."""
    test = parts["test"]
    windows = of_windows(model.network, test)
    guesses = torch.stack([one.mean(0) for one in windows])
    taken, truth = guesses.argmax(1).tolist(), [prompt.language for prompt in test]
    commonest, by_colour = baselines.commonest(parts["train"]), baselines.by_colour(parts["train"], test)
    coloured = [float(a == b) for a, b in zip(by_colour, truth, strict=True)]
    table = confusion(truth, taken, len(LANGUAGES))
    found = Evaluation(
        task="classification",
        of="recordings",
        count=len(test),
        metrics=metrics(model, test, windows, guesses, by_colour),
        baselines={
            "the commonest language": over_prompts(test, [value == commonest for value in truth]),
            "linear on the voice's average colour": over_prompts(test, coloured),
        },
        classes=LANGUAGES,
        confusion=table,
        split={part: len(prompts) for part, prompts in parts.items()},
        split_digest=data.identity(parts),
        checks=[
            *checks(
                keys=data.keys(parts),
                labels={part: [one.language for one in prompts] for part, prompts in parts.items()},
                confusion=table,
                classes=LANGUAGES,
            ),
            unheard(model, test),
        ],
        seconds=model.seconds,
        parameters=sum(one.numel() for one in model.network.parameters()),
        settings=asdict(model.settings),
    )
    found.write()
    pictures.gallery(model, test, table, guesses)
    right = sum(a == b for a, b in zip(taken, truth, strict=True))
    print(f"{right} of {len(test)} test recordings right")
    for name, figure in found.metrics.items():
        print(f"  {name:<47} {figure}")
    for name, figure in found.baselines.items():
        print(f"  baseline: {name:<37} {figure}")
    for problem in found.problems():
        print(f"error: {problem}", file=sys.stderr)
    return 1 if found.problems() else 0


def metrics(
    model: Trained,
    test: Sequence[Prompt],
    windows: Sequence[Tensor],
    guesses: Tensor,
    by_colour: Sequence[int],
) -> dict[str, Estimate]:
    """Return the figures: the headline first, then what tells the language from the voice."""
    right = [float(row.argmax() == one.language) for row, one in zip(guesses, test, strict=True)]
    seconds = [
        (one, float(row.argmax() == one.language))
        for one, rows in zip(test, windows, strict=True)
        for row in rows
    ]
    backwards = probabilities(model.network, test, backwards=True).argmax(1)
    reverse = [float(guess == one.language) for guess, one in zip(backwards, test, strict=True)]
    pair = [LANGUAGES.index(name) for name in ONE_VOICE]
    both = [at for at, one in enumerate(test) if one.language in pair]
    told = [float(pair[int(guesses[at, pair].argmax())] == test[at].language) for at in both]
    found = {
        "accuracy": over_prompts(test, right),
        "accuracy of one second": over_prompts([one for one, _ in seconds], [value for _, value in seconds]),
        "English or Spanish, one voice": over_prompts([test[at] for at in both], told),
        "the same, linear on the average colour": over_prompts(
            [test[at] for at in both], [float(by_colour[at] == test[at].language) for at in both]
        ),
        "accuracy, played backwards": over_prompts(test, reverse),
    }
    for kind in (*data.KINDS, "phrases"):
        some = [at for at, one in enumerate(test) if one.kind == kind]
        found[f"accuracy of {kind}"] = over_prompts([test[at] for at in some], [right[at] for at in some])
    other = another_voice(model)
    if other is not None:
        found["Italian by a voice never heard"] = other
    return found


def another_voice(model: Trained) -> Estimate | None:
    """Return how often Italian is recognised from a second voice, where that package is installed."""
    if not os.environ.get(OTHER_VOICE):
        return None
    language = LANGUAGES.index(ITS_LANGUAGE)
    prompts = data.folder(data.data("italian-other-voice"), language)
    taken = probabilities(model.network, prompts).argmax(1).tolist()
    said = ", ".join(f"{name} {taken.count(index)}" for index, name in enumerate(LANGUAGES))
    print(f"{len(prompts)} Italian prompts by a voice never heard are taken for: {said}")
    return share(taken.count(language), len(prompts))


def unheard(model: Trained, test: Sequence[Prompt]) -> Check:
    """Return whether the model has learned from none of the test part, by its own list."""
    seen = sum(prompt.content in model.learned for prompt in test)
    if seen:
        return Check("model", False, f"leak: the model has learned from {seen} of the test recordings")
    return Check("model", True, "the model has learned from none of the test recordings")


def main() -> int:
    """Evaluate the saved model."""
    model = storage.load()
    return report(model, data.divided(data.load(), model.settings))


if __name__ == "__main__":
    run(main)
