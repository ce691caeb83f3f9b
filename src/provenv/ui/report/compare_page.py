"""The page that sets several runs beside one another: one HTML file, without a network."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import Text
from ...model.comparison import Comparison
from ...version import __version__
from .comparison import curves, differing, headline, outcomes, repetitions
from .document import document
from .figures import moment
from .run_context import ComparisonContext

SECTIONS = (
    ("outcomes", outcomes.section),
    ("repetitions", repetitions.section),
    ("curves", curves.section),
    ("differing", differing.section),
)
STYLES = ("style.css", "runs.css")


def compare_page(comparison: Comparison, words: Callable[[Text], str], language: str) -> str:
    """Return the page of a comparison as one HTML document.

    `words` turns a Text into the words of `language` (`en` or `zh_CN`).
    """
    context = ComparisonContext(words, language, comparison)
    newest = max((side.began for side in comparison.sides), default="")
    return document(
        context,
        title=context.say("compare_page.head", n=len(comparison.sides)),
        head=headline.section(context),
        sections=[(name, written) for name, draw in SECTIONS if (written := draw(context))],
        footer=context.tell("compare_page.footer", version=__version__, made=moment(newest)),
        styles=STYLES,
    )
