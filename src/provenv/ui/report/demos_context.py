"""What the sections of the page of several demos are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...model.demo import DemoResult
from .context import Page
from .markup import Html, tag


@dataclass(frozen=True)
class DemosContext(Page):
    """The demos' results, and words."""

    results: tuple[DemoResult, ...]
    room: ClassVar[str] = "demos_page"

    def letter(self, place: int) -> str:
        """Return the letter that stands for a demo in tables and drawings."""
        return chr(ord("A") + place) if place < 26 else str(place + 1)

    def marked(self, place: int) -> Html:
        """Return the letter in its colour."""
        return tag("span", self.letter(place), class_=f"letter t{place % 8}")

    def comparable(self) -> tuple[int, ...]:
        """Return the places of the demos whose headline metric is that of the first."""
        first = self.results[0].evaluation.headline.name
        return tuple(place for place, one in enumerate(self.results) if one.evaluation.headline.name == first)


def framework(result: DemoResult) -> str:
    """Return the framework that leads the declared packages, with its locked version."""
    name = result.spec.requirements[0].name if result.spec.requirements else ""
    version = next((one.version for one in result.lock.packages if one.name == name), "")
    return f"{name} {version}".strip()
