"""Hosts with a real sshd: on loopback as this user, or in network namespaces as another user (root only).

Nothing on the machine is changed: keys, configuration and known_hosts lie in a folder of their own, and a
wrapper named `ssh`, first on PATH in `environment`, hands that configuration to OpenSSH's client.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from provenv.hosts.ssh import SshHost

TRAINER = 4242
"""The user id of `trainer`, who exists in the namespaces of `namespace_hosts` alone."""
START_LIMIT = 60.0


@dataclass
class SshHosts:
    """Some hosts: `names` are what ssh takes; `environment` has the wrapper on PATH.

    What is written by `before` stands before all else in the client's configuration, so it wins.
    `homes` are the folders that the hosts' user has for a home. `enter` goes before a command that is to run
    where the hosts' addresses are known.
    """

    folder: Path
    names: tuple[str, ...]
    environment: dict[str, str]
    addresses: dict[str, tuple[str, int]]
    homes: dict[str, Path]
    user: str
    enter: tuple[str, ...] = ()
    servers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def before(self, configuration: str) -> None:
        """Set what stands before all else in the client's configuration."""
        (self.folder / "before").write_text(configuration)

    @property
    def known(self) -> Path:
        """Return the known_hosts file."""
        return self.folder / "known_hosts"

    def log(self, name: str) -> str:
        """Return what a host's sshd has logged."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def processes(self, name: str) -> list[int]:
        """Return the processes of a host: its sshd and all below it."""
        return [self.servers[name].pid, *below(self.servers[name].pid)]

    def signal(self, name: str, number: int) -> None:
        """Send a signal to every sshd of a host, not to what was started by them."""
        for pid in self.processes(name):
            with suppress(OSError):
                if Path(f"/proc/{pid}/comm").read_text().strip() == "sshd":
                    os.kill(pid, number)

    def cut(self, name: str) -> None:
        """End the connections of a host, not what was started through them: it answers new ones."""
        for pid in below(self.servers[name].pid):
            with suppress(OSError):
                if Path(f"/proc/{pid}/comm").read_text().strip() == "sshd":
                    os.kill(pid, signal.SIGKILL)

    def shown(self, folder: Path) -> Path:
        """Return where the user of hosts in namespaces finds a folder that only root may reach."""
        place = self.folder / "shown" / folder.name
        if place.exists():
            return place
        place.mkdir(parents=True)
        for server in self.servers.values():
            words = ["nsenter", "-t", str(server.pid), "-m", "mount", "--bind", str(folder), str(place)]
            subprocess.run(words, check=True)
        return place

    def link(self, name: str, state: str) -> None:
        """Take the link of a host in a namespace `down`, or `up` again."""
        number = self.names.index(name) + 1
        subprocess.run([*self.enter, "ip", "link", "set", f"v{number}", state], check=True)


def below(pid: int) -> list[int]:
    """Return the processes that descend from one."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def running(words: str) -> list[int]:
    """Return the processes whose command line holds `words`: for a command with an argument of its own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if words in line and state != "Z":
                    found.append(int(entry.name))
    return found


def reached(host: SshHost) -> None:
    """Open the connection before what has a limit: on a busy machine that takes as long as it takes."""
    assert host.exec(["true"]).code == 0


def wait_until(holds: Callable[[], bool], limit: float = START_LIMIT) -> bool:
    """Wait for a condition; return whether it came."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def programs() -> tuple[str, str]:
    """Return the paths of ssh and sshd; skip where one is missing."""
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    ssh, sshd = shutil.which("ssh"), shutil.which("sshd", path=places)
    if ssh is None or sshd is None or shutil.which("ssh-keygen") is None:
        pytest.skip("OpenSSH's client and server are not installed")
    return ssh, sshd


@contextmanager
def loopback_hosts(count: int = 1, *, options: str = "") -> Iterator[SshHosts]:
    """Yield hosts that are this machine and this user, each an sshd with a port of its own on 127.0.0.1.

    `options` are more lines for sshd_config.
    """
    ssh, sshd = programs()
    folder = Path(tempfile.mkdtemp(prefix="provenv-ssh-"))
    hosts = None
    try:
        names = tuple(f"n{number}" for number in range(1, count + 1))
        _keys(folder, names)
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        addresses = {name: ("127.0.0.1", _free_port()) for name in names}
        hosts = SshHosts(
            folder,
            names,
            _environment(folder),
            addresses,
            {name: Path.home() for name in names},
            user,
        )
        for name in names:
            _configure_server(hosts, name, options)
            hosts.servers[name] = _start([*_private_run(), sshd, *_server_words(folder, name)])
        _configure_client(hosts, [ssh])
        for name in names:
            _await(hosts, name)
        yield hosts
    finally:
        _end(hosts)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def namespace_hosts(count: int = 2, *, shell: str = "/bin/sh", options: str = "") -> Iterator[SshHosts]:
    """Yield hosts with a network, a host name and a user `trainer` of their own; skip where that can't be.

    They are 10.77.0.11, .12 ...; the client's side is 10.77.0.1. `shell` is the user's login shell. Below the
    home is `small`, a file system of 1 MiB.
    """
    ssh, sshd = programs()
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("nsenter") is None:
        pytest.skip("network namespaces need root, ip and nsenter")
    if subprocess.run(["unshare", "-nmu", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces on this machine")
    folder = Path(tempfile.mkdtemp(prefix="provenv-ssh-"))
    folder.chmod(0o755)
    hosts, middle = None, None
    try:
        names = tuple(f"n{number}" for number in range(1, count + 1))
        _keys(folder, names)
        middle = _start(["unshare", "-n", "sh", "-c", "ip link set lo up; exec sleep 100000"])
        enter = ("nsenter", "-t", str(middle.pid), "-n")
        own = os.readlink("/proc/self/ns/net")
        assert wait_until(lambda: os.readlink(f"/proc/{middle.pid}/ns/net") != own)
        for words in ("link add br0 type bridge", "addr add 10.77.0.1/24 dev br0", "link set br0 up"):
            subprocess.run([*enter, "ip", *words.split()], check=True)
        hosts = SshHosts(
            folder,
            names,
            _environment(folder),
            {name: (f"10.77.0.{10 + number}", 22) for number, name in enumerate(names, 1)},
            {name: folder / "homes" / name for name in names},
            "trainer",
            enter,
        )
        _accounts(hosts, shell)
        for number, name in enumerate(names, 1):
            _configure_server(hosts, name, options)
            script = _namespace_script(hosts, name, [sshd, *_server_words(folder, name)])
            hosts.servers[name] = server = _start(["unshare", "-nmu", "sh", "-c", script])
            assert wait_until(lambda pid=server.pid: os.readlink(f"/proc/{pid}/ns/net") != own)
            ends = f"link add v{number} type veth peer name eth0 netns {server.pid}"
            for words in (ends, f"link set v{number} master br0", f"link set v{number} up"):
                subprocess.run([*enter, "ip", *words.split()], check=True)
        _configure_client(hosts, [*enter, ssh])
        for name in names:
            _await(hosts, name)
        yield hosts
    finally:
        _end(hosts)
        if middle is not None:
            middle.kill()
            middle.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return {**kept, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}


def _keys(folder: Path, names: Sequence[str]) -> None:
    for name in ("user", *names):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / f"{name}.key")]
        subprocess.run(words, check=True)
    # sshd reads it as the user who logs in
    shutil.copy(folder / "user.key.pub", folder / "authorized_keys")
    (folder / "authorized_keys").chmod(0o644)


def _configure_server(hosts: SshHosts, name: str, options: str) -> None:
    address, port = hosts.addresses[name]
    (hosts.folder / f"{name}.sshd").write_text(
        f"{options}\n"
        f"ListenAddress {address}\nPort {port}\nHostKey {hosts.folder / name}.key\n"
        f"AuthorizedKeysFile {hosts.folder / 'authorized_keys'}\nPidFile none\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
        "AcceptEnv LANG LC_*\n"
    )


def _server_words(folder: Path, name: str) -> list[str]:
    return ["-D", "-f", str(folder / f"{name}.sshd"), "-E", str(folder / f"{name}.log")]


def _configure_client(hosts: SshHosts, client: Sequence[str]) -> None:
    folder = hosts.folder
    (folder / "before").touch()
    blocks = [f"Include {folder / 'before'}"]
    for name, (address, port) in hosts.addresses.items():
        public = (folder / f"{name}.key.pub").read_text()
        known = address if port == 22 else f"[{address}]:{port}"
        with hosts.known.open("a") as file:
            file.write(f"{known} {public}")
        blocks.append(f"Host {name}\n  HostName {address}\n  Port {port}")
    blocks.append(
        f"Host *\n  User {hosts.user}\n  IdentityFile {folder / 'user.key'}\n  IdentitiesOnly yes\n"
        f"  IdentityAgent none\n  UserKnownHostsFile {hosts.known}\n  GlobalKnownHostsFile none"
    )
    (folder / "config").write_text("\n".join(blocks) + "\n")
    (folder / "bin").mkdir()
    wrapper = folder / "bin" / "ssh"
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.join([*client, "-F", str(folder / "config")])} "$@"\n')
    wrapper.chmod(0o755)


def _accounts(hosts: SshHosts, shell: str) -> None:
    for name, home in hosts.homes.items():
        (home / "small").mkdir(parents=True)
        for folder in (home, home / "small"):
            os.chown(folder, TRAINER, TRAINER)
        lines = "".join(f"{address} {host}\n" for host, (address, _) in hosts.addresses.items())
        (hosts.folder / f"{name}.hosts").write_text(f"127.0.0.1 localhost\n{lines}")
        (hosts.folder / f"{name}.passwd").write_text(
            "root:x:0:0:root:/root:/bin/sh\nsshd:x:74:74::/run/sshd:/bin/false\n"
            f"trainer:x:{TRAINER}:{TRAINER}::{home}:{shell}\n"
        )
    (hosts.folder / "group").write_text(f"root:x:0:\nsshd:x:74:\ntrainer:x:{TRAINER}:\n")
    (hosts.folder / "shadow").write_text("root:*:1::::::\nsshd:*:1::::::\ntrainer:*:1::::::\n")


def _namespace_script(hosts: SshHosts, name: str, server: Sequence[str]) -> str:
    folder, (address, _) = hosts.folder, hosts.addresses[name]
    small = shlex.quote(str(hosts.homes[name] / "small"))
    return "\n".join(
        [
            "set -e",
            f"hostname {name}",
            "mount --make-rprivate /",
            f"mount --bind {folder / name}.passwd /etc/passwd",
            f"mount --bind {folder / name}.hosts /etc/hosts",
            f"mount --bind {folder / 'group'} /etc/group",
            f"mount --bind {folder / 'shadow'} /etc/shadow",
            "mount -t tmpfs tmpfs /run",
            "mkdir -m 755 /run/sshd",
            f"mount -t tmpfs -o size=1m,mode=755,uid={TRAINER},gid={TRAINER} tmpfs {small}",
            "until ip link show eth0 >/dev/null 2>&1; do sleep 0.02; done",
            "ip link set lo up",
            f"ip addr add {address}/24 dev eth0",
            "ip link set eth0 up",
            f"exec {shlex.join(server)}",
        ]
    )


def _private_run() -> list[str]:
    """Return what gives a root's sshd the folder that it must have, without making it on the machine."""
    if os.geteuid() != 0:
        return []
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespaces on this machine")
    script = 'mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec "$@"'
    return ["unshare", "-m", "sh", "-c", script, "sh"]


def _start(words: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _free_port() -> int:
    """Return a port that nobody listens on, of those that no connection gets by itself meanwhile."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _await(hosts: SshHosts, name: str) -> None:
    """Wait until a host answers; fail with what its sshd says."""
    log = hosts.folder / f"{name}.log"
    answers = wait_until(lambda: log.exists() and "Server listening" in log.read_text(errors="replace"))
    assert answers, log.read_text() if log.exists() else "sshd did not start"


def _end(hosts: SshHosts | None) -> None:
    """End all that runs on the hosts, also what has left its sshd's family (podman's pause process does)."""
    if hosts is None:
        return
    for name, server in hosts.servers.items():
        for pid in {*hosts.processes(name), *_within(server.pid)}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        server.wait()


def _within(pid: int) -> list[int]:
    """Return the processes that are in the network of one, where that is not this machine's own."""
    network = _network(pid)
    if network in ("", _network(os.getpid())):
        return []
    return [
        int(one.name)
        for one in Path("/proc").iterdir()
        if one.name.isdigit() and _network(one.name) == network
    ]


def _network(pid: int | str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return ""
