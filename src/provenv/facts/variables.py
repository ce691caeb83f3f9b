"""The fact `variables`: where other environments and users' habits have programs look for files."""

from __future__ import annotations

from .. import environ
from .raw import Raw

NAMES = [
    variable.name
    for variable in (*environ.SET_ASIDE, *environ.TOOLKITS)
    if not variable.name.startswith(("CONDA_PROMPT", "VIRTUAL_ENV_PROMPT", "PYTHONSTARTUP"))
]

ASKS: list[dict[str, object]] = [
    {
        "name": "variables.environment",
        "kind": "builtin",
        "builtin": "environ",
        "names": NAMES,
        "how": "environment",
    }
]


def read(raw: Raw) -> tuple[tuple[str, str], ...]:
    """Return those that are set, in the order of environ.py."""
    said = raw.mapping("variables.environment")
    return tuple((name, str(said[name])) for name in NAMES if said.get(name))
