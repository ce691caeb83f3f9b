"""Which of how many processes this one is, and the one thing they must agree on while they train: to leave.

torch.distributed is asked where it is initialised, else the variables RANK and WORLD_SIZE that launchers set.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import Any

from .optional import loaded

ATTEMPT = (
    "PROVENV_RUN_ID",
    "PROVENV_RUN_ATTEMPT",
    "TORCHELASTIC_RUN_ID",
    "TORCHELASTIC_RESTART_COUNT",
    "MASTER_ADDR",
    "MASTER_PORT",
    "SLURM_JOB_ID",
    "SLURM_RESTART_COUNT",
)
"""Variables that are the same in all processes of one attempt, and differ between attempts."""


def distributed() -> Any | None:
    """Return torch.distributed if it is initialised in this process, else None."""
    torch = loaded("torch")
    module = getattr(torch, "distributed", None)
    if module is None or not module.is_available() or not module.is_initialized():
        return None
    return module


def rank() -> int:
    """Return this process's number among all, from 0."""
    module = distributed()
    return int(module.get_rank()) if module else _variable("RANK", 0)


def size() -> int:
    """Return how many processes train together."""
    module = distributed()
    return int(module.get_world_size()) if module else _variable("WORLD_SIZE", 1)


def _variable(name: str, otherwise: int) -> int:
    value = os.environ.get(name, "")
    return int(value) if value.isdigit() else otherwise


def attempt() -> str:
    """Return a name that all processes of this attempt share, and no other attempt has."""
    if size() == 1:
        return str(os.getpid())
    values = "\0".join(os.environ.get(name, "") for name in ATTEMPT)
    return blake2b(values.encode(), digest_size=6).hexdigest()


class Agreement:
    """A flag that goes up in all processes at the same step once it is up in one (all-reduce, MAX).

    The question of a step is answered at the end of the next one, so nobody waits for it; it travels over
    gloo, beside what the accelerators do.
    """

    def __init__(self) -> None:
        self._group: Any = None
        self._asked: tuple[Any, Any] | None = None

    def any(self, raised: bool) -> bool:
        """Return whether the flag was up anywhere at the step before; alone, whether it is up now."""
        module = distributed()
        if module is None or module.get_world_size() == 1:
            return raised
        torch = loaded("torch")
        if torch is None:
            return raised
        if self._group is None:
            alike = module.get_backend() == "gloo"
            self._group = module.group.WORLD if alike else module.new_group(backend="gloo")
        answer = False
        if self._asked is not None:
            work, flag = self._asked
            work.wait()
            answer = bool(flag.item())
        flag = torch.tensor([int(raised)], dtype=torch.int32)
        self._asked = (module.all_reduce(flag, module.ReduceOp.MAX, group=self._group, async_op=True), flag)
        return answer

    def least(self, number: int) -> int:
        """Return the smallest of the numbers that all processes give; alone, this one."""
        module, torch = distributed(), loaded("torch")
        if module is None or torch is None or module.get_world_size() == 1:
            return number
        device = (
            torch.device("cuda", torch.cuda.current_device()) if module.get_backend() == "nccl" else "cpu"
        )
        value = torch.tensor([number], dtype=torch.int64, device=device)
        module.all_reduce(value, module.ReduceOp.MIN)
        return int(value.item())
