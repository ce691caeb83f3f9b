"""A straight line through the points of a window: how fast something grows, and how well the line fits."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Slope:
    """`rate` a second, over `span` seconds; `fit` is the share of the variance that the line explains."""

    rate: float
    fit: float
    span: float
    count: int


def slope(points: Iterable[tuple[float, float]]) -> Slope | None:
    """Return the least-squares line through (seconds, value); None for less than three moments.

    Formula: ordinary least squares with its coefficient of determination, centred for precision.
    """
    known = list(points)
    count = len(known)
    if count < 3:
        return None
    middle = sum(t for t, _ in known) / count
    mean = sum(value for _, value in known) / count
    across = sum((t - middle) ** 2 for t, _ in known)
    if across <= 0:
        return None
    along = sum((t - middle) * (value - mean) for t, value in known)
    variance = sum((value - mean) ** 2 for _, value in known)
    fit = along * along / (across * variance) if variance > 0 else 0.0
    return Slope(along / across, fit, known[-1][0] - known[0][0], count)


@dataclass
class Window:
    """The last `seconds` of something, a point at most every `step` seconds."""

    seconds: float
    step: float
    points: deque[tuple[float, float]] = field(default_factory=deque)

    def add(self, t: float, value: float) -> bool:
        """Take a point; return whether it was kept."""
        if self.points and t - self.points[-1][0] < self.step:
            return False
        self.points.append((t, value))
        while t - self.points[0][0] > self.seconds:
            self.points.popleft()
        return True

    def slope(self) -> Slope | None:
        """Return the line through what is held."""
        return slope(self.points)
