"""What a reader of an HTML mail sees: its words, without marks, scripts, styles and comments."""

from __future__ import annotations

import re
from html.parser import HTMLParser

HTML = re.compile(r"<(?:html|head|meta|body|table|font|br|p|div|center)\b[^>]*>", re.IGNORECASE)


class _Words(HTMLParser):
    """Collects the text that a reader of HTML sees."""

    UNSEEN = frozenset({"script", "style", "title", "head"})
    BREAKS = frozenset({"br", "p", "div", "tr", "li", "td", "table", "h1", "h2", "h3"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # many mails open a head that nothing closes: its body begins all the same
        self._unseen = 0 if tag == "body" else self._unseen + (tag in self.UNSEEN)
        if tag in self.BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in self.UNSEEN))

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(data)


def seen_in_html(source: str) -> str:
    """Return the words of HTML, without marks, scripts and styles."""
    reader = _Words()
    reader.feed(re.sub(r"<!--.*?(?:-->|$)|<![^>]*>", " ", source, flags=re.DOTALL))
    reader.close()
    return "".join(reader.words)
