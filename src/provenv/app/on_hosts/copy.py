"""`cp`: files to the hosts of a target, from them, or from one place here to another."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ...errors import Exit, Failure, Hint, problem, text
from ...hosts.ssh import SshHost
from ...model.channel import Host
from ...model.fleet import FleetCopied, HostResult
from ...model.host_names import folded
from ...model.progress import Task
from ..fleet.each import on_each
from ..fleet.hosts import closing, hosts_of, options_of
from ..project import Project, kind_of
from .copy_here import copy_here
from .far_side import Listing, listing
from .paths import Copying, Piece, folder_name, pieces, read_copying
from .receive import receive
from .send import send
from .streams import Channels
from .tree import read_tree


def copy(
    project: Project, paths: Sequence[str], *, wanted: Sequence[str] = (), at_once: int = 32
) -> FleetCopied:
    """Copy as the command line's `paths` say and return how many bytes travelled to or from each host.

    Raises Failure: PV1310, PV1311 (usage) for what the paths can't mean, PV1305 for a target where it isn't
    possible, PV1316 some hosts failed (with the FleetCopied), and as `app.fleet.hosts` does.
    """
    copying = read_copying(paths)
    kind = kind_of(project)
    if kind == "ssh" or wanted:
        return _on_hosts(project, copying, wanted, at_once)
    if kind != "venv":
        hint = Hint(text("PV1305.hint"), f"provenv shell --on {project.target} --volume ./data:/data")
        raise Failure(
            problem("PV1305", target=project.target, kind=kind, hints=(hint,)), exit_code=Exit.USAGE
        )
    return copy_here(project, copying)


def _on_hosts(project: Project, copying: Copying, wanted: Sequence[str], at_once: int) -> FleetCopied:
    folder = options_of(project).folder
    with closing(hosts_of(project, wanted)) as found:
        work = _fetched if copying.fetching else _sent
        results = work(project, copying, found, folder, at_once)
    return _whole(project, results)


def _sent(
    project: Project, copying: Copying, hosts: Sequence[tuple[str, SshHost]], folder: str, at_once: int
) -> tuple[HostResult[int], ...]:
    planned = [(one, read_tree(str(project.folder / one.source), one.source)) for one in pieces(copying)]
    for _, tree in planned:
        for found in tree.findings:
            project.progress.warn(found)
    total = sum(tree.size for _, tree in planned) * len(hosts)
    task = project.progress.task(text("fleet.copying", n=len(hosts)), total=total, unit="bytes")
    told = _Told(task)
    channels = {name: Channels(host) for name, host in hosts}

    def act(name: str, _: Host) -> int:
        return sum(send(channels[name], name, folder, piece, tree, told) for piece, tree in planned)

    return on_each(hosts, act, at_once=at_once)


def _fetched(
    project: Project, copying: Copying, hosts: Sequence[tuple[str, SshHost]], folder: str, at_once: int
) -> tuple[HostResult[int], ...]:
    """Look on every host first, so that it is known how much will come; then fetch it."""
    channels = {name: Channels(host) for name, host in hosts}

    def look(name: str, _: Host) -> list[tuple[Piece, Listing]]:
        into = folder_name(name) if len(hosts) > 1 else ""
        return [
            (
                Piece(one.source, str(project.folder / one.goal)),
                listing(channels[name], name, folder, one.source),
            )
            for one in pieces(copying, into)
        ]

    looked = on_each(hosts, look, at_once=at_once)
    planned = {one.host: one.value for one in looked if one.value is not None}
    total = sum(
        one.size for found in planned.values() for _, there in found for one in there.entries.values()
    )
    task = project.progress.task(text("fleet.fetching", n=len(hosts)), total=total, unit="bytes")
    told = _Told(task)

    def act(name: str, _: Host) -> int:
        return sum(
            receive(channels[name], name, folder, piece, there, told) for piece, there in planned[name]
        )

    came = on_each([one for one in hosts if one[0] in planned], act, at_once=at_once)
    by_name = {one.host: one for one in came}
    return tuple(
        by_name.get(one.host) or HostResult[int](one.host, None, one.problem, one.seconds) for one in looked
    )


class _Told:
    """Tells a task of bytes, from any thread."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._lock = threading.Lock()

    def __call__(self, count: int) -> None:
        with self._lock:
            self._task.advance(count)


def _whole(project: Project, results: tuple[HostResult[int], ...]) -> FleetCopied:
    copied = FleetCopied(project.target, results)
    failed = [one for one in results if one.problem is not None]
    if not failed:
        return copied
    if len(results) == 1 and failed[0].problem is not None:
        raise Failure(failed[0].problem, data=copied)
    found = problem(
        "PV1316",
        n=len(results),
        failed=len(failed),
        hosts=folded(one.host for one in failed),
        hints=(Hint(text("PV1316.hint")),),
    )
    raise Failure(found, data=copied)
