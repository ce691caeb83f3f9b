"""The view of a machine's facts, in groups; --verbose tells how each was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...model.facts import Facts, Gpu, Nvidia, Source
from ..context import Context
from ..line import BLANK, Line, Span, line, prose, table, wrap
from ..redact import redact, variable
from ..units import duration, size
from ..width import cells, pad
from .facts_devices import devices, joined, there, toolkits
from .facts_services import clouds, clusters, engines, machines
from .sentences import section

FEATURES = (
    # what decides how fast a model computes; --verbose lists all that were read
    "avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16",
    "amx_tile", "amx_bf16", "amx_int8", "amx_fp16", "asimd", "asimddp", "bf16", "i8mm", "sve", "sve2",
)  # fmt: skip
TROUBLE = ("timeout", "failed", "unreadable")
TOLD = ("amd", "ascend", "intel", "engines", "slurm", "kubernetes")
"""Facts that say themselves, in words of their own, what did not answer."""
SOURCE_MARKS = {"read": "passed", "absent": "skipped"}
PURPOSES = {
    "project": "ui.facts.disk.project",
    "cache": "ui.facts.disk.cache",
    "temp": "ui.facts.disk.temp",
}
Row = tuple[Line, Line]


def lines(facts: Facts, context: Context) -> Iterator[Line]:
    """Yield the facts in groups, then what could not be read."""
    title = context.say("ui.facts.of", host=facts.host) if facts.host else context.say("ui.facts.here")
    yield line(Span(title, "strong"))
    groups = (
        *(_system, _processor, _memory, _accelerator, toolkits, _disks, _programs),
        *(engines, machines, clusters, clouds, _pip, _network, _limits),
    )
    rows: list[Row] = []
    for group in groups:
        label = context.say(f"ui.facts.{group.__name__.strip('_')}")
        for index, said in enumerate(group(facts, context)):
            rows.append((line(Span(label, "quiet")) if index == 0 else BLANK, said))
    yield from _grouped(rows, context)
    yield from _trouble(facts.sources, context)
    if context.verbose:
        yield from section(context.say("ui.facts.sources"))
        sources = [_source(source, context) for source in facts.sources]
        yield from table(sources, context.width, right=(2,), marked=True)


def _grouped(rows: list[Row], context: Context) -> Iterator[Line]:
    if context.width >= 60:
        yield from table(rows, context.width)
        return
    for label, said in rows:
        if label:
            yield line("  ", label)
        yield from wrap(said, context.width, first=line("    "))


def _system(facts: Facts, context: Context) -> Iterator[Line]:
    platform = facts.platform
    name = platform.distribution_name or f"{platform.distribution} {platform.distribution_version}".strip()
    libc = f"{platform.libc} {platform.libc_version}".strip()
    kernel = context.say("ui.facts.kernel", version=platform.kernel) if platform.kernel else ""
    l4t = f"L4T {platform.l4t}" if platform.l4t else ""
    yield joined(context, name or platform.system, platform.machine, libc, l4t, kernel)
    container = facts.container
    inside = [context.say("ui.facts.container", kind=container.kind)] if container.kind else []
    if container.virtual:
        inside.append(context.say("ui.facts.virtual", kind=container.virtual))
    if container.wsl:
        inside.append(f"WSL {container.wsl}")
    if inside:
        yield joined(context, *inside)


def _processor(facts: Facts, context: Context) -> Iterator[Line]:
    cpu = facts.cpu
    if cpu.model or cpu.vendor:
        yield line(cpu.model or cpu.vendor)
    cores = context.say("ui.facts.cores", n=cpu.logical) if cpu.logical else ""
    granted = ""
    if cpu.granted and cpu.granted < cpu.logical:
        granted = context.say("ui.facts.cores_granted", cores=f"{cpu.granted:g}")
    if cores or cpu.level:
        yield joined(context, cores, granted, cpu.level)
    features = cpu.features if context.verbose else tuple(one for one in FEATURES if one in cpu.features)
    if features:
        yield line(" ".join(features))


def _memory(facts: Facts, context: Context) -> Iterator[Line]:
    memory = facts.memory
    if not memory.total:
        return
    parts = [context.say("ui.facts.total", size=size(memory.total, binary=True))]
    if memory.granted and memory.granted < memory.total:
        granted = size(memory.granted, binary=True)
        parts.append(context.say("ui.facts.granted", size=granted, version=memory.cgroup_version))
    parts.append(context.say("ui.facts.available", size=size(memory.available, binary=True)))
    if memory.swap:
        parts.append(context.say("ui.facts.swap", size=size(memory.swap, binary=True)))
    yield joined(context, *parts)
    if memory.shm_total is not None:
        total = size(memory.shm_total, binary=True)
        free = total if memory.shm_free is None else size(memory.shm_free, binary=True)
        yield line(context.say("ui.facts.shm", total=total, free=free))


def _accelerator(facts: Facts, context: Context) -> Iterator[Line]:
    if facts.nvidia.state == "none" and not there(facts):
        yield line(context.say("ui.facts.no_accelerator"))
    if facts.nvidia.state != "none":
        yield from _nvidia(facts.nvidia, context)
    yield from devices(facts, context)


def _nvidia(nvidia: Nvidia, context: Context) -> Iterator[Line]:
    for gpu, count in _alike(nvidia.gpus).items():
        yield _gpu(gpu, count, context)
    if nvidia.state != "ready":
        yield line(
            Span(f"{context.marks.warning} {context.say(f'ui.facts.nvidia.{nvidia.state}')}", "warning")
        )
    driver = context.say("ui.facts.driver", version=nvidia.driver) if nvidia.driver else ""
    cuda = context.say("ui.facts.cuda", version=nvidia.cuda) if nvidia.cuda else ""
    if driver or cuda:
        yield joined(context, driver, cuda)
    yield from _visibility(nvidia, context)


def _visibility(nvidia: Nvidia, context: Context) -> Iterator[Line]:
    if nvidia.visible is not None:
        yield line(f"CUDA_VISIBLE_DEVICES={nvidia.visible}")
    if nvidia.detail:
        yield line(Span(nvidia.detail, "quiet"))


def _alike(gpus: tuple[Gpu, ...]) -> Counter[tuple[str, str | None, int | None, str | None]]:
    return Counter((gpu.name, gpu.compute_capability, gpu.memory, gpu.mig) for gpu in gpus)


def _gpu(gpu: tuple[str, str | None, int | None, str | None], count: int, context: Context) -> Line:
    name, capability, memory, mig = gpu
    called = name if count == 1 else f"{count} {context.marks.times} {name}"
    return joined(
        context,
        called,
        size(memory, binary=True) if memory else "",
        context.say("ui.facts.capability", version=capability) if capability else "",
        "MIG" if mig and mig.lower() == "enabled" else "",
    )


def _disks(facts: Facts, context: Context) -> Iterator[Line]:
    for disk in facts.disks:
        purpose = context.say(PURPOSES[disk.purpose]) if disk.purpose in PURPOSES else disk.purpose
        room = context.say("ui.facts.disk.free", free=size(disk.free), total=size(disk.total))
        locked = "" if disk.writable else context.say("ui.facts.disk.read_only")
        yield joined(context, purpose, room, disk.filesystem, locked, disk.path)


def _programs(facts: Facts, context: Context) -> Iterator[Line]:
    found = [
        (f"{'Python' if one.implementation == 'cpython' else one.implementation} {one.version}", one.path)
        for one in facts.pythons
    ]
    found += [(f"{tool.name} {tool.version}".rstrip(), tool.path) for tool in facts.tools]
    widest = max((cells(name) for name, _ in found), default=0)
    for name, path in found:
        yield line(pad(name, widest), Span(f"  {path}", "quiet"))


def _pip(facts: Facts, context: Context) -> Iterator[Line]:
    pip = facts.pip
    options = [("index-url", pip.index_url)]
    options += [("extra-index-url", url) for url in pip.extra_index_urls]
    options += [("find-links", place) for place in pip.find_links]
    options += [("constraint", path) for path in pip.constraints]
    options += [("trusted-host", host) for host in pip.trusted_hosts]
    options += [("no-index", "true" if pip.no_index else None), ("cert", pip.cert), ("proxy", pip.proxy)]
    for name, value in options:
        if value:
            origin = pip.origins.get(name, "")
            yield line(f"{name} = {redact(value)}", Span(f"  {origin}" if origin else "", "quiet"))


def _network(facts: Facts, context: Context) -> Iterator[Line]:
    for name, value in (*facts.network.proxies, *facts.network.certificates):
        yield line(f"{name}={variable(name, value)}")


def _limits(facts: Facts, context: Context) -> Iterator[Line]:
    limits = facts.limits
    told = []
    if limits.open_files is not None:
        told.append(context.say("ui.facts.limit.open_files", count=f"{limits.open_files:,}"))
    if limits.processes is not None:
        told.append(context.say("ui.facts.limit.processes", count=f"{limits.processes:,}"))
    if limits.locked_memory is not None:
        told.append(context.say("ui.facts.limit.locked_memory", size=size(limits.locked_memory, binary=True)))
    if limits.address_space is not None:
        told.append(context.say("ui.facts.limit.address_space", size=size(limits.address_space, binary=True)))
    if told:
        yield joined(context, *told)


def _trouble(sources: tuple[Source, ...], context: Context) -> Iterator[Line]:
    troubled = [source for source in sources if source.outcome in TROUBLE and source.fact not in TOLD]
    if not troubled:
        return
    yield BLANK
    for source in troubled:
        time = duration(source.milliseconds / 1000)
        said = context.say(f"ui.facts.trouble.{source.outcome}", fact=source.fact, how=source.how, time=time)
        yield from wrap(
            line(
                prose(said),
                Span(f"{context.say('ui.colon')}{source.detail}" if source.detail else "", "quiet"),
            ),
            context.prose_width,
            first=line(Span(context.marks.warning, "warning"), " "),
        )


def _source(source: Source, context: Context) -> tuple[Line, ...]:
    if source.outcome in TROUBLE:
        mark = Span(context.marks.warning, "warning")
    else:
        mark = context.mark(SOURCE_MARKS[source.outcome])
    how = line(source.how, Span(f"  {source.detail}" if source.detail else "", "quiet"))
    return line(mark), line(source.fact), line(Span(duration(source.milliseconds / 1000), "quiet")), how
