"""The exact account of torch: batches as the loaders give them, losses, and all that an optimizer changes."""

import gc
import sys
import weakref

from .exact import ACCOUNT
from .exact_digests import digest, random_states
from .wrapping import before, quietly, replace

SHOWN = 8
"""Indices of a batch that are told as they are; of the others, a digest."""


class Held:
    """The models of each optimizer, found once, and the indices that a loader was asked for so far."""

    def __init__(self):
        self.models = {}
        self.asked = {}
        self.inside = False


H = Held()


def of_optimizers(module):
    """Note each step of every optimizer."""
    start, update = quietly("exact start", _start), quietly("exact update", _update)
    module.register_optimizer_step_pre_hook(lambda optimizer, _args, _kwargs: start(optimizer))
    module.register_optimizer_step_post_hook(lambda optimizer, _args, _kwargs: update(optimizer))


def _start(optimizer):
    if not ACCOUNT.begun:
        ACCOUNT.start(_parameters(optimizer), _state(optimizer))


def _update(optimizer):
    rates = [float(group.get("lr", 0.0)).hex() for group in optimizer.param_groups]
    parameters = _parameters(optimizer)
    buffers = [[name, one] for model in _models(optimizer) for name, one in model.named_buffers()]
    ACCOUNT.update(
        parameters=parameters,
        weights=digest(parameters, buffers),
        optimizer=_state(optimizer),
        rates=rates,
        random=random_states(),
    )


def _parameters(optimizer):
    values = [[name, one] for model in _models(optimizer) for name, one in model.named_parameters()]
    return digest(*(values or [one for group in optimizer.param_groups for one in group["params"]]))


def _state(optimizer):
    states = [optimizer.state.get(one, {}) for group in optimizer.param_groups for one in group["params"]]
    return digest(*[sorted(one.items(), key=lambda item: str(item[0])) for one in states])


def _models(optimizer):
    """Return the outermost modules that hold what an optimizer changes."""
    known = H.models.get(id(optimizer))
    if known is not None and known[0]() is optimizer:
        return known[1]
    kind = sys.modules["torch"].nn.Module
    own = {id(one) for group in optimizer.param_groups for one in group["params"]}
    holding = [
        one
        for one in gc.get_objects()
        if issubclass(type(one), kind) and any(id(each) in own for each in one.parameters())
    ]
    within = {id(child) for one in holding for child in one.modules() if child is not one}
    models = sorted((one for one in holding if id(one) not in within), key=lambda one: type(one).__name__)
    H.models[id(optimizer)] = weakref.ref(optimizer), models
    return models


def of_gradients(module):
    """Note the bits of each loss."""

    def lost(tensors, *_args, **_kwargs):
        if not isinstance(tensors, (tuple, list)) and tensors.numel() == 1:
            ACCOUNT.losses.append(float(tensors.detach().item()).hex())

    before(module, "backward", "exact losses", lost)


def of_loaders(module):
    """Note each batch that a script is given: its indices, and what is in it."""
    given = quietly("exact batches", _given)

    def make_index(inner):
        def _next_index(self):
            found = inner(self)
            H.asked.setdefault(id(self), []).append(found)
            return found

        return _next_index

    def make_next(inner):
        def __next__(self):
            if H.inside:
                return inner(self)
            H.inside = True
            try:
                found = inner(self)
            finally:
                H.inside = False
            given(self, found)
            return found

        return __next__

    replace(module._BaseDataLoaderIter, "_next_index", make_index)
    replace(module._BaseDataLoaderIter, "__next__", make_next)


def _given(iterator, batch):
    asked = H.asked.get(id(iterator)) or []
    indices = asked.pop(0) if asked else None
    ACCOUNT.batches.append(digest(batch))
    if isinstance(indices, (int, list)):
        numbers = [indices] if isinstance(indices, int) else [_plain(one) for one in indices]
        rest = f"+{digest(numbers)}" if len(numbers) > SHOWN else ""
        ACCOUNT.indices.append(" ".join(map(str, numbers[:SHOWN])) + rest)


def _plain(index):
    return int(index) if hasattr(index, "__index__") else index


def of_saving(module):
    """Note that a checkpoint was written."""
    replace(module, "save", _then_saved)


def of_runtime(module):
    """Note that provenv_runtime wrote a checkpoint."""
    before(module, "tell", "exact saves", lambda kind, **_more: ACCOUNT.saved() if kind == "save" else None)


def _then_saved(inner):
    def save(*args, **kwargs):
        found = inner(*args, **kwargs)
        ACCOUNT.saved()
        return found

    return save
