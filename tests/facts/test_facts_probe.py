"""The probe itself: real tools that hang, flood, refuse to die, leave others behind."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from provenv.facts.collect import MARK, PROBE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
QUICK: dict[str, Any] = {"name": "quick", "kind": "command", "argv": ["echo", "here"], "limit": 60}
FREEZER = Path("/sys/fs/cgroup/freezer")


def source(asks: list[dict[str, Any]]) -> bytes:
    return f"{PROBE.read_text()}\n\nmain(json.loads({json.dumps(json.dumps(asks))}))\n".encode()


def probe(*asks: dict[str, Any], python: str = sys.executable, **environment: str) -> dict[str, Any]:
    argv = [python, "-I", "-S", "-"]
    environment = {**os.environ, **environment}
    done = subprocess.run(argv, input=source(list(asks)), capture_output=True, env=environment, check=True)
    line = next(line for line in done.stdout.decode().splitlines() if line.startswith(MARK))
    items: dict[str, Any] = json.loads(line.removeprefix(MARK))["items"]
    return items


def shell(script: str, limit: float = 60, name: str = "tool") -> dict[str, Any]:
    return {"name": name, "kind": "command", "argv": ["sh", "-c", script], "limit": limit}


def gone(pid: int) -> bool:
    """Tell whether a process has ended, or does so now that it was killed."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([descriptor], [], [], 60)
    os.close(descriptor)
    return bool(ended)


@pytest.fixture(scope="module")
def module() -> ModuleType:
    """Return the probe as a module, to call its parts."""
    spec = importlib.util.spec_from_file_location("probe_under_test", PROBE)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_a_command_a_file_a_pattern_and_a_builtin(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("content")
    found = probe(
        shell("echo out; echo err >&2; exit 3"),
        {"name": "file", "kind": "file", "path": str(tmp_path / "a.txt"), "limit": 60},
        {"name": "none", "kind": "file", "path": str(tmp_path / "b.txt"), "limit": 60},
        {"name": "folder", "kind": "file", "path": str(tmp_path), "limit": 60},
        {"name": "glob", "kind": "glob", "path": str(tmp_path / "*"), "limit": 60},
        {"name": "environ", "kind": "builtin", "builtin": "environ", "names": ["A", "B"], "limit": 60},
        {"name": "elsewhere", "kind": "file", "path": "/", "limit": 60, "systems": ["win32"]},
        {"name": "missing", "kind": "command", "argv": ["no-such-tool"], "limit": 60},
        A="",
    )
    tool = found["tool"]
    assert (tool["outcome"], tool["code"], tool["out"], tool["err"]) == ("failed", 3, "out\n", "err\n")
    assert (found["file"]["outcome"], found["file"]["out"]) == ("read", "content")
    assert found["none"]["outcome"] == "absent"
    assert found["folder"]["outcome"] == "failed"
    assert found["glob"]["value"] == [str(tmp_path / "a.txt")]
    assert found["environ"]["value"] == {"A": ""}
    assert found["missing"]["outcome"] == "absent"
    assert "elsewhere" not in found


def test_tools_are_asked_in_the_plain_locale() -> None:
    assert probe(shell("echo $LC_ALL"), LC_ALL="de_DE.UTF-8")["tool"]["out"] == "C\n"


def test_a_hanging_tool_costs_its_limit_and_is_ended_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    found = probe(shell(f"sleep 1000 & echo $$ $! > {pids}; echo partly; wait", limit=3.0), QUICK)
    assert (found["tool"]["outcome"], found["tool"]["out"]) == ("timeout", "partly\n")
    assert found["quick"]["out"] == "here\n"
    assert all(gone(int(pid)) for pid in pids.read_text().split())


def test_a_tool_that_ignores_the_polite_signal_is_ended(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    found = probe(
        shell(f"trap '' TERM INT HUP; echo $$ > {pids}; while :; do sleep 1; done", limit=3.0), QUICK
    )
    assert found["tool"]["outcome"] == "timeout"
    assert found["quick"]["outcome"] == "read"
    assert gone(int(pids.read_text()))


def test_a_flood_is_cut_and_drained() -> None:
    found = probe(shell("yes | head -c 100000000; echo end >&2"), QUICK)
    tool = found["tool"]
    assert (tool["outcome"], tool["code"], tool["err"], tool["truncated"]) == ("read", 0, "end\n", True)
    assert len(tool["out"]) == 1 << 20
    assert found["quick"]["outcome"] == "read"


def test_what_a_tool_leaves_behind_holds_nothing_up_and_is_ended(tmp_path: Path) -> None:
    """The grandchild leaves the group and the session, is nobody's child, and keeps the output open."""
    pid = tmp_path / "pid"
    script = f"setsid sh -c 'echo $$ > {pid}; exec sleep 1000' & while [ ! -s {pid} ]; do :; done; echo done"
    found = probe(shell(script), QUICK)
    assert (found["tool"]["outcome"], found["tool"]["out"]) == ("read", "done\n")
    assert gone(int(pid.read_text()))


def test_undecodable_output_arrives() -> None:
    assert probe(shell("printf 'a\\377b'"))["tool"]["out"] == "a�b"


def test_a_builtin_that_crashes_its_process_costs_itself(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PROBE.read_text().replace("def which(ask):", "def which(ask):\n    os.kill(os.getpid(), 11)\n", 1)
    ask = {"name": "crash", "kind": "builtin", "builtin": "which", "names": [], "apart": True, "limit": 60}
    program = f"{text}\n\nmain(json.loads({json.dumps(json.dumps([ask, QUICK]))}))\n".encode()
    done = subprocess.run([sys.executable, "-I", "-S", "-"], input=program, capture_output=True, check=True)
    items = json.loads(done.stdout.decode().strip().removeprefix(MARK))["items"]
    assert items["crash"]["outcome"] == "failed"
    assert items["quick"]["outcome"] == "read"


def test_a_file_that_never_answers_costs_its_limit(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    ask = {"name": "pipe", "kind": "file", "path": str(tmp_path / "pipe"), "apart": True, "limit": 0.5}
    found = probe(ask, QUICK)
    assert found["pipe"]["outcome"] == "timeout"
    assert found["quick"]["outcome"] == "read"


def test_ending_the_probe_ends_its_tools(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    argv = [sys.executable, "-I", "-S", "-"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as running:
        assert running.stdin is not None
        running.stdin.write(
            source([shell(f"trap '' TERM; echo $$ > {pipe}; while :; do sleep 1; done", 600)])
        )
        running.stdin.close()
        pid = int(pipe.read_text())
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 128 + signal.SIGTERM
    assert gone(pid)


@pytest.mark.root
@pytest.mark.skipif(
    os.geteuid() != 0 or not os.access(FREEZER / "tasks", os.W_OK),
    reason="needs root and a cgroup v1 freezer",
)
def test_a_tool_that_the_kernel_does_not_let_go_is_left(tmp_path: Path) -> None:
    """A frozen process takes no signal, not even SIGKILL, like one in a dead driver's system call."""
    group = FREEZER / f"provenv-test-{os.getpid()}"
    group.mkdir()
    freeze = f"echo $$ > {group}/cgroup.procs; echo FROZEN > {group}/freezer.state; echo thawed"
    try:
        found = probe(shell(freeze, limit=3.0), QUICK)
        frozen = (group / "cgroup.procs").read_text().split()
    finally:
        (group / "freezer.state").write_text("THAWED")
    assert found["tool"]["outcome"] == "timeout"
    assert found["quick"]["outcome"] == "read"
    assert len(frozen) == 1
    # it dies as soon as it can; only then the group can go
    assert gone(int(frozen[0]))
    group.rmdir()


def test_all_tools_are_asked_at_the_same_time(tmp_path: Path) -> None:
    """NVIDIA's waits for a pipe that only AMD's opens, and AMD's for one that only the engine opens."""
    for name in ("one", "two"):
        os.mkfifo(tmp_path / name)
    scripts = {
        "nvidia-smi": f"read word < {tmp_path}/one; echo nvidia $word",
        "rocm_agent_enumerator": f"echo amd > {tmp_path}/one; read word < {tmp_path}/two; echo rocm $word",
        "docker": f"echo engine > {tmp_path}/two; echo docker",
    }
    for name, script in scripts.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    asks = [{"name": name, "kind": "command", "argv": [name], "limit": 60} for name in scripts]
    found = probe(*asks, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert {name: said["out"].strip() for name, said in found.items()} == {
        "nvidia-smi": "nvidia amd",
        "rocm_agent_enumerator": "rocm engine",
        "docker": "docker",
    }


def test_a_program_that_may_not_be_run_is_told_from_one_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "locked").write_text("#!/bin/sh\n")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    asks = [
        {"name": name, "kind": "command", "argv": [name], "limit": 60}
        for name in ("locked", "dangling", "not-there")
    ]
    found = probe(*asks, PATH=f"{tmp_path}:/nowhere:{os.environ['PATH']}")
    outcomes = {name: said["outcome"] for name, said in found.items()}
    assert outcomes == {"locked": "unreadable", "dangling": "absent", "not-there": "absent"}


@pytest.mark.parametrize(
    ("variable", "local", "above", "default", "expected"),
    [
        ("3.12.1", "3.11.7", "3.11.7", "3.11.7", "versions/3.12.1/bin/python3"),
        ("3.12.1:3.11.7", "", "", "", "versions/3.12.1/bin/python3"),
        ("", "3.12.1\n3.11.7\n", "3.11.7", "3.11.7", "versions/3.12.1/bin/python3"),
        ("", "", "3.12.1\n", "3.11.7", "versions/3.12.1/bin/python3"),
        ("", "", "", "3.11.7\n", "versions/3.11.7/bin/python3"),
        ("", "", "", "3.9.9", "shims/python3"),  # not installed: pyenv's own words are the answer
        ("", "system", "", "3.11.7", "shims/python3"),
        ("", "", "", "", "shims/python3"),
        ("../versions/3.11.7", "", "", "", "shims/python3"),
    ],
)
def test_what_a_shim_of_pyenv_means_is_read(
    tmp_path: Path,
    module: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    local: str,
    above: str,
    default: str,
    expected: str,
) -> None:
    root, project = tmp_path / "pyenv", tmp_path / "work" / "project"
    for path in ("shims", "versions/3.11.7/bin", "versions/3.12.1/bin"):
        (root / path).mkdir(parents=True)
        (root / path / "python3").write_text("#!/bin/sh\n")
        (root / path / "python3").chmod(0o755)
    project.mkdir(parents=True)
    for path, words in (
        (project / ".python-version", local),
        (project.parent / ".python-version", above),
        (root / "version", default),
    ):
        if words:
            path.write_text(words)
    monkeypatch.chdir(project)
    monkeypatch.delenv("PYENV_DIR", raising=False)
    monkeypatch.setenv("PYENV_VERSION", variable)
    assert module.behind_shim(str(root / "shims" / "python3")) == str(root / expected)
    assert module.behind_shim("/usr/bin/python3") == "/usr/bin/python3"


def test_every_python_of_this_machine_runs_it_alike() -> None:
    ask = {"name": "pythons", "kind": "builtin", "builtin": "pythons", "apart": True, "limit": 60}
    system = {"name": "system", "kind": "builtin", "builtin": "system", "limit": 60}
    machines = set()
    for python in probe(ask)["pythons"]["value"]:
        version = tuple(int(part) for part in python["out"].split("|")[0].split("."))
        if version >= (3, 6):
            found = probe(system, shell("echo fine"), {**ask, "name": "again"}, python=python["path"])
            assert found["tool"]["out"] == "fine\n"
            assert found["again"]["outcome"] == "read"
            machines.add((found["system"]["value"]["machine"], found["system"]["value"]["node"]))
    assert len(machines) == 1


def test_space_is_that_of_the_nearest_folder(tmp_path: Path, module: ModuleType) -> None:
    value = module.space({"path": str(tmp_path / "not" / "made" / "yet")})
    here = os.statvfs(tmp_path)
    assert value["asked"] == str(tmp_path)
    assert value["total"] == here.f_blocks * here.f_frsize
    assert value["filesystem"]


def folder_of(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_groups_are_walked_up_to_the_mount(tmp_path: Path, module: ModuleType) -> None:
    point = folder_of(tmp_path, {"a/b/memory.max": "5\n", "a/cpu.max": "1 2\n", "cpu.max": "max 2\n"})
    levels = module.cgroup_levels("", "/a/b", "/", str(point))
    assert [level["files"] for level in levels] == [
        {"memory.max": "5\n"},
        {"cpu.max": "1 2\n"},
        {"cpu.max": "max 2\n"},
    ]
    assert {level["version"] for level in levels} == {2}


def test_a_container_that_sees_the_hosts_path_finds_its_own_group(tmp_path: Path, module: ModuleType) -> None:
    """Docker on v1: /proc/self/cgroup says /docker/ID, and the mount's root is /docker/ID."""
    point = folder_of(tmp_path, {"memory.limit_in_bytes": "7\n", "sub/memory.limit_in_bytes": "6\n"})
    levels = module.cgroup_levels("memory", "/docker/id", "/docker/id", str(point))
    assert [level["files"] for level in levels] == [{"memory.limit_in_bytes": "7\n"}]
    levels = module.cgroup_levels("memory", "/docker/id/sub", "/docker/id", str(point))
    assert [level["files"]["memory.limit_in_bytes"] for level in levels] == ["6\n", "7\n"]
    # a path that does not lie under the mount (a namespace's "/../..") leaves the mount itself
    assert len(module.cgroup_levels("memory", "/../other", "/docker/id", str(point))) == 1


DRIVER = """
#include <string.h>
#include <unistd.h>
int cuInit(unsigned flags) { INIT }
int cuDriverGetVersion(int *version) { *version = 12040; return 0; }
int cuDeviceGetCount(int *count) { *count = 1; return 0; }
int cuDeviceGet(int *device, int index) { *device = index + 7; return 0; }
int cuDeviceGetName(char *name, int size, int device) { strncpy(name, "NVIDIA Test", size); return 0; }
int cuDeviceGetAttribute(int *value, int key, int device) { *value = key - 66; return device != 7; }
int cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = 48UL << 30; return device != 7; }
int cuDeviceGetUuid(unsigned char *uuid, int device) { memset(uuid, 0xab, 16); return device != 7; }
"""
CUDA = {"name": "cuda", "kind": "builtin", "builtin": "cuda", "apart": True}


def driver(folder: Path, init: str) -> str:
    """Compile a CUDA driver library of the real interface (cuda.h); return its folder."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler to make a driver library")
    (folder / "driver.c").write_text(DRIVER.replace("INIT", init))
    library = folder / "libcuda.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, folder / "driver.c"], check=True)
    return str(folder)


def test_the_cuda_driver_is_asked_through_its_own_interface(tmp_path: Path) -> None:
    found = probe({**CUDA, "limit": 60}, LD_LIBRARY_PATH=driver(tmp_path, "return 0;"))
    value = found["cuda"]["value"]
    assert (value["init"], value["version"]) == (0, 12040)
    uuid = "GPU-abababab-abab-abab-abab-abababababab"
    device = {"index": 0, "name": "NVIDIA Test", "major": 9, "minor": 10, "memory": 48 << 30, "uuid": uuid}
    assert value["devices"] == [device]


def test_a_cuda_driver_that_refuses_tells_its_code(tmp_path: Path) -> None:
    found = probe({**CUDA, "limit": 60}, LD_LIBRARY_PATH=driver(tmp_path, "return 803;"))
    assert (found["cuda"]["value"]["init"], found["cuda"]["value"]["devices"]) == (803, [])


@pytest.mark.parametrize(
    ("init", "outcome"), [("for (;;) pause();", "timeout"), ("return *(volatile int *)0;", "failed")]
)
def test_a_cuda_driver_that_hangs_or_crashes_costs_itself(tmp_path: Path, init: str, outcome: str) -> None:
    found = probe({**CUDA, "limit": 2.0}, QUICK, LD_LIBRARY_PATH=driver(tmp_path, init))
    assert found["cuda"]["outcome"] == outcome
    assert found["quick"]["outcome"] == "read"


def test_device_nodes_tell_whether_they_open(tmp_path: Path) -> None:
    ask = {"name": "nodes", "kind": "builtin", "builtin": "nodes", "limit": 60, "open": True, "apart": True}
    found = probe({**ask, "paths": ["/dev/nul*"]}, {**ask, "name": "none", "paths": [str(tmp_path / "*")]})
    node = found["nodes"]["value"][0]
    assert (node["path"], node["readable"], node["writable"], node["opened"]) == (
        "/dev/null",
        True,
        True,
        True,
    )
    assert node["group"]
    assert found["none"]["outcome"] == "absent"


def test_a_node_that_the_kernel_does_not_let_open_is_told_with_its_reason(tmp_path: Path) -> None:
    node = tmp_path / "node"
    (tmp_path / "target").mkdir()
    node.symlink_to("target")
    ask = {"name": "nodes", "kind": "builtin", "builtin": "nodes", "limit": 60, "open": True}
    found = probe({**ask, "paths": [str(node)]})["nodes"]["value"][0]
    assert (found["opened"], found["error"]) == (False, "EISDIR")


def test_texts_follow_links_and_leave_what_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("6.4.1-83\n")
    (tmp_path / "link").symlink_to("version")
    ask = {"name": "texts", "kind": "builtin", "builtin": "texts", "limit": 60}
    paths = [str(tmp_path / "li*"), str(tmp_path / "missing")]
    found = probe({**ask, "paths": paths}, {**ask, "name": "names", "paths": paths, "names_only": True})
    entry = {"path": str(tmp_path / "link"), "real": str(tmp_path / "version")}
    assert found["texts"]["value"] == [{**entry, "text": "6.4.1-83\n"}]
    assert found["names"]["value"] == [entry]


def test_presence_tells_names_and_never_values(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("s3cret")
    ask = {
        "name": "presence",
        "kind": "builtin",
        "builtin": "presence",
        "limit": 60,
        "names": ["A", "B", "C"],
    }
    found = probe({**ask, "paths": ["~/credentials", "~/none"]}, HOME=str(tmp_path), A="s3cret", B="")
    assert found["presence"]["value"] == {"variables": ["A"], "paths": ["~/credentials"]}
    assert "s3cret" not in json.dumps(found)


def test_a_command_may_have_variables_of_its_own() -> None:
    assert probe({**shell("echo $A$B"), "environment": {"B": "2"}}, A="1", B="0")["tool"]["out"] == "12\n"


class Registry(ModuleType):
    """The few calls of winreg that the probe makes, over a dictionary: this is no Windows."""

    HKEY_LOCAL_MACHINE = 0

    def __init__(self, adapters: list[dict[str, object]]) -> None:
        super().__init__("winreg")
        self.adapters = adapters

    def OpenKey(self, root: int, path: str) -> Any:
        number = int(path.rsplit("\\", 1)[1])
        if number >= len(self.adapters):
            raise FileNotFoundError(path)
        return contextlib.nullcontext(self.adapters[number])

    def QueryValueEx(self, key: Any, name: str) -> tuple[object, int]:
        manager = key.enter_result if isinstance(key, contextlib.nullcontext) else key
        if name not in manager:
            raise FileNotFoundError(name)
        return manager[name], 1


def test_display_adapters_of_windows(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    arc = {
        "MatchingDeviceId": "PCI\\VEN_8086&DEV_56A0&SUBSYS_10208086",
        "DriverDesc": "Intel(R) Arc(TM) A770 Graphics",
        "DriverVersion": "32.0.101.6733",
        "HardwareInformation.qwMemorySize": 17096343552,
    }
    remote = {"MatchingDeviceId": "ROOT\\BasicDisplay", "DriverDesc": "Microsoft Remote Display Adapter"}
    monkeypatch.setitem(sys.modules, "winreg", Registry([arc, remote]))
    assert list(module.adapters()) == [
        {
            "class": "0x030000",
            "id": "8086:56a0",
            "name": "Intel(R) Arc(TM) A770 Graphics",
            "version": "32.0.101.6733",
            "memory": 17096343552,
        }
    ]
