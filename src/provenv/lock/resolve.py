"""(Spec, Facts) -> Lock: the accelerator, the families, uv's resolution, and the reasons for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import Problem, problem, text
from ..model.channel import Host
from ..model.facts import Facts
from ..model.lock import Choice, Lock, Package
from ..model.progress import Progress, Silent
from ..model.spec import Spec
from ..pipconf import PipConfiguration
from .accelerators import decide
from .compiling import Question, required_by
from .families import review
from .fitting import fitted_resolution
from .inputs import inputs_of
from .own_wheel import check
from .platforms import choose_python, python_platform
from .pylock import identity
from .sources import Sources, confusion, index_choice, sources_of
from .torch import Resolved
from .uv import uv_environment, uv_version


def make(
    spec: Spec,
    facts: Facts,
    *,
    target: str,
    host: Host,
    uv: str,
    pip: PipConfiguration,
    environment: Mapping[str, str],
    scratch: Path,
    foreign: bool = False,
    upgrade: Sequence[str] | None = None,
    previous: Lock | None = None,
    progress: Progress | None = None,
) -> Lock:
    """Return the lock of `spec` for the machine that `facts` describe.

    `pip`, `environment` and `host` are those of the place where uv runs;
    `foreign` says that the facts are another machine's. `upgrade` None keeps
    the pins of `previous`, names move those packages, `()` moves all.
    `scratch` is an empty folder for uv's input.

    Raises Failure with uv's own explanation and the user's own line, or with
    everything that can't work on the machine (PV380, PV394, PV396), with another version
    of provenv-runtime than comes with provenv (PV1251).
    """
    task = (progress or Silent()).task(text("lock.resolving", target=target))
    check(spec)
    decision = decide(spec, facts, foreign=foreign)
    python = choose_python(spec.python, facts, foreign=foreign)
    sources = sources_of(spec, pip, environment)
    question = Question(
        spec=spec,
        platform=facts.platform,
        python=python.version,
        interpreter=python.path,
        host=host,
        uv=uv,
        pip=pip,
        environment=environment,
        sources=sources,
        scratch=scratch,
        previous=previous if upgrade is None or upgrade else None,
        upgrade=None if upgrade is None else tuple(upgrade),
    )
    question, resolved = fitted_resolution(question, facts, decision)
    asking = required_by(question, resolved.packages, resolved.family, resolved.source)
    packages = tuple(
        replace(package, required_by=asking.get(package.name, ()))
        for package in sorted(resolved.packages, key=lambda one: (one.name, one.version))
    )
    reviewed = review(packages, spec, facts, decision, python=python.version)
    version = uv_version(host, uv, uv_environment(environment, pip, sources))
    task.finish(text("lock.resolved", n=len(packages), target=target))
    return Lock(
        target=target,
        python=python.version,
        platform=python_platform(facts.platform),
        packages=packages,
        choices=(*resolved.choices, python.choice, index_choice(sources, pip), *_constraints(sources)),
        identity=identity(packages),
        inputs=inputs_of(spec, version),
        findings=(*_findings(resolved, packages), *reviewed, *confusion(sources)),
        uv=version,
    )


def _constraints(sources: Sources) -> tuple[Choice, ...]:
    return tuple(Choice("constraints", path, text("lock.constraints.pip")) for path in sources.constraints)


def _findings(resolved: Resolved, packages: Sequence[Package]) -> tuple[Problem, ...]:
    """Return the findings, and by name what no hash protects."""
    unhashed = [
        package.name
        for package in packages
        if package.origin in ("index", "archive") and not any(one.hashes for one in package.artifacts)
    ]
    if not unhashed:
        return resolved.findings
    names = ", ".join(unhashed)
    return (*resolved.findings, problem("PV324", severity="warning", names=names, n=len(unhashed)))
