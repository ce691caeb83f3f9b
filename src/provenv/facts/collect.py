"""Send the probe to a place and read what it brings back."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import Failure, Problem, problem, text, verbatim
from ..model.channel import Completed, Host
from ..model.facts import Facts, Source
from ..model.fleet import Clock
from ..pipconf import PipConfiguration, redacted
from . import (
    amd,
    apple,
    ascend,
    cdi,
    cgroup,
    clock,
    clouds,
    container,
    cpu,
    disks,
    engines,
    intel,
    kubernetes,
    kvm,
    libraries,
    limits,
    memory,
    network,
    nvidia,
    pci,
    platform,
    pythons,
    shell,
    slurm,
    tegra,
    toolkits,
    tools,
    tpu,
    variables,
)
from .reader import read

PROBE = Path(__file__).parent.parent / "payload" / "probe.py"
MARK = "PROVENV-PROBE "
OVERHEAD = 5.0
"""Seconds that the probe may need beside what it waits for."""

LIMIT = 10.0
"""Seconds for each question that names no time of its own."""

ROOMS = (
    *(cgroup, container, cpu, disks, limits, memory, network, platform, pythons, tools, variables),
    *(pci, libraries, nvidia, tegra, amd, intel, apple, ascend, tpu, toolkits),
    *(engines, cdi, kvm, kubernetes, slurm, clouds),
)


@dataclass(frozen=True)
class Told:
    """What the probe brought back: its document, and how far the clock there is ahead of ours."""

    document: Mapping[str, object]
    clock: Clock | None


def asks(project: str, cache: str, temporary: str) -> list[dict[str, object]]:
    """Return everything that is asked of a machine: about itself, and about these three folders."""
    return [*(ask for room in ROOMS for ask in room.ASKS), *disks.asks((project, cache, temporary))]


def gather(
    host: Host,
    python: str,
    *,
    project: str,
    cache: str,
    temporary: str,
    limit: float = LIMIT,
    pip: PipConfiguration | None = None,
) -> Facts:
    """Return the facts of the place behind `host`, read now with its interpreter `python` (>= 3.6).

    Everything is asked side by side; a tool that hangs costs `limit` seconds and its own fact. Where
    that interpreter does not run, sh collects what it can; what only Python can ask stays untold then.
    `pip` is pip's configuration there, if it is known; no credentials of it are kept.
    Raises Failure: PV201 no usable Python there, PV202 torn output, PV203 no answer in time.
    """
    facts = read(ask(host, python, project=project, cache=cache, temporary=temporary, limit=limit).document)
    if pip is None:
        return facts
    shown = redacted(pip)
    how = os.pathsep.join(shown.files) or "pip"
    source = Source("pip", how, "read" if shown.files or shown.origins else "absent", 0)
    proxy = network.without_credentials(shown.proxy) if shown.proxy else None
    return replace(facts, pip=replace(shown, proxy=proxy), sources=(*facts.sources, source))


def ask(host: Host, python: str, *, project: str, cache: str, temporary: str, limit: float = LIMIT) -> Told:
    """Return what the probe tells of the place behind `host`, not read yet; all else is as with `gather`."""
    return _told(host, python, _questions(project, cache, temporary, limit), limit)


def command(
    python: str, *, project: str, cache: str, temporary: str, limit: float = LIMIT
) -> tuple[list[str], bytes]:
    """Return what `gather` runs first for the same arguments: its words and its standard input."""
    return _command(python, _questions(project, cache, temporary, limit))


def _questions(project: str, cache: str, temporary: str, limit: float) -> list[dict[str, object]]:
    return [{**ask, "limit": min(limit, _seconds(ask, limit))} for ask in asks(project, cache, temporary)]


def _command(python: str, questions: list[dict[str, object]]) -> tuple[list[str], bytes]:
    told = json.dumps(json.dumps(questions))
    program = PROBE.read_text(encoding="utf-8") + f"\n\nmain(json.loads({told}))\n"
    return [python, "-I", "-S", "-"], program.encode()


def _seconds(ask: Mapping[str, object], limit: float) -> float:
    """Return the time that an ask may take: its own, where it has one."""
    own = ask.get("limit")
    return own if isinstance(own, float) else limit


def _told(host: Host, python: str, questions: list[dict[str, object]], limit: float) -> Told:
    """Return the document of the probe that runs there: Python's, or where there is none that of sh."""
    argv, program = _command(python, questions)
    before = time.time()
    try:
        done = host.exec(argv, stdin=program, limit=limit + OVERHEAD)
        after = time.time()
        document = _document(python, done, limit)
        return Told(document, clock.clock(document, before, after))
    except Failure as failure:
        refused = _refused(python, failure)
        if refused is None:
            raise
        found = _told_by_shell(host, questions, limit)
        if found is None:
            raise refused from failure
        return found


def _told_by_shell(host: Host, questions: list[dict[str, object]], limit: float) -> Told | None:
    """Return what sh collects there; None where that does not run either, so that Python's failure counts."""
    program = shell.script(questions)
    before = time.time()
    try:
        done = host.exec(shell.ARGV, stdin=program.encode(), limit=limit + OVERHEAD)
        after = time.time()
        document = shell.document(_document(shell.ARGV[0], done, limit), questions)
        return Told(document, clock.clock(document, before, after))
    except Failure:
        return None


def _refused(python: str, failure: Failure) -> Failure | None:
    """Return PV201 where the interpreter is not there or not usable; None for any other failure."""
    found = [one for one in failure.problems if one.code in ("PV201", "PV801", "PV802")]
    if not found:
        return None
    if found[0].code == "PV201":
        return failure
    return Failure(_no_python(python, found[0]), exit_code=failure.exit_code)


def _no_python(python: str, cause: Problem) -> Problem:
    return problem("PV201", why=cause.what, python=python)


def _document(python: str, done: Completed, limit: float) -> Mapping[str, object]:
    """Return the probe's document; a login's own words around it do not matter."""
    if done.timed_out:
        raise Failure(problem("PV203", why=text("PV203.why"), seconds=round(limit + OVERHEAD), python=python))
    line = next((line for line in reversed(done.out.splitlines()) if line.startswith(MARK)), None)
    if line is None and done.code != 0:
        said = done.err.strip().splitlines()
        why = verbatim(said[-1][:300]) if said else text("PV201.why_code", code=done.code)
        raise Failure(problem("PV201", why=why, python=python))
    try:
        document = json.loads(line.removeprefix(MARK)) if line else None
    except (ValueError, RecursionError) as error:
        raise Failure(problem("PV202", why=verbatim(str(error)), python=python)) from error
    if not isinstance(document, dict) or not isinstance(document.get("items"), dict):
        raise Failure(problem("PV202", why=text("PV202.why"), python=python))
    return document
