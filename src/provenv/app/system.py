"""What the system has to bring: looked at, told, and installed with the user's consent."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace

from .. import system
from ..errors import Exit, Failure, Hint, Problem, Text, problem, text
from ..model.facts import Facts
from ..model.spec import Spec
from ..model.state import Generation
from ..model.system import SystemNeed, SystemReport
from ..proof.libraries import look
from ..runs.environment import other_environments, prepare
from ..targets.layout import has_python, python_of
from ..targets.records import read_state, read_value
from .machine import machine
from .packages import install_packages
from .project import Project, find_target, local_target
from .remembered import FACTS

Agree = Callable[[Text], bool]
LIMIT = 60.0
INSTALL = "provenv system --install"


def nobody(_: Text) -> bool:
    """Agree to nothing."""
    return False


def report(project: Project) -> SystemReport:
    """Return what the declared file names and what the newest generation's files need, and what is missing.

    The generation may be one whose proof failed: that is when one asks.
    """
    spec = project.spec()
    local_target(project, spec)
    facts = machine(project)
    state = read_state(project.layout)
    newest = max(state.generations, key=lambda one: one.number, default=None)
    found = declared(project, spec, facts)
    if newest is None or not has_python(project.layout.venv(newest.number)):
        return found
    raw = _look(project, spec, facts, newest)
    manager = system.manager_of(facts)
    needs = system.merged((*found.needs, *system.library_needs(raw, manager, facts)))
    return replace(_report(project, facts, needs), generation=newest.number)


def declared(project: Project, spec: Spec, facts: Facts) -> SystemReport:
    """Return what the declared file names under `system` (the target's own list wins), and what is there."""
    target = find_target(project, spec)
    own = target.options.get("system") if target else None
    names = own if isinstance(own, (list, tuple)) else spec.system
    manager = system.manager_of(facts)
    things = [system.wanted(str(name), manager, facts) for name in dict.fromkeys(names)]
    asked = system.Asked()
    if things and facts.platform.system != "windows":
        done = project.host.exec(system.question(things, manager), limit=LIMIT)
        asked = system.answer(done.out)
    return _report(project, facts, system.declared_needs(things, asked))


def findings_of(project: Project, spec: Spec, generation: Generation | None) -> tuple[Problem, ...]:
    """Return what `status` tells of declared packages; the machine's kind is remembered where it can be."""
    kept = read_value(project.layout, generation.number, FACTS, Facts) if generation else None
    return declared(project, spec, kept or machine(project)).findings


def install(project: Project, agree: Agree = nobody) -> SystemReport:
    """Install what is missing after `agree` said yes to the very command, and look again.

    Raises Failure PV424 without consent, PV426 where no package manager is known,
    PV422 without the right to install (exit 4), PV423 where it fails, PV425
    where something is still missing afterwards.
    """
    before = report(project)
    packages = system.to_install(before.needs)
    if not packages:
        return before
    if not before.command:
        raise Failure(problem("PV426", names=", ".join(packages), hints=(Hint(text("PV426.hint")),)))
    if not agree(question(before)):
        hints = (
            Hint(text("PV424.hint_yes"), f"{INSTALL} --yes"),
            Hint(text("PV424.hint_self"), shlex.join(before.command)),
        )
        raise Failure(problem("PV424", hints=hints), exit_code=Exit.USAGE, data=before)
    install_packages(project.host, system.MANAGERS[before.manager], packages, project.progress)
    after = replace(report(project), installed=packages)
    still = [need.name for need in _lacking(after.needs) if need.package]
    if still:
        raise Failure(problem("PV425", n=len(still), names=", ".join(still)), data=after)
    return after


def settle(project: Project, spec: Spec, facts: Facts, agree: Agree) -> None:
    """Before anything is built: install what the declared file names and is missing, or warn about it."""
    found = declared(project, spec, facts)
    packages = system.to_install(found.needs)
    if packages and found.command and agree(question(found)):
        install_packages(project.host, system.MANAGERS[found.manager], packages, project.progress)
        found = declared(project, spec, facts)
    for finding in found.findings:
        project.progress.warn(finding)


def question(found: SystemReport) -> Text:
    """Return what is asked before packages are installed: the command as it will be run."""
    count = len(system.to_install(found.needs))
    return text("system.ask", n=count, command=shlex.join(found.command))


def _report(project: Project, facts: Facts, needs: Sequence[SystemNeed]) -> SystemReport:
    manager = system.manager_of(facts)
    command = system.command_line(manager, system.to_install(needs))
    shown = facts.platform.distribution_name or facts.platform.distribution or facts.platform.system
    return SystemReport(
        project.target,
        shown,
        manager.name if manager else "",
        tuple(needs),
        command,
        findings=tuple(_findings(needs, command, shown)),
    )


def _findings(needs: Sequence[SystemNeed], command: Sequence[str], shown: str) -> list[Problem]:
    """Return a warning for what is missing, and notes for what nobody can bring or tell."""
    lacking = _lacking(needs)
    found = []
    packaged = [need for need in lacking if need.package]
    if packaged:
        own = (Hint(text("PV420.hint_self"), shlex.join(command)),) if command else ()
        hints = (Hint(text("PV420.hint"), INSTALL), *own)
        names = ", ".join(need.name for need in packaged)
        found.append(problem("PV420", severity="warning", n=len(packaged), names=names, hints=hints))
    for need in lacking:
        if need.kind in ("driver", "toolkit"):
            why = text(f"PV427.why_{need.kind}")
            found.append(problem("PV427", severity="note", name=need.name, why=why))
        elif not need.package:
            found.append(problem("PV421", severity="warning", name=need.name, system=shown))
    unknown = [need.name for need in needs if need.present is None]
    if unknown:
        found.append(problem("PV428", severity="note", n=len(unknown), names=", ".join(unknown)))
    return found


def _lacking(needs: Sequence[SystemNeed]) -> list[SystemNeed]:
    return [need for need in needs if need.present is False and not need.optional]


def _look(project: Project, spec: Spec, facts: Facts, generation: Generation) -> dict[str, object]:
    venv = project.layout.venv(generation.number)
    prepared = prepare(
        project.environment,
        spec=spec,
        venv=str(venv),
        granted_cores=facts.cpu.granted,
        others=other_environments(project.environment.get("PATH", "")),
    )
    return dict(
        look(
            project.host,
            str(python_of(venv)),
            environment=prepared.environment,
            folder=str(project.root),
        )
    )
