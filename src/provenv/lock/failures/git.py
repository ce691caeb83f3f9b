"""Why git could not fetch what a requirement names, from what uv tells of it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import Hint, Text, text, verbatim

FAILED = "Git operation failed"
OFFLINE = "connectivity is disabled"
ABSENT = "Git executable not found"
ADDRESS = re.compile(r"git fetch [^`\n]*?'(?P<url>[a-z+]+://[^'\s]+)'")
REQUIRED = re.compile(r"git\+(?P<url>[a-z]+://[^\s`#]+)")
REVISION = re.compile(
    r"failed to fetch (?:branch or tag|branch|tag|commit|reference)\s+`(?P<revision>[^`]+)`"
)
UNKNOWN = re.compile(r"couldn't find remote ref|not our ref|[Rr]evision .* not found|unadvertised object")
SPOKEN = re.compile(
    r"^\s*(?:fatal|error|ssh|remote|ERROR|git|Host key verification failed)\b:?.*$", re.MULTILINE
)
# what follows every refusal and tells nothing
BOILERPLATE = re.compile(r"Could not read from remote repository|remote error: upload-pack")


@dataclass(frozen=True)
class Unfetched:
    """A repository that could not be fetched: what is said of it, git's own line, what helps."""

    url: str
    what: Text
    why: Text
    hints: tuple[Hint, ...]


def unfetched(words: str) -> Unfetched | None:
    """Return which repository git could not fetch and why; None for other failures.

    Of uv's words only git's own last line is kept: the rest are folders of its cache and its command.
    """
    if FAILED not in words or OFFLINE in words:
        return None
    match = ADDRESS.search(words) or REQUIRED.search(words)
    url = _repository(match["url"]) if match else "?"
    if ABSENT in words:
        hint = Hint(text("lock.build.install", apt="git", dnf="git"))
        return Unfetched(url, text("PV343", url=url), text("PV343.absent"), (hint,))
    what, revision = text("PV343", url=url), REVISION.search(words)
    if revision is not None and UNKNOWN.search(words):
        what = text("PV343.revision", url=url, revision=revision["revision"])
    hint = Hint(text("PV343.hint"), f"git ls-remote {url}" if match else None)
    return Unfetched(url, what, verbatim(_last(words)), (hint,))


def _repository(url: str) -> str:
    """Return the address without the revision that a requirement names after `@`."""
    head, _, tail = url.rpartition("/")
    return f"{head}/{tail.partition('@')[0]}"


def _last(words: str) -> str:
    """Return git's last line that tells something, else uv's last cause."""
    said = words.partition("--- stderr")[2].split("\nhint:", maxsplit=1)[0]
    rows = [match[0].strip() for match in SPOKEN.finditer(said) if not BOILERPLATE.search(match[0])]
    rows = rows or [row.strip() for row in said.splitlines() if row.strip()]
    rows = rows or [row.strip().removeprefix("cause: ") for row in words.splitlines() if row.strip()]
    return rows[-1].removeprefix("fatal: ")
