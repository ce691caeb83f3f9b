"""gather: the whole way on this machine, and places that answer badly."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provenv import facts
from provenv.errors import Failure, problem
from provenv.facts import clouds
from provenv.facts.collect import MARK
from provenv.hosts.fake import FakeHost, Hang, Reply
from provenv.hosts.local import LocalHost
from provenv.model.channel import Completed
from provenv.model.codec import to_json
from provenv.model.devices import Device, Devices, Toolkit
from provenv.model.facts import Facts, Gpu, Memory, Nvidia, Platform
from provenv.model.services import Engine, Kubernetes
from provenv.pipconf import PipConfiguration

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads this machine's /proc to compare")


def gather(folder: Path, *, limit: float = 60.0, pip: PipConfiguration | None = None) -> Facts:
    return facts.gather(
        LocalHost(),
        sys.executable,
        project=str(folder),
        cache=str(folder / "cache" / "deep"),
        temporary=str(folder),
        limit=limit,
        pip=pip,
    )


def tool(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@linux
def test_this_machine(tmp_path: Path) -> None:
    found = gather(tmp_path)
    assert (found.platform.system, found.platform.machine) == ("linux", platform.machine())
    assert found.platform.libc
    assert found.host == platform.node()
    assert 0 < found.cpu.granted <= found.cpu.logical
    assert found.memory.total == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert [disk.purpose for disk in found.disks] == ["project", "cache", "temp"]
    assert all(disk.total >= disk.free > 0 and disk.writable and disk.filesystem for disk in found.disks)
    assert platform.python_version() in {python.version for python in found.pythons}
    assert {source.fact for source in found.sources} >= {
        "cpu",
        "memory",
        "disks",
        "nvidia",
        "pythons",
        "tools",
    }
    assert all(source.how for source in found.sources)


@linux
def test_a_hanging_driver_costs_its_own_fact_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tmp_path, "nvidia-smi", "exec sleep 1000")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    found = gather(tmp_path, limit=2.0)
    outcomes = {source.outcome for source in found.sources if source.how.startswith("nvidia-smi")}
    assert outcomes == {"timeout"}
    assert found.cpu.logical > 0
    assert found.memory.total > 0


@linux
def test_a_gpu_that_a_fake_driver_tells_is_read_and_hidden_at_will(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = (
        "index, uuid, name, compute_cap, driver_version, memory.total [MiB], mig.mode.current\n"
        "0, GPU-1, NVIDIA A10, 8.6, 550.54.14, 23028 MiB, [N/A]\n"
        "1, GPU-2, NVIDIA L4, 8.9, 550.54.14, 23034 MiB, [N/A]\n"
    )
    (tmp_path / "answer").write_text(answer)
    script = f'case "$1" in --query-gpu=*compute_cap*) cat {tmp_path}/answer;; *) exit 2;; esac'
    tool(tmp_path, "nvidia-smi", script)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    nvidia = gather(tmp_path).nvidia
    assert (nvidia.driver, nvidia.visible, nvidia.hidden) == ("550.54.14", "1", 1)
    assert [(gpu.index, gpu.compute_capability) for gpu in nvidia.gpus] == [(1, "8.9")]


def test_no_credentials_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://user:s3cret@proxy.example:3128")
    pip = PipConfiguration(
        index_url="https://user:s3cret@mirror.example/simple",
        extra_index_urls=("https://s3cret@other.example/simple",),
        find_links=("https://user:s3cret@links.example/",),
        proxy="user:s3cret@proxy.example:3128",
    )
    found = gather(tmp_path, pip=pip)
    assert "s3cret" not in json.dumps(to_json(found))
    assert found.pip.index_url is not None
    assert found.pip.index_url.endswith("@mirror.example/simple")
    assert dict(found.network.proxies)["HTTPS_PROXY"].endswith("@proxy.example:3128")


def test_no_secret_of_the_environment_or_of_kubernetes_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variables in clouds.VARIABLES.values():
        for variable in variables:
            monkeypatch.setenv(variable.name, "s3cret")
    config = tmp_path / "config"
    config.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: lab\n"
        "contexts:\n- name: lab\n  context: {cluster: lab, user: me, namespace: vision}\n"
        "clusters:\n- name: lab\n  cluster: {server: https://lab.example}\n"
        "users:\n- name: me\n  user: {token: s3cret, password: s3cret, username: me}\n"
    )
    monkeypatch.setenv("KUBECONFIG", str(config))
    found = gather(tmp_path)
    assert "s3cret" not in json.dumps(to_json(found))
    assert [cloud.name for cloud in found.clouds] == [*clouds.VARIABLES]
    if shutil.which("kubectl"):
        assert found.kubernetes == Kubernetes("lab", ("lab",), "vision")


@linux
def test_an_engine_that_a_fake_docker_tells_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "answer").write_text('{"ServerVersion": "28.3.2", "Runtimes": {"nvidia": {}, "runc": {}}}\n')
    tool(tmp_path, "docker", f"cat {tmp_path}/answer")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    found = [one for one in gather(tmp_path).engines if one.name == "docker"]
    assert [(one.reachable, one.runtimes) for one in found] == [(True, ("nvidia", "runc"))]


def ask(reply: Reply) -> Facts:
    host = FakeHost.of((("python3",), reply))
    return facts.gather(host, "python3", project="/p", cache="/c", temporary="/t")


def answer(items: object) -> str:
    return f"{MARK}{json.dumps({'probe': 1, 'items': items})}\n"


def test_a_login_that_talks_does_not_matter() -> None:
    item = {"outcome": "read", "value": {"platform": "linux", "machine": "aarch64"}, "how": "uname", "ms": 1}
    found = ask(f"Welcome!\n\n{answer({'platform.system': item})}Goodbye\n")
    assert found.platform.machine == "aarch64"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Completed((), 1, b"", b"Unknown option: -I\nusage: python\n"), "PV201"),
        (Completed((), 1, b"", b"  File <stdin>\nSyntaxError: invalid syntax\n"), "PV201"),
        (Completed((), 127, b"", b""), "PV201"),
        (Failure(problem("PV801", program="python3")), "PV201"),
        (Failure(problem("PV802", program="python3")), "PV201"),
        (Failure(problem("PV807", host="h")), "PV807"),
        ("", "PV202"),
        ("Welcome!\n", "PV202"),
        (answer({})[:-4], "PV202"),
        (f"{MARK}[]\n", "PV202"),
        (answer([]), "PV202"),
        (f"{MARK}{'[' * 100_000}\n", "PV202"),
        (Hang(b""), "PV203"),
    ],
)
def test_places_that_do_not_answer(reply: Reply, code: str) -> None:
    with pytest.raises(Failure) as caught:
        ask(reply)
    assert [one.code for one in caught.value.problems] == [code]


def test_a_place_without_an_interpreter_and_without_sh() -> None:
    with pytest.raises(Failure) as caught:
        facts.gather(FakeHost.of(), "/no/such/python", project="/", cache="/", temporary="/")
    assert caught.value.problems[0].code == "PV201"


def test_every_ask_has_a_name_of_its_own_and_can_be_sent() -> None:
    asks = facts.asks("/p", "/c", "/t")
    names = [ask["name"] for ask in asks]
    assert len(names) == len(set(names))
    assert json.loads(json.dumps(asks)) == asks


def test_nothing_heavy_is_imported() -> None:
    code = "import sys, provenv.facts; print(' '.join(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    heavy = {"click", "rich", "pydantic", "tomlkit", "torch", "numpy", "asyncio", "ssl", "ctypes"}
    assert not heavy & set(done.stdout.split())


BOX = Facts(
    Platform("linux", "x86_64", "6.1", "debian", "12", "Debian", "glibc", "2.36"),
    memory=Memory(total=8, available=4, granted=8),
    nvidia=Nvidia("ready", "550.54", "12.4", (Gpu(0, "NVIDIA A10", "8.6"),)),
)


def changes() -> Iterator[tuple[str, Facts, bool]]:
    nvidia = BOX.nvidia
    yield "memory", replace(BOX, memory=Memory(total=8, available=1, granted=8)), False
    yield "kernel", replace(BOX, platform=replace(BOX.platform, kernel="6.2")), False
    yield "host", replace(BOX, host="other"), False
    yield "uuid", replace(BOX, nvidia=replace(nvidia, gpus=(replace(nvidia.gpus[0], uuid="GPU-9"),))), False
    yield "libc", replace(BOX, platform=replace(BOX.platform, libc_version="2.37")), True
    yield "driver", replace(BOX, nvidia=replace(nvidia, driver="560.1")), True
    yield "gpus", replace(BOX, nvidia=replace(nvidia, gpus=nvidia.gpus * 2)), True
    yield "state", replace(BOX, nvidia=replace(nvidia, state="broken")), True
    yield "l4t", replace(BOX, platform=replace(BOX.platform, l4t="36.4.3")), True
    yield "amd", replace(BOX, amd=Devices("ready", (Device(0, "MI300X", "gfx942"),))), True
    yield "permission", replace(BOX, amd=Devices("no-permission")), True
    yield "toolkit", replace(BOX, toolkits=(Toolkit("cuda", "12.4", "/usr/local/cuda"),)), False
    yield "engine", replace(BOX, engines=(Engine("docker"),)), False
    yield "level", replace(BOX, cpu=replace(BOX.cpu, level="x86-64-v3")), True


@pytest.mark.parametrize(
    ("name", "changed", "decides"), [*changes()], ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_decides(name: str, changed: Facts, decides: bool) -> None:
    assert (facts.digest(changed) != facts.digest(BOX)) is decides
    assert (facts.deciding(changed) != facts.deciding(BOX)) is decides
