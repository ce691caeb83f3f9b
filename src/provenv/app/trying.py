"""One mirror of one kind, tried: what is asked of it, and what its answer says about speed and freshness."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from ..hosts.reach import Access, reach
from ..lock import torch_address
from ..model.mirrors import Reached, State, Trial
from ..model.spec import Mirrors
from ..pipconf import redact

REFERENCE = "certifi"
"""A project with a small page and a new version every few months: whoever serves the newest is fresh."""
MODEL = "openai-community/gpt2/resolve/main/vocab.json"
"""One MiB of a model that every hub has, not in large-file storage."""
SIMPLE = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
SAMPLE = 1 << 19
_LINK = re.compile(r"""<a\b[^>]*?\bhref=["']([^"']+)["']""", re.IGNORECASE)
_DATE = re.compile(r"^Date:\s*(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Candidate:
    """A mirror to try; `url` may carry credentials and is never shown. `used`: it is what is used now."""

    kind: str
    name: str
    origin: Literal["preset", "file", "requirements", "uv", "pip", "system", "default"]
    url: str
    used: bool = False


@dataclass(frozen=True)
class Ask:
    """What the trials of one call share.

    `python` is the path below a mirror of Python builds to the file that uv would fetch, with its version;
    `suite` the distribution and suite whose index apt would fetch.
    """

    how: Access
    limit: float
    python: tuple[str, str] = ("", "")
    suite: tuple[str, str] = ("debian", "stable")


def attempt(candidate: Candidate, ask: Ask) -> Trial:
    """Return how a mirror did: reached or why not, its times in seconds, what it serves."""
    return TRIALS[candidate.kind](candidate, ask)


def _pypi(candidate: Candidate, ask: Ask) -> Trial:
    base = candidate.url.rstrip("/")
    return _project(candidate, ask, f"{base}/{REFERENCE}/", REFERENCE)


def _torch(candidate: Candidate, ask: Ask) -> Trial:
    url, flat = torch_address(candidate.url, "cpu")
    base = url.rstrip("/")
    return _project(candidate, ask, f"{base}/" if flat else f"{base}/torch/", "torch")


def _project(candidate: Candidate, ask: Ask, page: str, project: str) -> Trial:
    """Try a page of links and the newest file on it: the two may lie on different hosts."""
    listed = reach(page, ask.how, accept=SIMPLE, limit=ask.limit, sample=SAMPLE)
    if listed.state != "reached":
        return _trial(candidate, listed)
    files = _files(listed, project)
    if not files:
        # a listing that is longer than the sample may have it further down
        return _trial(candidate, listed, state="broken" if listed.whole else "reached")
    version, link = max(files)
    file = reach(
        _with_login(urljoin(listed.final or page, link), candidate.url),
        ask.how,
        limit=ask.limit,
        sample=SAMPLE,
    )
    if file.state != "reached":
        return _trial(candidate, file, newest=str(version))
    spent = (listed.seconds or 0.0) + (file.seconds or 0.0)
    newest = str(version) if listed.whole else ""
    return _trial(candidate, file, newest=newest, first=listed.first_byte, seconds=spent)


def _python(candidate: Candidate, ask: Ask) -> Trial:
    path, version = ask.python
    found = reach(f"{candidate.url.rstrip('/')}/{path}", ask.how, limit=ask.limit, sample=SAMPLE)
    return _trial(candidate, found, newest=version if found.state == "reached" else "")


def _apt(candidate: Candidate, ask: Ask) -> Trial:
    distribution, suite = ask.suite
    base = Mirrors(apt=candidate.url).apt_of(distribution) or ""
    found = reach(f"{base}/dists/{suite}/Release", ask.how, limit=ask.limit, sample=SAMPLE)
    dated = _DATE.search(found.body.decode("utf-8", "replace"))
    return _trial(candidate, found, newest=dated[1].strip() if dated else "")


def _images(candidate: Candidate, ask: Ask) -> Trial:
    """Ask a registry for its version; 401 is how a registry says that it is one (distribution API)."""
    url = candidate.url if "://" in candidate.url else f"https://{candidate.url}"
    found = reach(f"{url.rstrip('/')}/v2/", ask.how, limit=ask.limit, sample=SAMPLE)
    return _trial(candidate, found, state="reached" if found.status == 401 else None)


def _huggingface(candidate: Candidate, ask: Ask) -> Trial:
    found = reach(f"{candidate.url.rstrip('/')}/{MODEL}", ask.how, limit=ask.limit, sample=SAMPLE)
    return _trial(candidate, found)


TRIALS: dict[str, Callable[[Candidate, Ask], Trial]] = {
    "pypi": _pypi,
    "torch": _torch,
    "python": _python,
    "apt": _apt,
    "images": _images,
    "huggingface": _huggingface,
}


def _trial(
    candidate: Candidate,
    found: Reached,
    *,
    newest: str = "",
    state: State | None = None,
    first: float | None = None,
    seconds: float | None = None,
) -> Trial:
    return Trial(
        kind=candidate.kind,
        name=candidate.name,
        origin=candidate.origin,
        address=redact(candidate.url),
        state=state or found.state,
        status=found.status,
        first_byte=found.first_byte if first is None else first,
        seconds=found.seconds if seconds is None else seconds,
        rate=found.rate,
        newest=newest,
        used=candidate.used,
        detail=found.detail,
    )


def _files(page: Reached, project: str) -> list[tuple[Version, str]]:
    """Return the versions and links of a page of the simple API (PEP 503, PEP 691) or of a plain listing."""
    words = page.body.decode("utf-8", "replace")
    links = _json_links(words) if words.lstrip().startswith("{") else _LINK.findall(words)
    found = []
    for link in links:
        name = unquote(urlsplit(link).path.rpartition("/")[2])
        version = _version(name, project)
        if version is not None and not version.is_prerelease:
            found.append((version, link.replace("&amp;", "&")))
    return found


def _json_links(words: str) -> list[str]:
    try:
        files = json.loads(words)["files"]
        return [str(one["url"]) for one in files]
    except (ValueError, KeyError, TypeError):
        return []


def _version(filename: str, project: str) -> Version | None:
    try:
        if filename.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(filename)
        else:
            name, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None
    return version if name == project else None


def _with_login(url: str, index: str) -> str:
    """Return a file's address with the index's credentials, where both are of one host and port."""
    parts, of_index = urlsplit(url), urlsplit(index)
    login, at, host = of_index.netloc.rpartition("@")
    same = parts.netloc == host and parts.scheme == of_index.scheme
    return urlunsplit(parts._replace(netloc=f"{login}@{host}")) if at and same else url
