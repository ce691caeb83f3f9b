"""The demo's report: one HTML file with everything in it, for any browser, without a network."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

from ...errors import Text
from ...model.demo import DemoResult
from ...version import __version__
from .context import Context
from .figures import moment
from .markup import Html, tag
from .sections import (
    choices,
    confusion,
    environment,
    following,
    headline,
    journey,
    learning,
    proof,
    provenance,
    samples,
)

SECTIONS = (
    ("journey", journey.section),
    ("environment", environment.section),
    ("choices", choices.section),
    ("proof", proof.section),
    ("learning", learning.section),
    ("confusion", confusion.section),
    ("samples", samples.section),
    ("provenance", provenance.section),
    ("following", following.section),
)
# The page needs nothing from outside, and a browser is told to refuse whatever would ask for it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def report(result: DemoResult, words: Callable[[Text], str], language: str) -> str:
    """Return the report as one HTML document.

    `words` turns a Text into the words of `language` (`en` or `zh_CN`), which
    the page also names to browsers and screen readers.
    """
    context = Context(result, words, language)
    sections = [(name, written) for name, draw in SECTIONS if (written := draw(context))]
    body = tag(
        "body",
        tag("a", context.say("report.skip"), href="#content", class_="skip"),
        tag(
            "main",
            headline.section(context),
            _contents(context, [name for name, _ in sections]),
            [written for _, written in sections],
            id="content",
        ),
        tag("footer", tag("p", context.tell("report.footer", version=__version__, made=_made(result)))),
    )
    page = tag("html", _head(context), body, lang="zh-CN" if language.startswith("zh") else "en")
    return f"<!doctype html>\n{page}\n"


def _head(context: Context) -> Html:
    style = resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("title", context.say("report.title", name=context.result.spec.name)),
        tag("style", Html(style)),
    )


def _contents(context: Context, names: list[str]) -> Html:
    return tag(
        "nav",
        tag(
            "ul",
            [tag("li", tag("a", context.say(f"report.{name}.short"), href=f"#{name}")) for name in names],
        ),
        aria_label=context.say("report.contents"),
    )


def _made(result: DemoResult) -> str:
    evidence = result.up.evidence
    return moment(evidence.started if evidence else result.up.generation.made)
