"""`provenv_runtime.data`: the path that the variable leads to, or a plain word."""

from __future__ import annotations

import pytest

from provenv_runtime import DataMissing, data


def test_the_path_of_declared_data(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVENV_DATA_MY_DIGITS", str(tmp_path))
    assert data("my-digits") == tmp_path


def test_without_a_place(tmp_path, monkeypatch):
    monkeypatch.delenv("PROVENV_DATA_DIGITS", raising=False)
    with pytest.raises(DataMissing, match=r"provenv run.*PROVENV_DATA_DIGITS"):
        data("digits")
    monkeypatch.setenv("PROVENV_DATA_DIGITS", str(tmp_path / "gone"))
    with pytest.raises(DataMissing, match="gone"):
        data("digits")
