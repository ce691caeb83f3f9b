"""The facts of several hosts as those of one that none falls short of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provenv.errors import Failure
from provenv.facts import combined
from provenv.model.devices import Device, Devices
from provenv.model.facts import Cpu, Disk, Facts, Gpu, Memory, Nvidia, Platform, Python

GIB = 1 << 30


def host(libc: str = "2.35", **more: object) -> Facts:
    """Return a plain host."""
    platform = Platform("linux", "x86_64", libc="glibc", libc_version=libc)
    found = Facts(
        platform=platform,
        cpu=Cpu(logical=8, physical=4, granted=8.0, features=("avx2", "fma"), level="x86-64-v3"),
        memory=Memory(total=8 * GIB, available=6 * GIB, granted=8 * GIB),
        disks=(Disk("project", "/home", "sda", "ext4", 100, 50, True),),
        pythons=(Python("/usr/bin/python3", "3.11.4"),),
    )
    return replace(found, **more)  # type: ignore[arg-type]  # fields by name


def test_of_everything_the_least() -> None:
    small = host(
        "2.9",
        cpu=Cpu(logical=2, physical=1, granted=1.5, features=("fma",), level="x86-64-v2"),
        memory=Memory(total=2 * GIB, available=GIB, granted=GIB),
        disks=(Disk("project", "/home", "sdb", "ext4", 100, 7, True),),
        pythons=(Python("/opt/py/bin/python", "3.12.1"), Python("/usr/bin/python3.11", "3.11.2")),
    )
    found = combined([("n1", host()), ("n2", small), ("n3", host("2.31"))])
    # 2.9 is older than 2.31
    assert found.facts.platform.libc_version == "2.9"
    assert (found.facts.cpu.granted, found.facts.cpu.logical) == (1.5, 2)
    assert (found.facts.cpu.features, found.facts.cpu.level) == (("fma",), "x86-64-v2")
    assert found.facts.memory.granted == GIB
    assert found.facts.disks[0].free == 7
    # one that all have, by a name that holds on all
    assert found.facts.pythons == (Python("python3.11", "3.11.2"),)
    told = {one.subject: (one.value, one.why.args) for one in found.choices}
    assert told["hosts:libc"] == ("2.9", {"hosts": "n2"})
    assert told["hosts:level"] == ("x86-64-v2", {"hosts": "n2"})
    assert told["hosts:python"] == ("3.11", {"missing": "3.12: n[1,3]"})


def test_alike_hosts_tell_nothing() -> None:
    found = combined([("n1", host()), ("n2", host())])
    assert found.facts.pythons == host().pythons
    assert (found.choices, found.findings) == ((), ())


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("machine", {"machine": "aarch64"}),
        ("system", {"system": "darwin"}),
        ("libc", {"libc": "musl"}),
        ("board", {"l4t": "36.4.3"}),
    ],
)
def test_what_no_lock_has_in_common_is_refused(what: str, change: dict[str, str]) -> None:
    other = host(platform=replace(host().platform, **change))
    with pytest.raises(Failure) as caught:
        combined([("n1", host()), ("n2", host()), ("n3", other)])
    problem = caught.value.problems[0]
    assert (problem.code, problem.why and problem.why.key) == ("PV1340", f"PV1340.{what}")
    assert problem.why is not None
    assert "n[1-2]" in str(problem.why.args["groups"])
    assert problem.hints[0].text is not None
    assert problem.hints[0].text.args == {"hosts": "n3"}


def gpu(driver: str, *names: str, memory: int = 80) -> Nvidia:
    cards = tuple(Gpu(i, name, "8.0", memory * GIB) for i, name in enumerate(names))
    return Nvidia("ready", driver, "12.4", cards)


def test_the_oldest_driver_and_every_model_decide() -> None:
    found = combined(
        [
            ("n1", host(nvidia=gpu("550.54", "A100", "A100"))),
            ("n2", host(nvidia=gpu("535.9", "A100", "A30", memory=24))),
        ]
    )
    nvidia = found.facts.nvidia
    assert (nvidia.state, nvidia.driver) == ("ready", "535.9")
    assert [(one.name, one.memory) for one in nvidia.gpus] == [("A100", 24 * GIB), ("A30", 24 * GIB)]
    assert [one.value for one in found.choices] == ["535.9"]


def test_devices_that_one_lacks_are_used_on_none_and_that_is_said() -> None:
    found = combined([("n1", host(nvidia=gpu("550.54", "A100"))), ("n2", host())])
    assert found.facts.nvidia == Nvidia()
    (warning,) = found.findings
    assert (warning.code, warning.severity, warning.what.args["hosts"]) == ("PV1341", "warning", "n1")
    broken = combined(
        [("n1", host(nvidia=gpu("550.54", "A100"))), ("n2", host(nvidia=Nvidia("broken", detail="x")))]
    )
    assert broken.facts.nvidia.state == "broken"


def test_other_vendors_devices_are_counted_by_their_kind() -> None:
    card = Device(0, "MI300X", "gfx942")
    one, two = Devices("ready", (card,), "6.8", "6.2"), Devices("ready", (card, card), "6.10", "6.1")
    found = combined([("n1", host(amd=one)), ("n2", host(amd=two))])
    assert found.facts.amd == Devices("ready", (card,), "6.8", "6.1")
