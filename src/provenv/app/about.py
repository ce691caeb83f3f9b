"""What this provenv is: its version and what it works with."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version

from ..model.results import About
from ..version import __version__


def about() -> About:
    """Return the versions of provenv, of its Python and of uv, and where it runs."""
    return About(__version__, platform.python_version(), version("uv"), platform.platform(), sys.executable)
