"""A small WaveNet: it learns to say, from all sound so far, which sample of a voice comes next.

The way through: `sounds` (wav files) -> `mulaw` (256 levels) -> `data` (prompts of two voices, and a split
without leakage) -> `model` (dilated causal convolutions) and `logistics` (what it says of the next sample)
-> `train` -> `evaluate` (bits per sample) -> `generate` and `predict` (sound).
"""
