"""Train: `python -m digits.train`.

Leaves in the folder of outputs: `metrics.jsonl` (one line an epoch),
`checkpoint.pt` (after every epoch: a training that was killed goes on from it
and ends with the same result) and `model.pt` (the best epoch by validation).
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from . import checkpoint, command, data, storage
from .checkpoint import Best, Training
from .command import Settings
from .errors import DigitsError, run
from .inference import Trained, scores, tensors
from .model import DigitNet, choose_device, make_repeatable


def train(parts: data.Split, settings: Settings, outputs: Path, *, fresh: bool = False) -> Trained:
    """Train until the validation loss has not fallen for `patience` epochs; return the best epoch's model.

    Goes on from the checkpoint in `outputs` unless `fresh`. Raises DigitsError
    where that checkpoint is of other settings or data, or the loss is no number.
    """
    data.checked(parts)
    make_repeatable(settings.seed)
    device = choose_device()
    normalisation = data.Normalisation.of(parts.train)
    pixels, labels = tensors(parts.train, normalisation, device)
    identity = {"settings": asdict(settings), "data": data.fingerprint(parts)}

    network = DigitNet(parts.train.side).to(device)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    training = Training(network, optimizer)
    if (outputs / "checkpoint.pt").is_file() and not fresh:
        checkpoint.resume(outputs / "checkpoint.pt", training, identity)
    # The checkpoint leads: a line whose epoch did not get into it is dropped here, and written again later.
    storage.write_lines(outputs / "metrics.jsonl", training.metrics)
    command.begin(parts, device, training.epoch)

    while training.epoch < settings.epochs and training.epoch - training.best.epoch < settings.patience:
        epoch = training.epoch + 1
        started = time.perf_counter()
        train_loss = learn(training, pixels, labels, settings, epoch)
        validation_loss, accuracy = validate(network, parts.validation, normalisation)
        seconds = round(time.perf_counter() - started, 4)
        if not (math.isfinite(train_loss) and math.isfinite(validation_loss)):
            raise DigitsError(f"the loss of epoch {epoch} is no number: try a smaller --learning-rate")
        better = validation_loss < training.best.loss
        if better:
            training.best = Best(epoch, validation_loss, checkpoint.weights(network))
        training.epoch = epoch
        training.metrics.append(
            {
                "epoch": epoch,
                "train_loss": train_loss,
                "validation_loss": validation_loss,
                "validation_accuracy": accuracy,
                "seconds": seconds,
            }
        )
        checkpoint.save(outputs / "checkpoint.pt", training, identity)
        storage.append_line(outputs / "metrics.jsonl", training.metrics[-1])
        command.tell(training.metrics[-1], best=better)
    network.load_state_dict(training.best.weights)
    learned_from = frozenset(data.digests(parts.train))
    return Trained(network, normalisation, parts.train.name, settings.seed, training.best.epoch, learned_from)


def learn(training: Training, pixels: Tensor, labels: Tensor, settings: Settings, epoch: int) -> float:
    """Go once over the training part and return the mean loss."""
    training.network.train()
    total = 0.0
    for rows in data.batches(len(labels), settings.batch, settings.seed, epoch):
        picked = torch.from_numpy(rows).to(pixels.device)
        loss = nn.functional.cross_entropy(training.network(pixels[picked]), labels[picked])
        training.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        training.optimizer.step()
        total += loss.item() * len(rows)
    return total / len(labels)


def validate(
    network: DigitNet, images: data.Images, normalisation: data.Normalisation
) -> tuple[float, float]:
    """Return mean loss and accuracy on images that are not learned from."""
    logits, labels = scores(network, images, normalisation), torch.from_numpy(images.labels)
    accuracy = (logits.argmax(1) == labels).double().mean().item()
    return nn.functional.cross_entropy(logits, labels).item(), accuracy


if __name__ == "__main__":
    run(lambda: command.main(train, __doc__))
