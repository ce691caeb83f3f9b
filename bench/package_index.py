"""A loopback index of 300 packages that depend on each other, as pip and uv ask one.

PEP 503 pages with the hashes of the files, PEP 658 metadata, and the ten
minutes of caching that the public index allows, so that a resolver's own cache
is as warm as it is in a day's work. No file is ever downloaded: whoever only
resolves reads pages and metadata.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

COUNT = 300
VERSIONS = ("1.0.0", "1.1.0", "1.2.0", "2.0.0", "2.1.0", "2.1.1", "3.0.0", "3.1.0")
# how four of ten packages are published: a build for each Python and system
PYTHONS = ("cp310-cp310", "cp311-cp311", "cp312-cp312", "cp313-cp313")
SYSTEMS = (
    "manylinux_2_17_x86_64.manylinux2014_x86_64",
    "manylinux_2_17_aarch64.manylinux2014_aarch64",
    "musllinux_1_2_x86_64",
    "macosx_11_0_arm64",
    "win_amd64",
)


def names() -> list[str]:
    """Return the names of all packages."""
    return [f"bench-package-{number:03d}" for number in range(COUNT)]


def requirements() -> list[str]:
    """Return what a project declares so that all 300 are needed: every package nobody else asks for."""
    asked = {line.partition(">=")[0] for needs in _needs().values() for line in needs}
    return [f"{name}>=2" for name in names() if name not in asked]


def _needs() -> dict[str, list[str]]:
    """Return for each package what it requires: up to five packages with higher numbers."""
    chance, every = random.Random(300), names()
    found = {}
    for number, name in enumerate(every):
        later = every[number + 1 : number + 40]
        picked = chance.sample(later, min(len(later), chance.randint(0, 5)))
        found[name] = [f"{one}>={chance.choice(VERSIONS[:4])}" for one in sorted(picked)]
    return found


def _files(number: int, version: str) -> list[str]:
    stem = f"bench_package_{number:03d}-{version}"
    if number % 10 < 6:
        return [f"{stem}-py3-none-any.whl"]
    return [f"{stem}-{python}-{system}.whl" for python in PYTHONS for system in SYSTEMS]


def pages() -> dict[str, bytes]:
    """Return {path: body} of all that the index answers."""
    needs, found = _needs(), {}
    for number, name in enumerate(names()):
        links = []
        for version in VERSIONS:
            words = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: >=3.8\n"]
            words += [f"Requires-Dist: {line}\n" for line in needs[name]]
            metadata = "".join(words).encode()
            told = hashlib.sha256(metadata).hexdigest()
            for file in _files(number, version):
                found[f"/files/{file}.metadata"] = metadata
                digest = hashlib.sha256(file.encode()).hexdigest()
                links.append(
                    f'<a href="/files/{file}#sha256={digest}" data-requires-python="&gt;=3.8"'
                    f' data-core-metadata="sha256={told}">{file}</a><br>'
                )
        found[f"/simple/{name}/"] = f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()
    return found


@contextmanager
def index() -> Iterator[str]:
    """Serve the index on a free loopback port; yield its address."""
    answers = pages()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = answers.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "text/plain")
            self.send_header("Content-Length", str(len(body or b"")))
            self.send_header("Cache-Control", "max-age=600, public")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/"
    finally:
        server.shutdown()
        server.server_close()
