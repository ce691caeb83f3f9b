"""Several processes that train one model: `provenv run --processes 2 train` sets TF_CONFIG, and RANK.

The `fit` of Keras 3 fails under TensorFlow's MultiWorkerMirroredStrategy (keras#20585), so here the steps are
taken one by one: each process takes its share of every batch, and gradients are summed over all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from provenv_runtime import Sampler, state
from provenv_runtime.outputs import append_line, keep_lines
from provenv_runtime.recipe import EarlyStop

from . import data, telling
from .data import Parts, Pictures
from .epochs import METRICS
from .inference import Trained
from .model import build, objective, optimizer
from .options import Options
from .record import record_of


class Values:
    """Variables as a checkpoint keeps them: this process's copy of each, in their order."""

    def __init__(self, strategy: tf.distribute.Strategy, variables: Sequence[keras.Variable]) -> None:
        self.strategy, self.variables = strategy, variables

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return the values."""
        local = (self.strategy.experimental_local_results(one.value)[0] for one in self.variables)
        return {f"{place}": one.numpy() for place, one in enumerate(local)}

    def load_state_dict(self, values: Mapping[str, np.ndarray]) -> None:
        """Set the values."""
        for one, value in zip(self.variables, values.values(), strict=True):
            one.assign(value)


def train_together(parts: Parts, options: Options, finish: Callable[[Trained, Parts], None]) -> None:
    """Train in all processes; process 0 finishes with the model of the best epoch, by the validation loss."""
    strategy = tf.distribute.MultiWorkerMirroredStrategy()  # before anything else of TensorFlow
    world, rank = strategy.num_replicas_in_sync, strategy.cluster_resolver.task_id
    keras.utils.set_random_seed(options.seed)
    sampler = Sampler(len(parts.train), seed=options.seed, batch_size=max(1, options.batch // world))
    with strategy.scope():
        network = build(options, *parts.normalisation)
        moving = optimizer(options, len(sampler))
        moving.build(network.trainable_variables)
    mine = build(options, *parts.normalisation)  # of this process alone: to validate, and to be saved
    weights, early = Values(strategy, network.variables), EarlyStop(options.patience)
    progress: dict[str, Any] = {"lines": [], "best": {}, "loss": 0.0, "seen": 0, "seconds": 0.0}
    folder = options.checkpoints(parts.digest)
    kept = state(
        folder.with_name(f"{folder.name}-together"),
        model=weights,
        optimizer=Values(strategy, moving.variables),
        loader=sampler,
        early=early,
        progress=progress,
        every=100,
        keep=2,
    )
    kept.restore()
    lines = progress["lines"]
    if rank == 0:
        keep_lines(METRICS, lines)
        telling.begin(parts, options, f"{world} processes", len(lines))
    step, agreed = step_of(strategy, network, moving, options), as_first_says(strategy)
    ink, labels = data.ink(parts.train.pixels), parts.train.labels
    while len(lines) < options.epochs and not early.stop:
        began, before = time.monotonic(), progress["seconds"]
        # a checkpoint may lie between an epoch's last batch and its validation: then no batch is left
        for rows in sampler if sampler.epoch == len(lines) else ():
            progress["loss"] += float(step(tf.constant(ink[rows]), tf.constant(labels[rows])))
            progress["seen"] += len(rows)
            progress["seconds"] = before + time.monotonic() - began
            kept.stepped()
        Values(strategy, mine.variables).load_state_dict(weights.state_dict())
        judged = validate(mine, parts.validation, options.loss) if rank == 0 else (0.0, 0.0)
        validation_loss, accuracy = agreed(tf.constant(judged, tf.float64)).numpy().tolist()
        line = {
            "epoch": len(lines) + 1,
            "train_loss": progress["loss"] / progress["seen"],  # of this process's share of the pictures
            "validation_loss": validation_loss,
            "validation_accuracy": accuracy,
            "seconds": round(before + time.monotonic() - began, 3),
        }
        telling.finite(line)
        lines.append(line)
        early.step(validation_loss)
        progress.update(loss=0.0, seen=0, seconds=0.0)
        if early.improved:
            progress["best"] = weights.state_dict()
        if rank == 0:
            append_line(METRICS, line)
            telling.epoch(line, best=early.improved)
    kept.save()
    kept.close()
    try:
        if rank == 0:
            Values(strategy, mine.variables).load_state_dict(progress["best"])
            finish(Trained(mine, record_of(parts, options, early.best_epoch, lines)), parts)
    finally:
        agreed(tf.zeros(2, tf.float64))  # who goes earlier would look like a process that died


def step_of(
    strategy: tf.distribute.Strategy, network: keras.Model, moving: keras.Optimizer, options: Options
) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return what takes a step with this process's share of a batch, and returns the sum of its losses."""
    loss_of = objective(options.loss)

    def one(ink: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            losses = loss_of(labels, network(ink, training=True))
            whole = tf.reduce_mean(losses) + sum(network.losses)
            shared = whole / strategy.num_replicas_in_sync
        moving.apply(tape.gradient(shared, network.trainable_variables), network.trainable_variables)
        return tf.reduce_sum(losses)

    return tf.function(lambda ink, labels: strategy.run(one, args=(ink, labels)), reduce_retracing=True)


def as_first_says(strategy: tf.distribute.Strategy) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return what gives all processes process 0's values, where the others bring zeros."""

    def summed(values: tf.Tensor) -> tf.Tensor:
        brought = strategy.run(tf.identity, args=(values,))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, brought, axis=None)

    return tf.function(summed)


def validate(network: keras.Model, part: Pictures, loss: str) -> tuple[float, float]:
    """Return mean loss and accuracy on pictures that are not learned from."""
    scores = network.predict(data.ink(part.pixels), batch_size=250, verbose=0)
    losses = keras.ops.convert_to_numpy(objective(loss)(part.labels, scores))
    return float(losses.mean(dtype=np.float64)), float((scores.argmax(1) == part.labels).mean())
