"""`provenv run -- COMMAND` without options: click would cost it as much as all the rest of its start."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..app import launch
from ..app.project import open_project
from ..lazy import load
from ..ui.view import view
from .endings import ending, listen


def run(arguments: Sequence[str]) -> int:
    """Run the command behind the `--` as `cli.run` does where no option is given; return its exit code."""
    listen()
    made = view(command="run")

    def work() -> int:
        ended = launch.run(
            lambda: open_project(Path("."), progress=made.progress),
            command=arguments[2:],
            announce=made.show,
            show=lambda title: load("ui.run_view")(made.screen, made.words, title),
        )
        if ended.diagnosis is not None:
            made.show(load("model.answered")(ended.diagnosis))
        if ended.run and ended.code:
            made.show(ended)
        return ended.code or 0

    return ending(work, lambda: made, arguments)
