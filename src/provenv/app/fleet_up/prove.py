"""`prove` on hosts: the current generation again, on every host and between them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from ...errors import Exit, Failure, Hint, problem, text
from ...hosts.ssh import SshHost
from ...model.evidence import Evidence, Outcome
from ...model.facts import Facts
from ...model.fleet import HostResult
from ...model.fleet_up import FleetProven
from ...model.host_names import folded
from ...model.lock import Lock
from ...model.spec import Spec
from ...model.state import Generation
from ...proof import finds_fault
from ...targets.guard import guarded
from ...targets.records import LOCK, read_generation, read_state, read_value
from ..fleet.each import AT_ONCE
from ..fleet.hosts import closing, hosts_of, options_of
from ..locking import read_lock, targeted
from ..on_hosts.code import code_of, send_tree
from ..project import Project
from ..prove import declared_then, keep_receipt, unproven
from ..remembered import FACTS
from .carrying_out import digest_of
from .ground import ask_all
from .places import Place
from .proving import Proof, of_all, prove_between_them, prove_on_each
from .reaching import Look, all_of, look
from .receipts import write_receipt


def prove_fleet(
    project: Project,
    *,
    only: Sequence[str] = (),
    quick: bool = False,
    wait: bool = True,
    at_once: int = AT_ONCE,
) -> FleetProven:
    """Prove the current generation again on every host (see `app.prove.prove`), and between them.

    Raises Failure as there, and PV1342 where a host does not answer, PV1345 where one does not have it.
    """
    with guarded(project.layout, wait=wait, progress=project.progress), closing(hosts_of(project)) as hosts:
        generation, locked = _current(project)
        number = generation.number
        facts = ask_all(project, hosts, options_of(project).folder, at_once=at_once)
        places = _places(project, hosts, generation, at_once)
        declared = targeted(project, project.spec())
        own = declared_then(project, declared, locked, generation)
        if own is not None and own is not declared:
            project.progress.note(text("app.prove.older", number=number))
        spec = own or declared
        wanted = Proof(number, spec, locked, _send(project, spec, places, at_once), only, quick)
        began = time.monotonic()
        results = prove_on_each(project, places, wanted, facts, at_once=at_once)
        answered = all(one.ok for one in results)
        between: tuple[Outcome, ...] = ()
        if answered:
            seconds = time.monotonic() - began
            between = prove_between_them(project, places, wanted, facts, began=seconds, at_once=at_once)
        proven = _proven(project, wanted, results, between)
        if not only and not quick:
            _keep(project, generation, proven, known=own is not None)
    if not proven.evidence.passed:
        raise Failure(unproven(proven.evidence, number), exit_code=Exit.UNPROVEN, data=proven)
    return proven


def _current(project: Project) -> tuple[Generation, Lock]:
    """Return the current generation with its lock. Raises Failure: PV721 there is none, PV722 no lock."""
    up = f"provenv up --on {project.target}"
    number = read_state(project.layout).current
    if number is None:
        raise Failure(problem("PV721", target=project.target, hints=(Hint(None, up),)))
    locked = read_lock(project.layout.generation(number) / LOCK, project.root)
    if locked is None:
        raise Failure(problem("PV722", number=number, hints=(Hint(None, f"{up} --repair"),)))
    return read_generation(project.layout, number), locked


def _places(
    project: Project, hosts: Sequence[tuple[str, SshHost]], generation: Generation, at_once: int
) -> list[Place]:
    """Return where the generation lies on each host. Raises Failure: PV1342, PV1345 where one lacks it."""
    folder = options_of(project).folder
    found = look(hosts, folder, project.target, generation.number, at_once=at_once)
    looks = all_of(project.target, found)
    must_have(project, looks, generation)
    return [seen.place for seen in looks.values()]


def must_have(project: Project, looks: Mapping[str, Look], generation: Generation) -> None:
    """Make sure that every host has the generation whole. Raises Failure PV1345."""
    lacking = [name for name, seen in looks.items() if not seen.has(generation.number, generation.lock)]
    if not lacking:
        return
    hints = (Hint(text("PV1345.hint"), f"provenv up --on {project.target}"),)
    number = generation.number
    raise Failure(problem("PV1345", hosts=folded(lacking), n=len(lacking), number=number, hints=hints))


def _send(project: Project, spec: Spec, places: Sequence[Place], at_once: int) -> str:
    """Bring the project's files to the hosts; return their digest."""
    tree = code_of(project, spec, (), project.progress)
    all_of(project.target, send_tree(places, tree, at_once=at_once, progress=project.progress))
    return digest_of(tree)


def _proven(
    project: Project,
    wanted: Proof,
    results: Sequence[HostResult[Evidence]],
    between: Sequence[Outcome],
) -> FleetProven:
    """Return the receipt of all. Raises Failure PV1342 where a host could not be asked, with the others'."""
    combined = read_value(project.layout, wanted.number, FACTS, Facts)
    told = [(one.host, one.value) for one in results if one.value is not None]
    missing = [one.problem for one in results if one.problem is not None]
    if not told or combined is None:
        raise Failure(*missing)
    found = FleetProven(project.target, of_all(project, wanted, combined, told, between), tuple(results))
    all_of(project.target, results, found)
    return found


def _keep(project: Project, generation: Generation, proven: FleetProven, *, known: bool) -> None:
    """Keep the receipts; see `app.prove.keep_receipt`."""
    if proven.evidence.passed or (known and finds_fault(proven.evidence)):
        for one in proven.hosts:
            if one.value is not None:
                write_receipt(project.layout, one.host, one.value)
    keep_receipt(project, generation, proven.evidence, known=known)
