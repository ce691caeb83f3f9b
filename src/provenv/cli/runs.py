"""`provenv runs COMMAND`: the recorded runs; alone it lists them."""

from __future__ import annotations

from collections.abc import Sequence

from .. import lazy
from .help import Group, common_options

SECTIONS: dict[str, Sequence[str]] = {
    "runs": ("ls", "show", "logs", "plot", "compare", "report", "verify-resume", "stop", "rm", "export"),
}
"""The commands, each `cli/runs_NAME.py` and a row `cli.runs.NAME` in `lazy`."""

runs = Group(
    "runs",
    sections=SECTIONS,
    find=lambda name: lazy.load(f"cli.runs.{name}"),
    words="runs.",
    usual="ls",
    params=common_options(),
    help="cli.runs",
)
