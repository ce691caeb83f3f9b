"""(Spec, Lock, ImageOptions, Base, ...) -> a Dockerfile and all that it needs, without provenv."""

from __future__ import annotations

from ...model.image import APP
from .ingredients import Ingredients
from .layers import grouped
from .recipe import recipe
from .scripts import PYTHON

__all__ = ["APP", "PYTHON", "Ingredients", "grouped", "recipe"]
