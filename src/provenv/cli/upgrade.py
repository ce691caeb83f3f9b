"""`--upgrade [PACKAGE]`, as `lock` and `up` take it."""

from __future__ import annotations

import click

from .session import option


def upgrade_option() -> click.Option:
    """Return the option; it may be given several times, and without a package it means all."""
    return option(
        "--upgrade",
        "-U",
        metavar="[PACKAGE]",
        multiple=True,
        is_flag=False,
        flag_value="",
        help="cli.lock.upgrade",
    )


def upgraded(given: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what `lock` means by it: None keeps all pins, `()` moves all, names move those packages."""
    return tuple(name for name in given if name) if given else None
