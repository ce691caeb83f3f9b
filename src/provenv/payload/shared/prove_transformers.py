"""A tiny language model with random weights, made from a configuration: nothing is downloaded."""

import os

# before the import: nothing may ask the network
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

VOCABULARY, WIDTH, DEEP, HEADS, LAYERS = 96, 32, 64, 4, 2
# products that follow each other: q/k, scores, values, output, gate/up, down in each layer; then the head
PRODUCTS = 6 * LAYERS + 1


def model(seed=0, **more):
    """Return the model in float32, ready to be asked."""
    transformers.logging.set_verbosity_error()
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        intermediate_size=DEEP,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS // 2,
        max_position_embeddings=64,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    torch.manual_seed(seed)
    return LlamaForCausalLM(config, **more).float().eval()


def tokens(rows=3, length=12):
    """Return sentences of random words, the same each time; none is a special word."""
    return torch.randint(3, VOCABULARY, (rows, length), generator=torch.Generator().manual_seed(1))
