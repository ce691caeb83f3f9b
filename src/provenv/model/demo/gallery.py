"""`gallery.json`: pictures and sounds that the example made of itself, with titles in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import Text, bilingual
from .reading import Malformed, failure, object_of, path, sequence, table, words

GALLERY_FILE = "outputs/gallery.json"
MOST = 60
Kind = Literal["picture", "sound"]
_ENDINGS: Mapping[Kind, str] = {"picture": ".png", "sound": ".wav"}


@dataclass(frozen=True)
class Piece:
    """One picture or sound: its file below `outputs/`, and what it shows."""

    kind: Kind
    file: str
    title: Text


def read_gallery(content: str) -> tuple[Piece, ...]:
    """Return the pictures, then the sounds. Raises Failure (PV774) where one can't be shown."""
    try:
        data = object_of(content)
        return (*_pieces(data, "picture"), *_pieces(data, "sound"))
    except Malformed as malformed:
        raise failure("PV774", GALLERY_FILE, malformed, "train") from malformed


def _pieces(data: Mapping[str, Any], kind: Kind) -> tuple[Piece, ...]:
    field = f"{kind}s"
    found = sequence(data.get(field, []), field)[:MOST]
    return tuple(_piece(one, kind, f"{field}[{place}]") for place, one in enumerate(found))


def _piece(data: object, kind: Kind, where: str) -> Piece:
    one = table(data, where)
    title = table(one.get("title"), f"{where}.title")
    en, zh = (words(title.get(language), f"{where}.title.{language}", 200) for language in ("en", "zh"))
    return Piece(kind, path(one.get("file"), f"{where}.file", _ENDINGS[kind]), bilingual(en, zh))
