"""What every section of a page is given: words in its language; and the demo's result for its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from ...errors import Argument, Text
from ...model.demo import DemoResult
from .markup import Child, Html, prose, tag


@dataclass(frozen=True)
class Page:
    """How a Text becomes words of `language` (`en`, `zh_CN`); `room` is what the page's keys begin with."""

    words: Callable[[Text], str]
    language: str
    room: ClassVar[str] = "report"

    def say(self, key: str, **args: Argument) -> str:
        """Return the words of `key`, not yet escaped."""
        return self.words(Text(key, args))

    def prose(self, message: Text) -> Html:
        """Return a message as HTML, with its code marked up."""
        return prose(self.words(message))

    def tell(self, key: str, **args: Argument) -> Html:
        """Return the words of `key` as HTML, with their code marked up."""
        return self.prose(Text(key, args))

    def section(self, name: str, *children: Child) -> Html:
        """Return a section with its heading (`ROOM.NAME.title`) and one sentence below it."""
        return tag(
            "section",
            tag("h2", self.say(f"{self.room}.{name}.title"), id=f"{name}-title"),
            tag("p", self.tell(f"{self.room}.{name}.intro"), class_="intro"),
            children,
            id=name,
            aria_labelledby=f"{name}-title",
        )


@dataclass(frozen=True)
class Context(Page):
    """What the sections of the demo's report are given."""

    result: DemoResult
