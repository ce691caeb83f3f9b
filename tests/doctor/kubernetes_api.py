"""A Kubernetes API server on the loopback that knows nodes, pods and quotas, and who may ask."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

RESOURCES = {"nodes": False, "pods": True, "resourcequotas": True}


def node(name: str, gpus: int = 0, **labels: str) -> dict[str, Any]:
    allocatable = {"cpu": "8", "memory": "64Gi", **({"nvidia.com/gpu": str(gpus)} if gpus else {})}
    return {"metadata": {"name": name, "labels": labels}, "spec": {}, "status": {"allocatable": allocatable}}


def pod(name: str, gpus: int) -> dict[str, Any]:
    limits = {"nvidia.com/gpu": str(gpus)}
    containers = [{"name": "c", "image": "i", "resources": {"limits": limits}}]
    return {"metadata": {"name": name, "namespace": "team"}, "spec": {"containers": containers}}


def quota(hard: int, used: int) -> dict[str, Any]:
    name = "requests.nvidia.com/gpu"
    status = {"hard": {name: str(hard)}, "used": {name: str(used)}}
    return {"metadata": {"name": "gpus", "namespace": "team"}, "status": status}


@dataclass
class Api:
    """What the server holds; `token` is who may ask, `forbidden` are the kinds that nobody may list."""

    folder: Path
    token: str = "letmein"
    nodes: list[dict[str, Any]] = field(default_factory=list)
    pods: list[dict[str, Any]] = field(default_factory=list)
    resourcequotas: list[dict[str, Any]] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    hang: threading.Event | None = None
    server: ThreadingHTTPServer | None = None

    def start(self) -> Api:
        days = ("-days", "2", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
        names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        command = ["openssl", "req", "-x509", *days, *names, "-keyout", "key.pem", "-out", "cert.pem"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "cert.pem", self.folder / "key.pem")
        handler = type("Handler", (_Handler,), {"api": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"https://localhost:{self.server.server_port}"

    def configuration(self, **user: str) -> dict[str, Any]:
        """Return kubectl's configuration for it: JSON is YAML."""
        cluster = {"server": self.url, "certificate-authority": str(self.folder / "cert.pem")}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "lab",
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "me", "namespace": "team"}}],
            "clusters": [{"name": "lab", "cluster": cluster}],
            "users": [{"name": "me", "user": user or {"token": self.token}}],
        }

    def close(self) -> None:
        if self.hang is not None:
            self.hang.set()
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: Api
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.api.hang is not None:
            self.api.hang.wait(60)
            return
        code, body = self._answer(urlsplit(self.path).path.strip("/"))
        content = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if self.headers.get("Authorization") != f"Bearer {self.api.token}":
            return 401, _status(401, "Unauthorized", "Unauthorized")
        if path == "api":
            return 200, {"kind": "APIVersions", "versions": ["v1"]}
        if path == "apis":
            return 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": []}
        if path == "api/v1":
            listed = [
                {
                    "name": name,
                    "singularName": "",
                    "namespaced": spaced,
                    "kind": _kind(name),
                    "verbs": ["get", "list"],
                }
                for name, spaced in RESOURCES.items()
            ]
            return 200, {"kind": "APIResourceList", "groupVersion": "v1", "resources": listed}
        name = path.rpartition("/")[2]
        if name in self.api.forbidden:
            return 403, _status(
                403, "Forbidden", f'{name} is forbidden: User "me" cannot list resource "{name}"'
            )
        if name in RESOURCES:
            items = [{"apiVersion": "v1", "kind": _kind(name), **one} for one in getattr(self.api, name)]
            return 200, {"kind": f"{_kind(name)}List", "apiVersion": "v1", "metadata": {}, "items": items}
        return 404, _status(404, "NotFound", "not found")

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def _kind(name: str) -> str:
    return {"nodes": "Node", "pods": "Pod", "resourcequotas": "ResourceQuota"}[name]


def _status(code: int, reason: str, message: str) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
