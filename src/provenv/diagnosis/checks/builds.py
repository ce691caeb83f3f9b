"""The build that is installed against the machine: its driver, its GPUs' architectures, its absence."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import InvalidVersion, Version

from ...errors import Text, text
from ...lock import builds as torch_builds
from ...lock.accelerators import cuda_refusal, decide
from ...lock.accelerators.nvidia import runs_code
from ...lock.platforms import machine_of
from ...lock.tables import table
from ...lock.torch import build_of
from ...model.diagnosis import Advice
from ...model.environment import Environment
from ...model.facts import Facts
from ...model.findings import Finding, Fix
from ...model.lock import Package
from ...model.spec import Spec
from ..ground import Ground
from .advising import UP, advice, install, judged, named

NOBODY = Spec("", "", "", (), "")
"""What is declared where nothing is: any accelerator will do."""
OTHERS = {"rocm": "amd", "xpu": "intel"}
"""The vendor whose devices a kind of build is for."""


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what keeps an environment's frameworks from the machine's accelerators."""
    assert ground.facts is not None
    for environment in judged(ground):
        for name, build, capabilities in _frameworks(environment, ground.facts):
            yield from _judge(ground, ground.facts, environment, name, build, capabilities)


def _frameworks(environment: Environment, facts: Facts) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield the frameworks, each with its build as torch calls them and what it has code for."""
    versions = environment.versions
    if "torch" in versions:
        build = build_of([Package(name, version) for name, version in versions.items()], facts.platform)
        yield "torch", build, _capabilities(build, versions["torch"], facts)
    if "jaxlib" in versions:
        majors = [major for major in ("13", "12") if f"jax-cuda{major}-pjrt" in versions]
        rows = {row["extra"]: row for row in table("families/jax")["cuda"]}
        if majors and f"cuda{majors[0]}" in rows:
            row = rows[f"cuda{majors[0]}"]
            yield "jax", f"cu{row['cuda'].replace('.', '')}", tuple(row["capabilities"])
        elif not any(name.startswith(("jax-rocm", "libtpu", "jax-metal")) for name in versions):
            yield "jax", "cpu", ()
    if "tensorflow" in versions and facts.platform.system == "linux":
        cuda = any(name.startswith("nvidia-cudnn") for name in versions)
        row = _row(table("families/tensorflow")["rows"], versions["tensorflow"])
        if row and cuda:
            yield "tensorflow", f"cu{row['cuda'].replace('.', '')}", tuple(row.get("capabilities", ()))
        elif row:
            yield "tensorflow", "cpu", ()
    if "tensorflow-cpu" in versions:
        yield "tensorflow", "cpu", ()


def _row(rows: list[dict[str, str]], version: str) -> dict[str, str] | None:
    try:
        release = Version(version).release[:2]
    except InvalidVersion:
        return None
    for row in rows:
        last = Version(row["to"]).release[:2] if row.get("to") else release
        if Version(row["from"]).release[:2] <= release <= last:
            return row
    return None


def _capabilities(build: str, version: str, facts: Facts) -> tuple[str, ...]:
    """Return what torch's build has code for; nothing where the table does not have it."""
    try:
        minor = ".".join(map(str, Version(version).release[:2]))
    except InvalidVersion:
        return ()
    for row in torch_builds.builds(machine_of(facts.platform)):
        if row.name == build and minor in torch_builds.minors(row.first, row.last):
            return row.capabilities
    return ()


def _judge(
    ground: Ground,
    facts: Facts,
    environment: Environment,
    name: str,
    build: str,
    capabilities: tuple[str, ...],
) -> Iterator[Finding]:
    where = named(environment, ground)
    version = environment.versions.get(name) or environment.versions.get(f"{name}-cpu") or "?"
    evidence = (text("doctor.builds.installed", where=where, name=name, version=version, build=build),)
    nvidia = facts.nvidia
    if torch_builds.is_cuda(build):
        cuda = torch_builds.cuda_version(build)
        if nvidia.state == "ready" and nvidia.gpus:
            why = cuda_refusal(facts, cuda)
            if why is not None:
                yield _too_old(ground, facts, environment, name, cuda, why, evidence)
                return
            yield from _uncovered(ground, facts, environment, name, build, capabilities, evidence)
        elif nvidia.state == "none" and not nvidia.hidden:
            yield _nothing_to_run_on(ground, facts, environment, name, build, evidence)
    elif build == "cpu" and nvidia.state == "ready" and nvidia.gpus:
        yield from _only_cpu(ground, facts, environment, name, evidence)
    kind = next((kind for kind in OTHERS if build.startswith(kind)), None)
    if kind and getattr(facts, OTHERS[kind]).state == "none":
        yield Finding(
            "build-for-other-device",
            "accelerator",
            "hurts",
            what=text("doctor.builds.other", name=name, build=build),
            why=text("doctor.builds.other.why"),
            evidence=evidence,
            remedies=(_relock(ground, environment, name),),
            fix=_fix(ground, environment),
            subject=f"{where}:{name}",
        )


def _too_old(
    ground: Ground,
    facts: Facts,
    environment: Environment,
    name: str,
    cuda: str,
    why: Text,
    evidence: tuple[Text, ...],
) -> Finding:
    driver = facts.nvidia.driver or "?"
    update = _driver_update(facts)
    return Finding(
        "driver-older-than-build",
        "accelerator",
        "blocks",
        what=text("doctor.builds.driver", name=name, cuda=cuda, driver=driver),
        why=why,
        evidence=(*evidence, text("doctor.builds.machine", gpus=_gpus(facts), driver=driver)),
        remedies=(_relock(ground, environment, name), *((update,) if update else ())),
        fix=_fix(ground, environment),
        subject=f"{named(environment, ground)}:{name}",
        cause="cuda-driver-too-old",
    )


def _uncovered(
    ground: Ground,
    facts: Facts,
    environment: Environment,
    name: str,
    build: str,
    capabilities: tuple[str, ...],
    evidence: tuple[Text, ...],
) -> Iterator[Finding]:
    lacking = [
        gpu
        for gpu in facts.nvidia.gpus
        if gpu.compute_capability and capabilities and not runs_code(gpu.compute_capability, capabilities)
    ]
    if not lacking:
        return
    shown = ", ".join(dict.fromkeys(f"{gpu.name} ({gpu.compute_capability})" for gpu in lacking))
    yield Finding(
        "gpu-not-in-build",
        "accelerator",
        "blocks" if len(lacking) == len(facts.nvidia.gpus) else "hurts",
        what=text("doctor.builds.uncovered", name=name, build=build, gpus=shown),
        why=text("doctor.builds.uncovered.why", capabilities=", ".join(capabilities)),
        evidence=evidence,
        remedies=(_relock(ground, environment, name),),
        fix=_fix(ground, environment),
        subject=f"{named(environment, ground)}:{name}",
        cause="gpu-arch-not-in-build",
    )


def _only_cpu(
    ground: Ground, facts: Facts, environment: Environment, name: str, evidence: tuple[Text, ...]
) -> Iterator[Finding]:
    spec = ground.spec or NOBODY
    if spec.accelerator == "cpu" or name not in ("torch", "jax", "tensorflow"):
        return
    decision = decide(spec, facts)
    if decision.kind != "cuda":
        # the machine's driver or GPU is what keeps it from better: that is another finding's matter
        return
    yield Finding(
        "cpu-build-beside-gpu",
        "accelerator",
        "hurts",
        what=text("doctor.builds.only_cpu", name=name, gpus=_gpus(facts)),
        why=text("doctor.builds.only_cpu.why", build=decision.candidates[0].build),
        evidence=evidence,
        remedies=(_relock(ground, environment, name),),
        fix=_fix(ground, environment),
        subject=f"{named(environment, ground)}:{name}",
        cause="cpu-only-build-on-gpu-machine",
    )


def _nothing_to_run_on(
    ground: Ground, facts: Facts, environment: Environment, name: str, build: str, evidence: tuple[Text, ...]
) -> Finding:
    asked = ground.spec is not None and ground.spec.accelerator == "cuda"
    return Finding(
        "cuda-build-without-gpu",
        "accelerator",
        "blocks" if asked else "better",
        what=text("doctor.builds.no_gpu", name=name, build=build),
        why=text("doctor.builds.no_gpu.why_asked" if asked else "doctor.builds.no_gpu.why"),
        evidence=(*evidence, text("doctor.builds.state", detail=facts.nvidia.detail or "nvidia-smi: -")),
        remedies=(_relock(ground, environment, name),),
        subject=f"{named(environment, ground)}:{name}",
        cause="gpu-driver-not-loaded",
    )


def _relock(ground: Ground, environment: Environment, name: str) -> Advice:
    """Return what brings a build that runs here."""
    if environment.kind == "generation" or ground.spec is not None:
        return advice(
            "doctor.builds.relock", "provenv lock --upgrade", "provenv up", "provenv why accelerator"
        )
    return Advice(
        text("doctor.builds.reinstall"),
        (f"{install(environment, ['--reinstall', name])} --torch-backend auto",),
    )


def _fix(ground: Ground, environment: Environment) -> Fix | None:
    """Return the repair: a lock that does not fit the machine any more is made anew by `up`."""
    return UP if environment.kind == "generation" and ground.spec is not None else None


def _driver_update(facts: Facts) -> Advice | None:
    commands = {
        "ubuntu": ("sudo ubuntu-drivers install", "sudo reboot"),
        "debian": ("sudo apt-get install nvidia-driver", "sudo reboot"),
        "fedora": ("sudo dnf install akmod-nvidia", "sudo reboot"),
        "arch": ("sudo pacman -S nvidia", "sudo reboot"),
    }.get(facts.platform.distribution)
    if facts.container.kind or facts.container.wsl:
        return advice("doctor.builds.update_host")
    if commands is None:
        return advice("doctor.builds.update_driver")
    return advice("doctor.builds.update_driver", *commands, root=True)


def _gpus(facts: Facts) -> str:
    return ", ".join(dict.fromkeys(gpu.name for gpu in facts.nvidia.gpus)) or "?"
