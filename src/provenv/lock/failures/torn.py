"""Which packages uv's cache holds in pieces, as uv's words say it: a power cut or a full disk tears them.

uv renames what it has unpacked into its cache without fsync. Its words are those of uv 0.13.9
(crates/uv-client, uv-distribution, uv-installer), seen with each file of a cache emptied and filled with
zeros in turn; where it says nothing, the files' digests do (see targets).
"""

from __future__ import annotations

import re

from ...errors import Failure

NAME = r"`?(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*?)`?\s*(?:==|@)\s*[^\s`)]+[`)]?"
TORN = (
    # a pointer into the cache
    re.compile(rf"Failed to \w+ {NAME}\s+cause: Failed to deserialize cache entry"),
    # metadata, while resolving; a wheel may also have come so from its index, which asking again shows
    re.compile(rf"\b{NAME}\s+has\s+an\s+invalid\s+package\s+format"),
    # an unpacked wheel, while installing
    re.compile(
        rf"Failed to install: \S+ \({NAME}\s+cause: "
        r"(?:The wheel is invalid|`RECORD` file is invalid|[Ff]ailed to (?:open|read)|No such file)"
    ),
)


def torn(failure: Failure) -> tuple[str, ...]:
    """Return the names of the packages that uv could not read from its cache, by what a failure tells."""
    said = [str(one.why.args.get("text", "")) for one in failure.problems if one.why is not None]
    return tuple(
        sorted({found["name"].lower() for words in said for one in TORN for found in one.finditer(words)})
    )
