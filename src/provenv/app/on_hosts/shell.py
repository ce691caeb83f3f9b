"""`shell` on one host: OpenSSH with the terminal handed over, in the target's folder."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ...errors import Exit, Failure, Hint, problem, text
from ...hosts.ssh_command import find_ssh
from ...model.fleet import Address
from ...model.launch import Launch
from ...runs.launch import launch
from ...runs.program import Code
from ..fleet.hosts import chosen_of, options_of
from ..launch import as_ours
from ..project import Project
from .scripts import SHELL

UNREACHED = 255
"""What ssh returns where it could not connect, or lost the connection (ssh(1), "EXIT STATUS")."""


def shell(project: Project, *, wanted: Sequence[str], announce: Callable[[Launch], None]) -> Launch:
    """Open the user's own shell on one host of the target and return how it ended.

    OpenSSH talks with the user here: it may ask for a passphrase, or about a host key that is new.
    Raises Failure with exit code 125: PV1307 where ssh could not connect, and as `app.fleet.hosts` does;
    PV1308 (usage) where several hosts are meant.
    """
    options = as_ours(lambda: options_of(project))
    chosen = tuple(chosen_of(options.hosts, wanted)) if wanted else options.hosts
    if len(chosen) > 1:
        names = ", ".join(f"`{one.name}`" for one in chosen)
        hint = Hint(text("PV1308.hint"), f"provenv shell --on {project.target} --host {chosen[0].name}")
        found = problem("PV1308", target=project.target, hosts=names, hints=(hint,))
        raise Failure(found, exit_code=Exit.USAGE)
    words = as_ours(lambda: ssh_words(project, chosen[0], options.folder))
    begun = Launch((words[0], chosen[0].name), 0)
    announce(begun)
    began = time.monotonic()
    code = launch(words, environment=project.environment, folder=str(project.folder))
    if code == UNREACHED:
        raise Failure(problem("PV1307", host=chosen[0].name, why=text("PV1307.why")), exit_code=Code.OURS)
    return replace(begun, code=code, seconds=time.monotonic() - began)


def ssh_words(project: Project, address: Address, folder: str) -> tuple[str, ...]:
    """Return the command that opens the shell; without a terminal here it has none there."""
    terminal = ("-t",) if sys.stdin.isatty() and os.isatty(1) else ("-T",)
    port = () if address.port is None else ("-p", str(address.port))
    # one line, since it is the login shell that reads it first, whichever that is
    there = f"exec /bin/sh -c {shlex.quote(SHELL)} sh {shlex.quote(folder)}"
    return (find_ssh(project.environment), *terminal, *port, "--", address.destination, there)
