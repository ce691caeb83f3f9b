"""Records which seeds a script sets, and changes none."""

from .lines import line
from .process import THIS, emit
from .wrapping import replace

MOST = 3
_TIMES = {}


def of_random(module):
    """Record `random.seed`."""
    _record(module, "seed", "random")


def of_numpy(module):
    """Record `numpy.random.seed`."""
    _record(module, "seed", "numpy")


def of_torch(module):
    """Record `torch.manual_seed`."""
    _record(module, "manual_seed", "torch")


def of_tensorflow(module):
    """Record `tf.random.set_seed`."""
    _record(module, "set_seed", "tensorflow")


def of_keras(module):
    """Record `keras.utils.set_random_seed`."""
    _record(module, "set_random_seed", "keras")


def of_lightning(module):
    """Record `seed_everything`."""
    _record(module, "seed_everything", "lightning")


def _record(module, attribute, name):
    def make(inner):
        def seed(*args, **kwargs):
            if THIS.role != "off":
                _seen(name, next(iter((*args, *kwargs.values())), None))
            return inner(*args, **kwargs)

        return seed

    replace(module, attribute, make)


def _seen(name, value):
    times = _TIMES[name] = _TIMES.get(name, 0) + 1
    if times <= MOST:
        try:
            known = int(value)
        except (TypeError, ValueError, OverflowError):
            known = None if value is None else str(type(value).__name__)
        emit(line("seed", name=name, value="" if known is None else known), training=False)


THIS.on_fork.append(_TIMES.clear)
