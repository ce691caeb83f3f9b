"""What must never be shown: credentials in URLs, and the values of secret variables."""

from __future__ import annotations

import re
from functools import cache

from .. import environ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MASK = "****"  # as pip writes it

# patterns are strings here: `re` compiles one where there may be something to mask, and keeps it
_SECRET_NAME = r"(?i)TOKEN|KEY|SECRET|PASSWORD|PASSWD|CREDENTIAL"  # noqa: S105 - the pattern of names
_VARIABLE = r"[A-Z][A-Z0-9_]*"
# scheme://user:password@host, and scheme://token@host; the user alone (git@) is not a secret
CREDENTIALS = r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^\s/@:'\"`]*)(?P<rest>:[^\s/@'\"`]*)?@"
_ASSIGNMENT = (
    r"(?P<name>\b(?:[A-Z0-9_]*(?:TOKEN|KEY|SECRET|CREDENTIAL)[A-Z0-9_]*|(?i:[A-Z0-9_]*PASSW(?:OR)?D)))"
    r"(?P<equals>\s*=\s*)(?P<value>\"[^\"]*\"?|'[^']*'?|[^\s\"'`]+)"
)
_QUERY = (
    r"(?i)(?P<name>[?&](?:[a-z_-]*token|api_?key|signature|sig|password|X-Amz-Signature)=)"
    r"(?P<value>[^&\s'\"`]+)"
)
_HEADER = r"(?P<name>\b(?:Basic|Bearer)\s+)(?=\S*[0-9=]|\S+[A-Z])(?P<value>[A-Za-z0-9+/._~-]{6,}=*)"


def is_secret(name: str) -> bool:
    """Tell whether a variable's value must not be shown, by its name."""
    return re.search(_SECRET_NAME, name) is not None


def redact(text: str) -> str:
    """Return `text` with credentials in URLs and `SECRET_NAME=value` masked."""
    if "://" in text:
        text = re.sub(CREDENTIALS, _mask_user, text)
        text = re.sub(_QUERY, _mask_value, text)
    if "=" in text:
        text = re.sub(_ASSIGNMENT, _mask_value, text)
    if "Basic " in text or "Bearer " in text:
        text = re.sub(_HEADER, _mask_value, text)
    return text


def redact_in_place(line: str) -> str:
    """Return a source line with its secrets masked character by character, so that carets stay right."""
    line = re.sub(CREDENTIALS, _stars, line)
    for pattern in (_QUERY, _ASSIGNMENT):
        line = re.sub(pattern, lambda match: _masked(match, "*" * len(match["value"].strip("\"'"))), line)
    return line


def variable(name: str, value: str) -> str:
    """Return a variable's value as it may be shown."""
    if is_secret(name):
        return MASK
    if name.upper() in _declared() and "@" in value and "://" not in value:
        return MASK + value[value.rindex("@") :]
    return redact(value)


@cache
def _declared() -> frozenset[str]:
    """Return the names that the table of variables declares secret."""
    return frozenset(
        variable.name.upper()
        for entry in vars(environ).values()
        for variable in (entry if isinstance(entry, tuple) else (entry,))
        if isinstance(variable, environ.Variable) and variable.secret
    )


def document(value: Any) -> Any:
    """Return JSON data with the strings redacted, and the values of secret variables masked.

    A mapping's key is taken for a variable's name where it is written in capitals.
    """
    if isinstance(value, dict):
        return {key: _entry(key, entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [document(entry) for entry in value]
    return redact(value) if isinstance(value, str) else value


def _entry(key: str, value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(_VARIABLE, key):
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
