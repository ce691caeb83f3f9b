"""The places themselves asked after uv has failed: what it says of a network is not always the cause.

A login page of a guest network, a redirect that goes round in a circle, a page that stops in the middle:
for uv all of these say that there is no such package. Nothing is asked before something has failed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urljoin, urlsplit

from packaging.utils import canonicalize_name

from ...errors import Failure, Hint, Problem, problem, text
from ...hosts.patience import patience_of
from ...hosts.reach import Access, access, reach, side_by_side
from ...model.lock import Lock
from ...model.mirrors import Reached
from ...model.spec import Spec
from ...pipconf import PipConfiguration, redact
from ..sources import Sources, sources_of
from .answers import exit_of, hints, links, refusal, said, unusable, web_page
from .cause import NETWORK

LIMIT = 10.0
"""Seconds for one answer."""
PAGE = 1 << 23
FILE = 1 << 27
"""Bytes of a page, or of a file, that are looked at at most."""
ENOUGH = 1 << 14
"""Bytes of a file that show that it comes."""
ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
MOST_NAMES = 3
MOST_FILES = 8
UNSURE = frozenset({"PV340", "PV341", "PV342", "PV344"})
"""What uv also says where a page was none."""
DAMAGED = re.compile(
    r"`(?P<name>[\w.-]+)(?:==|` \(v)(?P<version>[^`)\s]+)|(?P<other>[\w.-]+)==(?P<at>\S+) has an"
)


@dataclass(frozen=True)
class Place:
    """One address to ask: of an index the page of a project, else a file; `url` may carry credentials."""

    url: str
    project: str = ""
    extra: bool = False

    @property
    def shown(self) -> str:
        """Return the address without credentials."""
        return redact(self.url)


def true_cause(
    failure: Failure,
    spec: Spec,
    *,
    pip: PipConfiguration,
    environment: Mapping[str, str],
    default_index: Callable[[], str],
    lock: Lock | None = None,
) -> Failure:
    """Return the failure with what the places of the network answer when they are asked for it themselves.

    A failure that has nothing to do with the network comes back as it was. `default_index` gives the
    address that uv asks without any configuration; `lock` what the files should be.
    """
    first = failure.problems[0] if failure.problems else None
    if first is None or first.code not in NETWORK | UNSURE:
        return failure
    sources = sources_of(spec, pip, environment)
    how = access(environment, pip)
    words = str(first.why.args.get("text", "")) if first.why and first.why.key == "verbatim" else ""
    # that there is no such package is not true where the place says something else
    kept = "" if first.code in UNSURE else words
    limit = min(LIMIT, patience_of(environment, pip.timeout).stall)
    nowhere = first.what.args.get("url") == "?"
    if first.code == "PV327" or (first.code == "PV315" and nowhere):
        found = _damage(first, words, sources, default_index, how, limit, lock)
    else:
        places = _places(first, words, spec, sources, default_index)
        if first.code == "PV316" and lock is not None:
            places = (*places, *_files(lock, places))
        answers = side_by_side([partial(_ask, one, how, limit) for one in places], limit=limit + 1)
        found = _judged(first, kept, places, answers, limit)
        found = _untrusted(first, found, answers)
    return Failure(found, *failure.problems[1:], exit_code=exit_of(found), data=failure.data)


def _places(
    first: Problem, words: str, spec: Spec, sources: Sources, default_index: Callable[[], str]
) -> tuple[Place, ...]:
    """Return what is asked: the address that failed, else the pages of what could not be found."""
    url = str(first.what.args.get("url", ""))
    indexes = _indexes(sources, default_index)
    if url.startswith(("http://", "https://")):
        of_index = next((one for one in indexes if url.startswith(redact(one.url).rstrip("/"))), None)
        name = urlsplit(url).path.rstrip("/").rpartition("/")[2] if url.endswith("/") and of_index else ""
        return (Place(_with_login(url, indexes), name, bool(of_index and of_index.extra)),)
    named = str(first.what.args.get("name", "")) or ""
    names = [named] if named else [one.name for one in spec.requirements if one.name]
    flat = re.sub(r"\s+", " ", words)
    mentioned = [one for one in names if re.search(rf"(?<![\w.-]){re.escape(one)}(?![\w-])", flat)] or names
    return tuple(
        Place(f"{one.url.rstrip('/')}/{canonicalize_name(name)}/", name, one.extra)
        for one in indexes
        for name in mentioned[:MOST_NAMES]
    )


def _files(lock: Lock, indexes: Sequence[Place]) -> Iterator[Place]:
    """Return addresses of locked files: one of them may be what nothing came of."""
    urls = [package.artifacts[0].url or "" for package in lock.packages if package.artifacts]
    for url in [one for one in urls if one.startswith(("http://", "https://"))][:MOST_FILES]:
        yield Place(_with_login(url, indexes))


def _indexes(sources: Sources, default_index: Callable[[], str]) -> tuple[Place, ...]:
    """Return the indexes of this place that are on the network."""
    if sources.no_index:
        return ()
    listed = [Place(sources.default or default_index()), *(Place(one, extra=True) for one in sources.extra)]
    return tuple(one for one in listed if one.url.startswith(("http://", "https://")))


def _with_login(url: str, indexes: Sequence[Place]) -> str:
    """Return an address with the login that this place has for its host; what uv printed has none."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    for one in indexes:
        netloc = urlsplit(one.url).netloc
        if "@" in netloc and netloc.rpartition("@")[2] == bare.netloc:
            return bare._replace(netloc=netloc).geturl()
    return bare.geturl()


def _ask(place: Place, how: Access, limit: float) -> Reached:
    size = PAGE if place.project else ENOUGH
    return reach(place.url, how, accept=ACCEPT if place.project else "*/*", limit=limit, sample=size)


def _judged(
    first: Problem, words: str, places: Sequence[Place], answers: Sequence[Reached | None], limit: float
) -> Problem:
    """Return the first problem that an answer shows, in the order of the places; else what was known."""
    for place, given in zip(places, answers, strict=True):
        answer = given or Reached("timeout", detail=os.strerror(errno.ETIMEDOUT), seconds=limit)
        found = refusal(place.shown, answer, words=words)
        if found is None and place.project:
            found = unusable(place.shown, answer, place.project, words=words)
        elif found is None and not answer.whole and len(answer.body) < ENOUGH:
            found = said("PV316", place.shown, f"{len(answer.body)} B", answer.seconds or limit, words)
        if found is None or (found.code == "PV326" and (place.project or first.code in UNSURE)):
            # a page that is not there is how an index says that it has no such project
            continue
        if first.code == "PV316" and found.code in ("PV316", "PV355"):
            found = _stood_still(first, found)
        if first.code == "PV329":
            found = replace(first, why=found.what, hints=(*first.hints, *found.hints))
        if place.extra:
            found = replace(found, hints=(*found.hints, Hint(text("network.extra", url=place.shown))))
        return replace(found, where=first.where)
    return first


def _stood_still(first: Problem, found: Problem) -> Problem:
    """Return the problem that a place gives next to nothing: what uv had of it, what it said to us."""
    told = {**(first.why.args if first.why else {}), **(found.why.args if found.why else {})}
    stalled = first.what.args.get("after_seconds", 0.0)
    why = text("PV316.why_asked", **{"peers": "-", **told, "stalled_seconds": stalled})
    return problem("PV316", why=why, hints=hints("PV316"), url=str(found.what.args.get("url", "")))


def _untrusted(first: Problem, found: Problem, answers: Sequence[Reached | None]) -> Problem:
    """Add the remedy where this machine's own store trusts a certificate that uv does not."""
    trusted = any(one is not None and one.state == "reached" for one in answers)
    if found is not first or first.code != "PV352" or not trusted:
        return found
    return replace(first, hints=(Hint(text("network.system"), "export UV_SYSTEM_CERTS=1"), *first.hints))


def _damage(
    first: Problem,
    words: str,
    sources: Sources,
    default_index: Callable[[], str],
    how: Access,
    limit: float,
    lock: Lock | None,
) -> Problem:
    """Return what is the matter with a file that could not be read: fetched again, its digest tells."""
    match = DAMAGED.search(re.sub(r"\s+", " ", words))
    name = canonicalize_name((match["name"] or match["other"]) if match else "")
    locked = lock.package(name) if lock and name else None
    known = {one.filename: one.hashes.get("sha256", "") for one in locked.artifacts} if locked else {}
    for index in _indexes(sources, default_index) if name else ():
        page_url = f"{index.url.rstrip('/')}/{name}/"
        page = reach(page_url, how, accept=ACCEPT, limit=limit, sample=PAGE)
        if page.state != "reached":
            continue
        for filename, link in links(page, name).items():
            told = known.get(filename) or _digest(link)
            if not told or (known and filename not in known):
                continue
            url = urljoin(page.final or page_url, link.partition("#")[0])
            began = time.monotonic()
            file = reach(_with_login(url, (index,)), how, limit=6 * limit, sample=FILE)
            made = hashlib.sha256(file.body).hexdigest()
            if file.state == "reached" and file.whole and made != told and web_page(file):
                return said("PV314", redact(url), web_page(file), file.seconds or 0.0)
            if file.state == "reached" and file.whole and made != told:
                shown = redact(url)
                why = text("PV357.other", url=shown, got=made, size_bytes=len(file.body), locked=told)
                hints = (
                    Hint(text("PV357.hint"), "provenv lock"),
                    Hint(text("network.mirrors"), "provenv mirrors"),
                )
                return problem("PV357", why=why, hints=hints)
            bad = refusal(redact(url), replace(file, seconds=time.monotonic() - began), words=words)
            if bad is not None:
                return bad
    what = replace(first.what, args={**first.what.args, "name": name or "?"})
    return replace(first, what=what)


def _digest(link: str) -> str:
    found = re.search(r"#sha256=([0-9a-f]{64})", link)
    return found[1] if found else ""
