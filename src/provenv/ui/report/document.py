"""A page as one HTML file with everything in it: for any browser, without a network, without a script."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from ...version import __version__
from .context import Page
from .markup import Html, tag

# The page needs nothing from outside, and a browser is told to refuse whatever would ask for it.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:;"
    " base-uri 'none'; form-action 'none'"
)


def document(
    page: Page,
    *,
    title: str,
    head: Html,
    sections: Sequence[tuple[str, Html]],
    footer: Html,
    styles: Sequence[str] = ("style.css",),
) -> str:
    """Return the page: its head, then its sections, each with a name that links lead to.

    `styles` are files beside this one.
    """
    body = tag(
        "body",
        tag("a", page.say("report.skip"), href="#content", class_="skip"),
        tag(
            "main",
            head,
            _contents(page, [name for name, _ in sections]),
            [written for _, written in sections],
            id="content",
        ),
        tag("footer", tag("p", footer)),
    )
    language = "zh-CN" if page.language.startswith("zh") else "en"
    whole = tag("html", _head(title, styles), body, lang=language)
    return f"<!doctype html>\n{whole}\n"


def _head(title: str, styles: Sequence[str]) -> Html:
    folder = resources.files(__package__)
    style = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in styles)
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content=f"provenv {__version__}"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("title", title),
        tag("style", Html(style)),
    )


def _contents(page: Page, names: list[str]) -> Html:
    return tag(
        "nav",
        tag(
            "ul",
            [tag("li", tag("a", page.say(f"{page.room}.{name}.short"), href=f"#{name}")) for name in names],
        ),
        aria_label=page.say("report.contents"),
    )
