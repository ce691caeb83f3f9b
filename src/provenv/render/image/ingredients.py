"""What a recipe is made of."""

from __future__ import annotations

from dataclasses import dataclass

from ...model.engine import Feature
from ...model.image import Base, BuildSources, Context, ImageOptions
from ...model.lock import Lock
from ...model.spec import Spec


@dataclass(frozen=True)
class Ingredients:
    """All that decides a recipe. `features` are what the engine's builder understands, `uv` is its version.

    `sources` are this place's own: they go into the recipe's secrets and wheels, never into its texts.
    """

    spec: Spec
    lock: Lock
    options: ImageOptions
    base: Base
    features: frozenset[Feature] = frozenset()
    context: Context = Context((), "")
    sources: BuildSources = BuildSources()
    uv: str = ""

    @property
    def heredoc(self) -> bool:
        """Tell whether a RUN may be written as several lines."""
        return "heredoc" in self.features

    @property
    def isolated(self) -> bool:
        """Tell whether a RUN may say that it needs no network."""
        return "run-network" in self.features
