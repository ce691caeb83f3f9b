"""An interactive shell of the user's in a proven environment.

The user's own start-up files are read first, then the environment is put
right again: they often put conda, pyenv or a CUDA folder in front.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from .. import environ
from ..errors import Failure, problem, text
from .environment import is_stray
from .program import Code

if sys.platform != "win32":
    import pwd


def shell_command(
    environment: Mapping[str, str], folder: str | Path, names: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the command of the user's interactive shell; its start-up files are written into `folder`.

    `environment` is what `prepare` made; `names` are further variables (those
    of `[env]`) that must be as they are there, whatever the user's files set.
    Only those and the table's values are written, never a passed secret.
    Raises Failure where `folder` cannot be written.
    """
    place = Path(folder)
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _command(environment, place, names)
    except OSError as error:
        reason = text("PV610.why", reason=error.strerror or type(error).__name__)
        raise Failure(problem("PV610", folder=str(place), why=reason), exit_code=Code.OURS) from error


def _command(environment: Mapping[str, str], folder: Path, names: Collection[str]) -> tuple[str, ...]:
    if sys.platform == "win32":
        prompt = f"prompt (provenv:{_name(environment)}) $P$G"
        return (environ.read(environ.COMSPEC, environment) or "cmd.exe", "/K", prompt)
    shell = environ.read(environ.SHELL, environment) or pwd.getpwuid(os.getuid()).pw_shell or "/bin/sh"
    write = _WRITERS.get(os.path.basename(shell))
    return (shell,) if write is None else write(shell, environment, folder, names)


def _bash(
    shell: str, environment: Mapping[str, str], folder: Path, names: Collection[str]
) -> tuple[str, ...]:
    file = folder / "bashrc"
    own = "[ -r ~/.bashrc ] && . ~/.bashrc\n"
    file.write_text(own + _put_right(environment, names) + _prompt(environment), encoding="utf-8")
    return (shell, "--rcfile", str(file), "-i")


def _sh(shell: str, environment: Mapping[str, str], folder: Path, names: Collection[str]) -> tuple[str, ...]:
    """Write a start-up file for a shell that reads $ENV (POSIX sh: dash, ash, ksh)."""
    file = folder / "shrc"
    theirs = environ.read(environ.SHELL_STARTUP, environment)
    own = f"[ -r {shlex.quote(theirs)} ] && . {shlex.quote(theirs)}\n" if theirs else ""
    restored = f"export ENV={shlex.quote(theirs)}\n" if theirs else "unset ENV\n"
    file.write_text(own + restored + _put_right(environment, names) + _prompt(environment), encoding="utf-8")
    return ("env", f"ENV={file}", shell, "-i")


def _zsh(shell: str, environment: Mapping[str, str], folder: Path, names: Collection[str]) -> tuple[str, ...]:
    """Write a start-up folder for zsh, which reads $ZDOTDIR/.zshenv and then $ZDOTDIR/.zshrc."""
    theirs = environ.read(environ.ZDOTDIR, environment)
    restored = f"export ZDOTDIR={shlex.quote(theirs)}\n" if theirs else "unset ZDOTDIR\n"
    ours = shlex.quote(str(folder))
    # a user's .zshenv may itself move ZDOTDIR: what it leaves is where their .zshrc lies
    (folder / ".zshenv").write_text(
        f'{restored}[[ -r "${{ZDOTDIR:-$HOME}}/.zshenv" ]] && . "${{ZDOTDIR:-$HOME}}/.zshenv"\n'
        f'__provenv_zdotdir="${{ZDOTDIR-}}"\nZDOTDIR={ours}\n',
        encoding="utf-8",
    )
    (folder / ".zshrc").write_text(
        'if [[ -n "$__provenv_zdotdir" ]]; then export ZDOTDIR="$__provenv_zdotdir"; else unset ZDOTDIR; fi\n'
        "unset __provenv_zdotdir\n"
        f'[[ "${{HISTFILE-}}" == {ours}/* ]] && HISTFILE="${{ZDOTDIR:-$HOME}}/.zsh_history"\n'
        '[[ -r "${ZDOTDIR:-$HOME}/.zshrc" ]] && . "${ZDOTDIR:-$HOME}/.zshrc"\n'
        + _put_right(environment, names)
        + _prompt(environment),
        encoding="utf-8",
    )
    return ("env", f"ZDOTDIR={folder}", shell, "-i")


def _fish(
    shell: str, environment: Mapping[str, str], folder: Path, names: Collection[str]
) -> tuple[str, ...]:
    file = folder / "provenv.fish"
    present, absent = _settled(environment, names)
    lines = [f"set -e {name}" for name in absent]
    for name in present:
        parts = environment[name].split(os.pathsep) if name == "PATH" else [environment[name]]
        lines.append(f"set -gx {name} {' '.join(map(_fish_quoted, parts))}")
    marked = _fish_quoted(f"(provenv:{_name(environment)}) ")
    lines += [
        "functions -q fish_prompt; and functions -c fish_prompt __provenv_prompt",
        f"function fish_prompt; printf '%s' {marked}; "
        "functions -q __provenv_prompt; and __provenv_prompt; or printf '> '; end",
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return (shell, "--interactive", "--init-command", f"source {_fish_quoted(str(file))}")


_Writer = Callable[[str, Mapping[str, str], Path, Collection[str]], tuple[str, ...]]
_WRITERS: Mapping[str, _Writer] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
    "sh": _sh,
    "dash": _sh,
    "ash": _sh,
    "ksh": _sh,
}


def _settled(environment: Mapping[str, str], names: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the variables to set again after the user's files, and those to take away again."""
    ours = ["PATH", "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "PYTHONNOUSERSITE"]
    ours += [variable.name for variable in environ.THREADS]
    strays = [variable.name for variable in environ.SET_ASIDE]
    wanted = dict.fromkeys([*ours, *strays, *(name for name in names if name.isidentifier())])
    present = [name for name in wanted if name in environment]
    return present, [name for name in wanted if name not in environment and is_stray(name)]


def _put_right(environment: Mapping[str, str], names: Collection[str]) -> str:
    present, absent = _settled(environment, names)
    lines = ['[ -n "${CONDA_PROMPT_MODIFIER-}" ] && PS1="${PS1#"$CONDA_PROMPT_MODIFIER"}"']
    lines += [f"unset {name}" for name in absent]
    lines += [f"export {name}={shlex.quote(environment[name])}" for name in present]
    return "\n".join([*lines, "hash -r"]) + "\n"


def _prompt(environment: Mapping[str, str]) -> str:
    marked = shlex.quote(f"(provenv:{_name(environment)}) ")
    return f'PS1={marked}"${{PS1-$ }}"\n'


def _name(environment: Mapping[str, str]) -> str:
    """Return the project's name without what a prompt would expand."""
    return "".join(
        c for c in environment.get("VIRTUAL_ENV_PROMPT", "") if c.isprintable() and c not in "\\%$`!'\""
    )


def _fish_quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"
