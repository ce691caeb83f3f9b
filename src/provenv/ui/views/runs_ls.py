"""The view of `runs ls`: a row for each run, the newest last."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.run_results import RunList
from ...model.runs import Run
from ..context import Context
from ..line import Line, Span, line, line_cells, prose, table
from ..moments import moment
from ..units import duration, figure
from .run_parts import mark, named, shortened, state
from .sentences import sentence

COLUMNS = (
    "",
    "ui.runs.id",
    "ui.runs.state",
    "ui.runs.began",
    "ui.runs.took",
    "ui.runs.steps",
    "ui.runs.loss",
    "ui.runs.attempts",
    "ui.runs.what",
)
RIGHT = frozenset({4, 5, 6, 7})
WIDTHS = (
    (0, (0, 1, 2)),
    (44, (0, 1, 2, 6)),
    (64, (0, 1, 2, 6, 8)),
    (78, (0, 1, 2, 4, 5, 6, 8)),
    (104, tuple(range(9))),
)
"""From which width on which columns are shown."""
LEAST = 12  # cells of the last column


def lines(found: RunList, context: Context) -> Iterator[Line]:
    """Yield the rows, and how many older runs there are."""
    if not found.runs:
        key = "ui.runs.none_such" if found.left_out else "ui.runs.none"
        yield from sentence(context.say(key), context)
        return
    titles = [line(Span(context.say(key) if key else "", "quiet")) for key in COLUMNS]
    shown = next(columns for least, columns in reversed(WIDTHS) if context.width >= least)
    rows = [[row[i] for i in shown] for row in (titles, *(_row(run, context) for run in found.runs))]
    taken = sum(max(line_cells(row[i]) for row in rows) + (2 if i else 1) for i in range(len(shown) - 1))
    for row in rows if shown[-1] == len(COLUMNS) - 1 else ():
        row[-1] = shortened(row[-1], max(context.width - taken, LEAST), context)
    right = [place for place, column in enumerate(shown) if column in RIGHT]
    yield from table(rows, context.width, indent=0, right=right, marked=True)
    if found.left_out:
        yield prose(context.say("ui.runs.more", n=found.left_out), "quiet")


def _row(run: Run, context: Context) -> list[Line]:
    seen = run.progressed
    loss = seen.last.get("loss")
    tried = max(run.begun, len(run.attempts))
    return [
        line(mark(run.state, context)),
        line(run.record.id),
        line(state(run.state, context)),
        line(moment(run.record.began, context)),
        line(duration(run.seconds)),
        line(f"{seen.steps:,}" if seen.steps else ""),
        line("" if loss is None else figure(loss)),
        line(str(tried) if tried else ""),
        named(run),
    ]
