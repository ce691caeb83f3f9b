"""The demo's report: one HTML file with everything in it, for any browser, without a network."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import Text
from ...model.demo import DemoResult
from ...version import __version__
from .context import Context
from .document import document
from .figures import moment
from .sections import (
    choices,
    confusion,
    cost,
    environment,
    following,
    gallery,
    headline,
    journey,
    learning,
    proof,
    provenance,
    samples,
    trust,
)

SECTIONS = (
    ("journey", journey.section),
    ("learning", learning.section),
    ("confusion", confusion.section),
    ("samples", samples.section),
    ("gallery", gallery.section),
    ("trust", trust.section),
    ("cost", cost.section),
    ("environment", environment.section),
    ("choices", choices.section),
    ("proof", proof.section),
    ("provenance", provenance.section),
    ("following", following.section),
)


def report(result: DemoResult, words: Callable[[Text], str], language: str) -> str:
    """Return the report as one HTML document.

    `words` turns a Text into the words of `language` (`en` or `zh_CN`), which
    the page also names to browsers and screen readers.
    """
    context = Context(words, language, result)
    made = bool(result.predictions.samples)
    sections = [
        ("made" if made and name == "samples" else name, written)
        for name, draw in SECTIONS
        if (written := draw(context))
    ]
    return document(
        context,
        title=context.say("report.title", name=result.spec.name),
        head=headline.section(context),
        sections=sections,
        footer=context.tell("report.footer", version=__version__, made=_made(result)),
    )


def _made(result: DemoResult) -> str:
    evidence = result.up.evidence
    return moment(evidence.started if evidence else result.up.generation.made)
