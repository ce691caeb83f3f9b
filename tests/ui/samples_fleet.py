"""Values of several hosts, made by hand; what they say is what real hosts said."""

from __future__ import annotations

from dataclasses import replace

from provenv.errors import Hint, problem, text, verbatim
from provenv.facts import differing
from provenv.model.devices import Device, Devices
from provenv.model.facts import Cpu, Disk, Facts, Gpu, Memory, Nvidia, Platform, Python
from provenv.model.fleet import Clock, FleetFacts, HostResult

GIB = 1024**3
NODE = Facts(
    platform=Platform("linux", "x86_64", "5.15.0", "ubuntu", "22.04", "Ubuntu 22.04.5 LTS", "glibc", "2.35"),
    cpu=Cpu("AMD EPYC 9654", "AuthenticAMD", 192, 96, 48.0, (), "x86-64-v4"),
    memory=Memory(1511 * GIB, 1400 * GIB, 512 * GIB),
    disks=(
        Disk(
            "project", "~/.local/share/provenv/digits", "/dev/md0", "xfs", 7_000 * 10**9, 3_200 * 10**9, True
        ),
    ),
    nvidia=Nvidia(
        "ready",
        "570.124.06",
        "12.8",
        tuple(Gpu(index, "NVIDIA H100 80GB HBM3", "9.0", 80 * GIB) for index in range(8)),
    ),
    pythons=(Python("/usr/bin/python3", "3.10.12", source="first"),),
    host="node01",
)
OLD = replace(
    NODE,
    platform=Platform("linux", "x86_64", "3.10.0", "centos", "7", "CentOS Linux 7 (Core)", "glibc", "2.17"),
    cpu=Cpu("Intel Xeon E5-2680 v4", "GenuineIntel", 28, 28, 28.0, (), "x86-64-v3"),
    memory=Memory(125 * GIB, 100 * GIB, 125 * GIB),
    nvidia=Nvidia("ready", "470.57.02", "11.4", (Gpu(0, "Tesla V100-SXM2-16GB", "7.0", 16 * GIB),)),
    pythons=(),
)
AMD = replace(
    NODE,
    nvidia=Nvidia(),
    amd=Devices("ready", tuple(Device(n, "AMD Instinct MI300X", "gfx942") for n in range(8)), "6.12.12"),
)
PLAIN = replace(NODE, nvidia=Nvidia(), disks=())


def answered(host: str, facts: Facts, seconds: float = 1.24) -> HostResult[Facts]:
    """Return what a host told."""
    return HostResult(host, facts, None, seconds)


def lost(host: str) -> HostResult[Facts]:
    """Return a host that did not answer."""
    why = verbatim(f"ssh: connect to host {host} port 22: No route to host")
    return HostResult(host, None, problem("PV807", why=why, host=host), 3.1)


REFUSED = problem(
    "PV203", why=text("PV203.why"), hints=(Hint(command="ssh -v slow true"),), seconds=15, python="python3"
)
ALIKE = FleetFacts("pair", (answered("n1", NODE), answered("bob@n2.cluster.example:2222", NODE)))
MIXED_HOSTS = (
    answered("node01", NODE),
    answered("node02", NODE),
    lost("node03"),
    answered("node04", OLD),
    lost("node05"),
    answered("node06", AMD, 0.31),
    answered("login", PLAIN),
    HostResult("slow", None, REFUSED, 15.0),
)
CLOCKS = (("node01", Clock(0.01, 0.2)), ("node04", Clock(-3605.2, 0.4)), ("login", Clock(88.0, 0.3)))
MIXED = FleetFacts("lab", MIXED_HOSTS, CLOCKS, differing(MIXED_HOSTS, CLOCKS), ("node02", "login"))
MANY_HOSTS = tuple(
    lost(f"node{n:03}") if n % 30 == 7 else answered(f"node{n:03}", OLD if n > 90 else NODE)
    for n in range(1, 101)
)
MANY = FleetFacts("cluster", MANY_HOSTS, (), differing(MANY_HOSTS, ()))

CASES = {"facts-alike": ALIKE, "facts-mixed": MIXED}
