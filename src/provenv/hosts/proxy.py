"""A proxy tried by itself: does it answer, over TLS or not, and does it let this user through?"""

from __future__ import annotations

import base64
import socket
import ssl
import time
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

from ..model.outside import Proxied, ProxyState
from ..pipconf import redact

PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080, "socks4": 1080, "socks4a": 1080}


class _Refused(Exception):
    def __init__(self, state: ProxyState, detail: str = "") -> None:
        super().__init__(state)
        self.state: ProxyState = state
        self.detail = detail


def tried(variable: str, address: str, target: str, *, limit: float) -> Proxied:
    """Return how the proxy at `address` answers when it is asked for a way to `target` (`host:port`).

    A SOCKS proxy is asked no more than whether somebody listens.
    """
    began = time.monotonic()
    shown = redact(address)
    try:
        _try(address, target, limit)
    except _Refused as refused:
        return Proxied(variable, shown, refused.state, redact(refused.detail))
    return Proxied(variable, shown, "answers", seconds=time.monotonic() - began)


def _try(address: str, target: str, limit: float) -> None:
    parts = _parts(address)
    connection = _connected(parts, limit)
    with connection:
        if parts.scheme.startswith("socks"):
            return
        stream = _secured(connection, parts) if parts.scheme == "https" else connection
        with stream:
            status, words = _asked(stream, parts, target)
    if status == 407:
        raise _Refused("login", words)
    if status == 0 or status in (400, 403, 405, 501, 502, 503, 504):
        raise _Refused("refuses", words)


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        if parts.hostname and parts.scheme in PORTS and parts.port != 0:
            return parts
    except ValueError as error:
        raise _Refused("malformed", str(error)) from error
    raise _Refused("malformed")


def _connected(parts: SplitResult, limit: float) -> socket.socket:
    try:
        return socket.create_connection(
            (parts.hostname or "", parts.port or PORTS[parts.scheme]), timeout=limit
        )
    except (OSError, UnicodeError) as error:
        _unreached(error)


def _unreached(error: OSError | UnicodeError) -> NoReturn:
    if isinstance(error, (socket.gaierror, UnicodeError)):
        raise _Refused("unresolved", str(getattr(error, "strerror", "") or "")) from error
    if isinstance(error, TimeoutError):
        raise _Refused("timeout") from error
    raise _Refused("refused", error.strerror or "") from error


def _secured(connection: socket.socket, parts: SplitResult) -> ssl.SSLSocket:
    """Speak TLS with the proxy; whose certificate it shows is not what is asked here."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        return context.wrap_socket(connection, server_hostname=parts.hostname)
    except TimeoutError as error:
        raise _Refused("timeout") from error
    except OSError as error:
        # a proxy that speaks plain HTTP answers a handshake with words, or hangs up
        raise _Refused("plain", getattr(error, "reason", "") or "") from error


def _asked(stream: socket.socket, parts: SplitResult, target: str) -> tuple[int, str]:
    """Return the status and the words of the answer to CONNECT; 0 where nothing that is HTTP came."""
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if parts.username or parts.password:
        login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(login.encode()).decode()}")
    try:
        stream.sendall("\r\n".join([*lines, "", ""]).encode())
        first = stream.recv(1 << 12).partition(b"\r\n")[0].decode("latin-1")
    except TimeoutError as error:
        raise _Refused("timeout") from error
    except OSError as error:
        raise _Refused("refuses", error.strerror or "") from error
    words = first.split(" ", 2)
    if not first.startswith("HTTP/") or len(words) < 2 or not words[1].isdecimal():
        return 0, ""
    return int(words[1]), " ".join(words[1:])[:100]
