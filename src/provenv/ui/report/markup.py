"""HTML that is safe by construction: text is escaped where it enters, only `Html` is taken as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

VOID = frozenset({"br", "hr", "img", "link", "meta"})
# what HTML forbids in text, and lone surrogates, which cannot be written as UTF-8
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CODE = re.compile(r"`([^`\n]+)`")

Attribute = str | int | float | bool | None


class Html(str):
    """Text that is HTML already and is not escaped again."""

    __slots__ = ()


Child = str | int | float | None | Iterable["Child"]


def clean(text: str) -> str:
    """Return `text` with every character that a page must not hold replaced by a visible one."""
    return _FORBIDDEN.sub("\ufffd", text)


def html(child: Child) -> Html:
    """Return a child as HTML: nothing for None, text escaped, sequences joined."""
    if child is None:
        return Html()
    if isinstance(child, Html):
        return child
    if isinstance(child, (str, int, float)):
        return Html(escape(clean(str(child)), quote=True))
    return Html("".join(html(one) for one in child))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """Return an element.

    In the names of attributes a trailing underscore is dropped (`class_`) and
    others become hyphens (`text_anchor`); None and False leave one out, True
    writes it without a value.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{html(children)}</{name}>")


def prose(words: str) -> Html:
    """Return words as HTML; what stands between backticks becomes code."""
    return Html(_CODE.sub(r"<code>\1</code>", html(words)))


def _attribute(key: str, value: Attribute) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    if isinstance(value, float):
        value = f"{value:.2f}".rstrip("0").rstrip(".")
    return f' {name}="{escape(clean(str(value)), quote=True)}"'
