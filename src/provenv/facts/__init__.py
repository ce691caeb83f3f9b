"""What a machine is: raw output of the probe -> Facts; one file per fact."""

from __future__ import annotations

from .collect import LIMIT, asks, command, gather
from .deciding import deciding, digest
from .file import load
from .reader import read

__all__ = ["LIMIT", "asks", "command", "deciding", "digest", "gather", "load", "read"]
