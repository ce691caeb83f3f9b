"""TOML's reader of the standard library, or its twin on Python 3.10."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 11):
    from tomllib import TOMLDecodeError, loads
else:
    from tomli import TOMLDecodeError, loads  # type: ignore[import-not-found, unused-ignore]  # only there on 3.10

__all__ = ["TOMLDecodeError", "loads"]
