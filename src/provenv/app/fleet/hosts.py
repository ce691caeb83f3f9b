"""The hosts of an ssh target, as channels."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from ...errors import Exit, Failure, Hint, problem, text
from ...hosts.ssh import SshHost
from ...model.fleet import Address, SshOptions
from ...spec.hosts import NotAHost, read_hosts, ssh_options
from ..project import Project, find_target


def options_of(project: Project) -> SshOptions:
    """Return what the project's target says of its hosts.

    Raises Failure: PV703 for a target that is not declared, PV1293 for one that has no hosts.
    """
    declared = project.spec()
    target = find_target(project, declared)
    options = ssh_options(declared, target) if target is not None and target.kind == "ssh" else None
    if options is None or not options.hosts:
        known = [
            name for name, one in declared.targets.items() if one.kind == "ssh" and "hosts" in one.options
        ]
        hint = Hint(text("PV1293.hint_others", known=", ".join(known)) if known else text("PV1293.hint"))
        raise Failure(problem("PV1293", hints=(hint,), target=project.target), exit_code=Exit.USAGE)
    return options


def hosts_of(project: Project, wanted: Sequence[str] = ()) -> tuple[tuple[str, SshHost], ...]:
    """Return the target's hosts with their names, in the order of the declared file; nothing is reached yet.

    `wanted` names some of them: as they are declared, by the host's own name where only one has it, or as a
    range. Raises Failure: PV703, PV1293, PV1294 for a name that none has, PV1295 for one that several have.
    """
    addresses = options_of(project).hosts
    chosen = {one.name for one in chosen_of(addresses, wanted)} if wanted else None
    return tuple(
        (
            one.name,
            SshHost(one.destination, port=one.port, name=one.name, environment=project.environment),
        )
        for one in addresses
        if chosen is None or one.name in chosen
    )


@contextmanager
def closing(hosts: Sequence[tuple[str, SshHost]]) -> Iterator[Sequence[tuple[str, SshHost]]]:
    """Yield the hosts, and close every one of them in the end."""
    with ExitStack() as stack:
        for _, host in hosts:
            stack.callback(host.close)
        yield hosts


def chosen_of(addresses: Sequence[Address], wanted: Sequence[str]) -> Iterator[Address]:
    """Yield the addresses that are named; see `hosts_of`."""
    by_name = {one.name: one for one in addresses}
    by_host: dict[str, list[Address]] = {}
    for one in addresses:
        by_host.setdefault(one.host, []).append(one)
    for word in wanted:
        for name in _names(word):
            found = [by_name[name]] if name in by_name else by_host.get(name, [])
            if not found:
                raise _unknown(name, [*by_name, *by_host])
            if len(found) > 1:
                names = ", ".join(f"`{one.name}`" for one in found)
                raise Failure(problem("PV1295", host=name, hosts=names), exit_code=Exit.USAGE)
            yield found[0]


def _names(word: str) -> list[str]:
    """Return the names that a word means, a range's each; one that is no host at all is its own."""
    try:
        return [one.name for one in read_hosts(word)]
    except NotAHost:
        return [word]


def _unknown(name: str, known: Sequence[str]) -> Failure:
    near = difflib.get_close_matches(name, dict.fromkeys(known), n=1, cutoff=0.5)
    hints = (Hint(text("PV1294.hint_near", host=near[0])),) if near else ()
    return Failure(problem("PV1294", hints=hints, host=name), exit_code=Exit.USAGE)
