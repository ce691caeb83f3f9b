"""Puts a function of ours in place of a library's, so that it still looks and works like it."""

import functools

from .process import THIS, failed


def quietly(what, act):
    """Return `act` as something that never raises: after a first failure, which is noted, it does nothing."""
    acts = [act]

    def call(*args, **kwargs):
        try:
            acts[0](*args, **kwargs)
        except Exception as error:
            acts[0] = _nothing
            failed(what, error)

    return call


def _nothing(*_args, **_kwargs):
    pass


def replace(owner, name, make):
    """Set `owner.name` to `make(what it was)`; returns what puts the old one back."""
    inner = owner.__dict__[name] if isinstance(owner, type) else getattr(owner, name)
    outer = functools.wraps(inner)(make(inner))
    # where torch.compile meets it, it calls it as it is
    outer._torchdynamo_disable = True
    outer._torchdynamo_orig_callable = inner
    outer.autograph_info__ = {}  # and so does TensorFlow
    setattr(owner, name, outer)

    def restore():
        if owner.__dict__.get(name) is outer:
            setattr(owner, name, inner)

    return restore


def before(owner, name, what, act):
    """Have `act` called with the arguments of each call of `owner.name`, before it."""
    seen = quietly(what, act)

    def make(inner):
        def call(*args, **kwargs):
            if THIS.role != "off":
                seen(*args, **kwargs)
            return inner(*args, **kwargs)

        return call

    return replace(owner, name, make)
