"""Plain torch: steps by its hook after any optimizer's step, losses by `backward`, waiting by the loaders."""

import contextlib
import weakref

from . import process, work
from .process import THIS
from .progress import LEFT, METRICS, STEPS, clock, epoch, saved, uses
from .wrapping import before, quietly, replace


class Slot:
    """One optimizer: its last loss, and its steps since the leading one's last."""

    __slots__ = ("loss", "name", "optimizer", "since")

    def __init__(self, optimizer, name):
        self.optimizer = weakref.ref(optimizer)
        self.name = name
        self.since = 0
        self.loss = None


class Watch:
    """What is known between a step and the next one."""

    def __init__(self):
        self.slots = {}
        self.leader = None
        self.loss = None
        self.unscaled = None
        self.backwards = 0
        self.inside = False
        self.saving = False


W = Watch()
BEGIN_WORK = quietly("work", work.begin)
END_WORK = quietly("work", work.end)


def of_optimizers(module):
    """Count the steps of all optimizers, those of a subclass included."""
    seen = quietly("steps of torch", _stepped)

    def after(optimizer, _args, _kwargs):
        if THIS.role != "off":
            seen(optimizer)

    after._torchdynamo_disable = True
    module.register_optimizer_step_post_hook(after)
    STEPS.before_line.append(_losses)


def _stepped(optimizer):
    slot = W.slots.get(id(optimizer))
    if slot is None or slot.optimizer() is not optimizer:
        slot = _new(optimizer)
    if W.loss is not None:
        slot.loss, W.loss = W.loss, None
    if slot is W.leader:
        if len(W.slots) > 1:
            for other in W.slots.values():
                other.since = 0
        STEPS.add()
        if STEPS.n - STEPS.base <= 3:
            _once()
        W.backwards = 0
        return
    # one that steps twice while the leading one does not leads from now on
    slot.since += 1
    leading = W.leader.optimizer() if W.leader is not None else None
    if leading is None or slot.since > 1:
        if W.leader is not None and leading is None:
            slot.name = W.leader.name
        W.leader, more, slot.since = slot, slot.since, 0
        STEPS.add(more)
        W.backwards = 0


def _new(optimizer):
    if THIS.role != "writer":
        process.claim()
    STEPS.begun()
    uses("torch")
    for key in [key for key, one in W.slots.items() if one.optimizer() is None]:
        del W.slots[key]
    order = len(W.slots) + 1
    slot = Slot(optimizer, "loss" if order == 1 else f"loss_{order}")
    W.slots[id(optimizer)] = slot
    return slot


def _once():
    """Do what the second and third steps are used for: the first one may be unlike the others."""
    if STEPS.n - STEPS.base == 2:
        BEGIN_WORK()
        if W.backwards > 1 and len(W.slots) == 1 and not STEPS.framework_divides:
            process.note(
                f"{W.backwards} backward passes make a step: the loss is the last one's, as it was given"
            )
    elif STEPS.n - STEPS.base == 3:
        END_WORK()


def _losses():
    for slot in W.slots.values():
        if slot.loss is not None:
            METRICS.put(slot.name, slot.loss)
            slot.loss = None


def of_gradients(module):
    """Keep the loss that each `backward` begins from: a reference, not its value."""
    lost = quietly("losses of torch", _lost)

    def make(inner):
        def backward(tensors, *args, **kwargs):
            if THIS.role != "off":
                lost(tensors)
            if work.Count.mode is None:
                return inner(tensors, *args, **kwargs)
            with work.counted():
                return inner(tensors, *args, **kwargs)

        return backward

    replace(module, "backward", make)


def _lost(tensors):
    W.backwards += 1
    if W.unscaled is not None:
        W.loss, W.unscaled = W.unscaled, None
    elif not isinstance(tensors, (tuple, list)) and tensors.numel() == 1:
        loss = tensors.detach()
        # parts of one step's loss: a framework that divides it among them is known to, a script is not
        W.loss = W.loss + loss if STEPS.framework_divides and W.loss is not None else loss
    if not STEPS.line_at:
        STEPS.begun()


def of_scalers(module):
    """Keep the loss as it was before a gradient scaler made it large."""

    def scaled(_self, outputs):
        if hasattr(outputs, "detach") and outputs.numel() == 1:
            W.unscaled = outputs.detach()

    before(module.GradScaler, "scale", "losses of a gradient scaler", scaled)


def of_loaders(module):
    """Measure the time in which the script waits for a batch, and see epochs end where no framework tells."""

    exhausted = quietly("epochs of torch", _exhausted)

    def make_next(inner):
        def __next__(self):
            if W.inside or THIS.role == "off":
                return inner(self)
            W.inside = True
            began = clock()
            try:
                return inner(self)
            except StopIteration:
                exhausted(self)
                raise
            finally:
                STEPS.waited += clock() - began
                W.inside = False

        return __next__

    def make_iter(inner):
        def __iter__(self):
            if W.inside or THIS.role == "off":
                return inner(self)
            STEPS.begun(anew=True)
            STEPS.waits = W.inside = True
            began = clock()
            try:
                found = inner(self)
                with contextlib.suppress(AttributeError):  # an iterator of a subclass, with slots
                    found._provenv_began_at = STEPS.n
                return found
            finally:
                STEPS.waited += clock() - began
                W.inside = False

        return __iter__

    replace(module._BaseDataLoaderIter, "__next__", make_next)
    replace(module.DataLoader, "__iter__", make_iter)


def _exhausted(iterator):
    began, iterator._provenv_began_at = getattr(iterator, "_provenv_began_at", None), None
    if began is not None and STEPS.n > began and not STEPS.framework_epochs:
        epoch(STEPS.epochs + 1)


def of_saving(module):
    """Measure what `torch.save` takes, where it writes a file."""
    tell = quietly("checkpoints of torch", _saved)

    def make(inner):
        def save(obj, f, *args, **kwargs):
            if W.saving or THIS.role == "off" or not (isinstance(f, str) or hasattr(f, "__fspath__")):
                return inner(obj, f, *args, **kwargs)
            W.saving = True
            began = clock()
            try:
                found = inner(obj, f, *args, **kwargs)
            finally:
                W.saving = False
            tell(f, clock() - began)
            return found

        return save

    replace(module, "save", make)


def _saved(path, seconds):
    if STEPS.n and not STEPS.framework_saves:
        saved(path, seconds)


def of_compiler(module):
    """Have torch.compile pass over our functions, as it does over torch's own.

    What runs where a compiled function's graph breaks is compiled as well, and again whenever a value changes
    that was read there: of ours some change with each line.
    """
    # torch had these rules in `skipfiles` before; `trace_rules` was a list without this then
    if hasattr(module, "add"):
        module.add(__package__)


def _forget():
    LEFT.append((W.slots, W.loss, W.unscaled))
    W.__init__()


THIS.on_fork.append(_forget)
