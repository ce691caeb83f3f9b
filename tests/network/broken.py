"""A package index on the loopback that breaks as it is told: for each path, and for each request to it.

It speaks HTTP over bare sockets, because half an answer, an answer that never ends and no answer at
all are what it is for. Every request is kept in `log`.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

LONGEST_HEAD = 1 << 16
LOGIN_PAGE = (
    b"<!DOCTYPE html><html><head><title>Welcome to the guest network</title></head><body>"
    b'<form action="/accept" method="post"><input name="room"><input name="surname">'
    b"<button>Accept</button></form></body></html>"
)


@dataclass
class Request:
    """One request: its method and path, its headers in lower case, and which one of that path it is."""

    method: str
    path: str
    headers: dict[str, str]
    number: int


@dataclass
class Exchange:
    """One request with its connection, as a behaviour gets it."""

    connection: socket.socket
    request: Request
    index: Index

    def send(self, status: int, body: bytes, kind: str = "text/html", **headers: str) -> None:
        """Answer whole."""
        self.head(status, len(body), kind, **headers)
        if self.request.method != "HEAD":
            self.connection.sendall(body)

    def head(self, status: int, length: int, kind: str = "text/html", **headers: str) -> None:
        """Answer with the head alone."""
        lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", f"Content-Length: {length}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())

    def usual(self) -> tuple[int, bytes, str]:
        """Return status, body and content type of a sound answer."""
        return self.index.answer(self.request)


Behaviour = Callable[[Exchange], None]


def sound(exchange: Exchange) -> None:
    """Answer as an index does."""
    status, body, kind = exchange.usual()
    exchange.send(status, body, kind)


def status(code: int, **headers: str) -> Behaviour:
    """Refuse with a status."""
    return lambda exchange: exchange.send(code, b"refused", "text/plain", **headers)


def half(exchange: Exchange) -> None:
    """Promise the whole body, send half of it and hang up."""
    _, body, kind = exchange.usual()
    exchange.head(200, len(body), kind)
    exchange.connection.sendall(body[: len(body) // 2])


def other(exchange: Exchange) -> None:
    """Send other bytes, as many."""
    _, body, kind = exchange.usual()
    exchange.send(200, body[:-40] + bytes(40), kind)


def longer(exchange: Exchange) -> None:
    """Send more bytes than there should be."""
    _, body, kind = exchange.usual()
    exchange.send(200, body + b"appended", kind)


def nothing(exchange: Exchange) -> None:
    """Take the request and never answer."""
    exchange.index.reached.set()
    exchange.index.released.wait(600)


def close(exchange: Exchange) -> None:
    """Hang up at once."""


def reset(exchange: Exchange) -> None:
    """Reset the connection (RST rather than FIN)."""
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def garbage(exchange: Exchange) -> None:
    """Answer with what is no HTTP."""
    exchange.connection.sendall(b"220 mail.example ESMTP ready\r\n250 go ahead\r\n")


def portal(exchange: Exchange) -> None:
    """Answer as a guest network's login page does: status 200, a web page."""
    exchange.send(200, LOGIN_PAGE)


def truncated(exchange: Exchange) -> None:
    """Send a page that stops in the middle although its length is right."""
    _, body, kind = exchange.usual()
    exchange.send(200, body[: len(body) * 2 // 3], kind)


def truncated_json(exchange: Exchange) -> None:
    """Send an index page in JSON that stops in the middle although its length is right."""
    body = exchange.index.json_page(exchange.request.path)
    exchange.send(200, body[: len(body) * 2 // 3], "application/vnd.pypi.simple.v1+json")


def moved(target: str) -> Behaviour:
    """Redirect to an address; `{path}` is the path that was asked for, `{number}` which request it is."""

    def act(exchange: Exchange) -> None:
        location = target.format(path=exchange.request.path, number=exchange.request.number)
        exchange.send(302, b"", Location=location)

    return act


def slow_body(exchange: Exchange) -> None:
    """Send the head, then the body byte by byte, one a second."""
    _, body, kind = exchange.usual()
    exchange.head(200, len(body), kind)
    exchange.index.drip(exchange.connection, body)


def slow_head(exchange: Exchange) -> None:
    """Send everything byte by byte, one a second, the head too."""
    _, body, kind = exchange.usual()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    exchange.index.drip(exchange.connection, head + body)


@dataclass
class Rule:
    """What is done with requests to paths of a pattern: `acts` in turn, the last one from then on."""

    pattern: str
    acts: tuple[Behaviour, ...]


@dataclass
class Index:
    """A simple index (PEP 503) of some wheels, broken where a rule says so; the first rule that fits counts.

    `login` is the `user:password` that everything wants. `page_digests` replace the digests that pages name.
    """

    wheels: dict[str, bytes] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    metadata: dict[str, bytes] = field(default_factory=dict)
    page_digests: dict[str, str] = field(default_factory=dict)
    log: list[Request] = field(default_factory=list)
    scheme: str = "http"
    host: str = "127.0.0.1"
    port: int = 0
    pace: float = 1.0
    released: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)
    _server: socket.socket | None = None
    _context: ssl.SSLContext | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Return the address of the index."""
        return f"{self.scheme}://{self.host}:{self.port}/simple/"

    def breaks(self, pattern: str, *acts: Behaviour) -> None:
        """Do `acts`, one request after the other, for paths that fit a pattern of the shell's kind."""
        self.rules.insert(0, Rule(pattern, acts))

    def start(self, certificate: tuple[str, str] | None = None) -> Index:
        """Listen on a free port of the loopback; with a certificate and its key, over TLS."""
        server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._server, self.port = server, server.getsockname()[1]
        if certificate is not None:
            self.scheme = "https"
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*certificate)
        threading.Thread(target=self._accept, args=(server,), daemon=True).start()
        return self

    def close(self) -> None:
        """Stop, and let everything go that waits."""
        self.released.set()
        if self._server is not None:
            # a thread in accept() is not woken by close() alone
            with suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()

    def asked(self, pattern: str = "*") -> int:
        """Return how many requests there were for paths of a pattern."""
        return sum(1 for one in self.log if fnmatch.fnmatch(one.path, pattern))

    def drip(self, connection: socket.socket, content: bytes) -> None:
        """Send bytes one by one, `pace` seconds between two."""
        for number in range(len(content)):
            connection.sendall(content[number : number + 1])
            if self.released.wait(self.pace):
                return

    def answer(self, request: Request) -> tuple[int, bytes, str]:
        """Return what a sound index says: status, body, content type."""
        path = unquote(request.path)
        name = path.rpartition("/")[2]
        if path.startswith("/files/"):
            content = (
                self.metadata.get(name.removesuffix(".metadata")) if name.endswith(".metadata") else None
            )
            content = self.wheels.get(name) if content is None else content
            return (404, b"", "text/plain") if content is None else (200, content, "application/octet-stream")
        project = path.removeprefix("/simple").strip("/")
        rows = [self._row(one) for one in self._files(project)]
        if not rows:
            return 404, b"not here", "text/plain"
        page = "<!DOCTYPE html><html><head><title>Links</title></head><body>\n"
        return 200, f"{page}{''.join(rows)}</body></html>\n".encode(), "text/html"

    def json_page(self, path: str) -> bytes:
        """Return a project's page in JSON (PEP 691)."""
        project = path.removeprefix("/simple").strip("/")
        files = [
            {"filename": name, "url": f"/files/{name}", "hashes": {"sha256": self._digest(name)}}
            for name in self._files(project)
        ]
        return json.dumps({"meta": {"api-version": "1.0"}, "name": project, "files": files}).encode()

    def _files(self, project: str) -> list[str]:
        return sorted(one for one in self.wheels if one.partition("-")[0] == project.replace("-", "_"))

    def _digest(self, name: str) -> str:
        return self.page_digests.get(name) or hashlib.sha256(self.wheels[name]).hexdigest()

    def _row(self, name: str) -> str:
        told = ""
        if name in self.metadata:
            digest = hashlib.sha256(self.metadata[name]).hexdigest()
            told = f' data-core-metadata="sha256={digest}"'
        return f'<a href="/files/{name}#sha256={self._digest(name)}"{told}>{name}</a><br>\n'

    def _accept(self, server: socket.socket) -> None:
        while not self.released.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # clients that turn away, and certificates that they refuse, are what is tested
        with suppress(OSError), connection:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                request = self._read(connection)
                if request is not None:
                    self._act(request)(Exchange(connection, request, self))

    def _read(self, connection: socket.socket) -> Request | None:
        head = b""
        while b"\r\n\r\n" not in head and len(head) < LONGEST_HEAD:
            chunk = connection.recv(4096)
            if not chunk:
                return None
            head += chunk
            if head.startswith(b"\x16"):
                # a handshake of TLS (RFC 8446 section 5.1): what servers of plain HTTP say to it
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                return None
        first, *rows = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        path = urlsplit(target).path if target.startswith("/") or "://" in target else target
        headers = {
            key.strip().lower(): value.strip() for key, _, value in (row.partition(":") for row in rows)
        }
        with self._guard:
            request = Request(method, path, headers, sum(1 for one in self.log if one.path == path))
            self.log.append(request)
        return request

    def _act(self, request: Request) -> Behaviour:
        for rule in self.rules:
            if fnmatch.fnmatch(request.path, rule.pattern):
                return rule.acts[min(request.number, len(rule.acts) - 1)]
        return sound
