"""Counts steps, the time between them and what of it was spent waiting, and the latest value of each metric.

What runs at each step adds a few numbers; a line is made at most once a second, and values are taken out of
their tensors only then: reading one from a GPU waits for all that was asked of it before.
"""

import sys
import time

from . import process
from .lines import line
from .process import THIS, emit

EVERY = 1.0
NAMES = 200

clock = time.perf_counter


class Steps:
    """The steps of a process; `n` goes on from where a resumed training began."""

    def __init__(self):
        self.n = 0
        self.waited = 0.0
        self.due = 0.0
        self.line_n = 0
        self.line_at = 0.0
        self.line_waited = 0.0
        self.base = 0
        self.waits = False
        self.framework_epochs = False
        self.framework_saves = False
        self.framework_divides = False
        self.epochs = 0
        self.before_line = []

    def begun(self, *, anew=False):
        """Begin to count the time, at the first sign of a training; `anew`: or at a later one before it."""
        if not self.line_at or (anew and not self.n):
            self.line_at, self.line_waited = clock(), self.waited

    def add(self, more=1):
        """Count steps, and write the line if one is due."""
        self.n += more
        now = clock()
        if now >= self.due:
            self.write(now)

    def write(self, now):
        """Write how many steps there were since the line before."""
        more = self.n - self.line_n
        if more <= 0:
            return
        began = self.line_at or THIS.began
        # without a loader that was seen there is no telling, and nothing is said
        waited = round(min(self.waited - self.line_waited, now - began), 6) if self.waits else None
        row = line("step", n=self.n, d=round(now - began, 6), s=more, w=waited)
        self.line_n, self.line_at, self.line_waited, self.due = self.n, now, self.waited, now + EVERY
        for act in self.before_line:
            act()
        emit(row, *METRICS.take())

    def jump(self, n):
        """Go on from step `n`, which another process made."""
        self.n, self.line_n, self.base = n, n, n


class Metrics:
    """The latest value of each metric, and when it was written last."""

    def __init__(self):
        self.latest = {}
        self.written = {}
        self.last = {}

    def put(self, name, value, n=None):
        """Keep a value for the next line; tensors as they are."""
        if name in self.written or len(self.written) < NAMES:
            ended = STEPS.epochs if STEPS.epochs or STEPS.framework_epochs else None
            self.latest[name] = (value, STEPS.n if n is None else n, ended)
            self.written.setdefault(name, -EVERY)
        else:
            process.note(f"more than {NAMES} metrics: the others are not written")

    def log(self, name, value, n=None):
        """Keep a value that the script or its framework logs; write it if the last is a second old."""
        self.put(name, value, n)
        if name in self.latest and clock() - self.written[name] >= EVERY:
            rows = self.take((name,))
            if rows:
                emit(*rows)

    def take(self, names=None, blocking=True):
        """Return the lines of what is kept; not `blocking`: of what can be read without waiting."""
        rows = []
        now = clock()
        for name in list(self.latest) if names is None else names:
            value, n, e = self.latest.pop(name, (None, 0, None))
            self.written[name] = now
            found = scalar(value, blocking)
            # a framework and the logger that it writes to tell the same
            if found is not None and self.last.get(name) != (n, found):
                self.last[name] = n, found
                rows.append(line("metric", name=name, value=found, n=n, e=e))
        return rows


STEPS = Steps()
METRICS = Metrics()
_USED = set()
LEFT = []


def scalar(value, blocking=True):
    """Return a value as a float, None where it is no single number or must not be read now."""
    if value is None or isinstance(value, (str, bytes)):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    device = getattr(value, "device", None)
    where = getattr(device, "type", None) or getattr(device, "platform", "cpu")
    if where != "cpu" and (not blocking or (where == "cuda" and _capturing())):
        return None
    try:
        read = getattr(value, "item", None) or getattr(value, "numpy", None)
        return float(read()) if read is not None else float(value)
    except (TypeError, ValueError, RuntimeError, AttributeError):
        return None


def _capturing():
    """Return whether CUDA records a graph: to read a value then would spoil it."""
    torch = sys.modules.get("torch")
    return torch is not None and torch.cuda.is_current_stream_capturing()


def uses(framework, **more):
    """Write that a framework is at work, once."""
    if framework not in _USED:
        _USED.add(framework)
        module = sys.modules.get(framework)
        emit(line("uses", framework=framework, version=str(getattr(module, "__version__", "")), **more))


def epoch(ended, total=None):
    """Write that an epoch ended, with all values that are kept."""
    STEPS.epochs = ended
    emit(*METRICS.take(), line("epoch", e=ended, total=total, n=STEPS.n))


def total(steps):
    """Write how many steps there will be."""
    if steps and 0 < steps < float("inf"):
        emit(line("total", n=int(steps)))


def saved(path, seconds, n=None):
    """Write that a checkpoint was written."""
    took = None if seconds is None else round(seconds, 6)
    emit(line("save", path=str(path), seconds=took, n=STEPS.n if n is None else n), training=False)


def _flush():
    """Write what the last second brought; nothing of a GPU, which may hang."""
    if THIS.role == "writer":
        for act in STEPS.before_line:
            act()
        more = METRICS.take(blocking=False)
        STEPS.write(clock())
        if more:
            emit(*more)


def _forget():
    acts = STEPS.before_line
    LEFT.append(METRICS.latest)  # a forked child must not free what lies on a GPU
    STEPS.__init__()
    STEPS.before_line = acts
    METRICS.__init__()
    _USED.clear()


THIS.on_end.append(_flush)
THIS.on_fork.append(_forget)
