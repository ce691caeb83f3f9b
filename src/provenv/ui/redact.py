"""What must never be shown: credentials in URLs, and the values of secret variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from .. import environ

MASK = "****"  # as pip writes it

_SECRET_NAME = re.compile(r"TOKEN|KEY|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
# scheme://user:password@host, and scheme://token@host; the user alone (git@) is not a secret
_CREDENTIALS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^\s/@:'\"`]*)(?P<rest>:[^\s/@'\"`]*)?@"
)
_ASSIGNMENT = re.compile(
    r"(?P<name>\b(?:[A-Z0-9_]*(?:TOKEN|KEY|SECRET|CREDENTIAL)[A-Z0-9_]*|(?i:[A-Z0-9_]*PASSW(?:OR)?D)))"
    r"(?P<equals>\s*=\s*)(?P<value>\"[^\"]*\"?|'[^']*'?|[^\s\"'`]+)"
)
_QUERY = re.compile(
    r"(?P<name>[?&](?:[a-z_-]*token|api_?key|signature|sig|password|X-Amz-Signature)=)(?P<value>[^&\s'\"`]+)",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"(?P<name>\b(?:Basic|Bearer)\s+)(?=\S*[0-9=]|\S+[A-Z])(?P<value>[A-Za-z0-9+/._~-]{6,}=*)",
)
_SHORTEST = 6
"""A value that is shorter may stand in any word; masking it everywhere would hide more than it helps."""
_DECLARED = frozenset(
    variable.name.upper()
    for entry in vars(environ).values()
    for variable in (entry if isinstance(entry, tuple) else (entry,))
    if isinstance(variable, environ.Variable) and variable.secret
)


def is_secret(name: str) -> bool:
    """Tell whether a variable's value must not be shown, by its name."""
    return _SECRET_NAME.search(name) is not None


def redact(text: str) -> str:
    """Return `text` with credentials in URLs and `SECRET_NAME=value` masked."""
    if "://" in text:
        text = _CREDENTIALS.sub(_mask_user, text)
        text = _QUERY.sub(_mask_value, text)
    if "=" in text:
        text = _ASSIGNMENT.sub(_mask_value, text)
    if "Basic " in text or "Bearer " in text:
        text = _HEADER.sub(_mask_value, text)
    return text


def without_values(text: str, environment: Mapping[str, str]) -> str:
    """Return `text`, redacted, and without any value that the environment holds as a secret.

    Those are the values of variables with telling names, and the logins in addresses, also decoded.
    """
    hidden: set[str] = set()
    for name, value in environment.items():
        if is_secret(name):
            hidden |= {value, unquote(value)}
        for match in _CREDENTIALS.finditer(value):
            password = (match["rest"] or "").removeprefix(":") or match["user"]
            hidden |= {password, unquote(password)}
    for one in sorted((one for one in hidden if len(one) >= _SHORTEST), key=len, reverse=True):
        text = text.replace(one, MASK).replace(repr(one)[1:-1], MASK)
    return redact(text)


def redact_in_place(line: str) -> str:
    """Return a source line with its secrets masked character by character, so that carets stay right."""
    line = _CREDENTIALS.sub(_stars, line)
    for pattern in (_QUERY, _ASSIGNMENT):
        line = pattern.sub(lambda match: _masked(match, "*" * len(match["value"].strip("\"'"))), line)
    return line


def variable(name: str, value: str) -> str:
    """Return a variable's value as it may be shown."""
    if is_secret(name):
        return MASK
    if name.upper() in _DECLARED and "@" in value and "://" not in value:
        return MASK + value[value.rindex("@") :]
    return redact(value)


def document(value: Any) -> Any:
    """Return JSON data with the strings redacted, and the values of secret variables masked.

    A mapping's key is taken for a variable's name where it is written in capitals.
    """
    if isinstance(value, Mapping):
        return {key: _entry(key, entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [document(entry) for entry in value]
    return redact(value) if isinstance(value, str) else value


def _entry(key: str, value: Any) -> Any:
    if isinstance(value, str) and _VARIABLE.fullmatch(key):
        return variable(key, value)
    return document(value)


def _mask_user(match: re.Match[str]) -> str:
    hidden = f"{match['user']}{match['rest'] or ''}"
    if hidden == "git" or not hidden.strip("*"):
        return match[0]
    return f"{match['scheme']}{MASK}@"


def _mask_value(match: re.Match[str]) -> str:
    return _masked(match, MASK)


def _masked(match: re.Match[str], mask: str) -> str:
    value = match["value"]
    inside = value.strip("\"'")
    # what is masked already keeps its length: carets were counted with it
    if not inside.strip("*"):
        return match[0]
    return match[0][: -len(value)] + value.replace(inside, mask, 1)


def _stars(match: re.Match[str]) -> str:
    return match["scheme"] + "*" * (match.end() - match.end("scheme") - 1) + "@"
