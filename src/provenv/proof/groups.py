"""What is imported once for several checks: each group has a nursery, whose forked children the checks are.

TensorFlow, torch and JAX never share a process: each brings its own copy of
protobuf, OpenMP and XLA. What is quick to import needs no nursery, nor does a
library of which only one check is made.
"""

from __future__ import annotations

GROUPS: dict[str, tuple[str, ...]] = {
    "torch": ("torch", "numpy"),
    "lightning": ("torch", "lightning.pytorch|pytorch_lightning"),
    "transformers": ("torch", "transformers", "transformers.models.llama.modeling_llama"),
    "tensorflow": ("tensorflow",),
    "jax": ("jax", "jax.numpy"),
}
