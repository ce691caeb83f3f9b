"""What a lock was made from, and whether it still answers.

A lock is committed: what only one machine knows (its driver, its mirrors) is not
recorded in it, so that two machines with the same choice write the same bytes.
"""

from __future__ import annotations

from packaging.version import Version

from ..model.facts import Facts
from ..model.lock import Lock
from ..model.spec import Spec
from .accelerators import decide
from .families import Wanted, fit_wanted, on_processor, suits
from .platforms import choose_python, runs_on, specifiers


def inputs_of(spec: Spec, uv_version: str) -> dict[str, str]:
    """Return what a lock records of what it was made from."""
    return {"spec": spec.digest, "uv": uv_version}


def fits(lock: Lock, spec: Spec, facts: Facts) -> bool:
    """Tell whether a lock still answers the declared file on a machine.

    The machine counts as far as it decides: platform, Python, an accelerator
    that runs there. Mirrors do not: URLs are a place's own. A lock that another
    tool made has no record of its inputs; it is the user's word and fits.
    """
    if not lock.inputs:
        return True
    if lock.inputs.get("spec") != spec.digest or not runs_on(lock.platform, facts.platform):
        return False
    if not _has_python(lock.python, spec, facts):
        return False
    decision, accelerator = decide(spec, facts), lock.choice("accelerator")
    known = {one.accelerator for one in decision.candidates}
    if accelerator is not None and accelerator.value not in known:
        locked = {one.name: one.version for one in lock.packages}
        fitted = fit_wanted(Wanted(spec, facts, decision, lock.python, locked))
        if accelerator.value != "cpu" or on_processor(locked, fitted.findings) is None:
            return False
    return suits(lock, spec, facts, decision)


def _has_python(locked: str, spec: Spec, facts: Facts) -> bool:
    """Tell whether the machine has (or uv would fetch) a Python that was locked for."""
    wanted = specifiers(spec.python)
    for python in facts.pythons:
        fitting = f"{python.version}.".startswith(f"{locked}.") and python.implementation == "cpython"
        if fitting and Version(python.version) in wanted:
            return True
    return choose_python(spec.python, facts, foreign=False).version == locked
