"""System packages: what a library, program or package is called by each distribution; pure."""

from __future__ import annotations

from .asking import Asked, answer, question
from .managers import MANAGERS, Manager, manager_of
from .naming import Wanted, driver_or_toolkit, library, wanted
from .needs import command_line, declared_needs, library_needs, merged, needed_libraries, to_install

__all__ = [
    "MANAGERS",
    "Asked",
    "Manager",
    "Wanted",
    "answer",
    "command_line",
    "declared_needs",
    "driver_or_toolkit",
    "library",
    "library_needs",
    "manager_of",
    "merged",
    "needed_libraries",
    "question",
    "to_install",
    "wanted",
]
