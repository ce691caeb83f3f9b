"""What programs that pass on another program's lines write in front of them: ranks, containers, time."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
# each may stand in front of the next one; what names the source (a rank, a container) is `source`
_PREFIX = re.compile(
    rf"""(?:
      \ufeff?{_TIME}[ ](?:(?P<stream>std(?:out|err))[ ][FP][ ])?  # GitHub Actions, kubectl, CRI
    | \[?(?:default|rank)[ ]?\d{{1,5}}\]?:[ ]?                                   # torchrun
    | \[\d{{1,4}},\d{{1,5}}\]<std(?:out|err|diag)>:[ ]?                          # mpirun --tag-output
    | \((?:[\w.:\[\]-]{{1,60}}[ ])?pid=\d{{1,9}}(?:,[ ]ip=[\d.a-f:]{{3,45}})?\)[ ]   # Ray, vLLM
    | \[(?:pod/)[\w./-]{{1,200}}\][ ]                                            # kubectl --prefix
    | [a-zA-Z][\w.-]{{0,60}}[ ]{{1,20}}\|[ ]                                       # docker compose
    | \#\d{{1,4}}[ ]\d{{1,6}}\.\d{{1,3}}[ ]                                            # BuildKit
    | (?:ERROR|CRITICAL|WARNING|INFO)[ ]\d\d-\d\d[ ]\d\d:\d\d:\d\d[ ]\[?[\w./-]{{1,80}}:\d{{1,6}}\][ ]  # vLLM
    | [A-Z][a-z]{{2}}[ ][ \d]\d[ ]\d\d:\d\d:\d\d[ ][\w.-]{{1,80}}[ ]       # syslog of a process
      [\w./@-]{{1,60}}\[\d{{1,9}}\]:[ ]
    | E[ ]{{3,7}}(?=\S)                                                        # pytest
    )""",
    re.X,
)
_DOCKER = re.compile(r'\{"log":"')
_DIGITS = str.maketrans("", "", "0123456789")
MOST = 4


class Prefixed(NamedTuple):
    """A line without what stood in front of it, and where it began; `source` tells streams apart."""

    text: str
    start: int
    source: str = ""


def without_prefix(line: str) -> Prefixed:
    """Return the line as its own program wrote it."""
    if _DOCKER.match(line):
        inner = _docker(line)
        if inner is not None:
            return Prefixed(inner, 0, "docker")
    start, source = 0, []
    for _ in range(MOST):
        match = _PREFIX.match(line, start)
        if match is None or match.end() == match.start():
            break
        found = match[0].strip()
        if not re.match(r"\ufeff?\d{4}-|#\d|E\b|ERROR|CRITICAL|WARNING|INFO|[A-Z][a-z]{2} ", found):
            source.append(found)
        start = match.end()
    return Prefixed(line[start:], start, " ".join(source))


def _docker(line: str) -> str | None:
    """Return the line in an entry of Docker's json-file log."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    inner = entry.get("log") if isinstance(entry, dict) else None
    return inner.rstrip("\r\n") if isinstance(inner, str) else None
