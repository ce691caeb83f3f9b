"""Containers that are kept running for a while, entered, and removed in every case."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ..errors import Failure, problem, verbatim
from ..hosts.holder import is_left
from ..model.channel import Completed
from ..model.engine import Starting
from .engine import Engine
from .inside import ContainerHost
from .running import HOLDER, command, options, variables

__all__ = ["ContainerHost", "remove", "started", "sweep"]

SLEEP = ("sh", "-c", "while :; do sleep 3600; done")
"""What keeps a container running: any image has it that has a shell."""

START_LIMIT = 300.0
REMOVE_LIMIT = 60.0
LIST_LIMIT = 20.0


@contextmanager
def started(engine: Engine, starting: Starting) -> Iterator[ContainerHost]:
    """Start a container in the background and yield it as a Host; it is removed when the block ends.

    Without a command of its own it sleeps. Whoever is killed meanwhile leaves a container that `sweep`
    finds. Raises Failure PV1071 where the engine does not start it, PV1070 as `running.words` does.
    """
    name = f"provenv-{os.urandom(6).hex()}"
    try:
        done = _start(engine, starting, name)
        if done.code != 0:
            raise Failure(problem("PV1071", why=verbatim(done.err.strip()[-600:]), image=starting.image))
        yield ContainerHost(engine, name, user=starting.user)
    finally:
        remove(engine, name)


def remove(engine: Engine, *names: str) -> None:
    """Remove containers, running or not; those that are gone already are no matter."""
    engine.call("rm", "--force", "--volumes", *names, limit=REMOVE_LIMIT)


def sweep(engine: Engine) -> int:
    """Remove the containers whose process on this machine is gone (it was killed); return how many."""
    listed = engine.call("ps", "--all", "--quiet", "--filter", f"label={HOLDER}", limit=LIST_LIMIT)
    if not listed.out.strip():
        return 0
    # `ps` prints labels in each engine's own way; one that is gone meanwhile is left out here
    form = '{{.Id}} {{index .Config.Labels "' + HOLDER + '"}}'
    done = engine.call("container", "inspect", "--format", form, *listed.out.split(), limit=LIST_LIMIT)
    rows = (line.partition(" ") for line in done.out.splitlines())
    left = [number for number, _, said in rows if is_left(said)]
    if left:
        remove(engine, *left)
    return len(left)


def _start(engine: Engine, starting: Starting, name: str) -> Completed:
    sleeping = starting if starting.command else replace(starting, command=SLEEP)
    return engine.call(
        *("run", "--detach", "--pull=never", "--stop-timeout", "0", "--name", name),
        *options(engine, sleeping),
        *command(sleeping, instead=not starting.command),
        variables=variables(engine, starting),
        limit=START_LIMIT,
    )
