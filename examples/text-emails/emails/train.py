"""Fine-tune the encoder: `python -m emails.train`.

Leaves in outputs: `metrics.jsonl` (a line for each epoch), `model.safetensors` (what learned,
of the best epoch by validation loss), and all that the evaluation of that model leaves. A
training that was killed goes on from `checkpoints`, and ends with the same weights.
"""

from __future__ import annotations

import argparse
import time

from provenv_runtime.settings import settings

from . import corpus, evaluate, group, storage
from .choices import Settings, checked
from .errors import EmailsError, run
from .training import OUTPUTS, Training


def main() -> None:
    """Read the settings, train, and evaluate the best model."""
    parser = argparse.ArgumentParser(prog="python -m emails.train", description=__doc__.splitlines()[0])
    chosen, _ = settings(Settings, parser=parser)
    checked(chosen)
    began = time.perf_counter()
    place = group.begin(chosen.seed)
    parts = corpus.load(chosen.mails, chosen.seed)
    wrong = [check.said for check in parts.checked() if not check.ok]
    if wrong:
        raise EmailsError("; ".join(wrong))
    if place.first:
        print(parts.told(), f"split {parts.digest}", sep="\n", flush=True)
    training = Training(parts, chosen, place)
    if place.first:
        learn = sum(one.numel() for one in training.upper.parameters())
        numbers = str(training.lower.kept).removeprefix("torch.")
        print(
            f"{learn:,} weights learn, on {place.device} in {numbers}, by {place.size} process(es)",
            flush=True,
        )
    training.run()
    place.end()
    if not place.first:
        return
    training.upper.load_state_dict(training.best)
    model = storage.Trained(
        training.lower, training.upper, chosen, parts.groups()["train"], training.early.best_epoch
    )
    model.save(OUTPUTS)
    evaluate.judge(parts, model, OUTPUTS, seconds=time.perf_counter() - began)


if __name__ == "__main__":
    run(main)
