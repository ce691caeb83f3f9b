"""The POSIX shell script that runs one command on a host, and what is sent to it.

The login shell there may be bash, fish, csh or anything else: all that it gets to read is one line
that means the same in each of them. The script itself comes over standard input, and with it the arguments
and the environment's values, which no list of processes ever shows; the rest of standard input is
the command's.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence

BEAT = 3
"""Seconds between two signs of life: so soon is noticed that nobody listens any more."""

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# bash refuses to set them, and a refusal ends a shell
READ_ONLY = ("BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID", "_")

# The parts: the shell itself waits for the command, which runs in front (what a shell starts behind it
# ignores SIGINT, and so would the command) in a session of its own where there is setsid(1).
# `watch` tells every few seconds that the command lives; when nobody takes that any more (sshd has closed
# the pipe: the client or the connection is gone), or when it is told to (SIGUSR1), it ends all that descends
# from this shell or is in a session of those. It is begun before the shell has traps of its own: dash loses
# a signal that comes between the fork and the reset of its traps in the child. It tells on both streams: a
# shared ssh passes on that nobody takes standard output any more, of standard error it does not.
# Descriptors 3 and 4 are standard error and output; the shell's own complaints (`Terminated`) go nowhere.
SCRIPT = r"""
exec 3>&2 4>&1 2>/dev/null
[ "$input" = yes ] || exec </dev/null
case $folder in "~") folder=$HOME ;; "~/"*) folder=$HOME/${folder#"~/"} ;; esac
setsid=$(command -v setsid)
table() {
  if [ -r "/proc/$$/stat" ]; then
    for one in /proc/[0-9]*; do
      read -r line < "$one/stat" || continue
      set -- ${line##*) }
      case $1 in Z | X) ;; *) echo "${one#/proc/} $2 $4" ;; esac
    done
  else
    ps -A -o pid= -o ppid= -o pgid=
  fi
}
find() {
  now=$(table) grown=1
  while [ "$grown" = 1 ]; do
    grown=0 left=
    while read -r number parent session; do
      case " $all" in *" $number "*) left="$left$number "; continue ;; esac
      case " $$ $me " in *" $number "*) continue ;; esac
      [ "$parent" = "$me" ] && continue
      case " $$ $all" in *" $parent "* | *" $session "*) all="$all$number " grown=1 ;; esac
    done <<TABLE
$now
TABLE
  done
}
end() {
  all= tries=0
  find
  for one in $all; do kill -s TERM "$one"; done
  while find; [ -n "$left" ] && [ "$tries" -lt 40 ]; do
    [ "$tries" -lt 20 ] || for one in $left; do kill -s KILL "$one"; done
    printf %s "$mark:beat;" >&3
    sleep 0.1 || { sleep 1; tries=$((tries + 9)); }
    tries=$((tries + 1))
  done
}
watch() {
  asked= nap=
  trap 'kill "$nap"; exit 0' TERM
  trap 'asked=yes' USR1
  trap '' PIPE HUP INT
  me=$(exec /bin/sh -c 'echo "$PPID"')
  printf %s "$mark:watch:$me;" >&3
  while [ -z "$asked" ]; do
    sleep "$beat" 3>&- 4>&- &
    nap=$!
    wait "$nap"
    [ -n "$asked" ] || { printf %s "$mark:beat;" >&3 && printf %s "$mark:beat;" >&4; } || asked=yes
  done
  trap '' TERM
  kill "$nap"
  end
}
refuse() { printf %s "$mark:refused:$1;" >&2; exit 125; }
watch </dev/null >/dev/null &
watch=$!
trap : TERM HUP INT PIPE
(
  variables
  [ -z "$folder" ] || CDPATH= cd -- "$folder" >/dev/null 2>&1 || refuse folder
  case $1 in
    */*) [ -e "$1" ] || refuse missing; [ -f "$1" ] && [ -x "$1" ] || refuse denied ;;
    *) command -v -- "$1" >/dev/null 2>&1 || refuse missing ;;
  esac
  printf %s "$mark:began;"
  printf %s "$mark:began;" >&2
  exec ${setsid:+"$setsid"} "$@"
) 2>&3 3>&- 4>&-
code=$?
kill -s TERM "$watch"
wait "$watch"
printf %s "$mark:ended;"
printf %s "$mark:ended:$code;" >&3
exit "$code"
"""


def script(
    mark: str,
    argv: Sequence[str],
    environment: Mapping[str, str] | None,
    folder: str | None,
    *,
    has_input: bool,
) -> bytes:
    """Return what is sent first. Of variables whose name no shell could export nothing is sent."""
    lines = [
        f"mark={mark} beat={BEAT} input={'yes' if has_input else 'no'} folder={shlex.quote(folder or '')}",
        f"set -- {shlex.join(argv)}",
        f"variables() {{ {_variables(environment)}; }}",
    ]
    return os.fsencode("\n".join(lines) + SCRIPT)


def line(size: int, *, has_input: bool, has_environment: bool) -> str:
    """Return the line for the login shell: read `size` bytes of a script, no more, and run them.

    dd reads byte by byte, so that what follows is left for the command; where nothing does, cat is quicker.
    No character in it has a meaning in one shell's single quotes (csh: `!`, fish: a backslash).
    """
    read = f"dd bs=1 count={size} 2>/dev/null" if has_input else "cat"
    # the shell's own helpers are found by the login's PATH, and `~` is the login's
    clear = 'env -i HOME="$HOME" PATH="$PATH" ' if has_environment else ""
    return f"exec {clear}/bin/sh -c 'eval \"$({read})\"'"


def _variables(environment: Mapping[str, str] | None) -> str:
    if environment is None:
        return ":"
    given = [
        f"{name}={shlex.quote(value)}"
        for name, value in environment.items()
        if IDENTIFIER.fullmatch(name) and name not in READ_ONLY
    ]
    cleared = "unset HOME PATH PWD OLDPWD SHLVL"
    return f"{cleared}; export {' '.join(given)}" if given else cleared
