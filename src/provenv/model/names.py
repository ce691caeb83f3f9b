"""Every value's name, for the codec: modules that need a type only for checking do not import it."""

from __future__ import annotations

from ..errors import Hint, Place, Problem, Text
from ..pipconf import PipConfiguration
from . import adopted, data, diagnosis, diff, evidence, facts, image, lock, plan, spec, state
from .demo import about

NAMES: dict[str, object] = {
    **{one.__name__: one for one in (Hint, Place, Problem, Text, PipConfiguration)},
    **{
        name: value
        for module in (about, adopted, data, diagnosis, diff, evidence, facts, image, lock, plan, spec, state)
        for name, value in vars(module).items()
    },
}
