"""What is asked of the families: the declared lines that apply, the machine, and what was locked so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from packaging.requirements import Requirement as Parsed
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from ...errors import Text, text
from ...model.facts import Facts
from ...model.spec import Requirement, Spec
from .. import builds
from ..accelerators import Candidate, Decision, cuda_refusal
from ..platforms import machine_of
from ..requirements import family, parsed

SYSTEMS = {
    "linux": ("linux", "Linux", "posix"),
    "darwin": ("darwin", "Darwin", "posix"),
    "windows": ("win32", "Windows", "nt"),
}


@dataclass(frozen=True)
class Line:
    """A requirement of the user's that applies here, as it was written and as it reads."""

    requirement: Requirement
    parsed: Parsed

    @property
    def fixed(self) -> bool:
        """Tell whether it names one file or folder: such a line is never changed."""
        return self.parsed.url is not None or bool(self.requirement.hashes) or self.requirement.editable


@dataclass(frozen=True)
class Wanted:
    """One question to every family.

    `locked` are names and versions that the last resolution gave (empty before
    the first), `without` names that no index here has, `held` what earlier
    passes added because of versions that they found.
    """

    spec: Spec
    facts: Facts
    decision: Decision
    python: str
    locked: Mapping[str, str] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    held: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Return the kind of accelerator that was chosen: `cuda`, `cpu`..."""
        return self.decision.kind

    @property
    def best(self) -> Candidate:
        """Return the build of torch that will be tried first."""
        return self.decision.candidates[0]

    @property
    def system(self) -> str:
        """Return `linux`, `darwin` or `windows`."""
        return self.facts.platform.system

    @property
    def machine(self) -> str:
        """Return the processor: `x86_64`, `aarch64`..."""
        return machine_of(self.facts.platform)

    @cached_property
    def lines(self) -> Mapping[str, tuple[Line, ...]]:
        """Return the declared lines that apply to this Python and platform, by name."""
        return _by_name(self._applying(self.spec.requirements))

    @cached_property
    def limits(self) -> Mapping[str, tuple[Line, ...]]:
        """Return the constraints that apply, by name."""
        return _by_name(self._applying(self.spec.constraints))

    def declared(self, name: str) -> bool:
        """Tell whether the user asks for it by name."""
        return name in self.lines

    def has(self, name: str) -> bool:
        """Tell whether it will be there: declared, or locked as something's dependency."""
        return name in self.lines or name in self.locked

    @property
    def has_torch(self) -> bool:
        """Tell whether a member of torch's family will be there."""
        return bool(family((*self.lines, *self.locked)))

    def line(self, name: str) -> Line:
        """Return the first declared line of that name."""
        return self.lines[name][0]

    def specifiers(self, name: str) -> SpecifierSet:
        """Return what lines and constraints say about its version."""
        found = SpecifierSet()
        for one in (*self.lines.get(name, ()), *self.limits.get(name, ())):
            found &= one.parsed.specifier
        return found

    def refusal(self, cuda: str, capabilities: Iterable[str]) -> Text | None:
        """Return why a build with this CUDA can't run, or None; facts without a GPU are taken as a wish."""
        if self.kind != "cuda":
            return text("lock.families.no_cuda", kind=self.kind)
        if not self.facts.nvidia.gpus:
            return None
        return cuda_refusal(self.facts, cuda, tuple(capabilities))

    def _applying(self, requirements: Iterable[Requirement]) -> Iterator[Line]:
        environment = _markers(self)
        for one in requirements:
            read = parsed(one)
            if read is not None and (read.marker is None or read.marker.evaluate(environment)):
                yield Line(one, read)


def cuda_major(build: str) -> int | None:
    """Return the CUDA major of a build of torch (`cu130` -> 13), None for others."""
    return Version(builds.cuda_version(build)).major if builds.is_cuda(build) else None


def overlaps(specifiers: SpecifierSet, first: str, last: str | None) -> bool:
    """Tell whether some version from `first` to the minor version `last` (None: newest) is allowed.

    What is allowed are intervals; each begins at `first`, at a version that the
    specifiers name, or right after one: those are enough to look at.
    """
    low, high = Version(first), Version(last) if last else None
    named = [Version(one.version.removesuffix(".*")) for one in specifiers]
    points = [low, *named, *(after for one in (low, *named) for after in _after(one))]
    return any(
        specifiers.contains(one, prereleases=True)
        for one in points
        if one >= low and (high is None or one.release[:2] <= high.release[:2])
    )


def _after(version: Version) -> tuple[Version, ...]:
    """Return the next versions in each of its places: 2.1.3 -> 3.0, 2.2, 2.1.4."""
    release = (*version.release, 0, 0)[:3]
    return tuple(
        Version(".".join(map(str, (*release[:place], release[place] + 1)))) for place in range(len(release))
    )


def following(minor: str) -> str:
    """Return the minor version after one: `2.9` -> `2.10`."""
    version = Version(minor)
    return f"{version.major}.{version.minor + 1}"


def runs(wanted: Wanted, row: Mapping[str, Any]) -> Text | None:
    """Return why no version of a table's row runs on the machine, or None."""
    python = row.get("python")
    if python and wanted.python not in SpecifierSet(str(python), prereleases=True):
        return text("lock.families.python", python=str(python), wanted=wanted.python)
    return wanted.refusal(str(row["cuda"]), tuple(row.get("capabilities", ())))


def _by_name(lines: Iterable[Line]) -> dict[str, tuple[Line, ...]]:
    found: dict[str, tuple[Line, ...]] = {}
    for one in lines:
        name = canonicalize_name(one.parsed.name)
        found[name] = (*found.get(name, ()), one)
    return found


def _markers(wanted: Wanted) -> dict[str, str]:
    """Return PEP 508's environment of the target: what is not known of it keeps this Python's value."""
    python = wanted.python
    platform, system, name = SYSTEMS.get(wanted.system, (wanted.system, wanted.system, "posix"))
    machine = wanted.facts.platform.machine
    return {
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": python if python.count(".") >= 2 else f"{python}.0",
        "sys_platform": platform,
        "platform_system": system,
        "os_name": name,
        "platform_machine": machine,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
