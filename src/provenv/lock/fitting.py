"""The families and uv in turn: what is asked depends on what came out, until neither changes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import Failure, Problem, text
from ..model.facts import Facts
from ..model.lock import Choice, Refusal
from .accelerators import Decision
from .builder import interpreter_with_torch
from .compiling import Question
from .failures.cause import RESOLUTION
from .families import Fitted, Wanted, fit_wanted, narrowed, on_processor
from .families.wanted import cuda_major
from .folders import named_where_torch
from .isolation import torch_at_build
from .torch import Resolved, resolve

PASSES = 8


@dataclass(frozen=True)
class State:
    """What the passes found out so far; `good` is the last resolution that went through."""

    wanted: Wanted
    unisolated: tuple[str, ...] = ()
    interpreter: str | None = None
    good: tuple[Fitted, Resolved] | None = None


def fitted_resolution(question: Question, facts: Facts, decision: Decision) -> tuple[Question, Resolved]:
    """Return the question as the families need it, and its resolution.

    Raises Failure with all that can't work here, or with uv's own explanation.
    """
    state = State(Wanted(question.spec, facts, decision, question.python), interpreter=question.interpreter)
    for _ in range(PASSES):
        fitted = fit_wanted(state.wanted, state.unisolated)
        wrong = [one for one in fitted.findings if one.severity == "error"]
        if wrong:
            raise Failure(*wrong)
        if state.good is not None and _settled(fitted, *state.good):
            break
        asked, choices = _asked(question, fitted, state), narrowed(decision, fitted.cuda)
        try:
            resolved = resolve(asked, choices)
        except Failure as failure:
            state = _after(state, fitted, failure, question, choices)
            continue
        resolved = _refusing(resolved, decision, choices, fitted)
        locked = {package.name: package.version for package in resolved.packages}
        state = replace(
            state,
            wanted=replace(state.wanted, locked=locked, held=_once(state.wanted.held, fitted.held)),
            good=(fitted, resolved),
        )
    if state.good is None:
        # no fitting of it could be resolved: what uv says of the user's own lines is the answer
        return question, resolve(question, decision)
    fitted, resolved = state.good
    final = fit_wanted(state.wanted, state.unisolated)
    return _asked(question, fitted, state), replace(
        resolved,
        choices=(*_used(resolved, final), *final.choices),
        findings=(*resolved.findings, *final.findings),
    )


def _settled(fitted: Fitted, before: Fitted, resolved: Resolved) -> bool:
    """Tell whether uv would give the same again: asked the same, or of that CUDA major already."""
    builds = [one.value for one in resolved.choices if one.subject == "accelerator"]
    kept = fitted.cuda is not None and [cuda_major(one) for one in builds] == [fitted.cuda]
    return fitted.asks_as(before) or (kept and replace(fitted, cuda=before.cuda).asks_as(before))


def _asked(question: Question, fitted: Fitted, state: State) -> Question:
    spec = replace(question.spec, requirements=fitted.requirements, constraints=fitted.limits)
    return replace(question, spec=spec, fitted=fitted, interpreter=state.interpreter)


def _after(state: State, fitted: Fitted, failure: Failure, question: Question, decision: Decision) -> State:
    """Return what is tried next: without a name that no index has, with torch for a setup that imports it.

    Limits that were added for what an earlier pass locked are given up where they
    leave no solution. Raises the failure where nothing of ours can be its reason.
    """
    name = torch_at_build(failure)
    if name is not None:
        spec = state.wanted.spec
        folders = {} if name else named_where_torch(spec.requirements, Path(spec.root))
        names = (name,) if name else tuple(one.name for one in folders.values())
        fresh = tuple(one for one in names if one not in state.unisolated)
        found = interpreter_with_torch(question, decision) if fresh else None
        if found is None:
            raise failure
        spec = replace(spec, requirements=tuple(folders.get(one, one) for one in spec.requirements))
        return replace(
            state,
            wanted=replace(state.wanted, spec=spec),
            unisolated=(*state.unisolated, *fresh),
            interpreter=found,
        )
    missing = {name for one in failure.problems for name in fitted.introduced if _speaks_of(one, name)}
    if missing - state.wanted.without:
        return replace(state, wanted=replace(state.wanted, without=state.wanted.without | missing))
    added = [one for one in fitted.held if f"!{one}" not in state.wanted.held and not one.startswith("!")]
    if state.good is not None and added:
        dropped = tuple(f"!{one}" for one in added)
        return replace(state, wanted=replace(state.wanted, held=_once(state.wanted.held, dropped)))
    raise failure


def _speaks_of(failed: Problem, name: str) -> bool:
    """Tell whether uv names a distribution as a reason for there being no solution."""
    words = str(failed.why.args.get("text", "")) if failed.why else ""
    return (
        failed.code in RESOLUTION and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", words) is not None
    )


def _refusing(resolved: Resolved, all_of: Decision, kept: Decision, fitted: Fitted) -> Resolved:
    """Return the choice of the accelerator with the builds that were left out for the sake of the others."""
    if kept is all_of:
        return resolved
    why = text("lock.families.other_major", major=fitted.cuda or 0)
    out = tuple(Refusal(one.build, why) for one in all_of.candidates if one not in kept.candidates)
    choices = tuple(
        replace(one, refused=(*out, *one.refused)) if one.subject == "accelerator" else one
        for one in resolved.choices
    )
    return replace(resolved, choices=choices)


def _used(resolved: Resolved, final: Fitted) -> tuple[Choice, ...]:
    """Return the choices, the accelerator as the processor where nothing in the lock uses another."""
    why = on_processor([one.name for one in resolved.packages], final.findings)
    if why is None:
        return resolved.choices
    return tuple(
        Choice("accelerator", "cpu", why) if one.subject == "accelerator" else one for one in resolved.choices
    )


def _once(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
