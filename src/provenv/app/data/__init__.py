"""The use cases of `provenv data`, and what a run needs of it; each is imported when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from . import add as add
    from . import digest as digest
    from . import fetch as fetch
    from . import ls as ls
    from . import rm as rm


def __getattr__(name: str) -> ModuleType:
    """Import a use case (PEP 562)."""
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
