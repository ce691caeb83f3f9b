"""What a machine is: raw output of the probe -> Facts; one file per fact."""

from __future__ import annotations

from .collect import LIMIT, Told, ask, asks, command, gather
from .combined import Combined, combined
from .deciding import deciding, digest
from .differing import differing
from .file import load
from .reader import read

__all__ = [
    "LIMIT",
    "Combined",
    "Told",
    "ask",
    "asks",
    "combined",
    "command",
    "deciding",
    "differing",
    "digest",
    "gather",
    "load",
    "read",
]
