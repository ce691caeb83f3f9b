"""What every section of the report is given: the demo's result, and words in the page's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...errors import Argument, Text
from ...model.demo import DemoResult
from .markup import Child, Html, prose, tag


@dataclass(frozen=True)
class Context:
    """The result, and how a Text becomes words of the page's language."""

    result: DemoResult
    words: Callable[[Text], str]
    language: str

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
        """Return a section with its heading (`report.NAME.title`) and one sentence below it."""
        return tag(
            "section",
            tag("h2", self.say(f"report.{name}.title"), id=f"{name}-title"),
            tag("p", self.tell(f"report.{name}.intro"), class_="intro"),
            children,
            id=name,
            aria_labelledby=f"{name}-title",
        )
