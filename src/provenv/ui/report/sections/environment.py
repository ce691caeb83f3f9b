"""The environment: the machine, the interpreter, the accelerator, and every package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ....model.facts import Facts, Gpu
from ....model.lock import Package
from ....model.stand_ins import installed_as
from ...redact import redact
from ...units import size
from ..context import Context
from ..figures import moment
from ..markup import Html, tag

FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16")


def section(context: Context) -> Html:
    """Return machine and interpreter as a list of facts, and the packages as a table that can be opened."""
    return context.section(
        "environment",
        tag(
            "dl",
            [
                tag("div", tag("dt", context.say(f"report.environment.{name}")), tag("dd", value))
                for name, value in _facts(context)
                if value
            ],
            class_="facts",
        ),
        _declared(context),
        _packages(context),
    )


def _facts(context: Context) -> Iterator[tuple[str, str]]:
    result, facts = context.result, context.result.facts
    system = facts.platform.distribution_name or facts.platform.distribution or facts.platform.system
    libc = f"{facts.platform.libc} {facts.platform.libc_version}".strip()
    yield "system", _joined(system, facts.platform.machine, libc)
    yield "processor", _joined(facts.cpu.model, _features(facts))
    cores = facts.cpu.granted or facts.cpu.logical
    yield "cores", context.say("report.environment.cores_of", granted=f"{cores:g}", n=facts.cpu.logical)
    yield (
        "memory",
        size(facts.memory.granted or facts.memory.total, binary=True)
        if facts.memory.granted or facts.memory.total
        else "",
    )
    yield "accelerator", _accelerator(context, facts)
    yield "python", result.lock.python
    made = moment(result.up.generation.made)
    yield "generation", _joined(str(result.up.generation.number), made)
    yield "folder", redact(result.up.generation.path)


def _features(facts: Facts) -> str:
    return " ".join(name for name in FEATURES if name in facts.cpu.features)


def _accelerator(context: Context, facts: Facts) -> str:
    choice = context.result.lock.choice("accelerator")
    chosen = choice.value if choice else context.result.spec.accelerator
    counted = Counter(_gpu(gpu) for gpu in facts.nvidia.gpus)
    gpus = [name if count == 1 else f"{count} × {name}" for name, count in counted.items()]
    if not gpus:
        return _joined(chosen, context.say("report.environment.no_gpu"))
    driver = context.say("report.environment.driver", version=facts.nvidia.driver or "?")
    return _joined(chosen, *gpus, driver)


def _gpu(gpu: Gpu) -> str:
    memory = size(gpu.memory, binary=True) if gpu.memory else ""
    return " ".join(part for part in (gpu.name, memory) if part)


def _joined(*parts: str) -> str:
    return "\u00a0· ".join(part for part in parts if part)


def _declared(context: Context) -> Html:
    """Return what the user asked for, as it was locked."""
    locked = {package.name: package for package in context.result.lock.packages}
    names = (installed_as(one.name, locked) for one in context.result.spec.requirements)
    packages = [locked[name] for name in dict.fromkeys(filter(None, names))]
    return tag(
        "ul",
        [
            tag("li", tag("strong", package.name), " ", tag("span", package.version, class_="number"))
            for package in packages
        ],
        class_="chips",
        aria_label=context.say("report.environment.declared"),
    )


def _packages(context: Context) -> Html:
    packages = sorted(context.result.lock.packages, key=lambda package: package.name)
    heads = ("package", "version", "download", "needed_by")
    return tag(
        "details",
        tag("summary", context.say("report.environment.all_packages", n=len(packages))),
        tag(
            "div",
            tag(
                "table",
                tag(
                    "thead",
                    tag(
                        "tr",
                        [
                            tag(
                                "th",
                                context.say(f"report.environment.{head}"),
                                scope="col",
                                class_="number" if head == "download" else None,
                            )
                            for head in heads
                        ],
                    ),
                ),
                tag("tbody", [_package(package) for package in packages]),
            ),
            class_="scroll",
            tabindex=0,
            role="region",
            aria_label=context.say("report.environment.all_packages", n=len(packages)),
        ),
    )


def _package(package: Package) -> Html:
    sizes = {artifact.size for artifact in package.artifacts if artifact.size}
    where = redact(package.location) if package.location else ""
    return tag(
        "tr",
        tag("th", package.name, tag("span", where, class_="small") if where else None, scope="row"),
        tag("td", tag("code", package.version)),
        tag("td", size(max(sizes)) if sizes else "", class_="number"),
        tag("td", ", ".join(package.required_by), class_="quiet"),
    )
