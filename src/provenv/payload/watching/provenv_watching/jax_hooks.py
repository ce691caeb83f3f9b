"""optax: updates outside of compiled functions are steps; of those within only the tracing is seen."""

import sys

from . import process
from .progress import STEPS, uses
from .wrapping import before


def of_updates(module):
    """Count `apply_updates`."""
    before(module, "apply_updates", "updates of optax", _applied)


def _applied(_params, updates):
    jax = sys.modules["jax"]
    leaf = next(iter(jax.tree_util.tree_leaves(updates)), None)
    process.claim()
    uses("jax")
    STEPS.begun()
    if not isinstance(leaf, jax.core.Tracer):
        STEPS.add()
