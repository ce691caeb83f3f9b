"""Does torchaudio work with this torch? Resampling, filtering and spectra of a tone."""

import math

import torch
import torchaudio
from prove_results import Results

RATE, TONE, SECONDS = 16000, 440.0, 0.5


def tone(rate):
    return torch.sin(2 * math.pi * TONE * torch.arange(int(rate * SECONDS), dtype=torch.float64) / rate)


def strongest(sound, rate):
    """Return the frequency of the greatest part, in Hz."""
    spectrum = torch.fft.rfft(sound.double() * torch.hann_window(len(sound), dtype=torch.float64)).abs()
    return float(spectrum.argmax()) * rate / len(sound)


def run(options):
    results = Results()
    sound = tone(RATE).float()
    for rate in (8000, 22050):
        name = "resample to %d" % rate
        with results.attempt(name):
            found = torchaudio.functional.resample(sound, RATE, rate)
            results.equal(name + ", length", len(found), math.ceil(len(sound) * rate / RATE))
            # the spectrum has a line each 2 Hz
            results.equal(name + ", tone", abs(strongest(found, rate) - TONE) <= 2.0, True)
    with results.attempt("filter"):
        # y[n] = x[n] + y[n-1] / 2, by its definition; the poles keep errors small: their sum is below 2
        found = torchaudio.functional.lfilter(
            sound[:64] / 4, torch.tensor([1.0, -0.5]), torch.tensor([1.0, 0.0])
        )
        expected, last = [], 0.0
        for value in (sound[:64].double() / 4).tolist():
            last = value + last / 2
            expected.append(last)
        results.near("filter", found.numpy(), expected, terms=8)
    with results.attempt("mel"):
        mel = torchaudio.transforms.MelSpectrogram(RATE, n_fft=512, n_mels=40)(sound)
        results.equal(
            "mel", [mel.shape[0], bool(torch.isfinite(mel).all()), bool((mel >= 0).all())], [40, True, True]
        )
    return {"results": results, "said": {"version": torchaudio.__version__, "torch": torch.__version__}}
