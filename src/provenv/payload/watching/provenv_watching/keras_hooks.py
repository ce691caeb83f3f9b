"""Keras, on whichever backend: steps, epochs and logs where it calls its list of callbacks."""

import sys

from . import process
from .progress import METRICS, STEPS, clock, epoch, total, uses
from .wrapping import before


def of_callbacks(module):
    """Follow the calls of the list of callbacks; modules without one are passed over."""
    owner = module.__dict__.get("CallbackList")
    if owner is None or owner.__module__ != module.__name__:
        return
    for name, act in ACTS.items():
        before(owner, name, "callbacks of Keras", act)


def of_optimizers(module):
    """Count the steps of training loops of one's own, where they are not compiled."""
    before(module.BaseOptimizer, "apply", "steps of Keras", _applied)


def _applied(_optimizer, *_args, **_kwargs):
    backend = _backend()
    if STEPS.framework_epochs or backend == "jax":
        return
    if backend == "tensorflow" and not sys.modules["tensorflow"].executing_eagerly():
        return
    process.claim()
    uses("keras", backend=backend)
    STEPS.begun()
    STEPS.add()


def _backend():
    told = getattr(sys.modules.get("keras.src.backend.config"), "backend", None)
    return told() if callable(told) else None


def _began(callbacks, logs=None):
    process.claim()
    _used(callbacks)
    STEPS.framework_epochs = True
    STEPS.begun()
    params = callbacks.params or {}
    callbacks._provenv_first = True
    callbacks._provenv_before = STEPS.n
    steps, epochs = params.get("steps"), params.get("epochs")
    if steps and epochs:
        total(STEPS.n + steps * epochs)


def _used(callbacks):
    named = type(callbacks).__module__.split(".")[0]
    backend = _backend() if named == "keras" else None
    uses(named, backend=backend)
    if (backend or "tensorflow") != "tensorflow":
        uses(backend)
    else:
        uses("tensorflow")
        process.note("waiting for data: TensorFlow reads within its compiled steps, where it can't be told")


def _epoch_began(callbacks, number, logs=None):
    callbacks._provenv_last = -1
    params = callbacks.params or {}
    steps, epochs = params.get("steps"), params.get("epochs")
    if callbacks._provenv_first and number and steps and epochs:
        # `initial_epoch`: it goes on from a training before
        STEPS.jump(callbacks._provenv_before + number * steps)
    callbacks._provenv_first = False
    STEPS.epochs = number


def _batch_ended(callbacks, batch, logs=None):
    more, callbacks._provenv_last = batch - callbacks._provenv_last, batch
    if more > 0 and logs and clock() >= STEPS.due:
        for name, value in logs.items():
            METRICS.put(name, value, STEPS.n + more)
    STEPS.add(max(more, 0))


def _epoch_ended(callbacks, number, logs=None):
    for name, value in (logs or {}).items():
        METRICS.put(name, value, STEPS.n)
    epoch(number + 1, (callbacks.params or {}).get("epochs"))


ACTS = {
    "on_train_begin": _began,
    "on_epoch_begin": _epoch_began,
    "on_train_batch_end": _batch_ended,
    "on_epoch_end": _epoch_ended,
}
