"""GPUs in use: what the tools print, whose memory it is, and a tool that is slow, hangs or is not there."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import pytest

from provenv.runs import gpus
from provenv.runs.gpu_tools import (
    Card,
    Held,
    read_amd_cards,
    read_amd_held,
    read_nvidia_cards,
    read_nvidia_held,
    read_rocm_cards,
)
from provenv.runs.gpus import Gpus, Told, found, samples, visible

MIB = 1 << 20

NVIDIA = """\
0, GPU-5a1b, 40321, 81559, 97
1, GPU-77c2, 4, 81559, 0
2, GPU-99aa, [N/A], [N/A], [N/A]
"""
HELD = """\
GPU-5a1b, 4321, /opt/env/bin/python, 40000
GPU-5a1b, 4400, python, with a comma, 300
GPU-77c2, 99, [Not Found], [N/A]
"""
AMD = [
    {
        "gpu": 0,
        "usage": {"gfx_activity": {"value": 47, "unit": "%"}, "umc_activity": {"value": 0, "unit": "%"}},
        "mem_usage": {
            "total_vram": {"value": 196592, "unit": "MB"},
            "used_vram": {"value": 4096, "unit": "MB"},
        },
    },
    {
        "gpu": 1,
        "usage": "N/A",
        "mem_usage": {"total_vram": {"value": 16368, "unit": "MB"}, "used_vram": "N/A"},
    },
]
AMD_PROCESSES = [
    {
        "gpu": 0,
        "process_list": [
            {
                "process_info": {
                    "name": "python3",
                    "pid": 812,
                    "memory_usage": {"vram_mem": {"value": 2147483648, "unit": "B"}},
                    "mem_usage": {"value": 2147483648, "unit": "B"},
                }
            }
        ],
    },
    {"gpu": 1, "process_list": [{"process_info": "No running processes detected"}]},
]
ROCM = {
    "card0": {
        "GPU use (%)": "12",
        "VRAM Total Memory (B)": "17163091968",
        "VRAM Total Used Memory (B)": "1048576",
    },
    "card1": {
        "GPU use (%)": "N/A",
        "VRAM Total Memory (B)": "17163091968",
        "VRAM Total Used Memory (B)": "0",
    },
    "system": {"Driver version": "6.7.0"},
}


def test_nvidia_smi_is_read() -> None:
    assert read_nvidia_cards(NVIDIA) == (
        Card(0, "GPU-5a1b", 40321 * MIB, 81559 * MIB, 0.97),
        Card(1, "GPU-77c2", 4 * MIB, 81559 * MIB, 0.0),
        Card(2, "GPU-99aa", 0, 0, None),
    )
    assert read_nvidia_held(HELD) == (
        Held("GPU-5a1b", 4321, "/opt/env/bin/python", 40000 * MIB),
        Held("GPU-5a1b", 4400, "python, with a comma", 300 * MIB),
        Held("GPU-77c2", 99, "[Not Found]", 0),
    )


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "No devices were found\n",
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n",
        "Failed to initialize NVML: Driver/library version mismatch\n",
        "[Insufficient Permissions]\n",
        "\0\0, a, b\n",
    ],
)
def test_what_is_no_answer_is_no_device(printed: str) -> None:
    assert read_nvidia_cards(printed) == ()
    assert read_nvidia_held(printed) == ()
    assert read_amd_cards(printed) == ()
    assert read_rocm_cards(printed) == ()


@pytest.mark.parametrize("document", [AMD, {"gpu_data": AMD}])
def test_amd_smi_is_read(document: object) -> None:
    printed = "WARNING: User is missing the following required groups: render\n" + json.dumps(
        document, indent=4
    )
    assert read_amd_cards(printed) == (
        Card(0, "", 4096 * MIB, 196592 * MIB, 0.47),
        Card(1, "", 0, 16368 * MIB, None),
    )
    assert read_amd_held(json.dumps(AMD_PROCESSES)) == (Held("0", 812, "python3", 2 << 30),)


def test_rocm_smi_is_read() -> None:
    assert read_rocm_cards(json.dumps(ROCM)) == (
        Card(0, "", MIB, 17163091968, 0.12),
        Card(1, "", 0, 17163091968, None),
    )


def test_a_run_has_what_its_own_processes_hold() -> None:
    told = Told(read_nvidia_cards(NVIDIA), read_nvidia_held(HELD))
    seen = samples(told, [4321, 5], told, lambda pid: True)
    assert [(one.index, one.memory, one.used) for one in seen] == [(0, 40000 * MIB, 40321 * MIB)]
    # the processes that hold memory live here, and none of them is ours
    assert samples(told, [5], Told(), lambda pid: True) == ()
    # what was ours stays in the picture
    assert [one.index for one in samples(told, [5], Told(), lambda pid: True, {0})] == [0]
    # how much is not told everywhere (WSL), that it is there is
    assert [(one.index, one.memory) for one in samples(told, [99], Told(), lambda pid: True)] == [(1, 0)]


def test_where_processes_are_hidden_what_came_since_is_ours() -> None:
    before = Told((Card(0, "a", 1000 * MIB), Card(1, "b", 1000 * MIB)))
    now = Told((Card(0, "a", 3000 * MIB), Card(1, "b", 1004 * MIB)))
    assert [one.memory for one in samples(now, [7], before, lambda pid: False)] == [2000 * MIB]
    # numbers of another container's processes mean nothing here
    strange = Told(now.cards, (Held("a", 31, "python", 2000 * MIB),))
    assert [one.memory for one in samples(strange, [7], before, lambda pid: False)] == [2000 * MIB]


@pytest.mark.parametrize(
    ("variables", "left"),
    [
        ({}, [0, 1, 2]),
        ({"CUDA_VISIBLE_DEVICES": "1"}, [1]),
        ({"CUDA_VISIBLE_DEVICES": "0, 2"}, [0, 2]),
        ({"CUDA_VISIBLE_DEVICES": "GPU-99"}, [2]),
        ({"CUDA_VISIBLE_DEVICES": ""}, []),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, []),
        ({"CUDA_VISIBLE_DEVICES": "MIG-GPU-5a1b/1/0"}, [0, 1, 2]),
        ({"HIP_VISIBLE_DEVICES": "0"}, [0]),
    ],
)
def test_devices_that_a_program_does_not_see_are_left_out(variables: dict[str, str], left: list[int]) -> None:
    cards = read_nvidia_cards(NVIDIA)
    assert [card.index for card in visible(cards, variables)] == left


def test_without_a_tool_there_is_no_column(tmp_path: Path) -> None:
    without = Gpus({"PATH": str(tmp_path)})
    without.start()
    assert found({"PATH": str(tmp_path)}) is None
    assert without([os.getpid()]) == ()
    without.end()
    assert "gpus" not in {thread.name for thread in threading.enumerate()}


SMI = """#!/bin/sh
case "$1" in
--query-gpu*) echo turn > {turn}; echo "0, GPU-1, $(cat {used}), 1000, 50" ;;
*) echo "GPU-1, {pid}, python, 300" ;;
esac
"""

posix = pytest.mark.skipif(sys.platform == "win32", reason="a tool that is a shell script")


def a_tool(folder: Path, name: str, content: str) -> dict[str, str]:
    tool = folder / name
    tool.write_text(content)
    tool.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@posix
def test_the_tool_is_asked_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "SHARE", 1e9)
    used, turn = tmp_path / "used", tmp_path / "turn"
    used.write_text("400")
    os.mkfifo(turn)

    def twice() -> None:
        # when the second question waits for its turn, the first one has been answered
        for _ in range(2):
            assert turn.read_text()

    content = SMI.format(used=used, pid=os.getpid(), turn=turn)
    watched = Gpus(a_tool(tmp_path, "nvidia-smi", content), every=0.0)
    watched.start()
    twice()
    first = watched([os.getpid()])
    used.write_text("700")
    twice()
    second = watched([os.getpid()])
    watched.end()
    assert (first[0].memory, first[0].used, first[0].utilisation) == (300 * MIB, 400 * MIB, 0.5)
    assert second[0].used == 700 * MIB
    assert "gpus" not in {thread.name for thread in threading.enumerate()}


@posix
def test_a_tool_that_hangs_delays_nobody_and_is_ended(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    watched = Gpus(a_tool(tmp_path, "nvidia-smi", f"#!/bin/sh\necho $$ > {begun}\nexec sleep 3600\n"))
    watched.start()
    with begun.open() as told:
        pid = int(told.readline())
    assert watched([1]) == ()
    watched.end()
    assert "gpus" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@posix
def test_a_tool_without_a_device_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "SHARE", 1e9)
    watched = Gpus(
        a_tool(tmp_path, "nvidia-smi", "#!/bin/sh\necho No devices were found\nexit 6\n"), every=0.0
    )
    watched.start()
    assert watched._thread is not None
    watched._thread.join(60)
    assert not watched._thread.is_alive()
    assert watched([1]) == ()
