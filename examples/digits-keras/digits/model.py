"""The network: three convolutions and two dense layers, for square grey images of 8 pixels and up."""

from __future__ import annotations

import keras
from keras import layers

from .data import CLASSES, Normalisation


def build(side: int, normalisation: Normalisation, classes: int = len(CLASSES)) -> keras.Model:
    """Return the network: scores (batch, classes) before the softmax, of ink (batch, side, side) in 0..1.

    Some 90 thousand parameters at 8x8, 130 thousand at 28x28. The normalisation
    is a part of it, so that whoever loads the file cannot forget it. Images of
    16 pixels and more are halved once more, early, where it saves most of the work.
    """
    images = keras.Input((side, side), name="ink")
    features = layers.Reshape((side, side, 1))(images)
    features = layers.Rescaling(1 / normalisation.deviation, -normalisation.mean / normalisation.deviation)(
        features
    )
    features = _convolution(features, 32)
    if side >= 16:
        features = layers.MaxPooling2D()(features)
    features = layers.MaxPooling2D()(_convolution(features, 64))
    features = layers.MaxPooling2D()(_convolution(features, 64))
    hidden = layers.Dense(128, activation="relu")(layers.Flatten()(features))
    scores = layers.Dense(classes, name="scores")(layers.Dropout(0.3)(hidden))
    return keras.Model(images, scores, name="digits")


def _convolution(features: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Return a 3x3 convolution that keeps the size, its normalisation, and its bend."""
    features = layers.Conv2D(filters, 3, padding="same", use_bias=False)(features)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(features))
