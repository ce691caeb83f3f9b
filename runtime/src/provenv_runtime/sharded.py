"""Models sharded over processes (FSDP, tensor parallel): torch gathers them and deals them out.

What is saved is the whole state, by the parameters' names, so any number of processes can go on from it. It
has to fit into the memory of one host: rank 0 gathers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .optional import needed
from .tracked import unwrapped

FLAT = "FullyShardedDataParallel"


@dataclass(frozen=True)
class ShardedModel:
    """A sharded model; all processes must call its methods together, and rank 0 gets the state."""

    model: Any

    def state_dict(self) -> Any:
        """Return the whole state on rank 0, nothing elsewhere."""
        return _library().get_model_state_dict(self.model, options=_options())

    def load_state_dict(self, state: Any) -> None:
        """Take this process's shards of a whole state."""
        _library().set_model_state_dict(self.model, state, options=_options())


@dataclass(frozen=True)
class ShardedOptimizer:
    """The optimizer of a sharded model; like it, all processes together."""

    model: Any
    optimizer: Any

    def state_dict(self) -> Any:
        """Return the whole state on rank 0, nothing elsewhere."""
        return _library().get_optimizer_state_dict(self.model, self.optimizer, options=_options())

    def load_state_dict(self, state: Any) -> None:
        """Take this process's shards of a whole state."""
        _library().set_optimizer_state_dict(self.model, self.optimizer, state, options=_options())


def adapted(objects: Mapping[str, Any]) -> dict[str, Any]:
    """Return the objects, with those that are sharded seen through torch.distributed.checkpoint."""
    models = [inner for value in objects.values() if is_sharded(inner := unwrapped(value))]
    return {name: _adapted(value, models) for name, value in objects.items()} if models else dict(objects)


def _adapted(value: Any, models: list[Any]) -> Any:
    inner = unwrapped(value)
    if any(inner is model for model in models):
        return ShardedModel(inner)
    groups = getattr(value, "param_groups", None)
    if isinstance(groups, list) and hasattr(value, "load_state_dict"):
        own = {id(one) for group in groups for one in group["params"]}
        for model in models:
            if own & {id(one) for one in model.parameters()}:
                return ShardedOptimizer(model, value)
    return value


def is_sharded(value: Any) -> bool:
    """Tell whether this is a model whose parameters are spread over processes."""
    if not callable(getattr(value, "parameters", None)) or not callable(getattr(value, "modules", None)):
        return False
    spread = any(hasattr(one, "device_mesh") for one in value.parameters())
    return spread or any(type(one).__name__ == FLAT for one in value.modules())


def _library() -> Any:
    return needed("torch.distributed.checkpoint.state_dict")


def _options() -> Any:
    return _library().StateDictOptions(full_state_dict=True, cpu_offload=True)
