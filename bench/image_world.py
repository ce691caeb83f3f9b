"""Where images are measured: an engine for each way of building, a registry that counts, one index.

Everything is started here and ended here; the engines are those of the tests (tests/images/world.py).
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from image_project import MORE, PACKAGES
from moved_bytes import Counted, counting
from own_network import own_network
from programs import program
from wheel_index import index

HERE = Path(__file__).resolve().parent
UV, ENVD = "0.13.9", "1.3.6"
ROOM = 20 * 10**9
BASE = """\
FROM {root}
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN ln -s python3 /usr/bin/python && rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
CMD ["python3"]
"""
"""Debian's Python as the public `python:3.11-slim` is: it answers to `python` and lets pip install."""


def _tests() -> Any:
    spec = importlib.util.spec_from_file_location(
        "images_world", HERE.parent / "tests" / "images" / "world.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


world = _tests()


@dataclass(frozen=True)
class Place:
    """Where images are built and pushed to.

    `counted` is the registry as clients see it, `encrypted` the same one by TLS with the certificate
    `authority`. `kinds` tells which folders of wheels the index has; `envd` is its program, if it is there.
    """

    folder: Path
    programs: Path
    base: str
    uv: str
    index: str
    counted: Counted
    encrypted: str
    authority: Path
    kinds: tuple[str, ...]
    envd: Path | None
    stack: ExitStack

    def engine(self, name: str, *, bridge: bool = False) -> Any:
        """Return an engine of its own that has the base image; it is ended with the place."""
        folder = self.folder / f"e-{name}"
        engine = _engine(folder, self.programs, bridge=bridge)
        self.stack.callback(world.stop_docker, folder)
        engine.call("pull", "-q", self.base)
        return engine

    def simple(self, kind: str) -> str:
        """Return the address of the packages of one kind: `cpu`, or `cuda`."""
        return f"{self.index}/{kind}/simple/"

    def compressed(self, reference: str) -> int:
        """Return the bytes of an image as the registry keeps it: all layers and its configuration."""
        path, _, tag = reference.partition("/")[2].rpartition(":")
        request = urllib.request.Request(
            f"http://{self.counted.address}/v2/{path}/manifests/{tag}",
            headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
        )
        with urllib.request.urlopen(request) as answer:
            told = json.load(answer)
        return sum(int(one["size"]) for one in [told["config"], *told["layers"]])


@contextmanager
def place(*, cuda: bool = True) -> Iterator[Place]:
    """Start the registry and the index, make base and uv image; end it all afterwards."""
    if shutil.disk_usage(tempfile.gettempdir()).free < ROOM:
        sys.exit(f"{ROOM // 10**9} GB of disk are needed in {tempfile.gettempdir()}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="provenv-bench-")))
        found = {"cpu": cpu_wheels(), "cuda": cuda_wheels() if cuda else None}
        wheels = {name: one for name, one in found.items() if one is not None}
        programs, root, envd = world.newer_programs(), world.base_tar(), envd_program()
        # everything is here now, and nothing has to be reached but what is started below
        stack.enter_context(own_network())
        address = stack.enter_context(index(wheels))
        registry = stack.enter_context(world.registry(folder / "registry"))
        counted = stack.enter_context(counting(registry))
        encrypted, authority = stack.enter_context(_encrypted(folder / "tls", folder / "registry" / "data"))
        base, uv = (f"{counted.address}/{one}" for one in ("library/python:3.11-slim", f"astral-sh/uv:{UV}"))
        maker = _engine(folder / "e-maker", programs)
        stack.callback(world.stop_docker, folder / "e-maker")
        maker.bring(root, "root")
        _image(maker, folder / "base", BASE.format(root="root"), base)
        (folder / "uv").mkdir()
        for name in ("uv", "uvx"):
            (folder / "uv" / name).write_bytes(Path(program("uv")).with_name(name).read_bytes())
        # as the public image of uv is: its two programs and nothing else
        _image(maker, folder / "uv", "FROM scratch\nCOPY --chmod=755 uv uvx /\n", uv)
        yield Place(
            *(folder, programs, base, uv, address, counted, encrypted, authority),
            *(tuple(wheels), envd, stack),
        )


def _image(engine: Any, folder: Path, dockerfile: str, name: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(dockerfile)
    engine.call("buildx", "build", "-q", "--network=host", "-t", name, str(folder))
    engine.call("push", "-q", name)


def _engine(folder: Path, programs: Path, *, bridge: bool = False) -> Any:
    client = folder / "client"
    client.mkdir(parents=True)
    (client / "cli-plugins").symlink_to(programs / "usr/libexec/docker/cli-plugins")
    world.start_docker(folder, programs, bridge=bridge)
    variables = {
        "DOCKER_HOST": f"unix://{folder}/docker.sock",
        "DOCKER_CONFIG": str(client),
        "PATH": f"{programs}/usr/bin:{os.environ['PATH']}",
    }
    return world.Engine(folder.name, str(programs / "usr/bin/docker"), variables, folder)


def cpu_wheels() -> Path:
    """Return the folder with the wheels of the project, those that are added later, and uv."""
    return _downloaded("wheels-cpu", [*PACKAGES, *MORE, f"uv=={UV}"], os.environ)


def cuda_wheels() -> Path | None:
    """Return the folder with what the same requirements bring where nobody chose: torch for CUDA, 2.7 GB.

    None where the index that pip asks has no such build.
    """
    # the user's own settings may have chosen a torch without CUDA
    plain = {name: value for name, value in os.environ.items() if name != "PIP_FIND_LINKS"}
    try:
        found = _downloaded("wheels-cuda", PACKAGES, {**plain, "PIP_CONFIG_FILE": os.devnull})
    except subprocess.CalledProcessError:
        return None
    return found if any(found.glob("nvidia_*.whl")) else None


def envd_program() -> Path | None:
    """Return the program of envd, from its package; None where there is none."""
    venv: Path = world.cache() / f"envd-{ENVD}"
    try:
        if not (venv / "bin" / "envd").exists():
            subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
            subprocess.run([str(venv / "bin" / "pip"), "install", "-q", f"envd=={ENVD}"], check=True)
    except subprocess.CalledProcessError:
        return None
    return venv / "bin" / "envd"


@contextmanager
def _encrypted(folder: Path, data: Path) -> Iterator[tuple[str, Path]]:
    """Serve what a registry has by TLS for the block: envd asks no other; yield address and certificate."""
    folder.mkdir()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    making = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=bench"]
    making += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(making, check=True, capture_output=True)
    address = f"127.0.0.1:{world.free_port()}"
    tls = {"certificate": str(certificate), "key": str(key)}
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(data)}},
        "http": {"addr": address, "tls": tls},
    }
    # JSON is YAML
    (folder / "config.yml").write_text(json.dumps(settings))
    with (folder / "log").open("ab") as log:
        words = [program("docker-registry"), "serve", str(folder / "config.yml")]
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        yield address, certificate
    finally:
        process.terminate()
        process.wait(20)


def _downloaded(name: str, packages: tuple[str, ...] | list[str], environment: Mapping[str, str]) -> Path:
    folder: Path = world.cache() / name
    complete, wanted = folder / "complete", " ".join(packages)
    if not complete.exists() or complete.read_text() != wanted:
        with tempfile.TemporaryDirectory() as venv:
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
            pip = [f"{venv}/bin/python", "-m", "pip", "download", "-q", "--dest", str(folder)]
            said = ["--only-binary=:all:", "--python-version=3.11", *packages]
            subprocess.run([*pip, *said], check=True, env=dict(environment))
        complete.write_text(wanted)
    return folder
