"""The view of `runs plot`: a chart for each kind of metric."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ...model.run_report import RunCurves
from ...model.runs import Curve
from ...runs.metric_names import together
from ..context import Context
from ..line import BLANK, Line, Span, line
from ..plots import chart
from .sentences import sentence

WIDEST = 120


def lines(found: RunCurves, context: Context) -> Iterator[Line]:
    """Yield the run's name, then the charts, those of one kind of metric in one."""
    name = line(Span(f"{found.name}  " if found.name else "", "strong"), Span(found.run, "quiet"))
    yield from sentence(name, context)
    for group in together(found.curves):
        yield BLANK
        yield from chart(group, min(context.width, WIDEST), found.height, marks=context.marks)
        yield from _broken(group, context)


def _broken(group: Sequence[Curve], context: Context) -> Iterator[Line]:
    """Yield how many values have no place in the chart, and at which step the first was."""
    for one in group:
        steps = [step for step, value in zip(one.steps, one.values, strict=True) if not math.isfinite(value)]
        if steps:
            said = context.say("ui.run_plot.broken", n=len(steps), name=one.name, step=f"{steps[0]:,}")
            yield from sentence(line(Span(said, "warning")), context, Span(context.marks.warning, "warning"))
