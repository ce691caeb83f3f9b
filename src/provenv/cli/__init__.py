"""One file per command; `main` is what the installed `provenv` calls."""

from .main import main

__all__ = ["main"]
