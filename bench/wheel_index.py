"""A loopback index of the wheels in folders, so that every image is built from the same files.

Pages as the public index has them, for people (PEP 503) and as JSON with sizes (PEP 691, 700), and the
metadata of each file beside it (PEP 658); `/NAME/simple/` is the folder NAME.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote, unquote

JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True)
class Wheel:
    """A file that is offered: its digest and the digest of its metadata."""

    path: Path
    sha256: str
    metadata: bytes

    @property
    def project(self) -> str:
        """Return the project's name as the index writes it."""
        return re.sub(r"[-_.]+", "-", self.path.name.partition("-")[0]).lower()

    @property
    def metadata_sha256(self) -> str:
        """Return the digest of the metadata."""
        return hashlib.sha256(self.metadata).hexdigest()


def files(folders: Mapping[str, Path]) -> dict[str, bytes | Path]:
    """Return {path: content} of the wheels and their metadata, and the pages of the two kinds."""
    found: dict[str, bytes | Path] = {}
    for name, folder in folders.items():
        wheels = [Wheel(one, _sha256(one), _metadata(one)) for one in sorted(folder.glob("*.whl"))]
        for one in wheels:
            place = f"/{name}/files/{one.path.name}"
            found[place], found[f"{place}.metadata"] = one.path, one.metadata
        for project in {one.project for one in wheels}:
            own = [one for one in wheels if one.project == project]
            page = f"/{name}/simple/{project}/"
            found[page], found[page + JSON] = _html(name, own), _json(name, project, own)
    return found


def _html(name: str, wheels: Sequence[Wheel]) -> bytes:
    lines = [
        f'<a href="/{name}/files/{quote(one.path.name)}#sha256={one.sha256}"'
        f' data-core-metadata="sha256={one.metadata_sha256}">{one.path.name}</a><br>'
        for one in wheels
    ]
    return f"<!DOCTYPE html><body>{''.join(lines)}</body>".encode()


def _json(name: str, project: str, wheels: Sequence[Wheel]) -> bytes:
    told = [
        {
            "filename": one.path.name,
            "url": f"/{name}/files/{quote(one.path.name)}",
            "hashes": {"sha256": one.sha256},
            "size": one.path.stat().st_size,
            "core-metadata": {"sha256": one.metadata_sha256},
        }
        for one in wheels
    ]
    versions = sorted({one.path.name.split("-")[1] for one in wheels})
    meta = {"api-version": "1.1"}
    return json.dumps({"meta": meta, "name": project, "versions": versions, "files": told}).encode()


@contextmanager
def index(folders: Mapping[str, Path]) -> Iterator[str]:
    """Serve the folders on a free port; yield the address, to which `/NAME/simple/` is added.

    All of the machine's addresses answer: a container behind a bridge doesn't reach its host's loopback.
    """
    answers = files(folders)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, kind = unquote(self.path), "application/octet-stream"
            if path.endswith("/"):
                kind = JSON if JSON in self.headers.get("Accept", "") else "text/html"
                path += JSON if kind == JSON else ""
            body = answers.get(path)
            size = body.stat().st_size if isinstance(body, Path) else len(body or b"")
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(size))
            # as the public index: pip keeps what it may, which is seen in an image
            kept = 365_000_000 if isinstance(body, Path) else 600
            self.send_header("Cache-Control", f"max-age={kept}, public")
            self.end_headers()
            if isinstance(body, Path):
                with body.open("rb") as file:
                    shutil.copyfileobj(file, self.wfile, 1 << 20)
            else:
                self.wfile.write(body or b"")

        def log_message(self, *arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _metadata(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        name = next(one for one in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", one))
        return archive.read(name)
