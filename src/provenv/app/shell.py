"""`shell`: the user's own shell in the proven environment, which stays as it is while the shell is open."""

from __future__ import annotations

import tempfile
from collections.abc import Callable

from ..model.launch import Launch
from ..runs.shell import shell_command
from .launch import as_ours, carry_out, prepared_generation
from .project import Project


def shell(find: Callable[[], Project], *, announce: Callable[[Launch], None]) -> Launch:
    """Open the user's own shell in the current generation and return how it ended."""
    project = as_ours(find)
    ready = as_ours(lambda: prepared_generation(project))
    with tempfile.TemporaryDirectory(prefix="provenv-shell-") as folder:
        argv = shell_command(ready.prepared.environment, folder, tuple(ready.spec.variables))
        return carry_out(ready, argv, str(project.folder), announce)
