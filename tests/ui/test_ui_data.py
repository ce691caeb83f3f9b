"""What is shown of declared data: where each set stands, a digest, what was removed."""

from __future__ import annotations

import pytest

from provenv.errors import problem
from provenv.model.data import DataDigest, DataHere, DataList, DataPath, DataRemoved, DataStanding
from provenv.ui.context import ASCII
from provenv.ui.line import plain
from provenv.ui.views import lines

HERE = DataHere("/home/a/.cache/provenv/data/sha256/x/content", f"sha256:{'4a' * 32}", 70_000, 31_000_000)
CHANGED = problem("PV1450", name="mails")
CASES = {
    "list": DataList(
        (
            DataStanding("reviews", "url", "https://a.example/x.zip", "there", HERE),
            DataStanding("digits", "package", "scikit-learn:sklearn/datasets/data", "missing"),
            DataStanding("mails", "huggingface", "org/name", "wrong", why=CHANGED),
        )
    ),
    "fetched": DataList(
        (DataStanding("reviews", "url", "https://a.example/x", "there", HERE, fetched=True),)
    ),
    "verified": DataList((DataStanding("mine", "folder", "own", "there", HERE),), verified=True),
    "none": DataList(()),
    "path": DataPath("reviews", HERE.path),
    "digest": DataDigest("https://a.example/x.zip", "4a" * 32, 31_000_000),
    "removed": DataRemoved(("reviews", "mails"), 31_000_000),
    "nothing": DataRemoved((), 0),
}


@pytest.mark.parametrize("width", [100, 50])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", CASES)
def test_view(name, language, width, context, snapshot):
    assert "\n".join(plain(one) for one in lines(CASES[name], context(language, width))) == snapshot


@pytest.mark.parametrize("name", CASES)
def test_marks_need_no_unicode(name, context):
    assert "\n".join(plain(one) for one in lines(CASES[name], context(marks=ASCII))).isascii()
