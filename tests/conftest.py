"""What every room's tests share: where the repository is, and the recorded cases beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_cases() -> Path:
    """Return the folder of recorded machines and tool outputs; skip where a checkout has none beside it."""
    folder = REPOSITORY.parent / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("no recorded cases beside this checkout (../shared/cases)")
    return folder
