"""What a choice is about, in words."""

from __future__ import annotations

from collections.abc import Callable

PLAIN = ("accelerator", "python", "index", "interpreter", "constraints", "lock", "keras:backend", "base")
NAMED = ("source", "variant", "build", "limit", "library", "companion", "hosts")


def subject(name: str, say: Callable[..., str]) -> str:
    """Return a choice's subject (`python`, `source:torch`, `variant:tensorflow`) in words, else as it is."""
    if name in PLAIN:
        return say(f"ui.subject.{name.partition(':')[0]}")
    kind, _, about = name.partition(":")
    return say(f"ui.subject.{kind}", name=about) if kind in NAMED and about else name
