"""One generation on every host: collected here, installed there, proven on each and between them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ...errors import Exit, Failure, Hint, problem, text
from ...model.evidence import Evidence, Outcome
from ...model.fleet import HostResult
from ...model.fleet_up import FleetUp, HostMade
from ...model.host_names import folded
from ...model.state import Generation
from ...plan.interpreter import interpreter
from ...targets.receipts import read_proof
from ..fleet.each import on_each
from ..on_hosts.code import code_of, send_tree
from ..on_hosts.tree import Tree
from ..project import Project
from ..prove import unproven
from .collecting import collect
from .installing import Installed, install
from .places import Place
from .preparing import Prepared
from .proving import Proof, digest_of_hosts, of_all, prove_between_them, prove_on_each
from .receipts import holds, read_receipt, write_receipt
from .recording import record, record_proof
from .side_by_side import SideBySide
from .sweeping import remove

T = TypeVar("T")
Failed = Mapping[str, HostResult[HostMade]]


@dataclass(frozen=True)
class Made:
    """A generation that every host has and that is proven: what was done on each for that."""

    generation: Generation
    hosts: tuple[HostResult[HostMade], ...]
    evidence: Evidence | None = None
    """The receipt of all; None where that of before holds."""
    new: frozenset[str] = field(default_factory=frozenset)

    @property
    def anything(self) -> bool:
        """Tell whether anything was done at all."""
        return bool(self.new) or self.evidence is not None


def carry_out(project: Project, prepared: Prepared, *, at_once: int) -> Made:
    """Give every host the generation, and prove it; what a host has, whole and proven, is not done again.

    Raises Failure, with a FleetUp: PV1343 where some hosts could not be given it; exit code 3 where the proof
    failed on one or between them.
    """
    work = _Work(project, prepared, at_once)
    known = prepared.state.generation(prepared.goal)
    if known is None or known.proof != "passed":
        record(project, prepared)
    # first what is of the user's own making: a secret among it is told before anything travels
    tree = code_of(project, prepared.base.spec, (), project.progress)
    wanted = Proof(prepared.goal, prepared.base.spec, prepared.lock.lock, digest_of(tree))
    work.send(wanted, tree)
    work.install()
    evidence = work.prove(wanted)
    if evidence is not None and not evidence.passed:
        record_proof(project, evidence)
        found = work.result(evidence=evidence)
        raise Failure(unproven(evidence, prepared.state.current), exit_code=Exit.UNPROVEN, data=found)
    # only now: what was proven is what is written down here
    generation = record(project, prepared)
    if evidence is not None:
        generation = record_proof(project, evidence)
    return Made(generation, work.hosts(), evidence, frozenset(work.installed))


def digest_of(tree: Tree) -> str:
    """Return a sha256 over the project's files, as hosts get them."""
    told = hashlib.sha256()
    for path, one in sorted(tree.entries.items()):
        content = tree.digest(path) if one.kind == "file" else one.kind
        told.update(f"{path}\0{content}\0".encode("utf-8", "surrogateescape"))
    return told.hexdigest()


class _Work:
    """What is done on each host, as far as it has come."""

    def __init__(self, project: Project, prepared: Prepared, at_once: int) -> None:
        self._project, self._prepared, self._at_once = project, prepared, at_once
        self.installed: dict[str, Installed] = {}
        self._seconds = dict.fromkeys(prepared.looks, 0.0)
        self._proofs: dict[str, Evidence] = {}

    @property
    def _places(self) -> dict[str, Place]:
        return {name: seen.place for name, seen in self._prepared.looks.items()}

    @property
    def _lacking(self) -> dict[str, Place]:
        """Return the hosts that do not have the generation whole; one that drifted was never switched to."""
        prepared = self._prepared
        return {
            name: seen.place
            for name, seen in prepared.looks.items()
            if not seen.has(prepared.goal, prepared.lock.lock.identity) or seen.drift
        }

    def send(self, wanted: Proof, tree: Tree) -> None:
        """Bring the project's files to the hosts where anything is to be done. Raises Failure PV1343."""
        due = {**self._lacking, **self._unproven(wanted)}
        if due:
            progress = self._project.progress
            self._must_all(send_tree(tuple(due.values()), tree, at_once=self._at_once, progress=progress))

    def install(self) -> None:
        """Give the environment to the hosts that do not have it whole. Raises Failure PV1343."""
        number, prepared, project = self._prepared.goal, self._prepared, self._project
        lacking = self._lacking
        if not lacking:
            return
        facts = {name: prepared.facts[name] for name in lacking}
        collected = collect(project, prepared.base, prepared.lock.lock, facts)
        total = sum(file.size for name in lacking for file in collected.hosts[name].files)
        told = SideBySide(project.progress, text("fleet_up.installing", n=len(lacking)), total, "bytes")

        def act(name: str, _: object) -> Installed:
            told.describe(text("fleet_up.busy", host=name))
            if prepared.looks[name].drift:
                remove(lacking[name], [number])
            return install(
                lacking[name],
                number,
                spec=prepared.base.spec,
                lock=prepared.lock.lock,
                facts=facts[name],
                collected=collected,
                on_bytes=told.advance,
            )

        def ended(one: HostResult[Installed]) -> None:
            if one.value is not None:
                told.note(
                    text("fleet_up.installed", host=one.host, size_bytes=one.value.sent, n=one.value.packages)
                )

        hosts = [(name, place.host) for name, place in lacking.items()]
        found = on_each(hosts, act, at_once=self._at_once, progress=ended)
        self.installed = {one.host: one.value for one in found if one.value is not None}
        told.end(
            text("fleet_up.installed_all", well=len(self.installed), n=len(found)),
            well=len(self.installed) == len(found),
        )
        self._must_all(found)

    def prove(self, wanted: Proof) -> Evidence | None:
        """Prove what has no receipt that holds; return the receipt of all, None where that of before does."""
        prepared, project, layout = self._prepared, self._project, self._project.layout
        due = {**self._unproven(wanted), **{name: self._places[name] for name in self.installed}}
        for name in self._places.keys() - due.keys():
            receipt = read_receipt(layout, prepared.goal, name)
            if receipt is not None:
                self._proofs[name] = receipt
        before = read_proof(layout, prepared.goal)
        if not due and before is not None and before.passed and self._is_of_all(before):
            return None
        began = time.monotonic()
        if due:
            places = [place for name, place in self._places.items() if name in due]
            self._must_all(
                prove_on_each(project, places, wanted, prepared.facts, at_once=self._at_once, keep=self._keep)
            )
        told = [(name, self._proofs[name]) for name in self._places]
        between: tuple[Outcome, ...] = ()
        if all(one.passed for _, one in told):
            # what fails on one host alone is mended first
            between = self._between(wanted, time.monotonic() - began)
        return of_all(project, wanted, prepared.base.facts, told, between)

    def _is_of_all(self, before: Evidence) -> bool:
        """Tell whether a receipt is of these hosts together, of all of them."""
        return before.digests.get("hosts") == digest_of_hosts(list(self._places))

    def _between(self, wanted: Proof, began: float) -> tuple[Outcome, ...]:
        """Prove what is between the hosts. Raises Failure, with how far each has come."""
        try:
            return prove_between_them(
                self._project,
                list(self._places.values()),
                wanted,
                self._prepared.facts,
                began=began,
                at_once=self._at_once,
            )
        except Failure as failure:
            raise Failure(*failure.problems, exit_code=failure.exit_code, data=self.result()) from failure

    def _keep(self, host: str, evidence: Evidence) -> None:
        # at once: whoever goes on after a kill need not prove it again
        self._proofs[host] = evidence
        write_receipt(self._project.layout, host, evidence)

    def _unproven(self, wanted: Proof) -> dict[str, Place]:
        """Return the hosts that have no receipt of just this."""
        prepared, layout = self._prepared, self._project.layout
        return {
            name: place
            for name, place in self._places.items()
            if not holds(read_receipt(layout, prepared.goal, name), wanted.digests(prepared.facts[name]))
        }

    def hosts(
        self, failed: Mapping[str, HostResult[HostMade]] | None = None
    ) -> tuple[HostResult[HostMade], ...]:
        """Return what was done on each, in the order of the declared file."""
        failed = failed or {}
        return tuple(
            failed.get(name) or HostResult(name, self._made(name), None, self._seconds[name])
            for name in self._places
        )

    def result(self, failed: Failed | None = None, evidence: Evidence | None = None) -> FleetUp:
        """Return what a failure tells: how far each host has come."""
        prepared = self._prepared
        return FleetUp(
            self._project.target,
            False,
            prepared.goal,
            self.hosts(failed),
            plan=prepared.plan,
            lock=prepared.lock.lock,
            evidence=evidence,
        )

    def _made(self, name: str) -> HostMade:
        prepared, now = self._prepared, self.installed.get(name)
        proof = self._proofs.get(name)
        return HostMade(
            python=interpreter(prepared.lock.lock.python, prepared.facts[name].pythons),
            installed=now is not None,
            packages=len(prepared.lock.lock.packages),
            bytes=now.sent if now is not None else 0,
            proof="" if proof is None else "passed" if proof.passed else "failed",
        )

    def _must_all(self, found: Sequence[HostResult[T]]) -> None:
        """Add up the seconds; raise Failure PV1343 where some hosts failed."""
        for one in found:
            self._seconds[one.host] += one.seconds
        failed = {
            one.host: HostResult[HostMade](one.host, None, one.problem, self._seconds[one.host])
            for one in found
            if one.problem is not None
        }
        if not failed:
            return
        prepared, target = self._prepared, self._project.target
        current = prepared.state.current
        why = text("PV1343.why", number=current) if current is not None else text("PV1343.why_none")
        raise Failure(
            problem(
                "PV1343",
                why=why,
                hints=(Hint(text("PV1343.hint"), f"provenv up --on {target}"),),
                n=len(failed),
                count=f"{len(self._places):,}",
                number=prepared.goal,
                hosts=folded(failed),
            ),
            data=self.result(failed),
        )
