"""What the sections of a run's page, and of a comparison's, are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...model.comparison import Comparison
from ...model.run_report import RunReport
from ...model.runs import Run
from ..run_lines import measured as figure
from .context import Page
from .figures import percent


@dataclass(frozen=True)
class RunContext(Page):
    """The run, and words."""

    report: RunReport
    room: ClassVar[str] = "run_page"

    @property
    def run(self) -> Run:
        """Return the run."""
        return self.report.run


@dataclass(frozen=True)
class ComparisonContext(Page):
    """The comparison, and words."""

    comparison: Comparison
    room: ClassVar[str] = "compare_page"


def title_of(run: Run) -> str:
    """Return the run's declared name, or the program and script that it launched."""
    if run.record.name:
        return run.record.name
    words = [word.rpartition("/")[2] or word for word in run.record.argv[:3]]
    return " ".join(words)


def measured(value: float | None, unit: str) -> str:
    """Return a figure in its unit; a dash where it is not known."""
    return figure(value, unit, unknown="–", share=percent)
