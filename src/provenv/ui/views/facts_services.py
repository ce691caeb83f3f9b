"""Container engines, virtualisation, clusters and credentials, as lines of the facts' view."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.facts import Facts
from ...model.services import Engine, Partition
from ..context import Context
from ..line import Line, Span, line
from .facts_devices import joined

SHOWN = 8
"""So many devices and contexts are named; a node with eight GPUs split in seven would fill the screen."""


def engines(facts: Facts, context: Context) -> Iterator[Line]:
    """Yield the container engines, and why one that is installed can't be reached."""
    for engine in facts.engines:
        yield _engine(engine, context)
        if engine.detail:
            yield line(Span(engine.detail, "quiet"))


def _engine(engine: Engine, context: Context) -> Line:
    reach = "" if engine.reachable else context.say("ui.facts.engine.unreachable")
    rootless = context.say("ui.facts.engine.rootless") if engine.rootless else ""
    runtimes = context.say("ui.facts.engine.runtimes", names=_few(engine.runtimes)) if engine.runtimes else ""
    devices = context.say("ui.facts.engine.devices", names=_few(engine.cdi)) if engine.cdi else ""
    return joined(context, f"{engine.name} {engine.version}".rstrip(), reach, rootless, runtimes, devices)


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


def machines(facts: Facts, context: Context) -> Iterator[Line]:
    """Yield whether virtual machines run with the processor's help."""
    if facts.kvm != "absent":
        yield line(context.say(f"ui.facts.kvm.{facts.kvm}"))


def clusters(facts: Facts, context: Context) -> Iterator[Line]:
    """Yield Kubernetes' contexts and Slurm's partitions."""
    kubernetes, slurm = facts.kubernetes, facts.slurm
    if kubernetes.contexts:
        used = (
            context.say("ui.facts.kubernetes.context", name=kubernetes.context) if kubernetes.context else ""
        )
        space = context.say("ui.facts.kubernetes.namespace", name=kubernetes.namespace)
        others = tuple(name for name in kubernetes.contexts if name != kubernetes.context)
        more = context.say("ui.facts.kubernetes.others", names=_few(others)) if others else ""
        yield joined(context, "Kubernetes", used, space if kubernetes.namespace else "", more)
    if slurm.version or slurm.partitions:
        yield line(f"Slurm {slurm.version}".rstrip())
    for partition in slurm.partitions:
        yield _partition(partition, context)
    if slurm.detail:
        yield line(Span(slurm.detail, "quiet"))


def _partition(partition: Partition, context: Context) -> Line:
    default = context.say("ui.facts.slurm.default") if partition.default else ""
    nodes = context.say("ui.facts.slurm.nodes", n=partition.nodes)
    limit = context.say("ui.facts.slurm.limit", limit=partition.limit) if partition.limit else ""
    return joined(context, partition.name, nodes, partition.gres, limit, default)


def clouds(facts: Facts, context: Context) -> Iterator[Line]:
    """Yield which credentials are here, by name and place."""
    for cloud in facts.clouds:
        yield line(cloud.name, Span(f"  {cloud.where}", "quiet"))
