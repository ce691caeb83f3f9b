"""The words of bootstrap.py: too old a Python, a missing package, in both languages."""

from __future__ import annotations

import ast
import importlib.util
import string
import types
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def bootstrap(repository: Path) -> types.ModuleType:
    """Return bootstrap.py as a module."""
    specification = importlib.util.spec_from_file_location("bootstrap", repository / "bootstrap.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_python_3_6_can_read_it(repository: Path) -> None:
    ast.parse((repository / "bootstrap.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_both_languages_have_every_placeholder(bootstrap: types.ModuleType) -> None:
    for key, (english, chinese) in bootstrap.WORDS.items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(words)} for words in (english, chinese)]
        assert fields[0] == fields[1], key


@pytest.mark.parametrize(
    ("release", "family"),
    [
        ('ID=debian\nVERSION_ID="12"\n', "debian"),
        ("ID=ubuntu\nID_LIKE=debian\n", "ubuntu"),
        ("ID=linuxmint\nID_LIKE='ubuntu debian'\n", "ubuntu"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "rhel"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "suse"),
        ("ID=alpine\n", "alpine"),
        ("ID=arch\n", "arch"),
        ("ID=nixos\n", ""),
        ("", ""),
    ],
)
def test_the_distribution_is_known(
    release: str, family: str, bootstrap: types.ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "os-release").write_text(release)
    assert bootstrap.distribution(str(tmp_path / "os-release")) == family
    assert bootstrap.distribution(str(tmp_path / "missing")) == ""


def test_an_older_python_says_so(
    bootstrap: types.ModuleType, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (9, 0))
    monkeypatch.setattr(bootstrap, "distribution", lambda: "fedora")
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "/nonexistent")
    for language, words in (("en_US.UTF-8", "is needed"), ("zh_CN.UTF-8", "需要 Python")):
        monkeypatch.setenv("PROVENV_LANG", language)
        assert bootstrap.main(["/checkout", "/private"]) == 1
        told = capfdbinary.readouterr().err.decode()
        assert words in told
        assert told.endswith("sudo dnf install python3.12\n")


def test_a_python_without_venv_names_the_package(
    bootstrap: types.ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(bootstrap, "distribution", lambda: "debian")
    monkeypatch.setattr(bootstrap.sys, "executable", "/usr/bin/python3")
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv("PROVENV_UV", raising=False)
    monkeypatch.setenv("PROVENV_LANG", "en")
    with pytest.raises(bootstrap.SetupError):
        bootstrap.fill(str(tmp_path / "environment"), "/checkout", str(tmp_path / "log"))
    told = capfdbinary.readouterr().err.decode()
    assert "ensurepip" in told
    assert told.endswith("hint: apt install python3-venv\n")
