"""Frameworks as families that fit together and fit the machine.

`fit` looks at the declared lines before uv resolves them, and again at what
came out; `review` looks at the finished lock. One file a family where a family
needs thought; what is only knowledge lies in `tables/families/`.
"""

from __future__ import annotations

from ...model.facts import Facts
from ...model.lock import Lock
from ...model.spec import Spec
from ..accelerators import Decision
from . import companions, compiled, jax, libraries, majors, misfits, tensorflow, variants
from .fitted import Fitted, Part, applied
from .majors import narrowed
from .processor import on_processor
from .review import review
from .wanted import Wanted

__all__ = ["Fitted", "Wanted", "fit", "fit_wanted", "narrowed", "on_processor", "review", "suits"]


def fit(spec: Spec, facts: Facts, decision: Decision, *, python: str = "3.11") -> Fitted:
    """Return the declared file as the families need it on the machine, before anything is resolved."""
    return fit_wanted(Wanted(spec, facts, decision, python))


def fit_wanted(wanted: Wanted, unisolated: tuple[str, ...] = ()) -> Fitted:
    """Return what `fit` does for a question that knows more: what was locked, what no index has.

    `unisolated` are packages whose setup turned out to need torch.
    """
    agreed = majors.agree(wanted)
    part = Part(findings=agreed.findings)
    part += variants.fit(wanted, agreed.major)
    part += tensorflow.fit(wanted, agreed.major)
    part += jax.fit(wanted, agreed.major)
    part += companions.fit(wanted)
    part += compiled.fit(wanted, agreed.major, unisolated)
    part += libraries.fit(wanted, agreed.major)
    part += misfits.fit(wanted)
    return applied(wanted, part, cuda=agreed.major if agreed.binding else None)


def suits(lock: Lock, spec: Spec, facts: Facts, decision: Decision) -> bool:
    """Tell whether the variants of a lock are those that the machine would get.

    One that was considered and refused for a reason of its own place (no index
    had it) counts as the machine's as well.
    """
    fitted = fit(spec, facts, decision, python=lock.python)
    for choice in fitted.choices:
        if not choice.subject.startswith("variant:"):
            continue
        locked = lock.choice(choice.subject)
        if locked is None:
            continue
        refused = {one.value for one in locked.refused}
        if locked.value != choice.value and choice.value not in refused:
            return False
    return True
