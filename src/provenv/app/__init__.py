"""The use cases: the only rooms that know the order of the stages.

`app.NAME` imports a use case when it is first used, so that a command's help and
its completion cost no more than the command line itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from . import about as about
    from . import build as build
    from . import clean as clean
    from . import data as data
    from . import demo as demo
    from . import diff as diff
    from . import doctor as doctor
    from . import edit as edit
    from . import examples as examples
    from . import execute as execute
    from . import explain as explain
    from . import fixing as fixing
    from . import history as history
    from . import launch as launch
    from . import locking as locking
    from . import machine as machine
    from . import mirrors as mirrors
    from . import project as project
    from . import prove as prove
    from . import render as render
    from . import runs as runs
    from . import schema as schema
    from . import shell as shell
    from . import status as status
    from . import system as system
    from . import template as template
    from . import up as up


def __getattr__(name: str) -> ModuleType:
    """Import a use case (PEP 562)."""
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
