"""What no generation of any project uses any more, taken out of the cache of a host's user.

Each installation writes down what it uses before anything is sent: `uses/<key>` holds the generation's folder
and the digests of its files. Another project's installation that is on its way is safe by that.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from .places import Place
from .there import must, words

USES = "uses"

# the cache, keys of generations that are gone; what is younger than a day may be about to be used
PRUNE = r"""
LC_ALL=C; export LC_ALL
cd -- "$1" 2>/dev/null && [ -d uses ] && [ -d files ] || exit 0
cache=$1
shift
for key do rm -f -- "uses/$key"; done
used=' ' names=
for use in uses/*; do
  [ -f "$use" ] || continue
  { read -r generation; read -r digests; } < "$use"
  if [ -d "$generation" ] || [ -n "$(find "$use" -mtime -1)" ]; then used="$used$digests "
  else rm -f -- "$use"; fi
done
for folder in files/*; do
  [ -d "$folder" ] && [ -z "$(find "$folder" -prune -mtime -1)" ] || continue
  case $used in *" ${folder#files/} "*) continue ;; esac
  for wheel in "$folder"/*.whl; do
    name=${wheel##*/}
    [ ! -f "$wheel" ] || names="$names ${name%%-*}"
  done
  rm -rf -- "$folder" || exit 1
done
[ -n "$names" ] || exit 0
for uv in files/*/uv; do
  if [ -x "$uv" ]; then UV_CACHE_DIR=$cache/uv "$uv" cache clean --no-config --quiet $names; break; fi
done
"""


def use_of(place: Place, number: int) -> str:
    """Return the name of the file that says what a generation on a host uses."""
    return sha256(place.generation(number).encode("utf-8", "surrogateescape")).hexdigest()


def prune(place: Place, gone: Iterable[int] = ()) -> None:
    """Remove from a host's cache what nothing uses; `gone` are generations that were removed just now.

    Raises Failure as the host does, PV1320.
    """
    done = place.host.exec(words(PRUNE, place.cache, *(use_of(place, number) for number in gone)))
    must(done, place.name, place.cache)
