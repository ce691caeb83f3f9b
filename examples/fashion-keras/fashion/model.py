"""The networks: scores (count, 10) before the softmax, of ink (count, 28, 28) between 0 and 1.

The normalisation is a part of them, so that whoever loads the file cannot forget it. L1 and L2 are too: Keras
has them in its layers.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers, ops

from provenv_runtime.recipe import keras_optimizer

from .data import CLASSES, SIDE
from .options import Options

Features = keras.KerasTensor


def build(options: Options, mean: float, deviation: float) -> keras.Model:
    """Return an untrained network: `cnn` (62 thousand weights) or `resnet` (308 thousand)."""
    ink = keras.Input((SIDE, SIDE), name="ink")
    features = layers.Rescaling(1 / deviation, -mean / deviation)(layers.Reshape((SIDE, SIDE, 1))(ink))
    build_body = cnn if options.model == "cnn" else resnet
    features = layers.Dropout(options.dropout)(build_body(features, options))
    scores = layers.Dense(len(CLASSES), kernel_regularizer=penalty(options), name="scores")(features)
    return keras.Model(ink, scores, name=options.model)


def cnn(features: Features, options: Options) -> Features:
    """Return three convolutions, each halving the picture."""
    for filters in (32, 64, 64):
        features = layers.ReLU()(convolution(features, filters, options, pool=2))
    return layers.Flatten()(features)


def resnet(features: Features, options: Options) -> Features:
    """Return three residual blocks behind a first convolution (He and others 2015, arXiv:1512.03385)."""
    features = layers.ReLU()(convolution(features, 32, options, pool=2))
    for filters in (32, 64, 128):
        features = residual(features, filters, options)
    return layers.GlobalAveragePooling2D()(features)


def residual(features: Features, filters: int, options: Options) -> Features:
    """Return two convolutions that learn what to add to their input, which is halved for more channels."""
    same = features.shape[-1] == filters
    stride = 1 if same else 2
    added = layers.ReLU()(convolution(features, filters, options, stride))
    added = convolution(added, filters, options)
    kept = features if same else convolution(features, filters, options, stride, side=1)
    return layers.ReLU()(layers.Add()([kept, added]))


def convolution(
    features: Features, filters: int, options: Options, stride: int = 1, side: int = 3, pool: int = 0
) -> Features:
    """Return a convolution and its normalisation over the batch; pooled before that to save work."""
    features = layers.Conv2D(
        filters, side, stride, padding="same", use_bias=False, kernel_regularizer=penalty(options)
    )(features)
    features = layers.MaxPooling2D(pool)(features) if pool else features
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(features)


def penalty(options: Options) -> keras.Regularizer | None:
    """Return what the weights' size costs; the L2 of adamw is its own decay, not here."""
    l2 = 0.0 if options.optimizer == "adamw" else options.l2 / 2
    return keras.regularizers.L1L2(options.l1, l2) if options.l1 or l2 else None


def objective(name: str) -> Callable[[Features, Features], Features]:
    """Return the loss of each picture: cross-entropy, or the softmax's mean squared error (Brier's, 1950)."""

    def cross_entropy(labels: Features, scores: Features) -> Features:
        return ops.sparse_categorical_crossentropy(labels, scores, from_logits=True)

    def squared_error(labels: Features, scores: Features) -> Features:
        return ops.mean(ops.square(ops.softmax(scores) - ops.one_hot(labels, len(CLASSES))), axis=-1)

    return squared_error if name == "mse" else cross_entropy


def optimizer(options: Options, steps: int) -> keras.optimizers.Optimizer:
    """Return the declared optimizer, with the rate that falls over all steps of all epochs."""
    rate = options.rate
    if options.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(options.rate, options.epochs * steps)
    decay = options.l2 if options.optimizer == "adamw" else 0.0
    return keras_optimizer(options.optimizer, rate=rate, l2=decay)
