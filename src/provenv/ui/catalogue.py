"""One compiled catalogue, looked into without reading all of it.

`gettext.GNUTranslations` takes every one of some 2,000 messages apart before the
first is asked for; the keys of a .mo file are sorted so that this is not needed
(GNU gettext manual, "The Format of GNU MO Files"). Our own catalogues alone are
read: hatch_build.py sorts them and writes UTF-8.
"""

from __future__ import annotations

import struct

MAGIC = 0x950412DE


class Catalogue:
    """Key -> words. `singular` says for which numbers the first form is meant."""

    def __init__(self, content: bytes, *, plural: bool) -> None:
        """Take a .mo file's bytes; `plural`: the language has a form for one and one for all others.

        Raises ValueError for what is no catalogue.
        """
        if len(content) < 20:
            raise ValueError("not a catalogue")
        self._order = "<" if struct.unpack_from("<I", content)[0] == MAGIC else ">"
        magic, _, self._count, self._keys, self._words = struct.unpack_from(f"{self._order}5I", content)
        if magic != MAGIC:
            raise ValueError("not a catalogue")
        self._content = content
        self._plural = plural

    def find(self, key: str, n: int | None = None) -> str:
        """Return the words of `key`, in the form for `n` where it has several. Raises KeyError."""
        wanted = key.encode()
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            if self._at(self._keys, middle).partition(b"\0")[0] < wanted:
                low = middle + 1
            else:
                high = middle
        if not wanted or low == self._count or self._at(self._keys, low).partition(b"\0")[0] != wanted:
            raise KeyError(key)
        forms = self._at(self._words, low).split(b"\0")
        return forms[1 if n not in (None, 1) and self._plural and len(forms) > 1 else 0].decode()

    def _at(self, table: int, index: int) -> bytes:
        length, offset = struct.unpack_from(f"{self._order}2I", self._content, table + 8 * index)
        return self._content[offset : offset + length]


EMPTY = Catalogue(struct.pack("<5I", MAGIC, 0, 0, 20, 20), plural=False)
"""The catalogue of a checkout in which none was compiled yet."""
