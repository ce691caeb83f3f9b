"""One host of a target, and where the target's things lie there."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from ...model.channel import Host
from ...targets.names import CURRENT, FOLDER, GENERATIONS, VENV, generation_name
from .there import must, words

WHERE = """
case $1 in '~') root=$HOME ;; '~/'*) root=$HOME/${1#??} ;; /*) root=$1 ;; *) root=$HOME/$1 ;; esac
printf '%s\\0%s\\0' "$root" "${XDG_CACHE_HOME:-$HOME/.cache}/provenv"
"""


@dataclass(frozen=True)
class Place:
    """One host of a target, and its absolute paths there (POSIX ones, as strings: nothing of them is here).

    `root` is the project's folder, `cache` the one for what all projects of its user share.
    """

    name: str
    host: Host
    root: str
    target: str
    cache: str = ""

    @property
    def base(self) -> str:
        """Return the target's own folder."""
        return posixpath.join(self.root, FOLDER, self.target)

    @property
    def current(self) -> str:
        """Return the one switch: a link to the current generation."""
        return posixpath.join(self.base, CURRENT)

    @property
    def generations(self) -> str:
        """Return the folder of all generations."""
        return posixpath.join(self.base, GENERATIONS)

    def generation(self, number: int) -> str:
        """Return the folder of that generation."""
        return posixpath.join(self.generations, generation_name(number))

    def venv(self, number: int) -> str:
        """Return the virtual environment of that generation."""
        return posixpath.join(self.generation(number), VENV)

    def python(self, number: int) -> str:
        """Return the interpreter of that generation's environment."""
        return posixpath.join(self.venv(number), "bin", "python")


def place_of(name: str, host: Host, folder: str, target: str) -> Place:
    """Return where a target's things lie on a host; nothing is made there.

    `folder` is the project's: absolute, or in the home of the host's user. Raises Failure as the host does.
    """
    done = host.exec(words(WHERE, folder))
    must(done, name, folder)
    root, cache = (one.decode("utf-8", "surrogateescape") for one in done.stdout.split(b"\0")[:2])
    return Place(name, host, posixpath.normpath(root), target, posixpath.normpath(cache))
