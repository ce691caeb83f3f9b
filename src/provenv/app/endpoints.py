"""The first of several endpoints that answers, for what commands ask themselves."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from .. import environ, pipconf
from .. import lock as lock_room
from ..hosts.reach import Access, access, reach, side_by_side
from ..model.mirrors import Reached
from ..model.spec import Spec
from ..pipconf import redact
from .fallbacks import tell
from .project import Project

UNASKED = frozenset({"unresolved", "refused", "timeout", "certificate", "proxy", "broken"})
LIMIT = 5.0
"""Seconds for one endpoint that is asked before a command runs."""


def answering(project: Project, spec: Spec) -> Spec:
    """Return the Spec with the first endpoint of `huggingface` that answers, where several are declared.

    Commands ask it themselves, so that there is no failure of ours to wait for.
    """
    others = spec.mirrors.fallbacks.get("huggingface", ())
    if not others or not spec.mirrors.huggingface:
        return spec
    how = access(project.environment, pipconf.read(project.environment))
    listed = (spec.mirrors.huggingface, *others)
    asked = [environ.expand(one, project.environment) for one in listed]
    found = side_by_side([partial(_alive, one, how) for one in asked], limit=LIMIT + 1)
    for number, answer in enumerate(found):
        if answer is None or answer.state in UNASKED or answer.status >= 500:
            continue
        if number:
            bad = found[0] or Reached("timeout", seconds=LIMIT)
            first = lock_room.refusal(redact(asked[0]), bad)
            tell(project, asked[0], asked[number], first)
        mirrors = replace(spec.mirrors, huggingface=listed[number])
        return replace(spec, mirrors=mirrors)
    return spec


def _alive(url: str, how: Access) -> Reached:
    return reach(url, how, limit=LIMIT, sample=1)
