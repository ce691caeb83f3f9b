"""A running container as a Host: commands by the client's `exec`, files through them."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from ..errors import Failure, Hint, problem, text, verbatim
from ..model.channel import Completed, Patience
from .engine import Engine

# says its own process number first, which is its group's as well: an engine's `exec` begins a session
# (runc's nsexec.c, crun's linux.c). Variables come under numbers, since the client would read some itself.
# Input is read to its end, also where the command does not: podman's monitor that goes with input unread
# resets the socket to its client, which loses what the command has printed (unix(7), ECONNRESET).
WRAPPER = """
mark=$1 folder=$2 fed=$3 count=$4; shift 4
leave() {
  [ -z "$fed" ] || cat >/dev/null 2>&1 || while read -r _; do :; done
  exit "$1"
}
refuse() { echo "$mark $1" >&2; leave "$2"; }
while [ "$count" -gt 0 ]; do
  eval "export $1=\\"\\$PROVENV_$count\\"; unset PROVENV_$count"; shift; count=$((count - 1))
done
if [ -n "$folder" ]; then cd -- "$folder" 2>/dev/null || refuse folder 125; fi
case $1 in
  */*) [ -e "$1" ] || refuse missing 127; [ -f "$1" ] && [ -x "$1" ] || refuse refused 126 ;;
  *) command -v -- "$1" >/dev/null 2>&1 || refuse missing 127 ;;
esac
echo "$mark $$" >&2
[ -n "$fed" ] || exec "$@"
(exec "$@")
leave "$?"
"""

# all that has the mark among its variables, or has such a parent (proc(5)): also what left its group, and
# what the engine starts late, when its client is gone already; politely, then hard
END = """
mark=$1 all=' ' tries=0
find() {
  grown=1
  while [ "$grown" = 1 ]; do
    grown=0
    for one in /proc/[0-9]*; do
      number=${one#/proc/}
      case $all in *" $number "*) continue ;; esac
      [ "$number" = "$$" ] && continue
      read -r line 2>/dev/null < "$one/stat" || continue
      set -- ${line##*) }
      case $all in *" $2 "*) all="$all$number " grown=1; continue ;; esac
      case $(cat "$one/environ" 2>/dev/null) in *"$mark"*) all="$all$number " grown=1 ;; esac
    done
  done
}
send() { for one in $all; do kill -s "$1" "$one" 2>/dev/null; done; }
alive() { for one in $all; do kill -0 "$one" 2>/dev/null && return 0; done; return 1; }
wait_a_little() { sleep 0.1 2>/dev/null || { sleep 1; tries=$((tries + 9)); }; tries=$((tries + 1)); }
find
while [ "$all" = ' ' ] && [ "$tries" -lt "$2" ]; do wait_a_little; find; done
send TERM
tries=0
while [ "$tries" -lt 20 ] && alive; do wait_a_little; done
find
send KILL
exit 0
"""

PUT = """
folder=${1%/*}; [ -n "$folder" ] || folder=/
mkdir -p -- "$folder" && (umask 077; cat > "$1.$3") && chmod "$2" "$1.$3" && mv -f -- "$1.$3" "$1" && exit 0
rm -f -- "$1.$3"; exit 1
"""
GET = '[ -e "$1" ] || exit 44; exec cat -- "$1"'
MISSING = 44
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

MARK = "PROVENV_EXEC"
"""The variable by which what a command started is found again."""
LATE = 20
"""Tenths of a second in which an engine may still start a command whose client is gone."""
END_LIMIT = 20.0


class ContainerHost:
    """A container that is kept running, as a place for commands and files."""

    def __init__(self, engine: Engine, container: str, *, user: str = "", shell: str = "sh") -> None:
        self.engine = engine
        self.container = container
        self.user = user
        self.shell = shell

    def exec(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
        limit: float | None = None,
        patience: Patience | None = None,
        on_stdout: Callable[[str], None] | None = None,
        on_stderr: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a command inside and wait for it (see model.channel.Host).

        `environment` comes on top of the container's own variables: those are the place's. `folder` is
        one of the container's. Of `patience` only `total` counts: nobody outside sees what it receives.
        When the time is over, or the caller is interrupted, the command is ended inside too, with all
        of its group. Raises Failure: PV801 no such program there, PV802 it may not be run, PV803 no such
        folder, PV1072 the container takes no commands (any more).
        """
        mark = f"provenv-{os.urandom(8).hex()}"
        given = dict(environment or {})
        names = [name for name in given if IDENTIFIER.fullmatch(name)]
        numbered = {f"PROVENV_{number}": given[name] for number, name in enumerate(names, 1)}
        # of what no shell could export nothing is the client's own either; some shells drop it
        plain = {name: value for name, value in given.items() if name not in names}
        limits = [one for one in (limit, patience.total if patience else None) if one is not None]
        began: list[str] = []
        fed = "fed" if stdin else ""

        def heard(line: str) -> None:
            if not began and line.startswith(mark):
                began.append(line.removeprefix(mark).strip())
            elif on_stderr is not None:
                on_stderr(line)

        finished = False
        try:
            done = self.engine.call(
                "exec",
                *(("--interactive",) if stdin else ()),
                *(("--user", self.user) if self.user else ()),
                *(word for name in [MARK, *numbered, *plain] for word in ("--env", name)),
                *(self.container, self.shell, "-c", WRAPPER, "sh", mark, folder or "", fed, str(len(names))),
                *reversed(names),
                *argv,
                stdin=stdin,
                variables={MARK: mark, **numbered, **plain},
                limit=min(limits) if limits else None,
                on_stdout=on_stdout,
                on_stderr=heard,
            )
            finished = not done.timed_out
        finally:
            if not finished:
                self._end(mark, late=not began)
        said = _without_mark(done.stderr, mark)
        # podman's client ends well even then
        code = -signal.SIGTERM if done.timed_out and done.code >= 0 else done.code
        ended = Completed(tuple(argv), code, done.stdout, said, done.seconds, done.timed_out)
        self._check(began[0] if began else "", ended, folder)
        return ended

    def put(self, content: bytes, path: str, *, mode: int = 0o644) -> None:
        """Write a file, whole or not at all, with the folders above it. Raises Failure PV805."""
        done = self._sh(PUT, path, f"{mode:o}", f"provenv-{os.urandom(4).hex()}", stdin=content)
        if done.code != 0:
            raise Failure(problem("PV805", why=verbatim(done.err.strip() or str(done.code)), path=path))

    def get(self, path: str) -> bytes:
        """Return a file's content. Raises FileNotFoundError, Failure PV806 where it cannot be read."""
        done = self._sh(GET, path)
        if done.code == MISSING:
            raise FileNotFoundError(2, os.strerror(2), path)
        if done.code != 0:
            raise Failure(problem("PV806", why=verbatim(done.err.strip() or str(done.code)), path=path))
        return done.stdout

    def _sh(self, script: str, path: str, *words: str, stdin: bytes = b"") -> Completed:
        whole = str(PurePosixPath("/", path))
        return self.exec(["sh", "-c", script, "sh", whole, *words], stdin=stdin)

    def _end(self, mark: str, *, late: bool) -> None:
        """End a command inside with all that it started: its client's end does not end it."""
        user = ("--user", self.user) if self.user else ()
        tries = LATE if late else 0
        self.engine.call(
            *("exec", *user, self.container, self.shell, "-c", END, "sh", mark, str(tries)), limit=END_LIMIT
        )

    def _check(self, began: str, done: Completed, folder: str | None) -> None:
        program = done.argv[0]
        if began == "folder":
            raise Failure(problem("PV803", folder=folder or ""))
        if began == "missing":
            raise Failure(problem("PV801", why=text("PV801.why_inside"), program=program))
        if began == "refused":
            raise Failure(problem("PV802", why=text("PV802.why_inside"), program=program))
        if not began and not done.timed_out:
            why = verbatim(done.err.strip()[-600:] or str(done.code))
            raise Failure(problem("PV1072", why=why, hints=(Hint(text("PV1072.hint")),)))


def _without_mark(said: bytes, mark: str) -> bytes:
    first, _newline, rest = said.partition(b"\n")
    if first.startswith(mark.encode()):
        return rest
    return said
