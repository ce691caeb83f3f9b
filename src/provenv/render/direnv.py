"""What direnv does when somebody enters the project's folder: the current generation is activated.

Written in bash with direnv's own functions (https://direnv.net/man/direnv-stdlib.1.html). The path is that
of the generation itself, found when the folder is entered: a program that is running keeps its
environment through a switch, and the next prompt brings the new one, because `current` is watched.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ..model.spec import Spec

WHAT = "direnv"
HERE = "here"


def activation(spec: Spec, target: str, set_aside: Sequence[str]) -> tuple[str, ...]:
    """Return the lines for a target of the project whose folder `.envrc` stands in.

    `set_aside` names the variables by which other environments reach into this one.
    """
    base = shlex.quote(f".provenv/{target}")
    aside = [name for name in set_aside if name not in spec.passed and not name.startswith("VIRTUAL_ENV")]
    declared = [
        f"  export {name}={shlex.quote(value)}"
        for name, value in spec.variables.items()
        if name.isidentifier() and name.isascii()
    ]
    up = "provenv up" if target == HERE else f"provenv up --on {target}"
    return (
        f"watch_file {base}/current",
        f"provenv_current={base}/current",
        # where a file system has no links, `current` is a file that names the generation
        f'[ -d "$provenv_current" ] || provenv_current={base}/$(cat "$provenv_current" 2>/dev/null || :)',
        'if [ -d "$provenv_current/venv" ]; then',
        f"  unset {' '.join(aside)}",
        '  VIRTUAL_ENV=$(cd "$provenv_current/venv" && pwd -P)',
        f"  export VIRTUAL_ENV VIRTUAL_ENV_PROMPT={shlex.quote(spec.name)} PYTHONNOUSERSITE=1",
        *declared,
        '  PATH_add "$VIRTUAL_ENV/bin"',
        "else",
        f"  log_error {shlex.quote(up)}",
        "fi",
        "unset provenv_current",
    )
