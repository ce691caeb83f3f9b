"""(Spec, Facts) -> Lock: accelerator, sources, uv's resolution, `pylock.toml`, and how it is installed."""

from __future__ import annotations

from .accelerator import choose
from .failures import explain_failure
from .inputs import fits, inputs_of
from .install import installation, requirements, venv_command
from .pylock import filename, identity, read, write
from .resolve import make
from .uv import find_uv
from .why import explain

__all__ = [
    "choose",
    "explain",
    "explain_failure",
    "filename",
    "find_uv",
    "fits",
    "identity",
    "inputs_of",
    "installation",
    "make",
    "read",
    "requirements",
    "venv_command",
    "write",
]
