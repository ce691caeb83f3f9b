"""One address asked over HTTP as uv would ask it from here: proxies, private CAs, client certificates, netrc.

Standard library alone. Credentials go to the host that they are for and to no other: not along
a redirect to another host, not into what is returned.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPMessage
from queue import Empty, SimpleQueue
from typing import IO, TypeVar, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from .. import environ
from ..model.mirrors import Cause, Reached, State
from ..pipconf import PipConfiguration, redact
from ..version import __version__
from .netrc_file import netrc_logins

CHUNK = 1 << 14
SECRET_HEADERS = ("Authorization", "Proxy-authorization")

T = TypeVar("T")


@dataclass(frozen=True)
class Access:
    """How this place reaches the network.

    `proxies` maps a scheme to a proxy's URL, which may carry credentials; `direct` is a NO_PROXY list.
    `certificates` is a file or folder of CAs; `client_certificate` one PEM file; `unverified` are hosts
    whose certificates are not looked at, with or without a port; `logins` maps a host to name and password.
    """

    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    direct: str = ""
    certificates: str | None = None
    client_certificate: str | None = None
    unverified: frozenset[str] = frozenset()
    logins: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)

    def proxy_for(self, url: str) -> str | None:
        """Return the proxy for an address, with its credentials; None where it is asked directly."""
        try:
            parts = urlsplit(url)
        except ValueError:
            # no address: whoever asks for it is told so
            return None
        proxy = self.proxies.get(parts.scheme)
        if not proxy or not parts.hostname:
            return None
        if any(_is_direct(parts.hostname, one) for one in self.direct.replace(",", " ").split()):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"


def access(environment: Mapping[str, str], pip: PipConfiguration) -> Access:
    """Return how uv would reach the network with these variables and this configuration of pip."""
    proxies = {}
    everything = environ.read(environ.Variable("ALL_PROXY"), environment)
    for scheme in ("http", "https"):
        said = environ.read(environ.Variable(f"{scheme.upper()}_PROXY"), environment) or everything
        if pip.proxy or said:
            proxies[scheme] = pip.proxy or said or ""
    named = (environ.read(environ.Variable(name), environment) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    others = (
        environ.read(environ.Variable(name), environment) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    )
    return Access(
        proxies=proxies,
        direct=environ.read(environ.Variable("NO_PROXY"), environment) or "",
        certificates=pip.cert or next(filter(None, (*named, *others)), None),
        client_certificate=pip.client_cert or environ.read(environ.SSL_CLIENT_CERT, environment),
        unverified=frozenset(pip.trusted_hosts),
        logins=netrc_logins(environment),
    )


def reach(
    url: str,
    how: Access,
    *,
    accept: str = "*/*",
    limit: float = 10.0,
    sample: int = 1 << 19,
    headers: Mapping[str, str] | None = None,
) -> Reached:
    """Ask for `url` once and return how it answered; nothing is raised.

    `limit` is in seconds, over all; `sample` is how many bytes of the answer are read at most.
    """
    began = time.monotonic()
    try:
        with opened(url, how, {**(headers or {}), "Accept": accept}, limit=limit) as answer:
            first = time.monotonic() - began
            body, whole = _sample(answer, sample, began + limit)
            spent = time.monotonic() - began
            final, kind = redact(answer.geturl()), answer.headers.get_content_type()
            ahead = _ahead(answer.headers, first)
            if not body and not whole:
                return Reached("timeout", answer.status, first, spent, final=final, ahead=ahead)
            return Reached("reached", answer.status, first, spent, body, whole, final, kind=kind, ahead=ahead)
    except urllib.error.HTTPError as error:
        with error:
            spent = time.monotonic() - began
            found = unreached(error, url, how)
            return replace(found, first_byte=spent, seconds=spent, ahead=_ahead(error.headers, spent))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return replace(unreached(error, url, how), seconds=time.monotonic() - began)


def opened(url: str, how: Access, headers: Mapping[str, str], *, limit: float) -> http.client.HTTPResponse:
    """Ask for `url` and return the answer, whose body is still to be read; `limit` seconds for each step.

    Raises OSError (HTTPError for a refusal), HTTPException or ValueError; `unreached` says what they mean.
    """
    request = _request(url, how, headers.get("Accept", "*/*"))
    for name, value in headers.items():
        request.add_header(name, value)
    return cast(http.client.HTTPResponse, _opener(url, how).open(request, timeout=limit))


def unreached(error: Exception, url: str, how: Access) -> Reached:
    """Return what an error of `opened`, or of reading its answer, means; without credentials."""
    if isinstance(error, urllib.error.HTTPError):
        if error.code // 100 == 3:
            return Reached("broken", error.code, detail=f"HTTP {error.code}", cause="circle")
        return Reached(
            _refusal(error.code),
            error.code,
            detail=f"HTTP {error.code}{_later(error.headers.get('Retry-After', ''))}",
            cause="login" if error.code == 407 else "",
            retry_after=_retry_after(error.headers.get("Retry-After", "")),
        )
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    state = _state(cause, how.proxy_for(url) is not None)
    return Reached(state, detail=redact(_words(cause)), cause=_cause(cause))


def side_by_side(tasks: Sequence[Callable[[], T]], *, limit: float) -> list[T | None]:
    """Return what each task gave, in their order; None for those that had nothing after `limit` seconds.

    A name server can hold a thread longer than any time limit: the threads are left behind, not waited for.
    """
    done: SimpleQueue[tuple[int, T]] = SimpleQueue()
    results: list[T | None] = [None] * len(tasks)
    for number, task in enumerate(tasks):
        work = threading.Thread(target=lambda n=number, t=task: done.put((n, t())), daemon=True)
        work.start()
    deadline = time.monotonic() + limit
    for _ in tasks:
        try:
            number, value = done.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            break
        results[number] = value
    return results


def _is_direct(host: str, entry: str) -> bool:
    """Tell whether one entry of a NO_PROXY list means a host: a name, a domain, an address or a network."""
    entry = entry.partition(":")[0] if entry.count(":") == 1 else entry
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        domain = entry.lstrip("*").lstrip(".").lower()
        return bool(domain) and (host.lower() == domain or host.lower().endswith(f".{domain}"))


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Redirects that carry no credentials to where they lead."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None:
            for name in SECRET_HEADERS:
                following.headers.pop(name, None)
        return following


def _opener(url: str, how: Access) -> urllib.request.OpenerDirector:
    proxy = how.proxy_for(url)
    proxies = {"http": proxy, "https": proxy} if proxy else {}
    return urllib.request.build_opener(
        urllib.request.ProxyHandler(proxies),
        urllib.request.HTTPSHandler(context=_tls(url, how)),
        _Redirects(),
    )


def _request(url: str, how: Access, accept: str) -> urllib.request.Request:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    request = urllib.request.Request(urlunsplit(parts._replace(netloc=host)))  # noqa: S310 - http(s) by the callers
    request.add_header("Accept", accept)
    request.add_header("User-Agent", f"provenv/{__version__}")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if "@" not in parts.netloc:
        user, password = how.logins.get(parts.hostname or "", how.logins.get("default", ("", "")))
    if user or password:
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


def _tls(url: str, how: Access) -> ssl.SSLContext:
    """Return the context for an address. Raises OSError where a file of certificates cannot be read."""
    parts = urlsplit(url)
    named = how.certificates
    folder = named if named and os.path.isdir(named) else None
    context = ssl.create_default_context(cafile=None if folder else named, capath=folder)
    if how.client_certificate:
        context.load_cert_chain(how.client_certificate)
    host = parts.hostname or ""
    if {host, f"{host}:{parts.port}"} & how.unverified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _sample(answer: http.client.HTTPResponse, size: int, deadline: float) -> tuple[bytes, bool]:
    """Return at most `size` bytes of the body that come before the deadline, and whether that is all."""
    body = bytearray()
    while len(body) < size:
        if time.monotonic() >= deadline:
            return bytes(body), False
        try:
            chunk = answer.read1(min(CHUNK, size - len(body)))
        except TimeoutError:
            return bytes(body), False
        if not chunk and answer.length:
            raise http.client.IncompleteRead(bytes(body), answer.length)
        if not chunk:
            return bytes(body), True
        body += chunk
    return bytes(body), answer.isclosed()


def _refusal(status: int) -> State:
    if status == 407:
        return "proxy"
    if status in (401, 403):
        return "login"
    return "absent" if status in (404, 410) else "status"


def _state(cause: object, proxied: bool) -> State:
    if isinstance(cause, ssl.SSLError):
        return "certificate"
    if isinstance(cause, TimeoutError):
        return "timeout"
    words = str(cause)
    if "Tunnel connection failed" in words:
        return "login" if " 401" in words else "proxy"
    if isinstance(cause, socket.gaierror):
        return "proxy" if proxied else "unresolved"
    if isinstance(cause, (ConnectionRefusedError, ConnectionResetError, ConnectionAbortedError)):
        return "proxy" if proxied else "refused"
    if isinstance(cause, (http.client.HTTPException, ValueError)):
        return "broken"
    if isinstance(cause, FileNotFoundError):
        return "certificate"
    return "refused"


def _cause(cause: object) -> Cause:
    """Return what more is known; codes of verification are those of OpenSSL's x509_vfy.h."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        if cause.verify_code in (9, 10):
            return "date"
        return "host" if cause.verify_code in (62, 64) else ""
    if isinstance(cause, ssl.SSLError):
        return "plain" if cause.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE") else ""
    if isinstance(cause, http.client.IncompleteRead):
        return "short"
    return "login" if "Tunnel connection failed: 407" in str(cause) else ""


def _later(said: str) -> str:
    return f", Retry-After: {said[:40]}" if said else ""


def _retry_after(said: str) -> float | None:
    """Return the seconds of a Retry-After header: a number of them, or a date (RFC 9110 section 10.2.3)."""
    if said.strip().isdecimal():
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _ahead(headers: Message, seconds: float) -> float | None:
    """Return how far our clock is ahead of the answer's Date; None for an answer out of a cache."""
    if headers.get("Age", "0") != "0":
        return None
    try:
        said = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, TypeError):
        return None
    return time.time() - seconds / 2 - said


def _words(cause: object) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return " ".join(str(cause)[:200].split()) or type(cause).__name__
