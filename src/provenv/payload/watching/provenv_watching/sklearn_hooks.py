"""scikit-learn: each fit that the script calls, its seconds and losses; partial fits are steps."""

import functools

from .lines import line
from .process import THIS, emit
from .progress import METRICS, STEPS, clock, uses
from .wrapping import quietly, replace

POINTS = 500


class Depth:
    """How many fits are under way within each other: only the outermost is the script's."""

    now = 0


def of_fits(module):
    """Follow the methods that scikit-learn's own decorator makes of all its `fit` and `partial_fit`."""

    def make(inner):
        def _fit_context(*args, **kwargs):
            decorator = inner(*args, **kwargs)

            def decorated(method):
                fit = decorator(method)
                return functools.wraps(fit)(_following(fit, method.__name__))

            return decorated

        return _fit_context

    if hasattr(module, "_fit_context"):  # since 1.3
        replace(module, "_fit_context", make)


def _following(fit, name):
    def followed(estimator, *args, **kwargs):
        if Depth.now or THIS.role == "off":
            return fit(estimator, *args, **kwargs)
        Depth.now += 1
        began = clock()
        try:
            if name != "partial_fit":
                BEGAN(estimator)
            found = fit(estimator, *args, **kwargs)
            (STEPPED if name == "partial_fit" else ENDED)(estimator, clock() - began)
            return found
        finally:
            Depth.now -= 1

    return followed


def _began(estimator):
    uses("sklearn")
    emit(line("fit", estimator=type(estimator).__name__, state="began"))


def _ended(estimator, seconds):
    emit(line("fit", estimator=type(estimator).__name__, state="ended", seconds=round(seconds, 6)))
    METRICS.log("fit_seconds", seconds)
    curve = getattr(estimator, "loss_curve_", None)
    done = getattr(estimator, "n_iter_", None)
    if isinstance(curve, list) and curve:
        apart = -(-len(curve) // POINTS)
        chosen = [*range(0, len(curve) - 1, apart), len(curve) - 1]
        rows = [line("metric", name="loss", value=float(curve[at]), n=STEPS.n + at + 1) for at in chosen]
        emit(*rows)
        _counted(len(curve), seconds)
    elif isinstance(done, int) and not isinstance(done, bool) and done > 0:
        _counted(done, seconds)
        METRICS.log("loss", getattr(estimator, "loss_", None))


def _counted(steps, seconds):
    """Write the iterations of a fit as steps, which they are for it."""
    STEPS.n += steps
    STEPS.line_n, STEPS.line_at = STEPS.n, clock()
    emit(line("step", n=STEPS.n, d=round(seconds, 6), s=steps))


def _stepped(estimator, _seconds):
    uses("sklearn")
    STEPS.begun()
    if clock() >= STEPS.due:
        METRICS.put("loss", getattr(estimator, "loss_", None), STEPS.n + 1)
    STEPS.add()


BEGAN = quietly("fits of scikit-learn", _began)
ENDED = quietly("fits of scikit-learn", _ended)
STEPPED = quietly("partial fits of scikit-learn", _stepped)
