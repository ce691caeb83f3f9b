"""A package's licence, from what its METADATA says, in the order in which the standards trust it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

LONGEST = 80
"""A `License` field that is longer holds the licence's text, not its name."""


@dataclass(frozen=True)
class Licence:
    """An SPDX expression where it is one, else a name as the project writes it."""

    expression: str = ""
    name: str = ""


def licence_of(expression: str, field: str, classifiers: Sequence[str]) -> Licence | None:
    """Return the licence that METADATA states, None where it states none.

    `License-Expression` (PEP 639) is SPDX; the older `License` field is taken
    where it is one short line; classifiers come last.
    """
    for words in (expression, field):
        line = words.strip()
        if not line or "\n" in line or len(line) > LONGEST or line.upper() == "UNKNOWN":
            continue
        found = _spdx(line)
        return Licence(expression=found) if found else Licence(name=line)
    named = [
        one.rpartition(" :: ")[2]
        for one in classifiers
        if one.startswith("License :: ") and one != "License :: OSI Approved"
    ]
    return Licence(name="; ".join(dict.fromkeys(named))) if named else None


def _spdx(words: str) -> str:
    if not re.fullmatch(r"[\w.+ ()-]+", words):
        return ""
    try:
        return str(canonicalize_license_expression(words))
    except InvalidLicenseExpression:
        return ""
