"""The page of one run: one HTML file with everything in it, for any browser, without a network."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import Text
from ...model.run_report import RunReport
from ...version import __version__
from .document import document
from .figures import moment
from .run import attempts, curves, headline, launched, usage
from .run_context import RunContext, title_of

SECTIONS = (
    ("curves", curves.section),
    ("usage", usage.section),
    ("attempts", attempts.section),
    ("launched", launched.section),
)
STYLES = ("style.css", "runs.css")


def run_page(report: RunReport, words: Callable[[Text], str], language: str) -> str:
    """Return the page of a run as one HTML document.

    `words` turns a Text into the words of `language` (`en` or `zh_CN`).
    """
    context = RunContext(words, language, report)
    record = report.run.record
    return document(
        context,
        title=context.say("run_page.head", name=title_of(report.run), run=record.id),
        head=headline.section(context),
        sections=[(name, written) for name, draw in SECTIONS if (written := draw(context))],
        footer=context.tell("report.footer", version=__version__, made=moment(record.began)),
        styles=STYLES,
    )
