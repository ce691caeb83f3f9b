"""The lines at the head of a rendered file: what made it and from what, the same in every language."""

from __future__ import annotations

from ..model.lock import Lock
from ..pipconf import redact

ORIGIN = "provenv render"
"""Stands in whatever was rendered, so that the next rendering knows the file for its own."""


def serves(lock: Lock) -> tuple[tuple[str, str], ...]:
    """Return what a lock is for and what was chosen in it, as names and values without credentials."""
    choices = [
        (choice.subject, _shown(choice.value))
        for choice in lock.choices
        if choice.subject in ("accelerator", "source:torch")
    ]
    return (
        ("target", lock.target),
        ("identity", f"sha256:{lock.identity}"),
        ("python", lock.python),
        ("platform", lock.platform),
        *choices,
    )


def _shown(value: str) -> str:
    """Return a choice's value without credentials, and without a folder of somebody's machine."""
    kind, _, place = value.partition(" ")
    return kind if place.startswith(("file:", "/")) else redact(value)


def header(what: str, lock: Lock) -> tuple[str, ...]:
    """Return comment lines for a file format whose comments begin with `#`."""
    said = ((name, value) for name, value in serves(lock) if value)
    return (f"# {ORIGIN} {what}", *(f"# {name}: {' '.join(value.split())}" for name, value in said))


def is_ours(content: str, what: str) -> bool:
    """Tell whether a file's text was rendered as `what` and may be rendered over."""
    return f"{ORIGIN} {what}" in content[:2000]
