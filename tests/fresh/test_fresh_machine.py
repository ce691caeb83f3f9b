"""A clean clone on a bare Debian (python3, python3-venv, git, certificates), by a user with an empty home."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.root, pytest.mark.slow]
Fresh = Callable[..., object]


def mounts(folder: Path) -> list[str]:
    """Return what is mounted below a folder, or is a bare machine's: other tests mount things, too."""
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [
        place for what, place, *_ in lines if what == "provenv-fresh" or Path(place).is_relative_to(folder)
    ]


def test_the_first_command_on_a_bare_machine(
    fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    commands = """
    test "$(id -un)" = dev && test -z "$(ls -A ~/.cache 2>/dev/null)" && ! command -v pip uv gcc
    test -z "$(git status --porcelain)" && echo "clean clone"
    ./provenv version && ./provenv version 2>/run/out/second
    LANG=zh_CN.UTF-8 ./provenv --help | head -n 1
    cd /tmp && ~/provenv/provenv --version
    """
    done = fresh(commands, out=tmp_path)
    told = done.stdout  # type: ignore[attr-defined]
    assert done.returncode == 0, told  # type: ignore[attr-defined]
    assert "clean clone\n" in told
    assert told.count("provenv: setting itself up in /home/dev/.cache/provenv/") == 1
    assert told.count("provenv 0.") == 3
    assert "用法" in told
    assert (tmp_path / "second").read_text() == ""
    # nothing is left: no mount, no folder
    assert mounts(tmp_path) == []
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("provenv-fresh-")]


def test_a_machine_without_venv_says_which_package_is_missing(fresh: Fresh) -> None:
    done = fresh(
        "./provenv version", prepare="dpkg --purge --force-depends python3-venv python3.11-venv 2>&1"
    )
    assert done.returncode == 1  # type: ignore[attr-defined]
    assert "hint: sudo apt install python3-venv\n" in done.stdout  # type: ignore[attr-defined]


def test_the_demo_from_a_clean_clone(fresh: Fresh, wheels: Path | None, tmp_path: Path) -> None:
    if wheels is None or not list(wheels.glob("torch-*+cpu-*.whl")):
        pytest.skip("pip's configuration names no folder with a CPU wheel of torch; its CUDA build has 3 GB")
    commands = """
    ./provenv demo
    cd provenv-demo-digits-torch
    ../provenv status --json >/run/out/status.json
    ../provenv why torch
    cp report.html pylock.toml /run/out
    """
    done = fresh(commands, out=tmp_path)
    told = done.stdout  # type: ignore[attr-defined]
    assert done.returncode == 0, told  # type: ignore[attr-defined]
    status = json.loads((tmp_path / "status.json").read_text())["data"]
    assert (status["sync"], status["generation"]["proof"]) == ("in-sync", "passed")
    lock = (tmp_path / "pylock.toml").read_text()
    assert "+cpu" in lock
    assert "nvidia" not in lock
    report = (tmp_path / "report.html").read_text()
    assert "digits-torch" in report
    assert "<svg" in report
    # what is printed to be typed next is the launcher of this clone
    assert "~/provenv/provenv status" in told
