"""`provenv data COMMAND`: the declared data; alone it lists it."""

from __future__ import annotations

from collections.abc import Sequence

from .. import lazy
from .help import Group, common_options

SECTIONS: dict[str, Sequence[str]] = {
    "data": ("ls", "fetch", "verify", "path", "add", "rm", "digest"),
}
"""The commands, each `cli/data_NAME.py` and a row `cli.data.NAME` in `lazy`."""

data = Group(
    "data",
    sections=SECTIONS,
    find=lambda name: lazy.load(f"cli.data.{name}"),
    words="data.",
    usual="ls",
    params=common_options(),
    help="cli.data",
)
