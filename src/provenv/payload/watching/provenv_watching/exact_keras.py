"""The exact account of Keras, on any backend: its batches lie within compiled steps and are not seen."""

from .exact import ACCOUNT
from .exact_digests import digest, random_states
from .wrapping import quietly, replace


def of_callbacks(module):
    """Note each batch that Keras trained, when its callbacks are told, before any of them acts on it."""
    owner = module.__dict__.get("CallbackList")
    if owner is None or owner.__module__ != module.__name__:
        return
    start, ended = quietly("exact start", _start), quietly("exact update", _ended)

    def begins(inner):
        def on_train_batch_begin(self, batch, logs=None):
            start(self)
            return inner(self, batch, logs)

        return on_train_batch_begin

    def ends(inner):
        def on_train_batch_end(self, batch, logs=None):
            ended(self, logs)
            return inner(self, batch, logs)

        return on_train_batch_end

    replace(owner, "on_train_batch_begin", begins)
    replace(owner, "on_train_batch_end", ends)


class Last:
    """The digests of what the model had after its last batch."""

    has = None


def _start(callbacks):
    if not ACCOUNT.begun and _model(callbacks) is not None:
        Last.has = _has(_model(callbacks))
        ACCOUNT.start(*Last.has)


def _ended(callbacks, logs):
    model = _model(callbacks)
    if model is None:
        return
    before, Last.has = Last.has, _has(model)
    if Last.has == before:
        # a resumed training passes over batches that it has trained on: nothing changes, not even a counter
        return
    if "loss" in (logs or {}):
        ACCOUNT.losses.append(float(logs["loss"]).hex())
    rate = getattr(model.optimizer, "learning_rate", None)
    weights, optimizer = Last.has
    ACCOUNT.update(
        parameters=weights,
        weights=weights,
        optimizer=optimizer,
        rates=[] if rate is None else [float(rate).hex()],
        random=random_states(),
    )


def _model(callbacks):
    return getattr(callbacks, "model", None) or getattr(callbacks, "_model", None)


def _has(model):
    # with JAX the model's own variables are behind while it trains
    synchronize = getattr(model, "jax_state_sync", None)
    if synchronize is not None and getattr(model, "_jax_state", None) is not None:
        synchronize()
    return digest(*map(_value, model.variables)), digest(*map(_value, model.optimizer.variables))


def _value(variable):
    value = variable.numpy() if hasattr(variable, "numpy") else variable.value
    return value() if callable(value) else value
