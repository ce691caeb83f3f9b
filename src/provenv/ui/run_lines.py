"""A running run in a few lines: where it stands, how fast it is, its metrics, what it uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..model.live_run import GpuUse, MetricNow, RunStatus
from .context import UNICODE, Context
from .line import Line, Span, Style, line, line_cells
from .plots import shortened, sparkline
from .scale import precise
from .units import duration, figure, size

BAR, LEAST_BAR = 40, 8
SPARKS = 12
STILL = 30.0
"""Seconds without a step from which on that is said."""
STATES: dict[str, tuple[str, Style]] = {
    "done": ("passed", "good"),
    "failed": ("failed", "bad"),
    "lost": ("failed", "bad"),
    "stopped": ("skipped", "warning"),
    "preempted": ("skipped", "warning"),
    "running": ("current", "note"),
}


def count(number: float) -> str:
    """Return a whole number with its thousands parted."""
    return f"{number:,.0f}"


def percent(share: float) -> str:
    """Return a share of 0 to 1 in whole percent, 100 only where it is all, 0 only where it is none."""
    whole = round(share * 100)
    if whole >= 100 and share < 1:
        return "99%"
    return "<1%" if whole == 0 and share > 0 else f"{whole}%"


def measured(
    value: float | None, unit: str, *, unknown: str = "-", share: Callable[[float], str] = percent
) -> str:
    """Return a figure in its unit (model.comparison.Unit); `unknown` without one, shares by `share`."""
    if value is None:
        return unknown
    if unit == "bytes":
        return size(value, binary=True)
    if unit == "seconds":
        return duration(value)
    if unit == "share":
        # several GPUs together may be more than one
        return share(value) if value <= 1 else f"{value:.0%}"
    if unit == "count":
        return count(value) if value == int(value) else f"{value:,.1f}"
    return precise(value)


def block(status: RunStatus, title: str, context: Context) -> list[Line]:
    """Return the rule with the run's name, and up to four lines that are no wider than the terminal."""
    rows = [
        _position(status, context),
        _pace(status, context),
        _metrics(status, context),
        _use(status, context),
    ]
    return [_rule(title, context), *(row for row in rows if row)]


def brief(status: RunStatus, context: Context) -> Line:
    """Return all that matters in one line, which is not cut: what logs and pipes get now and then."""
    parts = [_step(status, context), *_speed(status, context)]
    parts += [line(f"{one.name} {precise(one.value)}") for one in status.metrics]
    if status.memory is not None:
        parts.append(line(context.say("ui.live.memory", size=size(status.memory, binary=True))))
    return _joined([part for part in parts if part], context)


def ending(status: RunStatus, context: Context) -> Line:
    """Return how a run ended, in one line."""
    mark, style = STATES[status.state]
    sign = Span(context.marks.current, style) if mark == "current" else Span(context.mark(mark).text, style)
    said = context.say(f"ui.runs.{status.state}")
    took = context.say("ui.live.after", time=duration(status.seconds))
    parts = [line(Span(said, style), f" {took}")]
    if status.step is not None:
        parts.append(_step(status, context))
    if status.attempt > 1:
        parts.append(line(context.say("ui.live.attempts", n=status.attempt)))
    parts += [line(f"{one.name} {precise(one.value)}") for one in status.metrics]
    return line(sign, " ", _joined(parts, context))


def _rule(title: str, context: Context) -> Line:
    sign = "─" if context.marks is UNICODE else "-"
    room = max(context.width - 6, 1)
    name = shortened(title, room, context.marks)
    front = line(Span(sign * 2 + " ", "quiet"), Span(name, "strong"), " ")
    return line(front, Span(sign * max(context.width - line_cells(front), 0), "quiet"))


def _position(status: RunStatus, context: Context) -> Line:
    told = _step(status, context)
    took = line(Span(duration(status.seconds), "quiet"))
    left: Line = ()
    if status.left is not None and status.state == "running":
        left = line(context.say("ui.live.left", time=duration(status.left)))
    share = status.share
    if share is None:
        return _fitting([told, left, took], context)
    behind = [line(percent(share)), left, took]
    tail = _fitting(behind, context, less=line_cells(told) + 2)
    room = min(context.width - line_cells(told) - line_cells(tail) - 4, BAR)
    if room < LEAST_BAR:
        return _fitting([told, left, behind[0], took], context)
    return line(told, "  ", _bar(share, room, context), "  ", tail)


def _bar(share: float, width: int, context: Context) -> Line:
    full, empty = ("━", "─") if context.marks is UNICODE else ("=", ".")
    done = min(int(share * width), width)
    return line(Span(full * done, "code"), Span(empty * (width - done), "quiet"))


def _step(status: RunStatus, context: Context) -> Line:
    if status.step is None:
        return line(context.say("ui.live.unseen"))
    if status.total:
        return line(context.say("ui.live.step_of", step=count(status.step), total=count(status.total)))
    return line(context.say("ui.live.step", step=count(status.step)))


def _speed(status: RunStatus, context: Context) -> list[Line]:
    parts = []
    if status.epoch is not None:
        key = "ui.live.epoch_of" if status.epochs else "ui.live.epoch"
        parts.append(line(context.say(key, epoch=status.epoch, epochs=status.epochs or 0)))
    if status.state == "running" and status.still is not None and status.still >= STILL:
        parts.append(line(Span(context.say("ui.live.still", time=duration(status.still)), "warning")))
    elif status.rate:
        parts.append(line(_rate(status.rate, context)))
    if status.waiting is not None:
        style: Style = "warning" if status.waiting >= 0.25 else "plain"
        parts.append(line(Span(context.say("ui.live.waiting", share=percent(status.waiting)), style)))
    return parts


def _rate(rate: float, context: Context) -> str:
    if rate < 0.1:
        return context.say("ui.live.slow", time=duration(1 / rate))
    return context.say("ui.live.rate", rate=figure(rate))


def _pace(status: RunStatus, context: Context) -> Line:
    parts = _speed(status, context)
    if status.attempt > 1:
        said = context.say("ui.live.attempt", attempt=status.attempt, attempts=status.attempts)
        parts.insert(1, line(Span(said, "warning")))
    if status.saved is not None:
        parts.append(line(context.say("ui.live.saved", step=count(status.saved))))
    if status.framework:
        parts.append(line(Span(status.framework, "quiet")))
    return _fitting(parts, context)


def _metrics(status: RunStatus, context: Context) -> Line:
    """Return as many metrics as there is room for; sparklines give way before figures do."""
    for sparks in (SPARKS, SPARKS // 2):
        parts = [_metric(one, sparks, context) for one in status.metrics]
        if line_cells(_joined(parts, context, "   ")) <= context.width:
            return _joined(parts, context, "   ")
    return _fitting([_metric(one, SPARKS // 2, context) for one in status.metrics], context, between="   ")


def _metric(one: MetricNow, sparks: int, context: Context) -> Line:
    name = shortened(one.name, max(context.width - sparks - 12, 8), context.marks)
    drawn = sparkline(one.recent, sparks, ascii=context.marks is not UNICODE) if len(one.recent) > 1 else ""
    is_number = one.value - one.value == 0
    value = Span(precise(one.value), "strong" if is_number else "bad")
    return line(f"{name} ", value, Span(f" {drawn}" if drawn else "", "code"))


def _use(status: RunStatus, context: Context) -> Line:
    parts = []
    if status.cpu is not None:
        parts.append(line(context.say("ui.live.cores", cores=f"{status.cpu:.1f}")))
    if status.memory is not None:
        parts.append(line(context.say("ui.live.memory", size=size(status.memory, binary=True))))
    parts += [_gpu(one, context) for one in status.gpus]
    if status.processes > 1:
        parts.append(line(context.say("ui.live.processes", n=status.processes)))
    return _fitting([line(*(Span(span.text, "quiet") for span in part)) for part in parts], context)


def _gpu(one: GpuUse, context: Context) -> Line:
    share = "" if one.utilisation is None else f" {percent(one.utilisation)}"
    return line(f"GPU {one.index}{share} {size(one.memory, binary=True)}")


def _fitting(parts: Sequence[Line], context: Context, *, less: int = 0, between: str = "") -> Line:
    """Return the parts, the first ones first, that have room beside one another."""
    kept: list[Line] = []
    for part in parts:
        if part and line_cells(_joined([*kept, part], context, between)) <= context.width - less:
            kept.append(part)
    return _joined(kept, context, between)


def _joined(parts: Sequence[Line], context: Context, between: str = "") -> Line:
    found: Line = ()
    for part in parts:
        found = line(found, Span(between or context.marks.dot, "quiet"), part) if found else part
    return found
