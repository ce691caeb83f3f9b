"""A disk that can lose its power, or the reason why there is none here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from power_project import why_not


@pytest.fixture(scope="session", autouse=True)
def _disks() -> None:
    """Skip where no disk can be mounted."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
