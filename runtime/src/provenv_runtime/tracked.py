"""How an object gives its state and takes it back: models, optimizers, generators, plain dictionaries."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from .optional import loaded

WRAPPERS = {
    "DistributedDataParallel": "module",
    "DataParallel": "module",
    "OptimizedModule": "_orig_mod",
}
"""What torch wraps round a model, and where the model is in it: its weights keep their own names."""


def unwrapped(value: Any) -> Any:
    """Return the model inside of torch's wrappers, so that it can be resumed with or without them."""
    while (name := WRAPPERS.get(type(value).__name__)) and hasattr(value, name):
        value = getattr(value, name)
    return value


def knows(value: Any) -> bool:
    """Tell whether the state of this can be taken and given back."""
    return _ways(value) is not None


def taken(value: Any) -> Any:
    """Return the state of an object that `knows` accepts."""
    ways = _ways(value)
    assert ways is not None
    return ways[0]()


def give(value: Any, state: Any) -> None:
    """Set the state of an object that `knows` accepts."""
    ways = _ways(value)
    assert ways is not None
    ways[1](state)


def _ways(value: Any) -> tuple[Callable[[], Any], Callable[[Any], Any]] | None:
    value = unwrapped(value)
    if callable(getattr(value, "state_dict", None)) and callable(getattr(value, "load_state_dict", None)):
        return value.state_dict, value.load_state_dict
    if isinstance(value, random.Random):
        return value.getstate, value.setstate
    torch, numpy = loaded("torch"), loaded("numpy")
    if torch is not None and isinstance(value, torch.Generator):
        return value.get_state, value.set_state
    if numpy is not None and isinstance(value, numpy.random.RandomState):
        return (lambda: value.get_state(legacy=False)), value.set_state
    if numpy is not None and isinstance(value, numpy.random.Generator):
        bits = value.bit_generator
        return (lambda: bits.state), (lambda state: setattr(bits, "state", state))
    if type(value) is dict:
        return (lambda: value), (lambda state: _refill(value, state))
    if type(value) is list:
        return (lambda: value), (lambda state: value.__setitem__(slice(None), state))
    return None


def _refill(value: dict[Any, Any], state: dict[Any, Any]) -> None:
    value.clear()
    value.update(state)
