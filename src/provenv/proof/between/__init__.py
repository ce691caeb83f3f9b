"""The proof between hosts: what was tried and measured there -> Outcomes; pure."""

from __future__ import annotations

from .clocks import CLOCK, judge_clocks
from .collectives import COLLECTIVES, Rank, judge_collectives
from .links import NETWORK, Link, judge_links
from .reach import INTERFACE, REACH, arguments, how, judge_interfaces, judge_reach, remedies

CHECKS = (REACH, INTERFACE, NETWORK, CLOCK, COLLECTIVES)
"""All of them, in the order in which they are shown."""

__all__ = [
    "CHECKS",
    "CLOCK",
    "COLLECTIVES",
    "INTERFACE",
    "NETWORK",
    "REACH",
    "Link",
    "Rank",
    "arguments",
    "how",
    "judge_clocks",
    "judge_collectives",
    "judge_interfaces",
    "judge_links",
    "judge_reach",
    "remedies",
]
