"""Handwritten digits, recognised by a small convolutional network that Lightning trains.

The way through: `data` (what is learned from, and how it is split) -> `model`
-> `lightning_parts` (both in Lightning's terms) -> `train` -> `evaluate` ->
`predict`. `storage` and `tensor_file` write files whole or not at all; `smoke`
is a quick check that the parts work together.
"""
