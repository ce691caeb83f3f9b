"""Leases on a host: a command that runs there keeps its generation from being cleaned away.

A lease is an empty file `leases/<process>-<when it began>@<host name>` of the generation: it holds for as
long as that process lives. It needs no lock of the file system, so that it is seen from other hosts as well.
"""

from __future__ import annotations

from .places import Place

FOLDER = "leases"

# when a process began, told so that no later process of the same number has the same
BEGAN = r"""
began() {
  if [ -r "/proc/$1/stat" ]; then
    read -r line < "/proc/$1/stat" || return 1
    set -- ${line##*) }
    case $1 in Z | X) return 1 ;; esac
    shift 19
    echo "$1"
  else
    found=$(ps -o lstart= -p "$1" 2>/dev/null | tr -dc '[:alnum:]')
    [ -n "$found" ] && echo "$found"
  fi
}
"""
# the generation's folder, the command: a process keeps its number when it becomes the command
HOLD = (
    BEGAN
    + r"""
generation=$1
shift
umask 022
lease=$generation/leases/$$-$(began $$)@$(uname -n)
[ -d "$generation/leases" ] || mkdir -- "$generation/leases" 2>/dev/null
# a clean-up may have taken the generation away meanwhile: then the lease lies in what goes
if ! printf '' > "$lease" || ! [ -f "$lease" ] || ! [ -d "$generation/venv" ]; then
  echo "$generation: no lease" >&2
  exit 125
fi
exec "$@"
"""
)
# sets `alive` where a living process holds the generation at $1; leases of the dead of this host go
LEASED = (
    BEGAN
    + r"""
leased() {
  alive=
  for lease in "$1"/leases/*@*; do
    [ -e "$lease" ] || continue
    holder=${lease##*/}
    process=${holder%@*}
    # whether a process of another host lives, only that host can tell
    if [ "${holder##*@}" != "$(uname -n)" ]; then alive=yes
    elif [ "$(began "${process%%-*}")" = "${process#*-}" ]; then alive=yes
    else rm -f -- "$lease"; fi
  done
}
"""
)


def lease_words(place: Place, number: int) -> tuple[str, ...]:
    """Return the words that go before a command on a host so that it holds a lease while it lives.

    Where the lease can't be taken (the generation's folder is gone, or not ours) the command does not begin:
    the code is 125 then, and the reason is on standard error.
    """
    return ("/bin/sh", "-c", HOLD, "provenv", place.generation(number))
