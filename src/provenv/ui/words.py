"""A message's words: gettext catalogues keyed by code, English and Simplified Chinese."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from .. import environ
from ..errors import Argument, Text
from .redact import redact
from .units import duration, size

Language = Literal["en", "zh_CN"]
LANGUAGES: tuple[Language, ...] = ("en", "zh_CN")
CATALOGUES = Path(__file__).with_name("catalogues")


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

    def __init__(self, language: Language, folder: Path = CATALOGUES) -> None:
        self.language = language
        self._catalogue = _read(folder / f"{language}.mo")

    def __call__(self, message: Text) -> str:
        """Return the message's words."""
        if message.key == "verbatim":
            return redact(str(message.args.get("text", "")))
        arguments = {name: _written(name, value) for name, value in message.args.items()}
        try:
            return redact(self._template(message).format_map(_Arguments(arguments)))
        except (LookupError, ValueError, AttributeError, TypeError):
            # a key that no catalogue has, or a template that does not fit its arguments
            told = ", ".join(f"{name}={value}" for name, value in arguments.items())
            return redact(f"{message.key} ({told})" if told else message.key)

    def say(self, key: str, **args: Argument) -> str:
        """Return the words of `key`."""
        return self(Text(key, args))

    def _template(self, message: Text) -> str:
        number = message.args.get("n")
        if isinstance(number, (int, float)):
            try:
                return self._catalogue.ngettext(message.key, message.key, int(number))
            except KeyError:
                pass
        return self._catalogue.gettext(message.key)


class _Missing(gettext.NullTranslations):
    """The end of every catalogue: says that a key is not there instead of echoing it."""

    def gettext(self, message: str) -> str:
        raise KeyError(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        raise KeyError(msgid1)


class _Arguments(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


@cache
def _read(path: Path) -> gettext.NullTranslations:
    """Return a catalogue; every command asks for it several times, and parsing takes milliseconds."""
    try:
        with path.open("rb") as file:
            catalogue: gettext.NullTranslations = gettext.GNUTranslations(file)
    except FileNotFoundError:
        # a checkout whose catalogues were not compiled yet still tells codes and arguments
        catalogue = gettext.NullTranslations()
    catalogue.add_fallback(_Missing())
    return catalogue


def _written(name: str, value: Argument) -> object:
    if isinstance(value, (int, float)) and name.endswith("_bytes"):
        return size(value)
    if isinstance(value, (int, float)) and name.endswith("_seconds"):
        return duration(value)
    return value
