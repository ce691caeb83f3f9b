"""A small GPT that learns to write English, character by character, from the Brown corpus.

The way through: `brown` (files -> documents) -> `data` (split, alphabet, windows) -> `model` -> `train` ->
`scoring` (bits of every character) -> `evaluate` (with `baselines`, `checks`, `pictures`) -> `predict`.
"""
