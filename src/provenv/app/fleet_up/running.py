"""What runs in a target's generations on a host, by the leases that its commands hold there."""

from __future__ import annotations

from .leases import LEASED
from .places import Place
from .there import must, words

# the target's folder: the name of a generation for each command that holds it
RUNNING = (
    LEASED
    + r"""
cd -- "$1/generations" 2>/dev/null || exit 0
for name in [0-9]*; do
  leased "$name"
  for lease in "$name"/leases/*@*; do
    [ ! -e "$lease" ] || echo "$name"
  done
done
:
"""
)


def running(place: Place) -> tuple[int, ...]:
    """Return the generation of each command that runs there, the same one as often as it is held.

    Raises Failure as the host does, PV1320.
    """
    done = place.host.exec(words(RUNNING, place.base))
    must(done, place.name, place.generations)
    return tuple(int(line) for line in done.out.split())
