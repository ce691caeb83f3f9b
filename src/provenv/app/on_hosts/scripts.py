"""What runs on a host for `exec`, `shell` and `cp`: short scripts for any POSIX `sh`.

Names may hold anything but NUL, so they travel as arguments and between NULs, never within lines.
Each gets the target's folder first; where that is not there, the home is where it works.
"""

from __future__ import annotations

NOT_THERE = 66
NOT_A_FOLDER = 67
TORN = 75
MARK = ".provenv-whole"
"""The last member of what is sent: an archive that broke off has it not."""

_HEAD = r"""
unset CDPATH
whole() {
  case $1 in
    '~') whole=$HOME ;;
    '~/'*) whole=$HOME/${1#??} ;;
    *) whole=$1 ;;
  esac
}
"""
_ENTER = (
    _HEAD
    + r"""
whole "$1"
cd -- "$whole" 2>/dev/null || cd || exit 125
"""
)
_TALK = "LC_ALL=C; export LC_ALL\n"

_EXEC = r"""
shift
refuse() { printf '%s: %s\n' "$2" "$3" >&2; exit "$1"; }
case $1 in
  */*)
    [ -e "$1" ] || refuse 127 "$1" 'not found'
    [ -f "$1" ] && [ -x "$1" ] || refuse 126 "$1" 'not executable' ;;
  *) command -v -- "$1" >/dev/null 2>&1 || refuse 127 "$1" 'not found' ;;
esac
exec "$@"
"""

RUN = _ENTER + _EXEC
"""`FOLDER COMMAND...`: become the command, in the folder or at home."""

RUN_IN = (
    _HEAD
    + r"""
whole "$1"
cd -- "$whole" || exit 125
"""
    + _EXEC
)
"""The same in a folder that has to be there."""

SHELL = (
    'case $1 in "~") set -- "$HOME" ;; "~/"*) set -- "$HOME/${1#??}" ;; esac; '
    'cd -- "$1" 2>/dev/null || cd; exec "${SHELL:-/bin/sh}" -l'
)
"""`FOLDER`: the user's own shell, there or at home; in one line."""

# stat of GNU and busybox, or that of BSD and macOS: the raw mode in hexadecimal, the size
_STAT = r"""
if stat -c %f . >/dev/null 2>&1; then stat="stat -c %f.%s"; else stat="stat -f %Xp.%z"; fi
export stat
each='
for name do
  shift
  if [ -e "$name" ] || [ -L "$name" ]; then set -- "$@" "$name"; fi
done
[ $# -gt 0 ] || exit 0
printf "%s\0" "$@"
printf "\0"
$stat -- "$@"
printf "\0"
'
"""

ASK = (
    _TALK
    + _ENTER
    + r"""
whole "$2"
if cd -- "$whole" 2>/dev/null; then :; elif [ -e "$whole" ]; then exit 67; else exit 0; fi
"""
    + _STAT
    + 'xargs -0 -n 500 sh -c "$each" sh\n'
)
"""`FOLDER BASE`, names on standard input: those that are there, with mode and size (`read_listing`)."""

LIST = (
    _TALK
    + _ENTER
    + r"""
whole "$2"
[ -e "$whole" ] || exit 66
if [ ! -d "$whole" ]; then
  if [ -L "$whole" ]; then
    whole=$(readlink -f -- "$whole"; printf .)
    whole=${whole%??}
  fi
  base=$(dirname -- "$whole"; printf .)
  name=$(basename -- "$whole"; printf .)
  cd -- "${base%??}" || exit 1
  name=./${name%??}
else
  cd -- "$whole" || exit 1
  name=.
fi
printf "%s\0%s\0" "$PWD" "$name"
"""
    + _STAT
    + 'find "$name" -print0 | xargs -0 -n 500 sh -c "$each" sh\n'
)
"""`FOLDER PATH`: where it is, its name there, and everything in it, with mode and size."""

HASH = (
    _TALK
    + _ENTER
    + r"""
whole "$2"
cd -- "$whole" || exit 1
if command -v sha256sum >/dev/null 2>&1; then xargs -0 sha256sum --
elif command -v shasum >/dev/null 2>&1; then xargs -0 shasum -a 256 --
fi 2>/dev/null
:
"""
)
"""`FOLDER BASE`, names on standard input: a line with the sha256 of each file that can be read."""

# the files arrive beside their places and are moved there when all have come
PUT = (
    _TALK
    + _ENTER
    + r"""
whole "$2"
case $whole in /*) ;; *) whole=$PWD/$whole ;; esac
if [ -d "$whole" ]; then
  place=$whole
else
  place=$(dirname -- "$whole"; printf .)
  place=${place%??}
  mkdir -p -- "$place" || exit 73
fi
stage=$(mktemp -d "$place/.provenv-copy.XXXXXX") || exit 73
trap 'rm -rf -- "$stage"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$stage/in" && tar -xopf - -C "$stage/in" || exit 74
[ -e "$stage/in/.provenv-whole" ] || exit 75
rm -f "$stage/in/.provenv-whole"
if [ ! -d "$whole" ]; then
  mv -- "$stage/in" "$whole" || exit 76
  exit 0
fi
export whole
cd "$stage/in" || exit 76
find . -type d -exec sh -c 'for one do mkdir -p -- "$whole/$one" || exit 1; done' sh {} + || exit 76
find . ! -type d -exec sh -c '
for one do
  # `mv` would go into a folder that a link leads to
  if [ -L "$whole/$one" ] && [ -d "$whole/$one" ]; then rm -f -- "$whole/$one"; fi
  mv -f -- "$one" "$whole/$one" || exit 1
done' sh {} + || exit 76
cd / || exit 76
"""
)
"""`FOLDER BASE`, an archive on standard input: its files into the folder, all or none."""

GET = (
    _TALK
    + _ENTER
    + r"""
cd -- "$2" || exit 1
xargs -0 tar -cf -
"""
)
"""`FOLDER BASE`, names on standard input: archives of these files, one behind the other."""


SHOW = '[ ! -f "$2" ] || cat -- "$2"'
"""`FOLDER FILE`: what stands in it; nothing where it is not there."""

# without its source a module's cached bytecode is not imported, but it would keep the folder
DELETE = (
    _TALK
    + _HEAD
    + r"""
whole "$2"
cd -- "$whole" || exit 1
xargs -0 sh -c '
for one do
  rm -f -- "$one" || exit 1
  folder=${one%/*}
  case $one in *.py)
    name=${one##*/}
    rm -f -- "$folder/__pycache__/${name%.py}".cpython-*.pyc ;;
  esac
  while [ "$folder" != . ]; do
    rmdir -- "$folder/__pycache__" 2>/dev/null
    rmdir -- "$folder" 2>/dev/null || break
    folder=${folder%/*}
  done
done' sh
"""
)
"""`FOLDER BASE`, names on standard input: they are deleted, and the folders that are empty then."""


def words(script: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a script with its arguments."""
    return ("sh", "-c", script, "provenv", *arguments)
