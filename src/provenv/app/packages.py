"""The package manager at work: run by root itself, or through sudo where that asks for nothing."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from ..errors import Exit, Failure, Hint, problem, text, verbatim
from ..model.channel import Completed, Host
from ..model.progress import Progress, Task
from ..system import Manager, command_line

LIMIT = 3600.0
ASKING = 30.0
PLACE = {"LC_ALL": "C.UTF-8"}
"""Package managers speak English to us, so that what they say can be quoted in reports and found again."""


def install_packages(host: Host, manager: Manager, packages: Sequence[str], progress: Progress) -> None:
    """Install packages; the caller has the user's consent.

    Lists that are old or empty are fetched anew and the installation tried
    again. Raises Failure PV422 (exit 4) where neither root nor sudo without a
    password is to be had, PV423 where the package manager fails.
    """
    prefix = _prefix(host, manager, packages)
    task = progress.task(text("system.installing", n=len(packages), manager=manager.name))
    done = _run(host, prefix, (*manager.install, *packages), manager.environment, task)
    if done.code != 0 and manager.refresh:
        _run(host, prefix, manager.refresh, manager.environment, task)
        done = _run(host, prefix, (*manager.install, *packages), manager.environment, task)
    if done.code != 0:
        task.fail(text("system.not_installed"))
        raise Failure(
            problem(
                "PV423",
                manager=manager.program,
                code=done.code,
                why=verbatim(_last_words(done)),
                hints=(Hint(text("PV423.hint"), shlex.join(command_line(manager, packages))),),
            )
        )
    task.finish(text("system.installed", n=len(packages), names=", ".join(packages)))


def _prefix(host: Host, manager: Manager, packages: Sequence[str]) -> tuple[str, ...]:
    if not manager.root or host.exec(["id", "-u"], limit=ASKING).out.strip() == "0":
        return ()
    try:
        allowed = host.exec(["sudo", "-n", "true"], limit=ASKING).code == 0
    except Failure:
        allowed = False  # there is no sudo
    if not allowed:
        command = shlex.join(command_line(manager, packages))
        raise Failure(
            problem("PV422", manager=manager.program, hints=(Hint(text("PV422.hint"), command),)),
            exit_code=Exit.DENIED,
        )
    return ("sudo", "-n")


def _run(
    host: Host, prefix: Sequence[str], argv: Sequence[str], environment: Mapping[str, str], task: Task
) -> Completed:
    # sudo drops variables unless it is told otherwise; without a terminal debconf asks nothing all the same
    variables = [f"{name}={value}" for name, value in {**PLACE, **environment}.items()]
    command = [*prefix, *argv] if prefix else ["env", *variables, *argv]

    def tell(line: str) -> None:
        if line.strip():
            task.describe(verbatim(line.strip()))

    return host.exec(command, limit=LIMIT, on_stdout=tell)


def _last_words(done: Completed) -> str:
    lines = [line for line in f"{done.out}\n{done.err}".splitlines() if line.strip()]
    return "\n".join(lines[-8:]) or str(done.code)
