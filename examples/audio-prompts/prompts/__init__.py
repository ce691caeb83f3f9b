"""Which of five languages is spoken? A convolutional network that looks at spectrograms of telephone prompts.

The way through: `sounds` (wav files) -> `data` (the prompts, and a split without leakage) -> `features`
(sound to log-mel spectrogram) and `augment` (each window heard a little differently in each epoch) ->
`model` -> `train` -> `evaluate` -> `predict`.
"""
