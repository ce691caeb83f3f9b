"""Judge the model by the bits it needs for prompts it has never heard: `python -m wavenet.evaluate`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict

from provenv_runtime.estimates import Estimate, bootstrap
from provenv_runtime.evaluation import Check, Evaluation, checks

from . import baselines, data, pictures, proofs, storage
from .data import VOICES, Prompt
from .errors import run
from .inference import needed
from .storage import Trained

METRIC = "bits per sample"
SWAPPED = 4
"""One in so many test prompts is also measured as if the other voice had spoken it."""


def over_prompts(prompts: Sequence[Prompt], bits: Sequence[float]) -> Estimate:
    """Return bits per sample, the interval by drawing names: a name's two recordings go together."""
    names: dict[str, list[tuple[float, int]]] = {}
    for prompt, value in zip(prompts, bits, strict=True):
        names.setdefault(prompt.name, []).append((value, len(prompt.codes)))
    groups = [(sum(b for b, _ in pairs), sum(n for _, n in pairs)) for pairs in names.values()]
    return bootstrap(lambda drawn: sum(b for b, _ in drawn) / sum(n for _, n in drawn), groups)


def report(model: Trained, parts: dict[str, list[Prompt]]) -> int:
    """Write evaluation.json, sounds and pictures; return 1 where the figures are worth nothing."""
    train, test, network = parts["train"], parts["test"], model.network
    own = [needed(network, prompt) for prompt in test]
    figure, some = over_prompts(test, own), list(range(0, len(test), SWAPPED))
    asked = [test[at] for at in some]
    right = over_prompts(asked, [own[at] for at in some])
    swapped = over_prompts(asked, [needed(network, one, 1 - one.voice) for one in asked])
    simple = {
        "codes by frequency": over_prompts(test, list(map(baselines.unigram(train), test))),
        "xz": over_prompts(test, list(map(baselines.xz, test))),
        "linear predictor of order 2": over_prompts(test, list(map(baselines.linear(train), test))),
    }
    by_voice = {}
    for voice, name in enumerate(VOICES):
        some = [at for at, prompt in enumerate(test) if prompt.voice == voice]
        by_voice[f"{METRIC}, {name}"] = over_prompts([test[at] for at in some], [own[at] for at in some])
    figures = {
        METRIC: figure,
        **by_voice,
        f"{METRIC}, a quarter of them": right,
        f"{METRIC}, told the other voice": swapped,
    }
    longest = max(test, key=lambda prompt: len(prompt.codes))
    found = Evaluation(
        task="generation",
        of="recordings",
        count=len(test),
        metrics=figures,
        better=dict.fromkeys(figures, "lower"),
        baselines=simple,
        split={part: len(prompts) for part, prompts in parts.items()},
        split_digest=data.identity(parts),
        checks=[
            *checks(keys=data.keys(parts)),
            unheard(model, test),
            proofs.causal(network, longest),
            proofs.whole(network, longest),
            proofs.plausible(figure.value, min(one.value for one in simple.values())),
            proofs.generated_alike(network, longest),
            proofs.voices_fit(right.value, swapped.value),
        ],
        seconds=model.seconds,
        parameters=sum(one.numel() for one in network.parameters()),
        settings=asdict(model.settings),
    )
    found.write()
    print(f"{len(test)} test recordings, {data.samples(test) / 1e6:.2f} million samples")
    for name, value in {**figures, **{f"baseline: {name}": one for name, one in simple.items()}}.items():
        print(f"  {name:<42} {value}")
    for problem in found.problems():
        print(f"error: {problem}", file=sys.stderr)
    pictures.gallery(model, test)
    return 1 if found.problems() else 0


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
