"""A company's network on the loopback: package indexes and a git host that want logins, TLS with a CA of its
own, a proxy that wants a login. Real servers, real files; nothing outside the machine is asked.
"""

from __future__ import annotations

import base64
import hashlib
import io
import select
import socket
import ssl
import subprocess
import threading
import zipfile
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


def wheel(name: str, version: str, requires: tuple[str, ...] = ()) -> tuple[str, bytes]:
    """Return the file name and the content of a wheel with one module, always the same bytes."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = ""
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        rows += f"{path},sha256={digest},{len(content.encode())}\n"
    files[f"{info}/RECORD"] = f"{rows}{info}/RECORD,,\n"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0)), content)
    return f"{name}-{version}-py3-none-any.whl", stream.getvalue()


@dataclass
class Site:
    """A web server: `indexes[name]` holds the wheels of a simple index, `folders[name]` plain files.

    `logins[name]` is the `user:password` that everything below `/name/` wants. `slow` answers a byte now
    and then, `hang` not at all, `status` refuses. `log` holds (path, login given) of each request.
    """

    indexes: dict[str, dict[str, bytes]] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    hang: set[str] = field(default_factory=set)
    drip: set[str] = field(default_factory=set)
    log: list[tuple[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    scheme: str = "http"
    host: str = "localhost"
    port: int = 0

    def url(self, path: str, login: str = "") -> str:
        """Return the address of a path, with a login where one is given."""
        return f"{self.scheme}://{login + '@' if login else ''}{self.host}:{self.port}/{path}"

    def add(self, index: str, name: str, version: str, requires: tuple[str, ...] = ()) -> None:
        """Put a wheel into an index."""
        filename, content = wheel(name, version, requires)
        self.indexes.setdefault(index, {})[filename] = content

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body for a path."""
        path = unquote(path)
        first, _, rest = path.strip("/").partition("/")
        if path.strip("/") in self.pages:
            return 200, "text/html", self.pages[path.strip("/")]
        if first in self.status:
            return self.status[first], "text/plain", b"refused"
        if first in self.folders:
            file = self.folders[first] / rest
            return (200, "application/octet-stream", file.read_bytes()) if file.is_file() else (404, "", b"")
        files = self.indexes.get(first)
        if files is None:
            return 404, "text/plain", b""
        if rest.startswith("files/") and rest[6:] in files:
            return 200, "application/octet-stream", files[rest[6:]]
        project = rest.strip("/")
        links = "".join(
            f'<a href="/{first}/files/{name}#sha256={hashlib.sha256(content).hexdigest()}">{name}</a>\n'
            for name, content in sorted(files.items())
            if name.partition("-")[0] == project.replace("-", "_")
        )
        return (200, "text/html", f"<!DOCTYPE html><html><body>{links}".encode()) if links else (404, "", b"")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, site: Site, *arguments: object) -> None:
        self.site = site
        super().__init__(*arguments)  # type: ignore[arg-type]  # the server's own

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        first = path.strip("/").partition("/")[0]
        login = _basic(self.headers.get("Authorization", ""))
        self.site.log.append((path, login))
        if first in self.site.hang:
            self.site.released.wait(60)
            return
        if path.strip("/") in self.site.redirects:
            self.send_response(302)
            self.send_header("Location", self.site.redirects[path.strip("/")])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        wanted = self.site.logins.get(first)
        code, kind, body = (401, "", b"") if wanted and login != wanted else self.site.answer(path)
        self.send_response(code)
        if code == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="company"')
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if first in self.site.drip:
            for number in range(len(body)):
                self.wfile.write(body[number : number + 1])
                if self.site.released.wait(0.05):
                    return
            return
        self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@dataclass
class Proxy:
    """A forward proxy for CONNECT and plain requests, to this machine alone.

    `login` is what it wants, `log` what was asked of it, with the login given.
    """

    login: str = ""
    log: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    def url(self, login: str | None = None) -> str:
        """Return the proxy's address with its login, or with another."""
        said = self.login if login is None else login
        return f"http://{said + '@' if said else ''}localhost:{self.port}"


class _ProxyHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, proxy: Proxy, *arguments: object) -> None:
        self.proxy = proxy
        super().__init__(*arguments)  # type: ignore[arg-type]  # the server's own

    def _let_in(self) -> bool:
        login = _basic(self.headers.get("Proxy-Authorization", ""))
        self.proxy.log.append((self.path, login))
        if not self.proxy.login or login == unquote(self.proxy.login):
            return True
        self._refuse(407)
        return False

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        if status == 407:
            self.send_header("Proxy-Authenticate", 'Basic realm="proxy"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_CONNECT(self) -> None:
        if not self._let_in():
            return
        host, _, port = self.path.partition(":")
        if host != "localhost":
            self._refuse(502)
            return
        with socket.create_connection((host, int(port))) as there:
            self.send_response(200)
            self.end_headers()
            _pump(self.connection, there)
        self.close_connection = True

    def do_GET(self) -> None:
        if not self._let_in():
            return
        parts = urlsplit(self.path)
        if parts.hostname != "localhost":
            self._refuse(502)
            return
        with socket.create_connection((parts.hostname or "", parts.port or 80)) as there:
            lines = [f"{self.command} {parts.path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
            lines += [
                f"{k}: {v}" for k, v in self.headers.items() if k.lower() in ("authorization", "accept")
            ]
            there.sendall("\r\n".join([*lines, "", ""]).encode())
            while chunk := there.recv(1 << 16):
                self.connection.sendall(chunk)
        self.close_connection = True

    do_HEAD = do_GET

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def _pump(one: socket.socket, two: socket.socket) -> None:
    while True:
        ready, _, _ = select.select([one, two], [], [], 30)
        if not ready:
            return
        for end in ready:
            chunk = end.recv(1 << 16)
            if not chunk:
                return
            (two if end is one else one).sendall(chunk)


def _basic(header: str) -> str:
    return base64.b64decode(header[6:]).decode() if header.startswith("Basic ") else ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that turn away are what is tested."""


def _started(
    handler: object, state: Site | Proxy, context: ssl.SSLContext | None = None
) -> ThreadingHTTPServer:
    server = _Server(("127.0.0.1", 0), partial(handler, state))  # type: ignore[arg-type]  # a partial is a class to it
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    state.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


@dataclass
class Company:
    """All of it: sites that answer over TLS or plainly, proxies, and the CA that signed the sites."""

    folder: Path
    servers: list[ThreadingHTTPServer] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)

    def site(self, *, tls: bool = False, **more: object) -> Site:
        """Start a web server."""
        site = Site(scheme="https" if tls else "http", **more)  # type: ignore[arg-type]  # a test's own fields
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.folder / "site.pem", self.folder / "site.key")
        self.servers.append(_started(_Handler, site, context))
        self.sites.append(site)
        return site

    def proxy(self, login: str = "") -> Proxy:
        """Start a proxy."""
        proxy = Proxy(login)
        self.servers.append(_started(_ProxyHandler, proxy))
        return proxy

    @property
    def ca(self) -> str:
        """Return the path of the CA's certificate."""
        return str(self.folder / "ca.pem")

    def close(self) -> None:
        """Stop every server."""
        for site in self.sites:
            site.released.set()
        for server in self.servers:
            server.shutdown()
            server.server_close()


def authority(folder: Path) -> None:
    """Make a CA and a certificate of `localhost` that it signed, with the openssl program."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    days = ("-days", "2", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    openssl(
        *("req", "-x509", *days, "-subj", "/CN=Example Company CA", "-keyout", "ca.key", "-out", "ca.pem"),
        *("-addext", "keyUsage=critical,keyCertSign", "-addext", "basicConstraints=critical,CA:TRUE"),
    )
    openssl("req", *days[2:], "-subj", "/CN=localhost", "-keyout", "site.key", "-out", "site.csr")
    (folder / "site.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl(
        *("x509", "-req", "-in", "site.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2"),
        *("-extfile", "site.ext", "-out", "site.pem"),
    )


def signed(folder: Path, name: str, subject: str, *dates: str) -> tuple[str, str]:
    """Make a certificate that the CA in `folder` signed, for a host; return it with its key.

    `dates` are arguments of `openssl ca`: `-startdate` and `-enddate`, as YYMMDDHHMMSSZ.
    """

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    made = folder / name
    made.mkdir()
    (made / "index.txt").touch()
    (made / "serial").write_text("1000")
    (made / "ca.cnf").write_text(
        "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nserial = serial\nnew_certs_dir = .\n"
        "default_md = sha256\npolicy = any\nx509_extensions = host\n[any]\ncommonName = supplied\n"
        f"[host]\nsubjectAltName = {subject}\n"
    )
    key, request = f"{name}/key.pem", f"{name}/request.pem"
    openssl(
        *("req", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        *("-subj", "/CN=index", "-keyout", key, "-out", request),
    )
    sign = ["openssl", "ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "request.pem"]
    sign += ["-cert", "../ca.pem", "-keyfile", "../ca.key", "-out", "cert.pem", *(dates or ("-days", "2"))]
    subprocess.run(sign, cwd=made, check=True, capture_output=True)
    return str(made / "cert.pem"), str(made / "key.pem")


BACKEND = """
import zipfile

INFO = "tooling-1.0.dist-info/"
FILES = {
    "tooling.py": "version = '1.0'\\n",
    INFO + "METADATA": "Metadata-Version: 2.1\\nName: tooling\\nVersion: 1.0\\n",
    INFO + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    INFO + "RECORD": "tooling.py,,\\n",
}


def get_requires_for_build_wheel(settings=None):
    return []


def build_wheel(folder, settings=None, metadata=None):
    name = "tooling-1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder + "/" + name, "w") as archive:
        for path, content in FILES.items():
            archive.writestr(path, content)
    return name
"""


def repository(folder: Path) -> Path:
    """Make a bare git repository with the project `tooling`, to be served as files; return its folder."""
    source, bare = folder / "tooling", folder / "served"
    source.mkdir(parents=True)
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "tooling"\nversion = "1.0"\n'
    )
    (source / "backend.py").write_text(BACKEND)

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@b.example", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *who, *arguments], check=True, capture_output=True)

    git("init", str(source))
    git("-C", str(source), "add", ".")
    git("-C", str(source), "commit", "-m", "tooling")
    git("clone", "--bare", str(source), str(bare / "tooling.git"))
    git("-C", str(bare / "tooling.git"), "update-server-info")
    return bare
