"""One writer at a time on a host: whoever changes a target there holds its guard.

The guard is a folder that is made in one step, which network file systems do as well as local ones: hosts
that share a home are guarded from each other. Its holder is a process there that writes into it every other
second; a folder in which nobody has written for long is left by one that was killed, and is taken over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from platform import node
from typing import Literal

from ...errors import Failure, problem, text
from ...hosts.ssh import SshChild, SshHost
from ...model.channel import Completed
from .places import Place
from .there import failed, words

HELD = "held "
NOT_FREE, NOT_HELD = 71, 72

# the target's folder, how many seconds to wait for the guard, after how many without a sign it counts as left
# behind, who asks
HOLD = r"""
LC_ALL=C; export LC_ALL
base=$1 lock=$1/guard own=$$-$(date +%s) waited=0 quiet=0 last=
mkdir -p -- "$base" || exit 73
until mkdir -- "$lock" 2>/dev/null; do
  [ -d "$lock" ] || { mkdir -- "$lock" || exit 73; break; }
  sign=$(cat "$lock/sign" 2>/dev/null)
  if [ "$sign" = "$last" ]; then quiet=$((quiet + 1)); else quiet=0 last=$sign; fi
  if [ "$quiet" -ge "$3" ] && mv -- "$lock" "$lock.$own" 2>/dev/null; then
    quiet=0
    # it may be another one already, of somebody who took the old one away a moment ago
    if [ "$(cat "$lock.$own/sign" 2>/dev/null)" = "$last" ]; then rm -rf -- "$lock.$own"
    else mv -- "$lock.$own" "$lock"; fi
    continue
  fi
  [ "$waited" -lt "$2" ] || { echo "${last#* * }" >&2; exit 71; }
  waited=$((waited + 1))
  sleep 1
done
count=0
who=$4
echo "$own 0 $who" > "$lock/sign"
(
  trap 'kill "$nap" 2>/dev/null; exit 0' TERM
  while :; do
    sleep 2 & nap=$!
    wait "$nap"
    count=$((count + 1))
    echo "$own $count $who" > "$lock/sign"
  done
) </dev/null >/dev/null 2>&1 &
signing=$!
end() { kill "$signing" 2>/dev/null; wait "$signing" 2>/dev/null; rm -rf -- "$lock"; exit 0; }
trap end HUP INT TERM
echo "held $own"
read -r _
end
"""
PATIENCE, QUIET = 600, 30
"""Seconds to wait for another one who works there, and those without a sign of life of it."""


@contextmanager
def guarded(place: Place, *, patience: int = PATIENCE, quiet: int = QUIET) -> Iterator[str]:
    """Hold the target on a host for the block, which gets the first word of the guard's `sign`.

    Where the connection is lost the guard is, too: who changes something there for good looks at the sign.

    Raises Failure: PV1323 where somebody else holds it for longer than `patience` seconds, and as the host
    does.
    """
    assert isinstance(place.host, SshHost), "a guard is held over ssh"
    who = f"{getuser()}@{node()}"
    child = place.host.start(words(HOLD, place.base, str(patience), str(quiet), who))
    try:
        yield _held(place, child)
    finally:
        child.channel.close_input()
        child.end()


def _held(place: Place, child: SshChild) -> str:
    said = {"stdout": bytearray(), "stderr": bytearray()}

    def take(name: Literal["stdout", "stderr"], piece: bytes) -> None:
        said[name].extend(piece)

    channel = child.channel
    while not said["stdout"].endswith(b"\n") and not channel.is_over and channel.code is None:
        channel.step(None, take)
    first = bytes(said["stdout"]).decode("utf-8", "replace").partition("\n")[0]
    if first.startswith(HELD):
        return first.removeprefix(HELD)
    child.finish()
    done = Completed((), channel.code or 0, bytes(said["stdout"]), bytes(said["stderr"]))
    if done.code == NOT_FREE:
        why = text("PV1323.why", who=done.err.strip() or "?")
        raise Failure(problem("PV1323", host=place.name, target=place.target, why=why))
    raise failed(done, place.name, place.base)
