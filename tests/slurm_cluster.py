"""A real Slurm: munge, slurmctld and two nodes with a fake GPU each, in network namespaces (root only).

Nothing on the machine is changed: key, sockets, spool folders and configuration lie in a folder of their own.
Wrappers named as Slurm's programs, first on PATH in `environment`, enter the controller's network. The nodes
see this machine's file system, as nodes of a cluster share one.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ssh_hosts import below, wait_until

CLIENTS = ("sbatch", "squeue", "scontrol", "sinfo", "scancel", "srun", "salloc", "sacct")
DAEMONS = ("slurmctld", "slurmd", "munged")
SBIN = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
CONFIGURATION = """\
ClusterName=provenv
SlurmctldHost=ctl(10.77.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_min_interval=0,batch_sched_delay=0,sched_interval=2
MpiDefault=none
ReturnToService=2
SlurmctldTimeout=30
KillWait=5
MinJobAge=300
GresTypes=gpu
{nodes}PartitionName=debug Nodes=ALL Default=YES MaxTime=20 State=UP
PartitionName=short Nodes=n1 MaxTime=1 State=UP
"""


@dataclass
class SlurmCluster:
    """A cluster of the nodes `names`, with the partitions `debug` (both) and `short` (the first, a minute).

    Each node has two cores, 2000 MB, `gpu:fake:1`, and a disk of its own at `scratch`. `environment` has the
    programs of Slurm on PATH.
    """

    folder: Path
    names: tuple[str, ...]
    environment: dict[str, str]
    enter: tuple[str, ...] = ()
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def scratch(self) -> Path:
        """Return the folder at which each node has a disk of its own."""
        return self.folder / "scratch"

    def call(self, *words: str) -> str:
        """Return what a program of Slurm's prints; its failure is one of the test."""
        program = str(self.folder / "bin" / words[0])
        done = subprocess.run(
            [program, *words[1:]], capture_output=True, text=True, env=self.environment, check=False
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout.strip()

    def shown(self, job: str) -> dict[str, str]:
        """Return what `scontrol show job` says of a job."""
        return dict(
            pair.partition("=")[::2] for pair in self.call("scontrol", "show", "job", "-o", job).split()
        )

    def state(self, job: str) -> str:
        """Return the state of a job."""
        return self.shown(job)["JobState"]

    def until(self, job: str, *states: str, limit: float = 60.0) -> str:
        """Wait until a job is in one of these states, and return it; what it printed where it is not."""
        found = wait_until(lambda: self.state(job) in states, limit)
        assert found, (self.shown(job), self.logs())
        return self.state(job)

    def logs(self) -> str:
        """Return the ends of the daemons' logs."""
        return "\n".join(one.read_text(errors="replace")[-1500:] for one in self.folder.glob("*.log"))

    def empty(self) -> None:
        """Cancel every job, and wait until the nodes are idle."""
        self.call("scancel", "--user=root")
        wait_until(lambda: not self.call("squeue", "--noheader"))
        wait_until(lambda: self.call("sinfo", "--noheader", "--format=%t", "--partition=debug") == "idle")


def slurm_programs() -> dict[str, str]:
    """Return the paths of Slurm's programs; skip where one is missing, or who runs this is not root."""
    found = {name: shutil.which(name, path=SBIN) for name in (*CLIENTS, *DAEMONS)}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        pytest.skip(f"Slurm is not installed: {', '.join(missing)}")
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("nsenter") is None:
        pytest.skip("a cluster in network namespaces needs root, ip and nsenter")
    if subprocess.run(["unshare", "-nmu", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces on this machine")
    return {name: path for name, path in found.items() if path is not None}


@contextmanager
def cluster(count: int = 2) -> Iterator[SlurmCluster]:
    """Yield a cluster of so many nodes whose controller answers and whose nodes are idle."""
    programs = slurm_programs()
    folder = Path(tempfile.mkdtemp(prefix="provenv-slurm-"))
    folder.chmod(0o755)
    made = None
    try:
        names = tuple(f"n{number}" for number in range(1, count + 1))
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        environment = {
            **kept,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        made = SlurmCluster(folder, names, environment)
        _files(made)
        _middle(made)
        _clients(made, programs)
        made.daemons["munged"] = _start(
            [
                *(programs["munged"], "--foreground", "--force", f"--key-file={folder}/munge/key"),
                *(f"--socket={folder}/munge/socket", f"--pid-file={folder}/munge/pid"),
                *(f"--log-file={folder}/munge/log", f"--seed-file={folder}/munge/seed"),
            ]
        )
        assert wait_until((folder / "munge" / "socket").exists), (folder / "munge" / "log").read_text()
        made.daemons["slurmctld"] = _start(
            [*made.enter, *_named("ctl", folder), programs["slurmctld"], "-D", "-c", "-i"], folder
        )
        for number, name in enumerate(names, 1):
            _node(made, number, name, [programs["slurmd"], "-D", "-N", name])
        ready = wait_until(lambda: _idle(made) == count)
        assert ready, made.logs()
        yield made
    finally:
        _end(made)
        shutil.rmtree(folder, ignore_errors=True)


def _idle(made: SlurmCluster) -> int:
    program = str(made.folder / "bin" / "sinfo")
    words = [program, "--noheader", "-N", "--partition=debug", "--format=%t"]
    done = subprocess.run(words, capture_output=True, text=True, env=made.environment, check=False)
    return done.stdout.split().count("idle")


def _files(made: SlurmCluster) -> None:
    folder = made.folder
    nodes = "".join(
        f"NodeName={name} NodeAddr=10.77.0.{10 + number} Sockets=1 CoresPerSocket=2 ThreadsPerCore=1 "
        f"RealMemory=2000 Gres=gpu:fake:1 Feature=fast\n"
        for number, name in enumerate(made.names, 1)
    )
    (folder / "slurm.conf").write_text(CONFIGURATION.format(folder=folder, nodes=nodes))
    (folder / "gres.conf").write_text(
        "".join(f"NodeName={name} Name=gpu Type=fake File=/dev/null\n" for name in made.names)
    )
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n")
    addresses = "".join(f"10.77.0.{10 + n} {name}\n" for n, name in enumerate(made.names, 1))
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n10.77.0.1 ctl\n{addresses}")
    for name in ("munge", "state", "scratch", *(f"spool-{one}" for one in made.names)):
        (folder / name).mkdir()
    (folder / "munge" / "key").write_bytes(os.urandom(128))
    (folder / "munge" / "key").chmod(0o400)


def _middle(made: SlurmCluster) -> None:
    """Make the network that the nodes and the controller are in."""
    middle = _start(["unshare", "-n", "sh", "-c", "ip link set lo up; exec sleep 100000"])
    made.daemons["network"] = middle
    made.enter = ("nsenter", "-t", str(middle.pid), "-n")
    own = os.readlink("/proc/self/ns/net")
    assert wait_until(lambda: os.readlink(f"/proc/{middle.pid}/ns/net") != own)
    for words in ("link add br0 type bridge", "addr add 10.77.0.1/24 dev br0", "link set br0 up"):
        subprocess.run([*made.enter, "ip", *words.split()], check=True)


def _named(name: str, folder: Path) -> list[str]:
    """Return what gives a command a host's name, and the names of all nodes."""
    script = (
        f'hostname {name} && mount --make-rprivate / && mount --bind {folder}/hosts /etc/hosts && exec "$@"'
    )
    return ["unshare", "-mu", "sh", "-c", script, "sh"]


def _node(made: SlurmCluster, number: int, name: str, words: Sequence[str]) -> None:
    script = "\n".join(
        [
            "set -e",
            f"hostname {name}",
            "mount --make-rprivate /",
            f"mount --bind {made.folder}/hosts /etc/hosts",
            "until ip link show eth0 >/dev/null 2>&1; do sleep 0.02; done",
            "ip link set lo up",
            f"ip addr add 10.77.0.{10 + number}/24 dev eth0",
            f"mount -t tmpfs -o size=512m tmpfs {made.folder}/scratch",
            "ip link set eth0 up",
            f"exec {shlex.join(words)}",
        ]
    )
    own = os.readlink("/proc/self/ns/net")
    made.daemons[name] = node = _start(["unshare", "-nmu", "sh", "-c", script], made.folder)
    assert wait_until(lambda: os.readlink(f"/proc/{node.pid}/ns/net") != own)
    for one in (
        f"link add v{number} type veth peer name eth0 netns {node.pid}",
        f"link set v{number} master br0",
        f"link set v{number} up",
    ):
        subprocess.run([*made.enter, "ip", *one.split()], check=True)


def _clients(made: SlurmCluster, programs: dict[str, str]) -> None:
    binaries = made.folder / "bin"
    binaries.mkdir()
    for name in CLIENTS:
        words = [*made.enter, *_named("ctl", made.folder), programs[name]]
        wrapper = binaries / name
        wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={made.folder}/slurm.conf exec {shlex.join(words)} "$@"\n')
        wrapper.chmod(0o755)


def _start(words: Sequence[str], configured: Path | None = None) -> subprocess.Popen[bytes]:
    environment = dict(os.environ)
    if configured is not None:
        environment["SLURM_CONF"] = str(configured / "slurm.conf")
    return subprocess.Popen(
        words,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(made: SlurmCluster | None) -> None:
    """End the daemons and all that they started; slurmstepd leaves its daemon's family."""
    if made is None:
        return
    _each(_of(made), signal.SIGKILL)
    for daemon in made.daemons.values():
        daemon.kill()
        daemon.wait()
    # what was about to begin while the others ended
    _each(_of(made), signal.SIGKILL)


def _of(made: SlurmCluster) -> set[int]:
    """Return the processes of the cluster: below its daemons, or told of its configuration."""
    found = {one for daemon in made.daemons.values() for one in (daemon.pid, *below(daemon.pid))}
    mark = f"SLURM_CONF={made.folder}/slurm.conf".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(int(entry.name))
    return found - {os.getpid()}


def _each(processes: set[int], number: int) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@pytest.fixture(scope="session")
def slurm_cluster() -> Iterator[SlurmCluster]:
    """Yield a cluster of two nodes, one for all tests of a worker."""
    with cluster() as made:
        yield made


@pytest.fixture
def slurm(slurm_cluster: SlurmCluster) -> Iterator[SlurmCluster]:
    """Yield the cluster without a job on it."""
    yield slurm_cluster
    slurm_cluster.empty()
