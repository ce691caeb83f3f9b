"""What the encoder looked at: the gradient of a mail's score times each word's embedding.

A rough answer, as every such method: to the first order, how much the score would fall
if the word's embedding were nothing (M. Denil and others, arXiv:1412.6815).
"""

from __future__ import annotations

import torch

from .storage import Trained


def words(model: Trained, text: str) -> tuple[float, list[tuple[str, float]]]:
    """Return the probability of spam, and each word with what it adds to (or takes from) spam's score."""
    encoded = model.lower.tokenizer.encode(text)
    ids = torch.tensor([encoded.ids], device=model.lower.device)
    seen = torch.ones_like(ids, dtype=torch.bool)
    model.upper.eval()
    table = model.lower.bert.get_input_embeddings()
    embedded = table(ids).detach().requires_grad_(True)
    hidden = model.lower.bert(inputs_embeds=embedded, attention_mask=seen.long()).last_hidden_state
    logits = model.upper(hidden, seen)[0]
    (slope,) = torch.autograd.grad(logits[1] - logits[0], embedded)
    weights = (slope * embedded).sum(2)[0].detach().cpu()
    # pieces of one word are added up
    places: dict[int, list[int]] = {}
    for place, word in enumerate(encoded.word_ids):
        if word is not None:  # [CLS] and [SEP] belong to no word
            places.setdefault(word, []).append(place)
    found = [
        (
            text[encoded.offsets[own[0]][0] : encoded.offsets[own[-1]][1]],
            sum(weights[place].item() for place in own),
        )
        for own in places.values()
    ]
    return logits.softmax(0)[1].item(), found
