"""Counts the floating point operations of one step of a torch model, by the shapes of what it computes.

One step only: torch's own formulas are applied to each operation while the outermost modules run forwards
and while gradients run backwards. Nothing of it stays after that step.
"""

import contextlib
import sys

from . import process
from .lines import line
from .process import emit
from .progress import STEPS
from .wrapping import replace

GIVE_UP = 100_000


class Count:
    """The counting that is under way, if any."""

    mode = None
    inside = False
    restore = None
    calls = 0


def begin():
    """Begin to count, unless something was compiled: compiled steps do not call single operations."""
    torch = sys.modules["torch"]
    dynamo = sys.modules.get("torch._dynamo.utils")
    if dynamo is not None and dynamo.counters.get("frames"):
        process.note("work: the operations of a compiled model are not counted")
        return
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import flop_registry

    class Counting(TorchDispatchMode):
        flops = 0
        operations = 0

        def __init__(self):
            super().__init__()
            self.kinds = {}
            self.device = None

        def of(self, function, found, count):
            """Add to what is done in the type that the device multiplies."""
            first = found[0] if isinstance(found, (tuple, list)) else found
            kind = str(getattr(first, "dtype", "")).rpartition(".")[2]
            device = getattr(first, "device", None)
            if getattr(device, "type", "") == "cuda":
                self.device = self.device or device
                if kind == "float32" and torch.version.cuda and _tf32(torch, str(function)):
                    kind = "tf32"
            self.kinds[kind] = self.kinds.get(kind, 0) + int(count)

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            kwargs = kwargs or {}
            found = function(*args, **kwargs)
            formula = flop_registry.get(function._overloadpacket)
            self.operations += 1
            if formula is not None:
                try:
                    count = formula(*args, **kwargs, out_val=found)
                    self.flops += count
                    self.of(function, found, count)
                except Exception as error:
                    process.note(f"work: {function} is not counted: {type(error).__name__}: {error}")
            return found

    def make(inner):
        def __call__(self, *args, **kwargs):
            Count.calls += 1
            if Count.calls > GIVE_UP:
                end()
            if Count.mode is None or Count.inside or not torch.is_grad_enabled():
                return inner(self, *args, **kwargs)
            with counted():
                return inner(self, *args, **kwargs)

        return __call__

    Count.mode = Counting()
    Count.restore = replace(torch.nn.Module, "__call__", make)


def end():
    """Write what was counted, and leave all as it was."""
    mode, restore = Count.mode, Count.restore
    Count.mode = Count.restore = None
    if restore is not None:
        restore()
    if mode is not None and mode.flops:
        name = None
        if mode.device is not None:
            name = sys.modules["torch"].cuda.get_device_name(mode.device)
        emit(line("work", flops=int(mode.flops), kinds=mode.kinds, device=name, n=STEPS.n))


def _tf32(torch, function):
    """Return whether an operation on 32-bit floats may round what it multiplies to TF32."""
    if torch.cuda.get_device_capability() < (8, 0):
        return False
    convolves = "convolution" in function
    try:
        return torch.backends.cudnn.allow_tf32 if convolves else torch.backends.cuda.matmul.allow_tf32
    except RuntimeError:  # chosen by the switches that came later, which do not mix with these
        return torch.get_float32_matmul_precision() != "highest"


@contextlib.contextmanager
def counted():
    """Count within a block."""
    if Count.mode is None or Count.inside:
        yield
        return
    Count.inside = True
    try:
        with Count.mode:
            yield
    finally:
        Count.inside = False
