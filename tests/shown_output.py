"""What a page shows of a command's output, and whether the command said it."""

from __future__ import annotations

import re
from collections.abc import Iterator

LEFT_OUT = "..."
# what every computer has other ones of
PATHS = re.compile(r"(?<![\w.])~?(?:/[\w.+-]+)+")
RUNS = re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b")
DIGESTS = re.compile(r"\b[0-9a-f]{12,64}\b")
NUMBERS = re.compile(r"\d+(?:[.,:-]\d+)*(?:\s?(?:ms|s|B|KB|MB|GB)\b)?")


def comparable(words: str) -> str:
    """Return words without what differs from machine to machine: paths, digests, figures, line ends."""
    named = DIGESTS.sub("DIGEST", RUNS.sub("RUN", PATHS.sub("PATH", words)))
    return re.sub(r"\s+", "", NUMBERS.sub("0", named))


def pieces(shown: str) -> Iterator[str]:
    """Yield what has to come, in this order, between what the page leaves out."""
    yield from filter(None, (comparable(piece) for piece in shown.split(LEFT_OUT)))


def assert_said(shown: str, said: str, doing: str) -> None:
    """Fail where a piece of what is shown was not said after the one before it."""
    rest = comparable(said)
    for piece in pieces(shown):
        assert piece in rest, f"{doing}\n{said}\n--- does not say\n{piece}"
        rest = rest.partition(piece)[2]
