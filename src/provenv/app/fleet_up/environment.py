"""The variables that a command gets in an environment on a host."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from ...model.facts import Facts
from ...model.spec import Spec
from ...runs.environment import prepare
from .places import Place
from .there import must, words

# folders of PATH that belong to a virtual or conda environment, an empty line's place, then the variables
LOGIN = r"""
set -f
IFS=:
for folder in $PATH; do
  root=${folder%/}
  root=${root%/*}
  if [ -e "$root/pyvenv.cfg" ] || [ -e "$root/conda-meta" ]; then printf '%s\0' "$root"; fi
done
printf '\0'
env -0 2>/dev/null || env
"""
OF_THE_SHELL = frozenset({"_", "OLDPWD", "PWD", "SHLVL"})
"""Variables that a shell has of its own: they are not the login's."""


def environment_of(
    place: Place,
    number: int,
    spec: Spec,
    facts: Facts,
    passed: Mapping[str, str],
    processes: int = 1,
) -> dict[str, str]:
    """Return the whole environment of a command in that generation on a host.

    It is what a login there has, changed as for a command here (see runs.environment.prepare); `passed` are
    the variables that the user lets pass on from home. Raises Failure as the host does, PV1320.
    """
    login, others = login_of(place)
    prepared = prepare(
        {**login, **passed},
        spec=replace(spec, root=place.root),
        venv=place.venv(number),
        granted_cores=facts.cpu.granted,
        processes=processes,
        others=others,
    )
    return dict(prepared.environment)


def login_of(place: Place) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the environment of a login on a host, and the other environments whose programs it finds.

    Raises Failure as the host does, PV1320.
    """
    done = place.host.exec(words(LOGIN))
    must(done, place.name, place.root)
    return read_login(done.stdout)


def read_login(told: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return what LOGIN tells; see `login_of`."""
    others: list[str] = []
    while told:
        first, _, told = told.partition(b"\0")
        if not first:
            break
        others.append(os.fsdecode(first))
    found = {}
    for one in _variables(told):
        name, is_one, value = os.fsdecode(one).partition("=")
        if is_one and name not in OF_THE_SHELL:
            found[name] = value
    return found, tuple(others)


def _variables(told: bytes) -> list[bytes]:
    """Return each variable with its value, as `env -0` tells them, or `env` where it has no such option."""
    return told.split(b"\0") if b"\0" in told else told.split(b"\n")
