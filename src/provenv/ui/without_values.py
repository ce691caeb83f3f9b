"""A report without any value that this process holds as a secret, wherever in it that may stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from .redact import CREDENTIALS, MASK, is_secret, redact

_SHORTEST = 6
"""A value that is shorter may stand in any word; masking it everywhere would hide more than it helps."""


def without_values(text: str, environment: Mapping[str, str]) -> str:
    """Return `text`, redacted, and without any value that the environment holds as a secret.

    Those are the values of variables with telling names, and the logins in addresses, also decoded.
    """
    hidden: set[str] = set()
    for name, value in environment.items():
        if is_secret(name):
            hidden |= {value, unquote(value)}
        for match in re.finditer(CREDENTIALS, value):
            password = (match["rest"] or "").removeprefix(":") or match["user"]
            hidden |= {password, unquote(password)}
    for one in sorted((one for one in hidden if len(one) >= _SHORTEST), key=len, reverse=True):
        text = text.replace(one, MASK).replace(repr(one)[1:-1], MASK)
    return redact(text)
