"""Our reader of catalogues finds what gettext finds."""

from __future__ import annotations

import gettext
import struct

import pytest

from provenv.ui.catalogue import EMPTY, Catalogue
from provenv.ui.words import CATALOGUES, LANGUAGES, WITH_PLURAL


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_in_every_form_reads_as_gettext_reads_it(language):
    with open(f"{CATALOGUES}/{language}.mo", "rb") as file:
        content = file.read()
        file.seek(0)
        theirs = gettext.GNUTranslations(file)
    ours = Catalogue(content, plural=language in WITH_PLURAL)
    keys = [key for key in theirs._catalog if key]
    plurals = {key[0] for key in keys if isinstance(key, tuple)}
    assert len(keys) > 1000
    assert plurals
    for key in {key for key in keys if isinstance(key, str)} - plurals:
        assert ours.find(key) == ours.find(key, 3) == theirs.gettext(key)
    for key in plurals:
        for n in (0, 1, 2, 5, 100):
            assert ours.find(key, n) == theirs.ngettext(key, key, n)
        assert ours.find(key) == theirs.ngettext(key, key, 1)


@pytest.mark.parametrize("key", ["", "a", "zzzz", "PV70", "PV7011", "键"])
def test_what_is_not_there_is_a_key_error(key):
    with open(f"{CATALOGUES}/en.mo", "rb") as file:
        ours = Catalogue(file.read(), plural=True)
    for one in (ours, EMPTY):
        with pytest.raises(KeyError):
            one.find(key)


@pytest.mark.parametrize(
    "content", [b"", b"no catalogue at all, but long enough", struct.pack("<5I", *[0] * 5)]
)
def test_what_is_no_catalogue_is_a_value_error(content):
    with pytest.raises(ValueError, match="not a catalogue"):
        Catalogue(content, plural=True)


def test_the_other_byte_order_is_read_too():
    key, words = b"key", b"words"
    content = struct.pack(">5I", 0x950412DE, 0, 1, 20, 28) + struct.pack(">4I", len(key), 36, len(words), 40)
    assert Catalogue(content + key + b"\0" + words + b"\0", plural=True).find("key") == "words"
