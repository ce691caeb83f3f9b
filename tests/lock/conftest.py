"""Package indexes on the loopback: PyTorch's with one folder a build, a default one with its CUDA build."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from provenv import lock
from provenv.errors import Place
from provenv.hosts.local import LocalHost
from provenv.model.facts import Facts, Gpu, Nvidia, Platform, Python
from provenv.model.lock import Lock
from provenv.model.spec import Requirement, Spec
from provenv.pipconf import PipConfiguration


@dataclass
class Wheel:
    """A wheel with its metadata; `body=False`: its download is an error; `size`: what the index claims."""

    name: str
    version: str
    requires: tuple[str, ...] = ()
    tag: str = "py3-none-any"
    size: int | None = None
    body: bool = True
    content: str = ""
    yanked: str = ""
    requires_python: str = ""

    @property
    def filename(self) -> str:
        return f"{self.name.replace('-', '_')}-{self.version}-{self.tag}.whl"

    @property
    def metadata(self) -> bytes:
        lines = ["Metadata-Version: 2.1", f"Name: {self.name}", f"Version: {self.version}"]
        lines += [f"Requires-Dist: {requirement}" for requirement in self.requires]
        lines += [f"Requires-Python: {self.requires_python}"] if self.requires_python else []
        return ("\n".join(lines) + "\n").encode()

    @cached_property
    def bytes(self) -> bytes:
        if not self.body:
            return self.filename.encode()
        folder = f"{self.name.replace('-', '_')}-{self.version}.dist-info"
        module = self.name.replace("-", "_")
        files = {
            f"{module}.py": f"version = {self.version!r}\n{self.content}".encode(),
            f"{folder}/METADATA": self.metadata,
            f"{folder}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {self.tag}\n".encode(),
        }
        record = "".join(
            f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()}"
            f",{len(data)}\n"
            for path, data in files.items()
        )
        files[f"{folder}/RECORD"] = (record + f"{folder}/RECORD,,\n").encode()
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for path, data in files.items():
                archive.writestr(zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0)), data)
        return stream.getvalue()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.bytes).hexdigest()


@dataclass
class Loopback:
    """A server of simple indexes: `folders[path]` lists the wheels of one index; `log` what was asked for."""

    folders: dict[str, list[Wheel]] = field(default_factory=dict)
    html: set[str] = field(default_factory=set)
    flat: set[str] = field(default_factory=set)
    logins: dict[str, str] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    address: str = ""

    def url(self, folder: str, login: str = "") -> str:
        return f"http://{login + '@' if login else ''}{self.address}/{folder}"

    @property
    def downloads(self) -> list[str]:
        return [path.rsplit("/", 1)[1] for path in self.log if path.endswith(".whl")]

    def answer(self, path: str, login: str) -> tuple[int, str, bytes]:
        folder = next(
            (one for one in sorted(self.folders, key=len)[::-1] if path.startswith(f"/{one}/")), None
        )
        if folder is None:
            return 404, "text/plain", b""
        if folder in self.broken:
            return self.broken[folder], "text/plain", b"broken"
        if folder in self.logins and login != self.logins[folder]:
            return 401, "text/plain", b"who are you?"
        rest = path[len(folder) + 2 :].strip("/").replace("%2B", "+")
        wheels = self.folders[folder]
        for wheel in wheels:
            if rest == f"files/{wheel.filename}":
                return (
                    (200, "application/octet-stream", wheel.bytes) if wheel.body else (410, "text/plain", b"")
                )
            if rest == f"files/{wheel.filename}.metadata":
                return 200, "text/plain", wheel.metadata
        if folder in self.flat:
            # one listing of all wheels, no folder for each project, no hashes
            links = "".join(
                f'<a href="files/{one.filename.replace("+", "%2B")}">{one.filename}</a>\n' for one in wheels
            )
            return (404, "text/plain", b"") if rest else (200, "text/html", links.encode())
        named = [wheel for wheel in wheels if wheel.name == rest]
        if not named:
            return 404, "text/plain", b""
        if folder in self.html:
            return 200, "text/html", self.page(named).encode()
        return 200, "application/vnd.pypi.simple.v1+json", self.document(rest, named).encode()

    def page(self, wheels: list[Wheel]) -> str:
        return "<!DOCTYPE html><html><body>" + "".join(
            f'<a href="../files/{wheel.filename.replace("+", "%2B")}#sha256={wheel.sha256}" '
            f'data-core-metadata="sha256={hashlib.sha256(wheel.metadata).hexdigest()}">{wheel.filename}</a>\n'
            for wheel in wheels
        )

    def document(self, name: str, wheels: list[Wheel]) -> str:
        files = [
            {
                "filename": wheel.filename,
                "url": f"../files/{wheel.filename.replace('+', '%2B')}",
                "hashes": {"sha256": wheel.sha256},
                "size": wheel.size or len(wheel.bytes),
                "core-metadata": {"sha256": hashlib.sha256(wheel.metadata).hexdigest()},
                "yanked": wheel.yanked or False,
                **({"requires-python": wheel.requires_python} if wheel.requires_python else {}),
            }
            for wheel in wheels
        ]
        return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files})


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A running server without indexes yet."""
    state = Loopback()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            header = self.headers.get("Authorization", "")
            login = base64.b64decode(header[6:]).decode() if header.startswith("Basic ") else ""
            state.log.append(self.path)
            code, kind, body = state.answer(self.path, login)
            self.send_response(code)
            if code == 401:
                self.send_header("WWW-Authenticate", "Basic")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.address = f"127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def wheel() -> type[Wheel]:
    """The class of the wheels that the loopback serves."""
    return Wheel


NOTHING = PipConfiguration()
LINUX = Platform("linux", "x86_64", libc="glibc", libc_version="2.35")


def declared(*lines: str, root: str = "/nowhere", **more: Any) -> Spec:
    """A Spec of a requirements.txt with these lines."""
    requirements = tuple(
        Requirement(line, _name(line), Place("requirements.txt", number, 1, line, len(line)))
        for number, line in enumerate(lines, 1)
    )
    more = {"root": root, "file": "requirements.txt", "files": ("requirements.txt",), **more}
    return Spec(name="example", digest="0" * 64, requirements=requirements, **more)


def _name(line: str) -> str:
    match = re.match(r"[A-Za-z0-9][\w.-]*(?=$|[\s\[=<>!~@;])", line)
    return match[0].lower().replace("_", "-") if match else ""


def machine(
    *gpus: tuple[str, str | None], driver: str | None = None, platform: Platform = LINUX, **more: Any
) -> Facts:
    """Facts of a machine with these GPUs (name, compute capability)."""
    nvidia = Nvidia(
        state="ready" if gpus else "none",
        driver=driver,
        gpus=tuple(Gpu(number, name, capability) for number, (name, capability) in enumerate(gpus)),
        visible=more.pop("visible", None),
        hidden=more.pop("hidden", 0),
    )
    pythons = (Python(sys.executable, ".".join(map(str, sys.version_info[:3]))),)
    return Facts(platform, nvidia=more.pop("nvidia", nvidia), pythons=pythons, **more)


@pytest.fixture(name="declared")
def declared_fixture() -> Callable[..., Spec]:
    """Make a Spec from requirement lines."""
    return declared


@pytest.fixture(name="machine")
def machine_fixture() -> Callable[..., Facts]:
    """Make Facts from GPUs."""
    return machine


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment without the user's own configuration, with a cache of its own."""
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": os.environ["PATH"], "HOME": str(home), "UV_CACHE_DIR": str(tmp_path / "cache")}


@pytest.fixture
def make_lock(tmp_path: Path, environment: dict[str, str]) -> Callable[..., Lock]:
    """Make a lock of a Spec and Facts, for real, in a project's folder of its own."""
    root = tmp_path / "project"
    root.mkdir()

    def make(spec: Spec, facts: Facts, *, pip: PipConfiguration = NOTHING, **more: Any) -> Lock:
        spec = spec if Path(spec.root).is_dir() else replace(spec, root=str(root))
        with tempfile.TemporaryDirectory() as scratch:
            return lock.make(
                spec,
                facts,
                target="here",
                host=LocalHost(),
                uv=lock.find_uv(),
                pip=pip,
                environment=more.pop("environment", environment),
                scratch=Path(scratch),
                **more,
            )

    return make
