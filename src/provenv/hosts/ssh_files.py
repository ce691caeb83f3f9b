"""The shell scripts by which files go to a host and come from it, and what their failures mean."""

from __future__ import annotations

import errno
import os
import posixpath
import re
import shlex

from ..errors import Exit, Failure, Hint, problem, text, verbatim
from .ssh_failures import About

MISSING = 44
"""The code of a script that finds no such file."""
NO_ROOM = re.compile(r"No space left on device|Disk quota exceeded|File too large|Wrote only \d+ of")
NOT_ALLOWED = re.compile(r"Permission denied|Operation not permitted|Read-only file system")
LONGEST_WORDS = 600

# `~/` is the login's home
WHERE = """
LC_ALL=C; export LC_ALL
case $1 in "~") goal=$HOME ;; "~/"*) goal=$HOME/${1#"~/"} ;; /*) goal=$1 ;; *) goal=./$1 ;; esac
"""
# a link is followed, not replaced; what is half written has another name, and goes when that is all
BESIDE = (
    WHERE
    + """
[ ! -L "$goal" ] || goal=$(readlink -f -- "$goal") || exit 1
goal=${goal%/}
folder=${goal%/*}; [ -n "$folder" ] || folder=/
beside=$folder/.${goal##*/}.$2
trap 'rm -rf -- "$beside"; exit 143' TERM HUP INT PIPE
fail() { rm -rf -- "$beside"; [ -z "$1" ] || echo "$1" >&2; exit 1; }
flush() { sync -- "$1" 2>/dev/null || sync; }
mkdir -p -- "$folder" || fail
"""
)
# the path, what the half written is called by, the mode, how many bytes
PUT = (
    BESIDE
    + """
[ ! -d "$goal" ] || fail "$goal: Is a directory"
(umask 077; cat > "$beside") || fail
[ "$(($(wc -c < "$beside")))" = "$4" ] || fail "$goal: not all of it has come"
chmod -- "$3" "$beside" && flush "$beside" && mv -f -- "$beside" "$goal" && flush "$folder" || fail
"""
)
GET = WHERE + f'[ -e "$goal" ] || [ -L "$goal" ] || exit {MISSING}; exec cat -- "$goal"'


def shell(script: str, *words: str) -> tuple[str, ...]:
    """Return the command that runs a script with words for its `$1`, `$2`..."""
    return ("/bin/sh", "-c", script, "sh", *words)


def beside() -> str:
    """Return the end of a name under which something is written until it is whole."""
    return f"provenv-{os.urandom(6).hex()}"


def missing(path: str) -> FileNotFoundError:
    """Return the error of a file that is not there."""
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def refused_there(said: str, about: About, path: str, code: str, status: int) -> Failure:
    """Return the failure that a script on the host ended with; `code` where its words tell nothing known."""
    host, why = about.name, verbatim(said.strip()[-LONGEST_WORDS:] or str(status))
    folder = shlex.quote(posixpath.dirname(path) or ".")
    if NO_ROOM.search(said):
        hints = (Hint(text("PV1283.hint"), about.line() + " df -h"),)
        return Failure(problem("PV1283", host=host, path=path, why=why, hints=hints))
    if NOT_ALLOWED.search(said):
        hints = (Hint(text("PV1284.hint"), f"{about.line()} ls -ld {folder}"),)
        return Failure(problem("PV1284", host=host, path=path, why=why, hints=hints), exit_code=Exit.DENIED)
    return Failure(problem(code, path=f"{host}:{path}", why=why))
