"""One file fetched to the disk: continued where it stopped, believed only by its sha256."""

from __future__ import annotations

import errno
import hashlib
import http.client
import math
import os
import random
import threading
import time
import urllib.error
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ..errors import Failure, Problem, problem, text
from ..model.channel import Patience
from ..model.mirrors import Reached
from ..pipconf import redact
from .files import sync_folder
from .reach import Access, opened, side_by_side, unreached

CHUNK = 1 << 18
STEP_LIMIT = 60.0
ATTEMPTS = 5
"""How often an address is asked without giving anything."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between two attempts."""
LOOK = 0.1
PART = ".part"
NETWORK = (urllib.error.URLError, ConnectionError, TimeoutError, http.client.HTTPException)


class Unfetched(Exception):
    """An address that did not give the file: how it answered."""

    def __init__(self, url: str, reached: Reached) -> None:
        super().__init__(redact(url), reached.state, reached.detail)
        self.reached = reached


@dataclass(frozen=True)
class Pace:
    """How long one file may take: `patience` of the network, what is asked before waits, how chance falls.

    `stop` raises where nothing is to be fetched any more; `chance` gives a number from 0 to 1.
    """

    patience: Patience = Patience(120.0)
    stop: Callable[[], None] = lambda: None
    chance: Callable[[], float] = random.random


def fetch(
    url: str,
    goal: Path,
    how: Access,
    *,
    digests: Mapping[str, str],
    advance: Callable[[int], None],
    pace: Pace = Pace(),
) -> int:
    """Fetch `url` into `goal` and return its size in bytes; `advance` hears of each piece (bytes).

    What an earlier attempt left in `goal.part` is asked for no second time
    (HTTP's Range, RFC 9110 section 14). A connection that breaks is taken up
    again as long as it gives anything; a server that is busy (429, 5xx) is asked
    again after a pause, the one it names (Retry-After) or one that doubles, with
    chance in it. The file appears under its name only when its sha256 (and any
    other of `digests` that is known here) is right.
    Raises Unfetched where the address does not give it, gives next to nothing, or not
    within the time that `pace` allows; Failure PV367 where what comes is another file,
    OSError where it can't be written.
    """
    part = goal.with_name(goal.name + PART)
    goal.parent.mkdir(parents=True, exist_ok=True)
    parts = urlsplit(url)
    began = time.monotonic()
    total = pace.patience.total
    deadline = math.inf if total is None else began + total
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
                _receive(url, part, before, how, advance, pace, deadline)
            break
        except Unfetched:
            raise
        except (http.client.HTTPException, OSError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            elif not isinstance(error, NETWORK):
                raise
            found = replace(unreached(error, url, how), seconds=time.monotonic() - began)
            grown = part.exists() and part.stat().st_size > before
            # nothing after a whole limit is twice as bad as a refusal at once
            left = ATTEMPTS if grown else left - (2 if found.state == "timeout" else 1)
            wait = 0.0 if grown else _pause(found, ATTEMPTS - left, pace)
            # a pause that is longer than anybody waits is a refusal
            late = wait > pace.patience.stall or time.monotonic() + wait >= deadline
            if left <= 0 or late or not (grown or _passing(found)):
                raise Unfetched(url, found) from error
            _rest(wait, pace)
    if earlier and not _right(part, digests):
        # a power cut may have torn what lay there: all of it once more
        advance(-part.stat().st_size)
        part.unlink()
        return fetch(url, goal, how, digests=digests, advance=advance, pace=pace)
    _check(part, url, goal.name, digests)
    os.replace(part, goal)
    sync_folder(goal.parent)
    return goal.stat().st_size


def _passing(found: Reached) -> bool:
    """Tell whether another attempt may succeed: what is busy or broke off, not what refuses."""
    if found.state == "status":
        return found.status in (408, 425, 429) or found.status >= 500
    return found.state in ("refused", "timeout") or (found.state == "broken" and found.cause != "circle")


def _pause(found: Reached, attempt: int, pace: Pace) -> float:
    """Return the seconds until the next attempt: what the server asks for, else twice as long as before.

    Half of it is chance, so that many clients do not come back at the same moment.
    """
    if found.retry_after is not None:
        return found.retry_after
    return min(FIRST_PAUSE * 2.0 ** (attempt - 1), LONGEST_PAUSE) * (0.5 + 0.5 * pace.chance())


def _rest(seconds: float, pace: Pace) -> None:
    """Wait, and hear meanwhile whether it is still wanted."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        pace.stop()
        threading.Event().wait(min(left, LOOK))


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


def _receive(
    url: str,
    part: Path,
    offset: int,
    how: Access,
    advance: Callable[[int], None],
    pace: Pace,
    deadline: float,
) -> None:
    headers = {"Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    began = time.monotonic()
    step = min(STEP_LIMIT, pace.patience.stall, max(0.1, deadline - began))
    try:
        answer = _opened(url, how, headers, step)
    except urllib.error.HTTPError as error:
        if error.code == 416 and offset:
            # there is no more than what lies here; the digest tells whether that is right
            error.close()
            return
        raise
    if answer.status != 206:
        # a new file, not the old one emptied: whoever has a link to that one keeps it
        part.unlink(missing_ok=True)
    with answer, part.open("ab") as file:
        if offset and answer.status != 206:
            advance(-offset)
        marked, since = time.monotonic(), 0
        while block := answer.read1(CHUNK):
            pace.stop()
            file.write(block)
            since += len(block)
            advance(len(block))
            now = time.monotonic()
            if now >= deadline:
                raise Unfetched(url, _too_slow(part, file, now - began))
            if now - marked >= pace.patience.stall:
                if since < pace.patience.least_rate * (now - marked):
                    raise Unfetched(url, _too_slow(part, file, now - began))
                marked, since = now, 0
        file.flush()
        os.fsync(file.fileno())
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)


def _opened(url: str, how: Access, headers: Mapping[str, str], limit: float) -> http.client.HTTPResponse:
    """Return the answer of `opened`, its whole head within `limit` seconds.

    A time limit of sockets is one for each byte, and a name server heeds none: the thread is left behind.
    """

    def ask() -> http.client.HTTPResponse | Exception:
        try:
            return opened(url, how, headers, limit=limit)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return error

    (answer,) = side_by_side([ask], limit=limit + LOOK)
    if answer is None:
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
    if isinstance(answer, Exception):
        raise answer
    return answer


def _too_slow(part: Path, file: IO[bytes], seconds: float) -> Reached:
    """Return how an address answered that gives next to nothing; what came is kept for the next time."""
    file.flush()
    return Reached("timeout", 200, seconds=seconds, detail=f"{part.stat().st_size} B", cause="slow")


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
