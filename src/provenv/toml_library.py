"""tomllib, which Python has since 3.11 and which tomli is on 3.10."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # not there since 3.11

__all__ = ["tomllib"]
