"""The addresses that this project needs, and how each of them answers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from ... import environ
from ... import lock as lock_room
from ...hosts.presented import presented
from ...hosts.reach import Access, reach
from ...model.mirrors import Reached
from ...model.outside import Addressed
from ...pipconf import PipConfiguration, redact
from ..mirrors import HUB, PYTORCH, REGISTRY
from ..project import Project
from .known import Known

SIMPLE = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
PROJECT = "certifi"
"""What is asked for where nothing is locked: a small page that every index has."""

Kind = Literal["pypi", "extra", "torch", "huggingface", "images"]
Place = tuple[Kind, str, str]
"""What it is for, its address (it may carry a login), who named it."""


def places(project: Project, about: Known, pip: PipConfiguration) -> Iterator[Place]:
    """Yield what this project's environments and models come from, each address once."""
    seen = set()
    for kind, url, origin in _places(project, about, pip):
        if url.partition("://")[0] in ("http", "https") and (kind, url.rstrip("/")) not in seen:
            seen.add((kind, url.rstrip("/")))
            yield kind, url, origin


def _places(project: Project, about: Known, pip: PipConfiguration) -> Iterator[Place]:
    variables, spec = project.environment, about.spec
    if spec is not None:
        sources = lock_room.sources_of(spec, pip, variables)
        if not sources.no_index:
            default = sources.default or _public_index(project, pip)
            yield "pypi", default, sources.origin
            for url in sources.extra:
                yield "extra", url, sources.origin
        if sources.torch:
            yield "torch", lock_room.torch_address(sources.torch, "cpu")[0], "mirrors"
        elif _from_pytorch(about):
            yield "torch", f"{PYTORCH}/cpu", "lock"
    if about.hub:
        named = environ.read(environ.HF_ENDPOINT, variables)
        declared = spec.mirrors.huggingface if spec else None
        origin = "HF_ENDPOINT" if named else "mirrors" if declared else "default"
        yield "huggingface", named or environ.expand(declared or HUB, variables), origin
    if about.targets("image"):
        images = spec.mirrors.images if spec else None
        yield "images", environ.expand(images or REGISTRY, variables), "mirrors" if images else "default"


def _public_index(project: Project, pip: PipConfiguration) -> str:
    plain = lock_room.uv_environment(project.environment, pip, lock_room.Sources())
    return lock_room.uv_default_index(project.host, lock_room.find_uv(project.environment), plain)


def _from_pytorch(about: Known) -> bool:
    torch = about.lock.package("torch") if about.lock else None
    return torch is not None and any(PYTORCH in (one.url or "") for one in torch.artifacts)


def ask(place: Place, how: Access, *, limit: float) -> tuple[Addressed, float | None]:
    """Return how an address answers, and how many seconds our clock is ahead of its server's.

    Any answer counts: a page that is not there comes from a server that is.
    """
    kind, url, origin = place
    began = time.monotonic()
    found = reach(_page(kind, url), how, accept=SIMPLE if kind != "images" else "*/*", limit=limit, sample=1)
    issuer, begins, ends, ahead = "", None, None, found.ahead
    if found.state == "certificate":
        rest = max(0.1, limit - (time.monotonic() - began))
        shown = presented(url, how, limit=rest)
        if shown is not None:
            issuer, begins, ends = shown.issuer, shown.begins, shown.ends
    state, status = found.state, found.status
    if state == "absent" or (kind == "images" and status == 401):
        state = "reached"
    through = how.proxy_for(url)
    answer = Addressed(
        kind,
        redact(url),
        origin,
        state,
        status,
        found.first_byte or found.seconds,
        found.detail,
        found.cause,
        redact(through) if through else "",
        issuer,
        begins,
        ends,
    )
    return answer, ahead


def silent(place: Place, how: Access) -> Addressed:
    """Return what is told of an address that had not answered when all time was up."""
    kind, url, origin = place
    through = how.proxy_for(url)
    return Addressed(kind, redact(url), origin, "timeout", through=redact(through) if through else "")


def _page(kind: Kind, url: str) -> str:
    base = url.rstrip("/")
    if kind == "images":
        return f"{base}/v2/"
    if kind == "huggingface":
        return f"{base}/api/models/openai-community/gpt2"
    return f"{base}/torch/" if kind == "torch" else f"{base}/{PROJECT}/"


def target_of(url: str) -> str:
    """Return `host:port` of an address."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (80 if parts.scheme == 'http' else 443)}"


def whoami(endpoint: str, how: Access, token: str, *, limit: float) -> Reached | None:
    """Show the hub a token and return what it says of it; only over TLS, or to this machine itself."""
    local = re.fullmatch(r"localhost|127\.0\.0\.1", urlsplit(endpoint).hostname or "")
    if not endpoint.startswith("https://") and not local:
        return None
    page = f"{endpoint.rstrip('/')}/api/whoami-v2"
    return reach(page, how, limit=limit, sample=1, headers={"Authorization": f"Bearer {token}"})
