"""A host made ready for a run: its environment is there, code and our own programs, the agent runs."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ... import facts as facts_room
from ...errors import Failure, Hint, problem, text
from ...hosts.ssh import SshHost
from ...model.facts import Facts
from ...model.meeting import Meeting
from ...model.spec import Spec
from ...runs.events import Events
from ..fleet.hosts import hosts_of
from ..fleet.kept import Kept
from ..fleet_up.environment import environment_of
from ..fleet_up.leases import lease_words
from ..fleet_up.places import Place, place_of
from ..fleet_up.standing import standing
from ..on_hosts.code import bring
from ..on_hosts.paths import Piece
from ..on_hosts.send import send
from ..on_hosts.streams import Channels
from ..on_hosts.tree import Tree, read_tree
from ..project import Project
from .agent import Agent
from .formation import payload_at
from .parts import Part

PAYLOAD = Path(__file__).resolve().parents[2] / "payload"
SENT = ("watching", "fleet_runs")
"""Our own programs that a host needs: the hooks in a script, the agent and what it starts."""


@dataclass(frozen=True)
class Prepared:
    """A host with everything that a run needs there, before anything runs."""

    place: Place
    environment: Mapping[str, str]
    processes: int
    devices: int


@dataclass
class Readying:
    """Makes hosts ready for one run. `meeting` is how they reach each other, once that is known."""

    project: Project
    spec: Spec
    generation: int
    folder: str
    processes: int | Literal["auto"]
    run: str
    tree: Tree
    meeting: Meeting | None = None

    def look(self, name: str, host: SshHost) -> Place:
        """Return where things lie on a host. Raises Failure: PV1373 no such environment, and as hosts do."""
        place = place_of(name, host, self.folder, self.project.target)
        if self.generation not in standing(place).generations:
            hint = Hint(text("PV1373.hint"), f"provenv up --on {self.project.target}")
            raise Failure(problem("PV1373", host=name, number=self.generation, hints=(hint,)))
        return place

    def prepare(self, place: Place) -> Prepared:
        """Bring code and programs to a host, and return what commands get there. Raises Failure."""
        host = place.host
        assert isinstance(host, SshHost), "the hosts of a target are reached over ssh"
        streams = Channels(host)
        bring(streams, host.put, place, self.tree, _nobody, _unheard)
        goal = payload_at(place.base)
        send(streams, place.name, place.root, Piece(".", goal), programs(), _nobody)
        facts = self._facts(place)
        devices = gpus_of(facts)
        processes = max(1, devices) if self.processes == "auto" else self.processes
        passed = {
            name: self.project.environment[name]
            for name in self.spec.passed
            if name in self.project.environment
        }
        environment = environment_of(place, self.generation, self.spec, facts, passed, processes)
        return Prepared(place, environment, processes, devices)

    def begin(self, prepared: Prepared, events: Events) -> Part:
        """Start the agent on a host that is ready. Raises Failure: PV1374 it does not answer."""
        place, host = prepared.place, prepared.place.host
        assert isinstance(host, SshHost), "the hosts of a target are reached over ssh"
        program = posixpath.join(payload_at(place.base), "fleet_runs", "host_agent.py")
        python = place.python(self.generation)
        words = (*lease_words(place, self.generation), python, "-I", "-S", program)
        agent = Agent(place.name, host, words, events)
        try:
            agent.greet(f"{self.run}-{posixpath.basename(place.base)}-{_plain(place.name)}")
        except TimeoutError as error:
            raise Failure(problem("PV1374", host=place.name)) from error
        address, own = agent.address, dict(prepared.environment)
        if self.meeting is not None and any(one.host == place.name for one in self.meeting.members):
            address = self.meeting.member(place.name).address
            own = {**self.meeting.environment(place.name), **own}
        return Part(place, agent, own, prepared.processes, address, prepared.devices)

    def open(self, name: str, events: Events) -> Part:
        """Reach a host that was away, and make it ready. Raises Failure."""
        ((_, host),) = hosts_of(self.project, (name,))
        try:
            return self.begin(self.prepare(self.look(name, host)), events)
        except BaseException:
            host.close()
            raise

    def _facts(self, place: Place) -> Facts:
        kept = Kept(self.project.layout).read(place.name)
        if kept is not None and kept[0].value is not None:
            return kept[0].value
        told = facts_room.ask(
            place.host,
            place.python(self.generation),
            project=place.root,
            cache=place.cache,
            temporary="/tmp",  # noqa: S108
        )
        return facts_room.read(told.document)


def programs() -> Tree:
    """Return our own programs as they are sent."""
    whole = read_tree(str(PAYLOAD))
    chosen = {
        path: one
        for path, one in whole.entries.items()
        if path == "." or (path.split("/")[0] in SENT and "__pycache__" not in path.split("/"))
    }
    return replace(whole, entries=chosen)


def folder_is_shared(places: Sequence[Place], mark: str) -> bool:
    """Tell whether all hosts see the same project folder. Raises Failure as hosts do."""
    first, *others = places
    name = f"shared-{mark}"
    first.host.put(b"", posixpath.join(first.base, name))
    try:
        asked = (posixpath.join(one.base, name) for one in others)
        return all(
            one.host.exec(("test", "-e", path)).code == 0 for one, path in zip(others, asked, strict=True)
        )
    finally:
        first.host.exec(("rm", "-f", posixpath.join(first.base, name)))


def gpus_of(facts: Facts) -> int:
    """Return how many accelerators a host has."""
    if facts.nvidia.gpus:
        return len(facts.nvidia.gpus)
    return next((len(one.devices) for one in (facts.amd, facts.intel, facts.ascend) if one.devices), 0)


def _plain(name: str) -> str:
    return "".join(one if one.isalnum() else "_" for one in name)


def _nobody(count: int) -> None:
    """Take how many bytes went by when nobody wants to know."""


def _unheard(files: object) -> None:
    """Take what stays on a host when that was told before."""
