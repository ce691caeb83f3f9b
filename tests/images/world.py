"""Real engines, base images and a registry for tests: started at first use, shared by the workers, ended.

Nothing of the machine's own engines is touched: each has its folder, its socket and its containers. What
takes long to make (base images, another suite's programs) is kept in the cache folder from run to run.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PYTHON = ("ca-certificates", "python3", "python3-pip", "python3-venv")
"""The packages of the usual base image: what `python:3.11-slim` is among the public ones."""
BARE = ("ca-certificates",)
"""A base image without Python."""
SUITE, NEWER = "bookworm", "trixie"
NEWER_PACKAGES = ("containerd", "docker-buildx", "docker-cli", "docker-compose", "docker.io")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
EPOCH = "1700000000"


_NODE = {"path": "/dev/nvidia0", "hostPath": "/dev/null", "type": "c", "major": 1, "minor": 3}
DEVICES = {
    "cdiVersion": "0.5.0",
    "kind": "nvidia.com/gpu",
    "devices": [
        {"name": name, "containerEdits": {"deviceNodes": [_NODE], "env": [f"FAKE_GPU={name}"]}}
        for name in ("0", "1", "all")
    ],
}
"""GPUs that are none, by the Container Device Interface: that they are handed on can be seen, no more."""


class CannotStart(Exception):
    """Why there can be no engine, image or registry here."""


@dataclass(frozen=True)
class Engine:
    """A running engine: the client's path and the variables with which it reaches this one."""

    name: str
    client: str
    variables: Mapping[str, str]
    folder: Path
    imported: set[str] = field(default_factory=set, compare=False)

    @property
    def environment(self) -> dict[str, str]:
        """Return the whole environment of a process that works with this engine."""
        return {**os.environ, **self.variables}

    def call(
        self, *words: str, stdin: bytes | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run the client and return what it printed."""
        done = subprocess.run(
            [self.client, *words],
            check=False,
            capture_output=True,
            text=True,
            env=self.environment,
            input=None if stdin is None else stdin.decode(),
        )
        if check and done.returncode:
            raise CannotStart(f"{self.name} {' '.join(words)}: {done.stderr.strip()[-600:]}")
        return done

    def bring(self, tar: Path, name: str) -> str:
        """Make the image `name` of a root file system, once; return the name."""
        if self.call("image", "inspect", name, check=False).returncode != 0:
            self.call(
                "import",
                "-c",
                'CMD ["python3"]',
                "-c",
                "ENV PATH=/usr/local/bin:/usr/bin:/bin",
                str(tar),
                name,
            )
        return name


def cache() -> Path:
    """Return the folder in which what takes long to make is kept."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "provenv-tests" / "images"
    root.mkdir(parents=True, exist_ok=True)
    return root


def base_tar(packages: Sequence[str] = PYTHON, suite: str = SUITE) -> Path:
    """Return a root file system of Debian with these packages, the same bytes each time it is made."""
    name = hashlib.sha256("\n".join([suite, *sorted(packages)]).encode()).hexdigest()[:12]
    place = cache() / f"{suite}-{name}.tar"
    with locked(place.with_suffix(".lock")):
        if not place.is_file():
            beside = place.with_suffix(".making.tar")
            made = subprocess.run(
                [
                    *("mmdebstrap", "--quiet", "--variant=apt", f"--include={','.join(packages)}"),
                    '--aptopt=Apt::Install-Recommends "false"',
                    "--dpkgopt=force-unsafe-io",
                    *(
                        f"--dpkgopt=path-exclude=/usr/share/{one}/*"
                        for one in ("man", "doc", "locale", "info")
                    ),
                    '--customize-hook=rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/* '
                    '"$1"/etc/machine-id; mkdir -p "$1"/var/cache/apt/archives/partial',
                    *(suite, str(beside), *_sources(suite)),
                ],
                check=False,
                capture_output=True,
                text=True,
                env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
            )
            if made.returncode:
                raise CannotStart(f"mmdebstrap: {made.stderr.strip()[-600:]}")
            beside.rename(place)
    return place


def newer_programs() -> Path:
    """Return a tree with the next suite's engine, buildx and compose, laid down without installing it."""
    place = cache() / f"{NEWER}-{hashlib.sha256(' '.join(NEWER_PACKAGES).encode()).hexdigest()[:12]}"
    with locked(cache() / f"{place.name}.lock"):
        if not place.is_dir():
            with tempfile.TemporaryDirectory(dir=cache(), prefix=".making-") as folder:
                _lay_down(Path(folder), NEWER_PACKAGES, NEWER)
                Path(folder, "root").rename(place)
    return place


def _lay_down(folder: Path, packages: Sequence[str], suite: str) -> None:
    for name in ("lists/partial", "cache/archives/partial", "root"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    sources = folder / "d.sources"
    sources.write_text("\n\n".join(_stanzas(suite)) + "\n")
    options = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "-qq", *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))]
    for words in ([*apt, "update"], [*apt, "download", *packages]):
        done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=folder)
        if done.returncode:
            raise CannotStart(f"apt-get {words[-1]}: {done.stderr.strip()[-600:]}")
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(package), str(folder / "root")], check=True)


def _stanzas(suite: str) -> list[str]:
    """Return this machine's own source of the distribution's packages, for that suite alone."""
    for file in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        for stanza in file.read_text().split("\n\n"):
            if f"Suites: {SUITE} " in f"{stanza} ".replace("\n", " ") and "security" not in stanza:
                lines = [line for line in stanza.splitlines() if not line.startswith("#")]
                return ["\n".join(f"Suites: {suite}" if one.startswith("Suites:") else one for one in lines)]
    return [f"Types: deb\nURIs: http://deb.debian.org/debian\nSuites: {suite}\nComponents: main"]


def _sources(suite: str) -> list[str]:
    own = Path("/etc/apt/sources.list.d/debian.sources")
    return [str(own)] if suite == SUITE and own.is_file() else []


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file for the block: of several workers one makes, the others wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def shared(folder: Path, start: Callable[[Path], None], stop: Callable[[Path], None]) -> Iterator[None]:
    """Share what is started at first use by the workers of one run: who leaves last stops it."""
    users = folder / "users"
    with locked(folder / "lock"):
        count = int(users.read_text()) if users.is_file() else 0
        if count == 0:
            try:
                start(folder)
            except BaseException:
                stop(folder)
                raise
        users.write_text(str(count + 1))
    try:
        yield
    finally:
        with locked(folder / "lock"):
            count = int(users.read_text()) - 1
            users.write_text(str(count))
            if count == 0:
                stop(folder)


def start_docker(
    folder: Path,
    programs: Path | None,
    configuration: Mapping[str, object] | None = None,
    *,
    bridge: bool = False,
) -> None:
    """Start an engine of its own in `folder`: the installed one, or that of a tree of programs.

    Its `bridge` would be this machine's: where one is wanted the caller is in a network of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    daemon = str(programs / "usr/sbin/dockerd") if programs else shutil.which("dockerd")
    if daemon is None:
        raise CannotStart("dockerd is not installed (apt-get install docker.io)")
    (folder / "daemon.json").write_text(json.dumps(configuration or {}))
    search = os.environ["PATH"]
    if programs is not None:
        search = f"{programs}/usr/bin:{programs}/usr/sbin:{search}"
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [
                *(daemon, "--config-file", str(folder / "daemon.json")),
                *("--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")),
                *("--pidfile", str(folder / "pid"), "-H", f"unix://{folder}/docker.sock"),
                *("--bridge=" if bridge else "--bridge=none", "--iptables=false", "--ip-masq=false"),
                *("--insecure-registry", "127.0.0.0/8"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "PATH": search},
        )
    client = str(programs / "usr/bin/docker") if programs else str(installed_docker())
    deadline = time.monotonic() + 60
    while subprocess.run(
        [client, "-H", f"unix://{folder}/docker.sock", "info"], check=False, capture_output=True
    ).returncode:
        if process.poll() is not None or time.monotonic() > deadline:
            words = (folder / "log").read_text(errors="replace").strip().splitlines()
            wrong = [
                line for line in words if "level=fatal" in line or "level=error" in line or "failed" in line
            ]
            raise CannotStart(f"dockerd: {(wrong or words or ['?'])[-1][-400:]}")
        time.sleep(0.1)


def stop_docker(folder: Path) -> None:
    """End the engine that was started in `folder`, its containers first, and remove what it kept."""
    pid = folder / "pid"
    if pid.is_file():
        number = int(pid.read_text())
        client, where = installed_docker() or "docker", f"unix://{folder}/docker.sock"
        listed = subprocess.run(
            [client, "-H", where, "ps", "-q"], check=False, capture_output=True, text=True, timeout=60
        )
        for one in listed.stdout.split():
            subprocess.run(
                [client, "-H", where, "rm", "-f", one], check=False, capture_output=True, timeout=60
            )
        if str(folder).encode() in _command_line(number):
            os.kill(number, signal.SIGTERM)
            _wait_for_end(number, 30)
    # a network namespace stays mounted where containers used the host's
    subprocess.run(["umount", str(folder / "exec/netns/default")], check=False, capture_output=True)
    shutil.rmtree(folder / "data", ignore_errors=True)
    shutil.rmtree(folder / "exec", ignore_errors=True)


def podman(folder: Path) -> Mapping[str, str]:
    """Return the variables with which podman works in a folder of its own: images, containers, settings.

    A container's limits are at most this process's own: runc refuses to raise them, also as root without
    the right to.
    """
    if shutil.which("podman") is None:
        raise CannotStart("podman is not installed (apt-get install podman)")
    folder.mkdir(parents=True, exist_ok=True)
    limits = [
        f"{name}={hard}:{hard}"
        for name, hard in (
            # less than ours: runc was seen to have less than we have, and tests need few
            (name, min(resource.getrlimit(number)[1], 4096))
            for name, number in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC))
        )
        if hard != resource.RLIM_INFINITY
    ]
    written = {
        "containers.conf": f'[containers]\ndefault_ulimits = {json.dumps(limits)}\nnetns = "host"\n'
        '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n',
        "storage.conf": (
            f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n'
        ),
        "registries.conf": "unqualified-search-registries = []\n",
        "auth.json": "{}\n",
    }
    for name, words in written.items():
        _write_once(folder / name, words)
    return {
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        "CONTAINERS_REGISTRIES_CONF": str(folder / "registries.conf"),
        "REGISTRY_AUTH_FILE": str(folder / "auth.json"),
    }


def _write_once(path: Path, words: str) -> None:
    """Write a file whole, if there is none: other workers read it, and add to it, meanwhile."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent) as beside:
        beside.write(words)
        beside.flush()
        os.chmod(beside.name, 0o644)
        with contextlib.suppress(FileExistsError):
            os.link(beside.name, path)


def stop_podman(folder: Path) -> None:
    """Remove podman's containers and images of a folder: its overlay may be mounted."""
    if (folder / "graph").is_dir():
        subprocess.run(
            ["podman", "system", "reset", "--force"],
            check=False,
            capture_output=True,
            timeout=120,
            env={**os.environ, **podman(folder)},
        )
    shutil.rmtree(folder / "graph", ignore_errors=True)


def trust(variables: Mapping[str, str], address: str) -> None:
    """Let podman speak plain HTTP with a registry on loopback."""
    path = Path(variables["CONTAINERS_REGISTRIES_CONF"])
    with locked(path.with_suffix(".lock")), path.open("a") as file:
        file.write(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')


def installed_docker() -> str | None:
    """Return the client that came with the installed engine: another one first on PATH may not build."""
    for folder in ("/usr/bin", *os.environ.get("PATH", "").split(os.pathsep)):
        if os.access(os.path.join(folder, "docker"), os.X_OK):
            return os.path.join(folder, "docker")
    return None


def _command_line(number: int) -> bytes:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return b""


def _wait_for_end(number: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while _command_line(number) and time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(number, os.WNOHANG)
        time.sleep(0.05)
    if _command_line(number):
        os.kill(number, signal.SIGKILL)


def free_port() -> int:
    """Return a port that nobody listens on, of those that no connection gets by itself meanwhile."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as found, contextlib.suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def registry(folder: Path, *, logins: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run Debian's registry on loopback for the block; yield its address, `127.0.0.1:PORT`."""
    program = shutil.which("docker-registry")
    if program is None:
        raise CannotStart("docker-registry is not installed (apt-get install docker-registry)")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    settings: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    if logins is not None:
        lines = [
            subprocess.run(
                ["htpasswd", "-Bbn", user, password], check=True, capture_output=True, text=True
            ).stdout.strip()
            for user, password in logins.items()
        ]
        (folder / "htpasswd").write_text("\n".join(lines) + "\n")
        settings["auth"] = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
    # JSON is YAML
    (folder / "config.yml").write_text(json.dumps(settings))
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([program, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise CannotStart(f"docker-registry: {(folder / 'log').read_text()[-400:]}")
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder / "data", ignore_errors=True)
