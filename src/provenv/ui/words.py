"""A message's words: gettext catalogues keyed by code, English and Simplified Chinese."""

from __future__ import annotations

import os
from functools import cache
from typing import Literal

from .. import environ
from .catalogue import EMPTY, Catalogue
from .redact import redact
from .units import duration, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..errors import Argument, Text

Language = Literal["en", "zh_CN"]
LANGUAGES: tuple[Language, ...] = ("en", "zh_CN")
CATALOGUES = os.path.join(os.path.dirname(__file__), "catalogues")
WITH_PLURAL = ("en",)
"""Languages with a form for one and one for the others; Chinese has one for all (CLDR, plural rules)."""


def language(requested: str | None = None, environment: Mapping[str, str] | None = None) -> Language:
    """Return the language to speak: what was asked for, else PROVENV_LANG, else the locale's, else English.

    Of LC_ALL, LC_MESSAGES and LANG the first that is set decides, as in POSIX.
    Every Chinese locale gets Simplified Chinese.
    """
    for variable in (environ.PROVENV_LANG, *environ.LANGUAGE):
        if requested:
            break
        requested = environ.read(variable, environment)
    return "zh_CN" if (requested or "").lower().startswith(("zh", "chinese")) else "en"


class Words:
    """Turns a Text into words of one language.

    `{placeholders}` are filled by `str.format_map`; an argument `n` chooses the plural.
    An argument whose name ends in `_bytes` is written as a size, one that ends in
    `_seconds` as a duration. Credentials are masked. A key or an argument that is
    missing never ends a command: what is known is shown.
    """

    def __init__(self, language: Language, folder: str | Path = CATALOGUES) -> None:
        self.language = language
        self._catalogue = _read(os.path.join(folder, f"{language}.mo"), plural=language in WITH_PLURAL)

    def __call__(self, message: Text) -> str:
        """Return the message's words."""
        return self._words(message.key, message.args)

    def say(self, key: str, **args: Argument) -> str:
        """Return the words of `key`."""
        return self._words(key, args)

    def _words(self, key: str, args: Mapping[str, Argument]) -> str:
        if key == "verbatim":
            return redact(str(args.get("text", "")))
        if key == "bilingual":
            return redact(str(args.get(self.language, "")))
        arguments = {name: _written(name, value) for name, value in args.items()}
        number = args.get("n")
        n = int(number) if isinstance(number, (int, float)) else None
        try:
            return redact(self._catalogue.find(key, n).format_map(_Arguments(arguments)))
        except (LookupError, ValueError, AttributeError, TypeError):
            # a key that no catalogue has, or a template that does not fit its arguments
            told = ", ".join(f"{name}={value}" for name, value in arguments.items())
            return redact(f"{key} ({told})" if told else key)


class _Arguments(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


@cache
def _read(path: str, *, plural: bool) -> Catalogue:
    """Return a catalogue; every command asks for it several times."""
    try:
        with open(path, "rb") as file:
            return Catalogue(file.read(), plural=plural)
    except FileNotFoundError:
        # a checkout whose catalogues were not compiled yet still tells codes and arguments
        return EMPTY


def _written(name: str, value: Argument) -> object:
    if isinstance(value, (int, float)) and name.endswith("_bytes"):
        return size(value)
    if isinstance(value, (int, float)) and name.endswith("_seconds"):
        return duration(value)
    return value
