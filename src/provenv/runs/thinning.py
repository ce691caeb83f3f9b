"""A curve of any length in little room: buckets that keep their lowest and highest point.

Where they become too many, neighbours are joined, so that memory is bounded whatever the length, and every
spike stays to be seen (M4 without the last point of each bucket: Jugel et al., VLDB 2014).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from ..model.runs import Curve

POINTS = 2000


class Point(NamedTuple):
    """One value: at which step, when (seconds since the epoch), and how much."""

    step: int
    value: float
    at: float = 0.0


@dataclass
class _Bucket:
    lowest: Point
    highest: Point
    count: int = 1

    def add(self, point: Point) -> None:
        if _low(point) < _low(self.lowest):
            self.lowest = point
        if _high(point) > _high(self.highest):
            self.highest = point
        self.count += 1

    def join(self, other: _Bucket) -> None:
        self.add(other.lowest)
        self.add(other.highest)
        self.count += other.count - 2

    def points(self) -> list[Point]:
        """Return what is kept, in the order of steps."""
        return sorted({self.lowest, self.highest}, key=lambda one: (one.step, one.at))


class Thinned:
    """Collects the points of one metric, and gives back a curve of at most `most` points."""

    def __init__(self, name: str, *, rank: int = 0, most: int = POINTS) -> None:
        self.name = name
        self.rank = rank
        self.last: Point | None = None
        self._first: Point | None = None
        self._room = max((most - 2) // 2, 2)
        self._size = 1
        self._buckets: list[_Bucket] = []
        self._again = False

    def again(self) -> None:
        """Say that a new attempt begins: what it does once more takes the place of what was there."""
        self._again = True

    def add(self, step: int, value: float, at: float = 0.0) -> None:
        """Take the next point."""
        point = Point(step, value, at)
        if self._again:
            self._again = False
            self._forget(step)
        self._first = self._first or point
        self.last = point
        if self._buckets and self._buckets[-1].count < self._size:
            self._buckets[-1].add(point)
            return
        if len(self._buckets) >= self._room:
            self._halve()
            if self._buckets[-1].count < self._size:
                self._buckets[-1].add(point)
                return
        self._buckets.append(_Bucket(point, point))

    def curve(self, began: float = 0.0) -> Curve:
        """Return the curve; its seconds count from `began`."""
        kept = [point for bucket in self._buckets for point in bucket.points()]
        for end, place in ((self._first, 0), (self.last, len(kept))):
            if end is not None and end not in kept[:2] and end not in kept[-2:]:
                kept.insert(place, end)
        return Curve(
            self.name,
            tuple(point.step for point in kept),
            tuple(point.value for point in kept),
            tuple(round(max(point.at - began, 0.0), 3) for point in kept),
            self.rank,
        )

    def _halve(self) -> None:
        joined: list[_Bucket] = []
        for index, bucket in enumerate(self._buckets):
            if index % 2:
                joined[-1].join(bucket)
            else:
                joined.append(bucket)
        self._buckets = joined
        self._size *= 2

    def _forget(self, step: int) -> None:
        """Drop what was seen from that step on, in an attempt that ended and was not saved so far."""
        kept: list[_Bucket] = []
        for bucket in self._buckets:
            points = [one for one in (bucket.lowest, bucket.highest) if one.step < step]
            if len(points) == 2:
                kept.append(bucket)
            elif points:
                kept.append(_Bucket(points[0], points[0], bucket.count))
        self._buckets = kept
        if self._first is not None and self._first.step >= step:
            self._first = None
        if self.last is not None and self.last.step >= step:
            self.last = kept[-1].points()[-1] if kept else None


def _low(point: Point) -> float:
    return math.inf if math.isnan(point.value) else point.value


def _high(point: Point) -> float:
    # a value that is none is what a curve must show first of all
    return math.inf if math.isnan(point.value) else point.value
