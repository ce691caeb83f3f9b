"""torch's family from the right source: each candidate tried, believed only after a look at what came."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from packaging.utils import canonicalize_name
from packaging.version import Version

from ..errors import Failure, Hint, Place, Problem, Text, problem, text
from ..model.facts import Platform
from ..model.lock import Choice, Package, Refusal
from ..model.spec import Requirement
from . import builds
from .accelerators import Candidate, Decision
from .compiling import Question, alone, compile_packages
from .failures.cause import NETWORK, RESOLUTION
from .platforms import machine_of
from .requirements import family as family_of
from .requirements import is_sibling, members, torch_specifiers
from .sources import TorchSource, describe, torch_sources

ATTEMPTS = 8
BY_ACCELERATOR = ("nvidia-", "cuda-", "triton", "pytorch-triton", "rocm", "intel-", "torch-npu", "libtpu")
ABSENT = (
    re.compile(r"([\w.-]+) was not found in the (?:package registry|provided)"),
    re.compile(r"there (?:is|are) no versions? of ([\w.-]+)(?:\[[^\]]*\])?[=<>!~]"),
)


@dataclass(frozen=True)
class Resolved:
    """The packages, and for torch's family: which, from where, as which build, what was tried before."""

    packages: tuple[Package, ...]
    family: tuple[str, ...] = ()
    source: TorchSource | None = None
    choices: tuple[Choice, ...] = ()
    findings: tuple[Problem, ...] = field(default=())


def resolve(question: Question, decision: Decision) -> Resolved:
    """Return the packages of a lock, torch's family as the best candidate that some source has.

    Raises Failure: uv's own explanation where the requirements contradict each
    other, PV321 where no source has a build that runs on the machine.
    """
    family = family_of(requirement.name for requirement in question.spec.requirements)
    if not family:
        packages = compile_packages(question)
        family = family_of(package.name for package in packages)
        if not family:
            return Resolved(packages, choices=(decision.choice,), findings=decision.findings)
    return _search(question, decision, family)


def build_of(packages: Sequence[Package], platform: Platform) -> str:
    """Return which build of torch was locked: by its local version, else by the CUDA runtime beside it.

    Those of torch 1.x for Linux carry CUDA inside: what the default index serves is known by the version
    alone (`unknown` before the table).
    """
    torch = next(package for package in packages if package.name == "torch")
    local = torch.version.partition("+")[2]
    if local:
        return builds.build_of_local(local)
    for package in packages:
        if package.name == "cuda-toolkit" or package.name.startswith("nvidia-cuda-runtime"):
            version = Version(package.version)
            return f"cu{version.major}{version.minor}"
    if platform.system == "darwin" and platform.machine == "arm64":
        return "mps"
    version = Version(torch.version)
    if platform.system == "linux" and version.major < 2:
        return builds.default_build(platform.system, machine_of(platform), f"{version.major}.{version.minor}")
    return "cpu"


def accelerator_bytes(packages: Sequence[Package]) -> int:
    """Return the size in bytes of torch's family and of what it brings for a GPU, as far as indexes say."""
    names = family_of(package.name for package in packages)
    return sum(
        max((artifact.size or 0 for artifact in package.artifacts), default=0)
        for package in packages
        if package.name in names or package.name.startswith(BY_ACCELERATOR)
    )


def _search(question: Question, decision: Decision, family: tuple[str, ...]) -> Resolved:
    refused: list[Refusal] = []
    failed: list[tuple[TorchSource, Problem]] = []
    unreachable = False
    last: tuple[tuple[Package, ...], TorchSource, str] | None = None
    for candidate in decision.candidates:
        asked = _asked(question, candidate)
        for source in _sources(question, candidate):
            if source.kind == "public" and unreachable:
                continue
            try:
                packages, family, build = _attempt(asked, family, source, candidate)
            except Failure as failure:
                first = _true_cause(asked, source, failure.problems[0])
                if not _is_about(first, source, family):
                    raise Failure(first) from failure
                unreachable = unreachable or (source.kind == "public" and first.code in NETWORK)
                failed.append((source, first))
                refused.append(_refusal(candidate, source, _why_failed(first)))
                continue
            if _accepts(candidate, source, build):
                return _found(question, decision, candidate, Resolved(packages, family, source), refused)
            why = text("lock.torch.other_build", build=build, version=_torch(packages).version)
            refused.append(_refusal(candidate, source, why))
            if candidate.build == "cpu" and builds.is_cuda(build) and source.kind == "default":
                last = (packages, source, build)
    if last is not None:
        return _oversized(question, decision, last, family, refused)
    raise _none(decision, refused, failed)


def _asked(question: Question, candidate: Candidate) -> Question:
    """Return the question with what the candidate needs beside torch: its plug-in, its limits of torch."""
    spec = question.spec
    plugins = tuple(_requirement(line, spec.file) for line in candidate.plugins)
    limits = tuple(_requirement(line, spec.file) for line in candidate.constraints)
    if not plugins and not limits:
        return question
    asked = replace(
        spec, requirements=(*spec.requirements, *plugins), constraints=(*spec.constraints, *limits)
    )
    return replace(question, spec=asked)


def _requirement(line: str, file: str) -> Requirement:
    name = re.split(r"[\[=<>!~ ]", line, maxsplit=1)[0]
    return Requirement(line, canonicalize_name(name), Place(file))


def _sources(question: Question, candidate: Candidate) -> tuple[TorchSource, ...]:
    """Return where a candidate may come from; a build that only one index has, from there alone.

    The default index serves neither ROCm nor XPU builds, and PyTorch's own keeps
    those of macOS among the CPU builds.
    """
    platform = question.platform
    if candidate.index is not None:
        limits = _range(candidate.versions)
        return (TorchSource("public", candidate.index, constraints=limits),)
    versions = candidate.versions or builds.wanted(torch_specifiers(question.spec))
    found = torch_sources(
        candidate.build,
        versions,
        question.spec,
        question.sources,
        system=platform.system,
        machine=machine_of(platform),
    )
    if candidate.kind in ("rocm", "xpu"):
        found = tuple(one for one in found if one.kind != "default")
    if candidate.build == "mps":
        found = tuple(replace(one, url=re.sub(r"/mps$", "/cpu", one.url or "") or None) for one in found)
    return found


def _range(minors: Sequence[str]) -> tuple[str, ...]:
    if not minors:
        return ()
    major, last = builds.newest(minors).split(".")
    return (f"torch>={min(minors, key=Version)}", f"torch<{major}.{int(last) + 1}")


def _attempt(
    question: Question, family: tuple[str, ...], source: TorchSource, candidate: Candidate
) -> tuple[tuple[Package, ...], tuple[str, ...], str]:
    """Return what a source gives: packages, the family among them, torch's build.

    What the source has of other builds under a local version is excluded, and
    members of the family that only show up in the result are bound as well. So
    are those that torch requires and the ordinary indexes lack (`triton-rocm`).
    """
    excluded: list[str] = []
    for _ in range(ATTEMPTS):
        try:
            packages = compile_packages(question, family, source, excluded)
        except Failure as failure:
            lacking = _lacking(failure.problems[0], family) if source.kind != "default" else ()
            if not lacking:
                raise
            family = (*family, *lacking)
            continue
        found = members(package.name for package in packages)
        if "torch" not in found:
            return packages, found, candidate.build
        build = build_of(packages, question.platform)
        torch = _torch(packages)
        if not _accepts(candidate, source, build) and "+" in torch.version:
            excluded.append(f"torch!={torch.version}")
        elif set(found) <= set(family) or source.kind == "default":
            break
        family = tuple(dict.fromkeys([*family, *found]))
    return packages, tuple(dict.fromkeys([*family, *found])), build


def _lacking(first: Problem, family: Sequence[str]) -> tuple[str, ...]:
    """Return the siblings that uv found nowhere else and that are not bound to torch's source yet."""
    words = re.sub(r"\s+", " ", str(first.why.args.get("text", "")) if first.why else "")
    named = {canonicalize_name(name) for pattern in ABSENT for name in pattern.findall(words)}
    return tuple(sorted(one for one in named if is_sibling(one) and one not in family))


def _accepts(candidate: Candidate, source: TorchSource, build: str) -> bool:
    """Tell whether a build is the wanted one; an index of one candidate has nothing else."""
    if candidate.index is not None and source.url == candidate.index:
        return True
    return build == candidate.build or (candidate.build == "cpu" and build == "mps")


def _is_about(first: Problem, source: TorchSource, family: Sequence[str]) -> bool:
    """Tell whether a failure speaks about this source of torch; others would only fail again.

    A mirror that the user declared and that can't be reached is no reason to look elsewhere.
    Its second form, a listing, is a guess: that there is none says nothing.
    """
    args = first.what.args
    if first.code in NETWORK and source.kind == "mirror" and source.flat:
        return True
    if first.code in NETWORK:
        return source.kind not in ("default", "mirror") and _host(str(args.get("url", ""))) == _host(
            source.url or ""
        )
    if first.code in RESOLUTION:
        words = str(first.why.args.get("text", "")) if first.why else ""
        return any(name in words for name in family)
    return False


def _true_cause(question: Question, source: TorchSource, first: Problem) -> Problem:
    """Return why a declared mirror gave nothing: uv passes over a refused login of an explicit index."""
    if source.kind != "mirror" or first.code not in RESOLUTION:
        return first
    try:
        compile_packages(alone(question, source))
    except Failure as failure:
        found = failure.problems[0]
        return found if found.code in NETWORK else first
    return first


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]


def _why_failed(first: Problem) -> Text:
    if first.code in NETWORK:
        return text("lock.torch.unreachable", url=str(first.what.args.get("url", "")))
    words = str(first.why.args.get("text", "")) if first.why else first.code
    return text("lock.torch.no_solution", words=words.removeprefix("error: "))


def _refusal(candidate: Candidate, source: TorchSource, why: Text) -> Refusal:
    return Refusal(f"{candidate.shown} {source.shown}", why)


def _torch(packages: Sequence[Package]) -> Package:
    return next(package for package in packages if package.name == "torch")


def _found(
    question: Question,
    decision: Decision,
    candidate: Candidate,
    resolved: Resolved,
    refused: Sequence[Refusal],
) -> Resolved:
    source = resolved.source
    if source is None or all(package.name != "torch" for package in resolved.packages):
        return replace(resolved, choices=(decision.choice,), findings=decision.findings)
    better = [one for one in decision.candidates if one is not candidate]
    accelerator = Decision((candidate, *better), decision.refused).choice
    missed = tuple(
        Refusal(one.shown, text("lock.accelerator.no_source"))
        for one in decision.candidates[: decision.candidates.index(candidate)]
    )
    named = {one.value for one in missed}
    kept = tuple(one for one in accelerator.refused if one.value not in named)
    choice = Choice("source:torch", _value(source), describe(source), tuple(refused))
    return replace(
        resolved,
        choices=(replace(accelerator, refused=(*missed, *kept)), choice),
        findings=(*decision.findings, *_newer(question, candidate, resolved)),
    )


def _value(source: TorchSource) -> str:
    return source.kind if source.url is None else f"{source.kind} {source.shown}"


def _newer(question: Question, candidate: Candidate, resolved: Resolved) -> tuple[Problem, ...]:
    """Return the note that a newer torch exists, only not as this build from this source."""
    source = resolved.source
    if source is None or source.kind not in ("folder", "index", "mirror"):
        return ()
    wanted = builds.wanted(torch_specifiers(question.spec))
    version = _torch(resolved.packages).version
    if not wanted or Version(builds.newest(wanted)).release[:2] <= Version(version).release[:2]:
        return ()
    newest = builds.newest(wanted)
    return (
        problem(
            "PV323",
            severity="note",
            version=version,
            newest=newest,
            source=source.shown,
            build=candidate.build,
        ),
    )


def _oversized(
    question: Question,
    decision: Decision,
    last: tuple[tuple[Package, ...], TorchSource, str],
    family: tuple[str, ...],
    refused: Sequence[Refusal],
) -> Resolved:
    """Return the CUDA build for a machine without a GPU: nothing else can be had, and its size is said."""
    packages, source, build = last
    size = accelerator_bytes(packages)
    finding = problem(
        "PV322",
        severity="warning",
        build=build,
        size_bytes=size,
        why=text("PV322.why", n=len(refused)),
        hints=(Hint(text("PV322.hint")),),
    )
    choice = Choice("source:torch", "default", text("lock.torch.only_cuda", build=build), tuple(refused))
    return Resolved(packages, family, source, (decision.choice, choice), (*decision.findings, finding))


def _none(
    decision: Decision, refused: Sequence[Refusal], failed: Sequence[tuple[TorchSource, Problem]]
) -> Failure:
    """Return the failure: the contradiction itself where there is one, else all that was refused."""
    contradictions = [one for source, one in failed if one.code in RESOLUTION and source.kind == "default"]
    if contradictions:
        # the ordinary indexes have every version there is: no other source would help
        return Failure(contradictions[0])
    wanted = ", ".join(candidate.shown for candidate in decision.candidates)
    without_gpu = all(candidate.build == "cpu" for candidate in decision.candidates)
    hints = (Hint(text("PV321.hint")), *(() if without_gpu else (Hint(text("PV321.hint_cpu")),)))
    reasons = tuple(Hint(text("lock.torch.refused", source=one.value)) for one in refused)
    last = failed[-1][1].why if failed else None
    return Failure(problem("PV321", builds=wanted, why=last, hints=(*hints, *reasons)))
