"""One file fetched to the disk: continued where it stopped, believed only by its sha256."""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import urllib.error
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ..errors import Failure, Problem, problem, text, verbatim
from ..model.mirrors import Reached
from ..pipconf import redact
from .files import sync_folder
from .reach import Access, opened, unreached

CHUNK = 1 << 18
STEP_LIMIT = 60.0
ATTEMPTS = 5
PART = ".part"


class Unfetched(Exception):
    """An address that did not give the file: how it answered."""

    def __init__(self, url: str, reached: Reached) -> None:
        super().__init__(redact(url), reached.state, reached.detail)
        self.reached = reached


def fetch(
    url: str,
    goal: Path,
    how: Access,
    *,
    digests: Mapping[str, str],
    advance: Callable[[int], None],
) -> int:
    """Fetch `url` into `goal` and return its size in bytes; `advance` hears of each piece (bytes).

    What an earlier attempt left in `goal.part` is asked for no second time
    (HTTP's Range, RFC 9110 section 14). A connection that breaks is taken up
    again as long as it gives anything. The file appears under its name only
    when its sha256 (and any other of `digests` that is known here) is right.
    Raises Unfetched where the address does not give it, Failure PV367 where
    what comes is another file, OSError where it can't be written.
    """
    part = goal.with_name(goal.name + PART)
    goal.parent.mkdir(parents=True, exist_ok=True)
    parts = urlsplit(url)
    left = ATTEMPTS
    if not _known(digests):
        # nothing would tell whether a power cut has torn it
        part.unlink(missing_ok=True)
    earlier = part.exists() and parts.scheme != "file"
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            if parts.scheme == "file":
                _copy(Path(url2pathname(parts.path)), part, advance, url)
            else:
                _receive(url, part, before, how, advance)
            break
        except urllib.error.HTTPError as error:
            with error:
                raise Unfetched(url, unreached(error, url, how)) from error
        except (http.client.HTTPException, ConnectionError, TimeoutError, urllib.error.URLError) as error:
            grown = part.exists() and part.stat().st_size > before
            left = ATTEMPTS if grown else left - 1
            if left <= 0 or (isinstance(error, urllib.error.URLError) and not grown):
                raise Unfetched(url, unreached(error, url, how)) from error
    if earlier and not _right(part, digests):
        # a power cut may have torn what lay there: all of it once more
        advance(-part.stat().st_size)
        part.unlink()
        return fetch(url, goal, how, digests=digests, advance=advance)
    _check(part, url, goal.name, digests)
    os.replace(part, goal)
    sync_folder(goal.parent)
    return goal.stat().st_size


def is_whole(path: Path, digests: Mapping[str, str]) -> bool:
    """Tell whether a file is there with the right content."""
    try:
        return bool(_known(digests)) and _right(path, digests)
    except OSError:
        return False


def sha256_of(path: Path) -> str:
    """Return a file's sha256."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


def _receive(url: str, part: Path, offset: int, how: Access, advance: Callable[[int], None]) -> None:
    headers = {"Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    try:
        answer = opened(url, how, headers, limit=STEP_LIMIT)
    except urllib.error.HTTPError as error:
        if error.code == 416 and offset:
            # there is no more than what lies here; the digest tells whether that is right
            error.close()
            return
        raise
    with answer, part.open("ab" if answer.status == 206 else "wb") as file:
        if offset and answer.status != 206:
            advance(-offset)
        expected = answer.length
        received = 0
        while block := answer.read(CHUNK):
            file.write(block)
            received += len(block)
            advance(len(block))
        file.flush()
        os.fsync(file.fileno())
        if expected is not None and received < expected:
            raise http.client.IncompleteRead(b"", expected - received)


def _copy(source: Path, part: Path, advance: Callable[[int], None], url: str) -> None:
    if not source.is_file():
        raise Unfetched(url, Reached("absent", detail=os.strerror(errno.ENOENT)))
    with source.open("rb") as stream, part.open("wb") as file:
        while block := stream.read(CHUNK):
            file.write(block)
            advance(len(block))
        file.flush()
        os.fsync(file.fileno())


def _known(digests: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in digests.items() if name in hashlib.algorithms_guaranteed}


def _right(path: Path, digests: Mapping[str, str]) -> bool:
    made = {name: hashlib.new(name) for name in _known(digests)}
    with path.open("rb") as stream:
        while block := stream.read(CHUNK):
            for one in made.values():
                one.update(block)
    return all(one.hexdigest() == digests[name].lower() for name, one in made.items())


def _check(part: Path, url: str, name: str, digests: Mapping[str, str]) -> None:
    if _right(part, digests):
        return
    part.unlink()
    raise Failure(_other(url, name))


def _other(url: str, name: str) -> Problem:
    return problem("PV367", file=name, url=redact(url), why=text("PV367.why"))


def reason(error: Unfetched) -> Problem:
    """Return the problem that an address which did not give a file stands for (PV369)."""
    return problem(
        "PV369",
        url=error.args[0],
        state=error.reached.state,
        why=verbatim(error.reached.detail or error.reached.state),
    )
