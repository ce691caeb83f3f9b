"""Why something is in a lock: the choices about it, and every way to it from the user's own lines. Pure."""

from __future__ import annotations

import difflib
import re

from packaging.utils import canonicalize_name

from ..errors import Failure, Hint, problem
from ..model.lock import Choice, Lock, Package
from ..model.results import Explanation
from ..model.spec import Spec

MOST = 20
LINE = re.compile(r".+:\d+")
ACCELERATED = "source:torch"


def explain(subject: str, lock: Lock, spec: Spec) -> Explanation:
    """Return the reasons for `subject`: a package, or a choice such as `accelerator`, `python`, `index`.

    Raises Failure PV334 for something that the lock does not have, with near names.
    """
    choices = [one for one in lock.choices if subject in _subjects(one)]
    if subject in ("torch", "accelerator", "torch-npu", "torch-xla"):
        choices += [
            one for one in lock.choices if one.subject in ("accelerator", ACCELERATED) and one not in choices
        ]
    package = lock.package(canonicalize_name(subject)) or _variant(choices, lock)
    if package is None and not choices:
        known = [one.name for one in lock.packages] + [one.subject for one in lock.choices]
        near = difflib.get_close_matches(subject.lower(), known, n=1)
        hints = tuple(Hint(None, f"provenv why {name}") for name in near)
        raise Failure(problem("PV334", subject=subject, target=lock.target, hints=hints))
    chains = _chains(package.name, lock) if package is not None else ()
    return Explanation(subject, package, tuple(choices), chains)


def _variant(choices: list[Choice], lock: Lock) -> Package | None:
    """Return the package that stands in for a declared one: `tensorflow-cpu` for `tensorflow`."""
    taken = (_taken(one) for one in choices if one.subject.startswith("variant:"))
    return next((package for name in taken if (package := lock.package(name))), None)


def _taken(choice: Choice) -> str:
    return re.split(r"[\[<>=! ]", choice.value)[0]


def _subjects(choice: Choice) -> tuple[str, ...]:
    """Return what a choice answers for: `variant:onnxruntime` also for the group and for what was taken."""
    kind, _, about = choice.subject.partition(":")
    if kind == "source":
        return (choice.subject,)
    taken = _taken(choice) if kind == "variant" else ""
    return tuple(filter(None, (choice.subject, about, taken)))


def _chains(name: str, lock: Lock) -> tuple[tuple[str, ...], ...]:
    """Return ways from the user's lines to `name`, shortest first, at most MOST."""
    asking = {package.name: package.required_by for package in lock.packages}
    found: list[tuple[str, ...]] = []
    ways: list[tuple[str, ...]] = [(name,)]
    while ways and len(found) < MOST:
        following = []
        for way in ways:
            for one in asking.get(way[0], ()):
                if LINE.fullmatch(one):
                    found.append((one, *way))
                elif one not in way:
                    following.append((one, *way))
        # many ways join in the same packages: the shortest through each are enough
        ways = following[: MOST * 10]
    return tuple(found[:MOST])
