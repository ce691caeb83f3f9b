"""The encoder in two halves: lower layers that stay as they came, upper ones that learn.

What the lower half makes of a mail never changes, so it is computed once (`Lower.features`)
and not in every epoch. The upper half starts from the weights it came with, is averaged over
the mail's words, and gets a new last layer with a score for each class.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import BertModel
from transformers.utils import logging

from .choices import Settings
from .corpus import CLASSES
from .errors import EmailsError

BLOCK = 64


class Lower:
    """Word pieces, embeddings and the layers that do not learn."""

    def __init__(
        self, bert: BertModel, tokenizer: Tokenizer, settings: Settings, device: torch.device
    ) -> None:
        self.bert = bert.requires_grad_(False).eval().to(device)
        self.tokenizer = tokenizer
        self.tokenizer.enable_truncation(settings.max_tokens)
        self.tokenizer.no_padding()
        self.device = device
        self.kept = precision(settings, device)

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's word pieces, as numbers of the vocabulary."""
        return [one.ids for one in self.tokenizer.encode_batch(list(texts))]

    @torch.no_grad()
    def features(self, texts: Sequence[str]) -> list[Tensor]:
        """Return a row for each word piece of each text.

        Mails of like length are computed together, in an order that depends on the texts
        alone: so that a training that begins again sees the same bits.
        """
        pieces = self.pieces(texts)
        order = sorted(range(len(pieces)), key=lambda index: len(pieces[index]))
        found: dict[int, Tensor] = {}
        for start in range(0, len(order), BLOCK):
            block = order[start : start + BLOCK]
            ids, seen = padded([torch.tensor(pieces[index]) for index in block], self.device)
            with autocast(self.kept, self.device):
                hidden = self.bert(input_ids=ids, attention_mask=seen.long()).last_hidden_state
            for row, index in zip(hidden.to(self.kept), block, strict=True):
                found[index] = row[: len(pieces[index])].clone()
        return [found[index] for index in range(len(pieces))]


class Upper(nn.Module):
    """The layers that learn, the mean over the words, and the scores."""

    def __init__(self, encoder: nn.Module, width: int, settings: Settings) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(settings.dropout)
        self.scores = nn.Linear(width, len(CLASSES))

    def forward(self, hidden: Tensor, seen: Tensor) -> Tensor:
        """Return the logits; `seen` is true where a row stands for a word piece, not for padding."""
        hidden = self.encoder(hidden, attention_mask=seen[:, None, None, :]).last_hidden_state
        weights = seen[..., None].to(hidden.dtype)
        return self.scores(self.dropout((hidden * weights).sum(1) / weights.sum(1))).float()


def build(folder: Path, settings: Settings, device: torch.device) -> tuple[Lower, Upper]:
    """Return both halves of the encoder that lies in the folder. Raises EmailsError."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        bert = BertModel.from_pretrained(
            str(folder), add_pooling_layer=False, attn_implementation="sdpa", local_files_only=True
        )
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except OSError as error:
        raise EmailsError(f"the encoder can't be read from {folder}: {error}") from error
    upper = copy.deepcopy(bert.encoder)
    upper.layer = upper.layer[settings.frozen_layers :]
    bert.encoder.layer = bert.encoder.layer[: settings.frozen_layers]
    return Lower(bert, tokenizer, settings, device), Upper(upper, bert.config.hidden_size, settings).to(
        device
    )


def padded(rows: Sequence[Tensor], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return rows of unlike length as one tensor, and where it is not padding."""
    lengths = torch.tensor([len(row) for row in rows])
    seen = torch.arange(int(lengths.max()))[None, :] < lengths[:, None]
    return pad_sequence(list(rows), batch_first=True).to(device), seen.to(device)


def autocast(kept: torch.dtype, device: torch.device) -> torch.autocast:
    """Return the context in which the encoder computes."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=kept == torch.bfloat16)


def precision(settings: Settings, device: torch.device) -> torch.dtype:
    """Return the numbers to compute with: bfloat16 where it is wanted, or is done in the hardware."""
    if settings.precision != "auto":
        return torch.bfloat16 if settings.precision == "bfloat16" else torch.float32
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    about = Path("/proc/cpuinfo")
    flags = about.read_text(encoding="utf-8", errors="replace") if about.is_file() else ""
    return torch.bfloat16 if "avx512_bf16" in flags or "amx_bf16" in flags else torch.float32


@torch.no_grad()
def logits(upper: Upper, features: Sequence[Tensor], kept: torch.dtype, device: torch.device) -> Tensor:
    """Return the scores of mails, computed by blocks of like length."""
    upper.eval()
    order = sorted(range(len(features)), key=lambda index: len(features[index]))
    found = torch.zeros(len(features), len(CLASSES))
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        with autocast(kept, device):
            found[block] = upper(*padded([features[index] for index in block], device)).cpu()
    return found
