"""The page that sets several demos beside one another: one HTML file, without a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...errors import Text
from ...model.demo import DemoResult
from ...version import __version__
from .demos import curves, headline, intervals, recall
from .demos_context import DemosContext
from .document import document
from .figures import moment

SECTIONS = (
    ("intervals", intervals.section),
    ("curves", curves.section),
    ("recall", recall.section),
)
STYLES = ("style.css", "runs.css")


def demos_page(results: Sequence[DemoResult], words: Callable[[Text], str], language: str) -> str:
    """Return the page of several demos as one HTML document.

    `words` turns a Text into the words of `language` (`en` or `zh_CN`).
    """
    context = DemosContext(words, language, tuple(results))
    newest = max((one.up.generation.made for one in results), default="")
    return document(
        context,
        title=context.say("demos_page.head", n=len(results)),
        head=headline.section(context),
        sections=[(name, written) for name, draw in SECTIONS if (written := draw(context))],
        footer=context.tell("report.footer", version=__version__, made=moment(newest)),
        styles=STYLES,
    )
