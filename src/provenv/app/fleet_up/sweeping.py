"""What is no longer needed on a host, taken away: generations, or all that a target has there."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import Failure, problem
from ...targets.names import generation_name
from .guarding import guarded
from .leases import LEASED
from .places import Place
from .pruning import prune
from .there import must, words

# the target's folder, names of generations: those that stay are told, with why
REMOVE = (
    LEASED
    + r"""
LC_ALL=C; export LC_ALL
cd -- "$1/generations" 2>/dev/null || exit 0
shift
current=$(readlink ../current 2>/dev/null)
for name do
  [ -d "$name" ] || continue
  leased "$name"
  if [ "generations/$name" = "$current" ]; then echo "current $name"
  elif [ -n "$alive" ]; then echo "leased $name"
  # at once under another name: what is half removed counts for nothing
  else
    mv -- "$name" ".gone.$name.$$" || exit 1
    # a command may have taken its lease a moment ago
    leased ".gone.$name.$$"
    [ -z "$alive" ] || { mv -- ".gone.$name.$$" "$name" && echo "leased $name" || exit 1; }
  fi
done
for gone in .gone.*; do
  [ ! -e "$gone" ] || rm -rf -- "$gone" || exit 1
done
"""
)
# the target's folder: all of it but the guard, which goes by itself
FORGET = (
    LEASED
    + r"""
LC_ALL=C; export LC_ALL
cd -- "$1" 2>/dev/null || exit 0
for folder in generations/*; do
  [ -d "$folder" ] || continue
  leased "$folder"
  [ -z "$alive" ] || echo "leased ${folder#generations/}"
done | grep . && exit 0
rm -f current && rm -rf -- generations
"""
)
# what is left when the guard is gone: folders with nothing of anybody's in them
FOLDERS = r"""
rmdir -- "$1" 2>/dev/null || exit 0
cd -- "${1%/*}" || exit 0
[ "$(ls -A)" != .gitignore ] || { rm -f .gitignore; cd ..; rmdir .provenv 2>/dev/null; }
:
"""


def remove(place: Place, numbers: Sequence[int]) -> tuple[int, ...]:
    """Remove generations from a host; return those that stay because a command runs in them.

    The current one stays as well. With them goes what nothing uses any more of the cache
    there. Raises Failure as the host does, PV1320, PV1323.
    """
    if not numbers:
        return ()
    with guarded(place):
        done = place.host.exec(words(REMOVE, place.base, *map(generation_name, numbers)))
        must(done, place.name, place.generations)
    staying = _staying(done.out)
    prune(place, [one for one in numbers if one not in staying])
    return staying


def forget(place: Place) -> None:
    """Remove everything of a target from a host; what other projects share with it stays.

    Raises Failure: PV1331 where a command runs in one of its generations, then nothing is removed; as
    the host does, PV1320, PV1323.
    """
    with guarded(place):
        done = place.host.exec(words(FORGET, place.base))
        must(done, place.name, place.base)
        staying = _staying(done.out)
        if staying:
            numbers = ", ".join(map(str, staying))
            raise Failure(problem("PV1331", host=place.name, numbers=numbers, n=len(staying)))
    must(place.host.exec(words(FOLDERS, place.base)), place.name, place.base)
    prune(place)


def _staying(said: str) -> tuple[int, ...]:
    return tuple(int(line.split()[1]) for line in said.splitlines() if line.startswith(("leased", "current")))
