"""A registry on loopback that answers as one should not: refusing, half dead, cut off."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIMIT = b'{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}'


@dataclass
class Registry:
    """A running one: its address, and the paths that it was asked for."""

    address: str
    asked: list[str] = field(default_factory=list)


@contextlib.contextmanager
def registry(how: str) -> Iterator[Registry]:
    """Run a registry that fails in one way for the block.

    `limited` says 429 with Retry-After, `broken` 500, `closing` closes each connection, `silent` takes the
    connection and never answers, `cut` ends each layer half-way.
    """
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        """Answers every request in the one wrong way."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            told.asked.append(self.path)
            if how == "silent":
                ended.wait()
            elif how == "limited":
                self._send(429, LIMIT, "application/json", {"Retry-After": "1"})
            elif how == "broken":
                self._send(500, b"no", "text/plain", {})
            elif how == "cut":
                self._cut()
            self.close_connection = True

        do_HEAD = do_GET

        def _cut(self) -> None:
            body, digest = blob(
                b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
            )
            _, layer = blob(b"x" * 4096)
            if self.path.endswith("/v2/"):
                self._send(200, b"{}", "application/json", {})
            elif "/manifests/" in self.path:
                kind = "application/vnd.docker.distribution.manifest.v2+json"
                manifest = {
                    "schemaVersion": 2,
                    "mediaType": kind,
                    "config": {
                        "mediaType": "application/vnd.docker.container.image.v1+json",
                        "size": len(body),
                        "digest": digest,
                    },
                    "layers": [
                        {
                            "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                            "size": 4096,
                            "digest": layer,
                        }
                    ],
                }
                said, own = blob(json.dumps(manifest).encode())
                self._send(200, said, kind, {"Docker-Content-Digest": own})
            else:
                self._send(200, b"half", "application/octet-stream", {"Content-Length": "4096"})

        def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {
                "Content-Type": kind,
                "Content-Length": str(len(body)),
                "Docker-Distribution-Api-Version": "registry/2.0",
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told = Registry(f"127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        ended.set()
        server.shutdown()
        server.server_close()


def blob(content: bytes) -> tuple[bytes, str]:
    """Return content with its digest."""
    return content, f"sha256:{hashlib.sha256(content).hexdigest()}"
