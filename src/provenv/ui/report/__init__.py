"""The demo's report as one self-contained HTML file, in English or Simplified Chinese."""

from .page import report

__all__ = ["report"]
