"""Frequent mistakes in a requirement: what is wrong, where, and how it would be right.

A row is a pattern over the requirement's text, the key of our words for it, and
the text as it was probably meant. A suggestion is only made where it parses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement

from .distributions import table

Suggest = Callable[[re.Match[str]], str]


@dataclass(frozen=True)
class Mistake:
    """Why a text is no requirement: words by key, the offset and length to mark, what to write instead."""

    key: str
    offset: int
    length: int
    suggestion: str | None


LONGEST_DIAGNOSED = 300
"""A longer text is no slip of the pen, and the patterns are quadratic."""

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?"
_TYPOGRAPHY = {
    **dict.fromkeys(map(ord, "\u201c\u201d\u300c\u300d"), '"'),
    **dict.fromkeys(map(ord, "\u2018\u2019"), "'"),
    **dict.fromkeys(map(ord, "\u2013\u2014\u2212"), "-"),
    **dict.fromkeys(map(ord, "\u3001"), ","),
    **dict.fromkeys(map(ord, "\u2264"), "<="),
    **dict.fromkeys(map(ord, "\u2265"), ">="),
    **dict.fromkeys(map(ord, "\u2260"), "!="),
}


def _typography(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match.string.translate(_TYPOGRAPHY))


def _without_options(match: re.Match[str]) -> str:
    words = [word for word in match["rest"].split() if not word.startswith("-")]
    return words[0].strip("'\"") if words else ""


def _imported(match: re.Match[str]) -> str:
    return table().of_import(match["module"]) or match["module"].split(".")[0]


def _conda(match: re.Match[str]) -> str:
    return f"{match['name'].rstrip()}=={match['version'].split('=')[0].strip()}"


_ROWS: tuple[tuple[re.Pattern[str], str, Suggest | None], ...] = (
    # the group `at` is what is marked
    (
        re.compile(
            r"(?P<at>(?:[!%$]\s*)?(?:(?:python3?|py)\s+-m\s+)?(?:uv\s+)?(?:pip3?|conda|mamba|poetry|uv|provenv)"
            r"\s+(?:install|add))\s+(?P<rest>.*)"
        ),
        "command",
        _without_options,
    ),
    (re.compile(r"(?P<at>-)\s+(?P<rest>.+)"), "conda_line", lambda match: match["rest"]),
    (re.compile(r"(?P<at>import|from)\s+(?P<module>[\w.]+).*"), "import", _imported),
    (re.compile(r".*?(?P<at>[^\x00-\x7f]).*", re.DOTALL), "typography", _typography),
    (re.compile(r"(?P<at>[\"'])(?P<rest>.*?)[\"']?,?"), "quoted", lambda match: match["rest"]),
    (
        re.compile(rf"(?P<head>{_NAME}\s*)(?P<at>=\s?[<>~!])\s*(?P<rest>[^=].*)"),
        "swapped",
        lambda match: f"{match['head'].rstrip()}{match['at'][-1]}={match['rest']}",
    ),
    (
        re.compile(rf"(?P<name>{_NAME}\s*)(?P<at>=)(?!=)\s*(?P<version>[^<>=!~\s][^\s;]*)"),
        "single_equals",
        _conda,
    ),
    (
        re.compile(rf"(?P<head>{_NAME}\s*)(?P<at>={{4,}})\s*(?P<rest>.*)"),
        "single_equals",
        lambda match: f"{match['head'].rstrip()}=={match['rest']}",
    ),
    (
        re.compile(r"(?P<head>[^;]*?[\d*])\s*(?P<at>(?<!,)(?:[<>!~]=?|===?))(?P<rest>\s*\d.*)"),
        "comma_missing",
        lambda match: f"{match['head']},{match['at']}{match['rest']}",
    ),
    (
        re.compile(r"(?P<head>.*?[^\s,<>=!~])[\s,]*(?P<at>[<>!~]=?|===?)\s*"),
        "version_missing",
        lambda match: match["head"],
    ),
    (re.compile(r"(?P<head>[^,]*[^\s,])\s*(?P<at>[,;])\s*"), "trailing", lambda match: match["head"]),
    (
        re.compile(r"(?P<head>.*)(?P<at>~=\s*)(?P<version>\d+)"),
        "compatible",
        lambda match: f"{match['head']}~={match['version']}.0",
    ),
    (
        re.compile(rf"(?P<name>{_NAME})\s+(?P<at>(?P<version>v?\d[\w.+!*-]*))"),
        "operator_missing",
        lambda match: f"{match['name']}=={match['version'].lstrip('v')}",
    ),
    (
        re.compile(
            r"(?P<head>.*;.*?(?:python_version|python_full_version)\s*(?:[<>=!~]=?|===)\s*)(?P<at>\d[\d.]*)(?P<tail>.*)"
        ),
        "marker_quotes",
        lambda match: f'{match["head"]}"{match["at"]}"{match["tail"]}',
    ),
    (
        re.compile(r"(?P<head>.*;.*?(?:[<>=!~]=|[<>])\s*)(?P<at>[A-Za-z][\w.]*)(?P<tail>.*)"),
        "marker_quotes",
        lambda match: f'{match["head"]}"{match["at"]}"{match["tail"]}',
    ),
    (re.compile(rf"{_NAME}(?:\s*[<>=!~]=?=?\s*[\w.*+!]+)?\s+(?P<at>{_NAME}).*"), "several", None),
)


def diagnose(words: str, offset: int | None) -> Mistake:
    """Return what is wrong with `words`, which are no requirement; `offset` is where the parser stopped."""
    rows = _ROWS if len(words) <= LONGEST_DIAGNOSED else ()
    for pattern, key, suggest in rows:
        if match := pattern.fullmatch(words):
            meant = _repaired(suggest(match).strip()) if suggest else None
            return Mistake(key, match.start("at"), len(match["at"]), meant)
    at = min(offset or 0, max(0, len(words) - 1))
    if re.search(r"[<>=!~]=?\s*$", words[:at]) or re.match(r"[<>=!~]", words[at:]):
        length = len(re.split(r"[\s,;]", words[at:])[0]) or 1
        return Mistake("version", at, length, None)
    return Mistake("syntax", at, 1, None)


def parses(words: str) -> bool:
    """Return whether `words` are a requirement of PEP 508."""
    try:
        Requirement(words)
    except (InvalidRequirement, RecursionError):
        return False
    return True


def _repaired(words: str) -> str | None:
    """Return `words`, with the further mistakes of the table put right, once they parse."""
    for _ in range(3):
        if not words or len(words) > LONGEST_DIAGNOSED:
            return None
        if parses(words):
            return words
        for pattern, _key, suggest in _ROWS:
            if suggest and (match := pattern.fullmatch(words)):
                words = suggest(match).strip()
                break
        else:
            return None
    return words if parses(words) else None
