"""The fact `network`: proxies, without their passwords, and certificate authorities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import environ
from ..model.facts import Network
from ..pipconf import redact
from .raw import Raw

NAMES = [
    *(name for variable in environ.PROXIES for name in (variable.name, variable.name.lower())),
    *(variable.name for variable in environ.CERTIFICATES),
]

ASKS: list[dict[str, object]] = [
    {
        "name": "network.environment",
        "kind": "builtin",
        "builtin": "environ",
        "names": NAMES,
        "how": "environment",
    }
]


def read(raw: Raw) -> Network:
    """Return the Network; names as environ.py spells them, whichever spelling the machine has."""
    said = raw.mapping("network.environment")
    return Network(tuple(_set(said, environ.PROXIES)), tuple(_set(said, environ.CERTIFICATES)))


def _set(said: Any, variables: tuple[environ.Variable, ...]) -> Iterator[tuple[str, str]]:
    for variable in variables:
        value = said.get(variable.name) or said.get(variable.name.lower())
        if isinstance(value, str) and value:
            yield variable.name, without_credentials(value)


def without_credentials(proxy: str) -> str:
    """Return a proxy's address without user and password, also one without a scheme (`user:word@host`)."""
    shown = redact(proxy)
    return shown if "://" in shown or "@" not in shown else f"****@{shown.rpartition('@')[2]}"
