"""A lock whose only framework computes on the processor: what was chosen for torch is not its accelerator."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ...errors import Problem, Text
from ..requirements import family
from ..tables import table

# the finding that TensorFlow does not use the accelerator (see tensorflow.py)
UNUSED = "PV387"


def on_processor(names: Collection[str], findings: Iterable[Problem]) -> Text | None:
    """Return why nothing among the packages `names` uses the machine's accelerator, None where something may.

    Only TensorFlow says of itself that it does not; torch, JAX and what is compiled for a GPU have
    their own choice.
    """
    said = (one for one in findings if one.code == UNUSED and one.what.args.get("name") == "TensorFlow")
    why = next((one.why for one in said), None)
    others = {*table("families/jax")["names"], *table("families/compiled")["packages"], "onnxruntime-gpu"}
    if why is None or family(names) or others & set(names):
        return None
    return why
