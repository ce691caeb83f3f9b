"""The use cases of `provenv runs`; each is imported when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from . import compare as compare
    from . import export as export
    from . import logs as logs
    from . import ls as ls
    from . import plot as plot
    from . import report as report
    from . import rm as rm
    from . import show as show
    from . import stop as stop
    from . import verify_resume as verify_resume


def __getattr__(name: str) -> ModuleType:
    """Import a use case (PEP 562)."""
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
