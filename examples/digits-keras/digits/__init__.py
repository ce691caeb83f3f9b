"""Handwritten digits, recognised by a small convolutional network in Keras.

The way through: `data` (what is learned from, and how it is split) -> `model`
-> `train` -> `evaluate` -> `predict`. `storage` writes files whole or not at
all; `smoke` is a quick check that the parts work together. Nothing here knows
which backend Keras runs on: KERAS_BACKEND says it.
"""
