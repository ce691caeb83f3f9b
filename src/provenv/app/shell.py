"""`shell`: the user's own shell in the proven environment, which stays as it is while the shell is open."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence

from ..lazy import load
from ..model.launch import Launch, Wishes
from ..runs.shell import shell_command
from .launch import NOTHING, as_ours, carry_out, prepared_generation, without_container
from .project import Project, kind_of


def shell(
    find: Callable[[], Project],
    *,
    announce: Callable[[Launch], None],
    wishes: Wishes = NOTHING,
    wanted: Sequence[str] = (),
) -> Launch:
    """Open the user's own shell in the current generation and return how it ended.

    In an image target's container it is the image's own; `wishes` are as in `app.launch.run`. On an ssh
    target it is on the one host that is `wanted` (see app.on_hosts.shell).
    """
    project = as_ours(find)
    kind = as_ours(lambda: kind_of(project))
    if wanted or kind == "ssh":
        without_container(project, wishes)
        on_host: Launch = load("app.on_hosts.shell")(project, wanted=wanted, announce=announce)
        return on_host
    if kind == "image":
        contained: Launch = load("app.images.shell")(project, announce=announce, wishes=wishes)
        return contained
    without_container(project, wishes)
    ready = as_ours(lambda: prepared_generation(project))
    with tempfile.TemporaryDirectory(prefix="provenv-shell-") as folder:
        argv = shell_command(ready.prepared.environment, folder, tuple(ready.spec.variables))
        return carry_out(ready, argv, str(project.folder), announce)
