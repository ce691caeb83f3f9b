"""`[mirrors]`: names and addresses, what a preset fills in, and the key written into a file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provenv import spec
from provenv.errors import Failure
from provenv.model.spec import Mirrors
from provenv.spec.edit_key import set_string
from provenv.spec.presets import KINDS, is_address, table
from provenv.spec.source import Source


def mirrors(folder: Path, declared: str) -> Mirrors:
    (folder / "provenv.toml").write_text(declared, encoding="utf-8")
    return spec.load(folder, {}).mirrors


def test_every_row_says_where_it_comes_from() -> None:
    for preset in table().presets.values():
        assert preset.addresses, preset.name
        for kind, row in preset.addresses.items():
            assert is_address(row.url, kind)
            assert row.url.startswith("https://")
            assert row.source
            assert re.fullmatch(r"20\d\d-\d\d-\d\d", row.date)
            assert ("{build}" in row.url) is (kind == "torch")
            assert ("{distribution}" in row.url) is (kind == "apt")


def test_no_name_means_two_mirrors() -> None:
    words = [word for one in table().presets.values() for word in (one.name, *one.aliases)]
    assert len(words) == len(set(words))
    assert not set(words) & ({*table().gone} | table().other)
    assert {one.instead for one in table().gone.values()} <= set(table().presets)
    assert not any(is_address(word, kind) for word in words for kind in KINDS)


def test_a_preset_fills_in_what_is_not_said(tmp_path: Path) -> None:
    found = mirrors(tmp_path, '[mirrors]\npreset = "ustc"\npypi = "https://own.example"\ntorch = "sjtu"\n')
    assert found.preset == "ustc"
    assert found.pypi == "https://own.example"
    assert found.torch == table().address("sjtu", "torch")
    assert found.python == table().address("ustc", "python")
    assert (found.huggingface, found.images) == (None, None)


def test_names_are_taken_by_their_aliases(tmp_path: Path) -> None:
    found = mirrors(tmp_path, '[mirrors]\npypi = "TUNA"\nhuggingface = "hf-mirror"\n')
    assert found.pypi == table().address("tsinghua", "pypi")
    assert found.huggingface == "https://hf-mirror.com"


@pytest.mark.parametrize(
    "value",
    [
        "https://x.example/simple",
        "file:///srv/simple",
        "./wheels",
        "~/simple",
        "/srv",
        "${INDEX}",
        "C:\\\\srv",
    ],
)
def test_addresses_stay_as_they_are(value: str, tmp_path: Path) -> None:
    assert mirrors(tmp_path, f'[mirrors]\npypi = "{value}"\n').pypi == value.replace("\\\\", "\\")


def test_a_registry_needs_no_scheme(tmp_path: Path) -> None:
    assert (
        mirrors(tmp_path, '[mirrors]\nimages = "hub.example:5000/team"\n').images == "hub.example:5000/team"
    )


@pytest.mark.parametrize(
    ("line", "code", "right"),
    [
        ('pypi = "tsingua"', "PV180", "tsinghua"),
        ('preset = "alyun"', "PV180", "aliyun"),
        ('torch = "ustc"', "PV181", None),
        ('pypi = "douban"', "PV182", "tsinghua"),
        ('huggingface = "modelscope"', "PV183", None),
        ('pypi = "nonsense"', "PV180", None),
    ],
)
def test_a_name_that_is_none_is_told_at_its_place(
    line: str, code: str, right: str | None, tmp_path: Path
) -> None:
    with pytest.raises(Failure) as raised:
        mirrors(tmp_path, f"[mirrors]\n{line}\n")
    (found,) = raised.value.problems
    assert (found.code, found.where.line if found.where else 0) == (code, 2)
    args = found.hints[0].text.args if found.hints and found.hints[0].text else {}
    assert (args.get("right") or args.get("name")) == right


def test_an_address_without_its_scheme_is_not_shown_with_its_password(tmp_path: Path) -> None:
    with pytest.raises(Failure) as raised:
        mirrors(tmp_path, '[mirrors]\npypi = "pat:hidden@packages.example/simple"\n')
    assert "hidden" not in repr(raised.value.problems)


EDITS = [
    ("", '[mirrors]\npypi = "new"\n'),
    ('name = "x"', 'name = "x"\n\n[mirrors]\npypi = "new"\n'),
    ("[mirrors]", '[mirrors]\npypi = "new"'),
    ("[mirrors]\n# why\npypi = 'old' # c\n", "[mirrors]\n# why\npypi = 'new' # c\n"),
    ('[mirrors]\ntorch = "t" # c\n\n[env]\n', '[mirrors]\ntorch = "t" # c\npypi = "new"\n\n[env]\n'),
    ('mirrors = {}\nname = "x"\n', 'mirrors = { pypi = "new" }\nname = "x"\n'),
    ('mirrors = { torch = "t" }\r\n', 'mirrors = { torch = "t", pypi = "new" }\r\n'),
    ('mirrors.torch = "t"\nname = "x"\n', 'mirrors.torch = "t"\nmirrors.pypi = "new"\nname = "x"\n'),
    ('[mirrors]\r\ntorch = "t"\r\n', '[mirrors]\r\ntorch = "t"\r\npypi = "new"\r\n'),
    ('[mirrors]\n  torch = "t"\n', '[mirrors]\n  torch = "t"\n  pypi = "new"\n'),
]


@pytest.mark.parametrize(("old", "new"), EDITS)
def test_a_key_is_set_and_all_else_stays(old: str, new: str) -> None:
    assert set_string(Source("provenv.toml", old), ("mirrors", "pypi"), "new") == new
    assert set_string(Source("provenv.toml", new), ("mirrors", "pypi"), "new") == new


@pytest.mark.parametrize("text", ['mirrors = "x"\n', "[[mirrors]]\n", "[mirrors\n"])
def test_a_file_without_a_place_for_the_key_is_left_alone(text: str) -> None:
    with pytest.raises(Failure) as raised:
        set_string(Source("provenv.toml", text), ("mirrors", "pypi"), "new")
    assert raised.value.problems[0].code in ("PV106", "PV184")


def test_a_project_without_own_keys_gets_them_under_tool(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\nversion = "0"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    edit = spec.use_mirrors(tmp_path, {"preset": "ustc"})
    assert edit.new == f'{text}\n[tool.provenv.mirrors]\npreset = "ustc"\n'


@pytest.mark.parametrize(
    ("images", "reference", "expected"),
    [
        (None, "python:3.11-slim", "python:3.11-slim"),
        ("https://m.example", "python:3.11-slim", "m.example/library/python:3.11-slim"),
        ("m.example/", "pytorch/pytorch:2.9", "m.example/pytorch/pytorch:2.9"),
        ("m.example", "docker.io/library/python", "m.example/library/python"),
        ("m.example", "ghcr.io/a/b:1", "ghcr.io/a/b:1"),
        ("m.example", "localhost:5000/a", "localhost:5000/a"),
    ],
)
def test_an_image_comes_from_the_registry(images: str | None, reference: str, expected: str) -> None:
    assert Mirrors(images=images).image_of(reference) == expected


def test_the_address_of_a_distribution() -> None:
    assert Mirrors().apt_of("debian") is None
    assert Mirrors(apt="https://m.example/").apt_of("ubuntu-ports") == "https://m.example/ubuntu-ports"
    assert Mirrors(apt="https://m.example/{distribution}/x").apt_of("debian") == "https://m.example/debian/x"
