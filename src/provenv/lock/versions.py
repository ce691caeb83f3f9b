"""Versions as machines write them."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version


def version(words: str | None) -> Version | None:
    """Return a version, or None for words that are none."""
    try:
        return Version(words) if words else None
    except InvalidVersion:
        return None
