"""The next of several mirrors where one does not answer: nothing is asked before a failure, and it is said.

A lock holds digests and no places, so that files from another mirror are the same files or are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

from .. import environ, pipconf
from .. import lock as lock_room
from ..errors import Failure, Problem, problem
from ..model.spec import Spec
from ..pipconf import redact
from .project import Project

T = TypeVar("T")
NETWORK_OF = ("torch", "python", "pypi")
"""Kinds whose mirrors uv asks; the ones that serve few things before the one that serves all others."""


def with_fallbacks(project: Project, declared: Spec, work: Callable[[Spec], T]) -> T:
    """Return what `work` makes of the Spec, with the next mirrors where one does not answer.

    Raises the Failure of `work` where that is no mirror's fault, or where there is no other mirror.
    """
    spec = declared
    while True:
        try:
            return work(spec)
        except Failure as failure:
            following = next_mirror(project, spec, failure)
            if following is None:
                raise
            spec = following


def next_mirror(
    project: Project, spec: Spec, failure: Failure, kinds: Iterable[str] = NETWORK_OF
) -> Spec | None:
    """Return the Spec with the next mirror of the kind that failed, and say so; None where there is none."""
    first = failure.problems[0] if failure.problems else None
    if first is None or first.code not in lock_room.NETWORK:
        return None
    kind = _at_fault(project, spec, str(first.what.args.get("url", "")), kinds)
    return None if kind is None else _following(project, spec, kind, first)


def _at_fault(project: Project, spec: Spec, url: str, kinds: Iterable[str]) -> str | None:
    """Return the kind of mirror that an address belongs to; files of an index may lie on another host."""
    waiting = [one for one in kinds if spec.mirrors.fallbacks.get(one)]
    host = urlsplit(url).netloc.rpartition("@")[2]
    if not host:
        return waiting[0] if waiting else None
    declared = {
        kind: urlsplit(environ.expand(getattr(spec.mirrors, kind) or "", project.environment)).netloc
        for kind in ("torch", "python", "pypi")
    }
    named = [kind for kind, netloc in declared.items() if netloc.rpartition("@")[2] == host]
    if named:
        return next((one for one in waiting if one in named), None)
    pip = pipconf.read(project.environment)
    others = lock_room.sources_of(spec, pip, project.environment).extra
    if any(urlsplit(one).netloc.rpartition("@")[2] == host for one in others):
        return None
    return "pypi" if "pypi" in waiting else None


def _following(project: Project, spec: Spec, kind: str, first: Problem) -> Spec:
    failed, (following, *rest) = getattr(spec.mirrors, kind) or "", spec.mirrors.fallbacks[kind]
    tell(
        project,
        environ.expand(failed, project.environment),
        environ.expand(following, project.environment),
        first,
    )
    fallbacks = {**spec.mirrors.fallbacks, kind: tuple(rest)}
    return replace(spec, mirrors=replace(spec.mirrors, fallbacks=fallbacks, **{kind: following}))


def tell(project: Project, failed: str, following: str, first: Problem | None) -> None:
    """Say which address is used instead of one that did not answer, and why."""
    why = first.what if first else None
    project.progress.warn(
        problem("PV328", severity="warning", why=why, url=redact(following), failed=redact(failed))
    )
