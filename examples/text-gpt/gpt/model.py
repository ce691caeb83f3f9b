"""The network: a plain GPT of characters (pre-norm blocks, causal self-attention, tied embedding)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass
class Cache:
    """Keys and values of what one layer has seen: generation does not compute them again."""

    keys: Tensor | None = None
    values: Tensor | None = None

    @property
    def length(self) -> int:
        return 0 if self.keys is None else self.keys.shape[2]

    def extended(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Take in what came new; return all there is."""
        if self.keys is not None and self.values is not None:
            keys, values = torch.cat([self.keys, keys], 2), torch.cat([self.values, values], 2)
        self.keys, self.values = keys, values
        return keys, values


@dataclass(frozen=True)
class Shape:
    """What decides the network's size: it is kept in the model's file."""

    symbols: int
    layers: int = 4
    heads: int = 4
    width: int = 128
    context: int = 256
    dropout: float = 0.0


class Attention(nn.Module):
    """Each place looks at itself and at what stands before it, never at what comes after."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.dropout = shape.heads, shape.dropout
        self.queries_keys_values = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)

    def split(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values, each (batch, heads, places, width of a head)."""
        batch, places, width = states.shape
        parts = self.queries_keys_values(states).view(batch, places, 3, self.heads, width // self.heads)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)
        return queries, keys, values

    def forward(self, states: Tensor, cache: Cache | None = None) -> Tensor:
        queries, keys, values = self.split(states)
        # A single new place may look at all that is kept; only several places have a future to hide.
        causal = cache is None or cache.length == 0
        if cache is not None:
            keys, values = cache.extended(keys, values)
        mixed = functional.scaled_dot_product_attention(
            queries, keys, values, is_causal=causal, dropout_p=self.dropout if self.training else 0.0
        )
        return self.out(mixed.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Attention, then two linear layers at each place; both add to what comes in (pre-norm)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.first_norm = nn.LayerNorm(shape.width)
        self.attention = Attention(shape)
        self.second_norm = nn.LayerNorm(shape.width)
        self.wide = nn.Linear(shape.width, 4 * shape.width)
        self.narrow = nn.Linear(4 * shape.width, shape.width)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, states: Tensor, cache: Cache | None = None) -> Tensor:
        states = states + self.dropout(self.attention(self.first_norm(states), cache))
        return states + self.dropout(self.narrow(functional.gelu(self.wide(self.second_norm(states)))))


class GPT(nn.Module):
    """Scores for the next character at each place of a text of at most `context` characters."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.characters = nn.Embedding(shape.symbols, shape.width)
        self.places = nn.Embedding(shape.context, shape.width)
        self.dropout = nn.Dropout(shape.dropout)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)
        for block in self.blocks:  # what is added up over the layers stays of one size (GPT-2)
            for layer in (block.attention.out, block.narrow):
                nn.init.normal_(layer.weight, std=0.02 / math.sqrt(2 * shape.layers))

    def forward(self, symbols: Tensor, caches: list[Cache] | None = None) -> Tensor:
        """Return scores before the softmax (batch, places, symbols) of numbers (batch, places)."""
        done = caches[0].length if caches else 0
        places = torch.arange(done, done + symbols.shape[1], device=symbols.device)
        states = self.dropout(self.characters(symbols) + self.places(places))
        for number, block in enumerate(self.blocks):
            states = block(states, caches[number] if caches else None)
        # the embedding is used a second time, as the last layer (tied): fewer numbers, better learned
        return functional.linear(self.norm(states), self.characters.weight)
