"""Clothes of Fashion-MNIST, recognised by a small convolutional network.

The way through: `data` (what is learned from, and how it is split) -> `model` -> `train` -> `evaluate`
-> `predict`. `options` is what may be chosen, `inference` a trained model and its file, `saliency` what it
looked at, `samples` and `pictures` what it leaves for people.
"""
