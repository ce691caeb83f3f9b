"""Why something is in a lock: the choices about it, and every way to it from the user's own lines. Pure."""

from __future__ import annotations

import difflib
import re

from packaging.utils import canonicalize_name

from ..errors import Failure, Hint, problem
from ..model.lock import Lock
from ..model.results import Explanation
from ..model.spec import Spec

MOST = 20
LINE = re.compile(r".+:\d+")
ACCELERATED = "source:torch"


def explain(subject: str, lock: Lock, spec: Spec) -> Explanation:
    """Return the reasons for `subject`: a package, or a choice such as `accelerator`, `python`, `index`.

    Raises Failure PV334 for something that the lock does not have, with near names.
    """
    choices = [choice for choice in lock.choices if choice.subject == subject]
    if subject in ("torch", "accelerator"):
        choices += [
            one for one in lock.choices if one.subject in ("accelerator", ACCELERATED) and one not in choices
        ]
    package = lock.package(canonicalize_name(subject))
    if package is None and not choices:
        known = [one.name for one in lock.packages] + [one.subject for one in lock.choices]
        near = difflib.get_close_matches(subject.lower(), known, n=1)
        hints = tuple(Hint(None, f"provenv why {name}") for name in near)
        raise Failure(problem("PV334", subject=subject, target=lock.target, hints=hints))
    chains = _chains(package.name, lock) if package is not None else ()
    return Explanation(subject, package, tuple(choices), chains)


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
