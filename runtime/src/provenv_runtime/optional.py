"""Frameworks are never imported first: they are used where the user's script has them already."""

from __future__ import annotations

import importlib
import sys
from typing import Any


def loaded(name: str) -> Any | None:
    """Return the module if this process imported it (fully) already, else None."""
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    if module is None or getattr(spec, "_initializing", False):
        return None
    return module


def needed(name: str) -> Any:
    """Return the module, imported now if it must be. Raises ImportError."""
    return importlib.import_module(name)
