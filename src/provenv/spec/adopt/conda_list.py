"""`conda list --export` and `conda list --explicit`: every package of an environment, on a line each."""

from __future__ import annotations

import posixpath
import re

from ...errors import text
from ..source import Source
from .adopted import Draft
from .conda_environment import take_spec
from .conda_spec import Spec

_EXPORTED = re.compile(r"(?P<name>[\w.-]+)=(?P<version>[^=\s]+)=(?P<build>[^=\s]+)")
_FILE = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)-(?P<build>[^-]+)\.(?:tar\.bz2|conda)")


def is_list(words: str) -> bool:
    """Return whether a text is what one of the two commands writes."""
    if re.search(r"^@EXPLICIT\s*$", words, re.MULTILINE):
        return True
    lines = [line for line in words.splitlines() if line.strip() and not line.startswith("#")]
    return len(lines) > 0 and sum(bool(_EXPORTED.fullmatch(line.strip())) for line in lines) > 0.8 * len(
        lines
    )


def read(draft: Draft, source: Source) -> None:
    """Read the list; what is known as a thing that projects import is carried, the rest as comments."""
    draft.dump = True
    for number, line in enumerate(source.text.splitlines(), start=1):
        words = line.strip()
        where = f"{source.name}:{number}"
        if not words or words.startswith(("#", "@")):
            continue
        exported = _EXPORTED.fullmatch(words)
        match = exported or _FILE.fullmatch(posixpath.basename(words).partition("#")[0])
        if match is None:
            draft.leave(words, where, text("adopt.left.not_understood"))
            continue
        # packages that pip installed are listed with `pypi` for a build
        build = "" if match["build"].startswith("pypi") else match["build"]
        take_spec(draft, Spec(match["name"], f"=={match['version']}", build), words, where)
    draft.tell(text("adopt.found.conda_dump", file=source.name))
    draft.about = text("adopt.about.conda", file=source.name)
