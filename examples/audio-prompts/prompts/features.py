"""Sound to log-mel spectrogram, in torch: how much of each pitch band is there, every hundredth of a second.

The mel scale is that of O'Shaughnessy (1987), 2595 log10(1 + f / 700); the triangular filters are those of
Davis and Mermelstein (1980), as in HTK.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .sounds import RATE

WINDOW, HOP, BANDS = 256, 80, 40  # 32 ms, 10 ms
LOW, HIGH = 80.0, 3700.0  # what a telephone lets through
FLOOR = 1e-5


def mel(hertz: Tensor) -> Tensor:
    """Return the pitch on the mel scale."""
    return 2595 * torch.log10(1 + hertz / 700)


def filters(bands: int = BANDS) -> Tensor:
    """Return (bands, frequencies): triangles that are equally wide on the mel scale."""
    low, high = mel(torch.tensor([LOW, HIGH]))
    edges = torch.linspace(low.item(), high.item(), bands + 2)
    bins = mel(torch.linspace(0, RATE / 2, WINDOW // 2 + 1))
    rising = (bins - edges[:-2, None]) / (edges[1:-1, None] - edges[:-2, None])
    falling = (edges[2:, None] - bins) / (edges[2:, None] - edges[1:-1, None])
    return torch.minimum(rising, falling).clamp(min=0)


class LogMel(nn.Module):
    """Samples (count, samples) to (count, 1, bands, frames), each band around zero over the window.

    Taking each band's mean over the window away removes what a microphone, a line or a codec does to the
    whole recording ("cepstral mean normalisation"); it also removes part of a voice's colour.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filters", filters(), persistent=False)
        self.register_buffer("taper", torch.hann_window(WINDOW), persistent=False)

    def bands(self, samples: Tensor) -> Tensor:
        """Return the logarithm of the energy in each band: (count, bands, frames)."""
        spectrum = torch.stft(samples, WINDOW, HOP, window=self.taper, center=False, return_complex=True)
        return torch.log(self.filters @ spectrum.abs().square() + FLOOR)

    def forward(self, samples: Tensor) -> Tensor:
        """Return the spectrograms."""
        bands = self.bands(samples)
        return (bands - bands.mean(-1, keepdim=True)).unsqueeze(1)
