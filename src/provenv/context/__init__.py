"""What goes into an image of the project's files, and what must not: chosen, ignored, read for secrets."""

from __future__ import annotations

from .choice import chosen
from .ignore_file import ignored
from .leaks import secrets
from .staging import staged

__all__ = ["chosen", "ignored", "secrets", "staged"]
