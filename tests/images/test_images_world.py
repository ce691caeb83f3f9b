"""The tests' own engines are what they are meant to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.root, pytest.mark.slow]


def test_the_new_engine_builds_with_buildx(new_engine: Any) -> None:
    assert new_engine.call("buildx", "version").stdout.startswith("github.com/docker/buildx")


def test_the_old_engine_has_no_buildx(old_engine: Any, base_tar: Path) -> None:
    old_engine.bring(base_tar, "base:old")
    assert old_engine.call("buildx", "version", check=False).returncode != 0
    told = old_engine.call("run", "--rm", "--network=host", "base:old", "python3", "--version")
    assert told.stdout.startswith("Python 3.11")


def test_the_base_has_a_registry_digest(new_engine: Any, base: str) -> None:
    digests = new_engine.call("image", "inspect", "--format", '{{join .RepoDigests " "}}', base).stdout
    assert "@sha256:" in digests
