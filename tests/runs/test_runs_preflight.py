"""The look before a run: places that lack something, real ones and made-up ones."""

from __future__ import annotations

import json
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from provenv.model.resources import Earlier, Readiness, Taken, Wanted
from provenv.runs.earlier_runs import earlier
from provenv.runs.folder import RunFolder, runs_folder
from provenv.runs.preflight import judge
from provenv.runs.readiness import look

MIB, GIB = 1 << 20, 1 << 30

GOOD = Readiness(
    folder="/work/project",
    shm_total=32 * GIB,
    shm_free=32 * GIB,
    memory_total=64 * GIB,
    memory_granted=64 * GIB,
    memory_left=60 * GIB,
    disk_free=500 * GIB,
    open_files=65536,
    open_files_hard=65536,
    tasks=100,
    tasks_limit=60000,
    cores=16.0,
    skew=0.0,
    now=1000.0,
)


def codes(place: Readiness, wanted: Wanted) -> list[str]:
    return [f"{one.code} {one.severity}" for one in judge(place, wanted)]


def test_a_good_place_is_fine() -> None:
    assert judge(GOOD, Wanted(4, workers=8, batch_bytes=10 * MIB)) == ()


def test_a_place_of_which_nothing_is_known_is_fine() -> None:
    assert judge(Readiness("/work"), Wanted()) == ()


@pytest.mark.parametrize(
    ("place", "wanted", "told"),
    [
        # batches that are known
        ({"shm_total": 64 * MIB, "shm_free": 64 * MIB}, Wanted(workers=4, batch_bytes=20 * MIB), "warning"),
        ({"shm_total": GIB, "shm_free": GIB}, Wanted(workers=4, batch_bytes=20 * MIB), ""),
        ({"shm_total": GIB, "shm_free": 100 * MIB}, Wanted(workers=4, batch_bytes=20 * MIB), "warning"),
        ({"shm_total": GIB, "shm_free": GIB}, Wanted(8, workers=4, batch_bytes=20 * MIB), "warning"),
        # workers alone
        ({"shm_total": 64 * MIB, "shm_free": 64 * MIB}, Wanted(workers=4), "warning"),
        ({"shm_total": 64 * MIB, "shm_free": 64 * MIB}, Wanted(workers=0), ""),
        ({"shm_total": 128 * MIB, "shm_free": 128 * MIB}, Wanted(workers=4), ""),
        # nothing
        ({"shm_total": 64 * MIB, "shm_free": 64 * MIB}, Wanted(), "note"),
        ({"shm_total": 64 * MIB, "shm_free": 64 * MIB}, Wanted(2), "warning"),
        ({"shm_total": None, "shm_free": None}, Wanted(workers=4), ""),
        # an earlier run
        ({"shm_total": GIB, "shm_free": GIB, "earlier": Earlier("r", shm=2 * GIB)}, Wanted(), "warning"),
        ({"shm_total": 64 * MIB, "shm_free": 64 * MIB, "earlier": Earlier("r", shm=MIB)}, Wanted(), ""),
    ],
)
def test_shared_memory(place: dict[str, int], wanted: Wanted, told: str) -> None:
    assert codes(replace(GOOD, **place), wanted) == ([f"PV1210 {told}"] if told else [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("container", "command"),
    [
        ("", "sudo mount -o remount,size=8G /dev/shm"),
        ("docker", "docker run --shm-size=8g ..."),
        ("podman", "podman run --shm-size=8g ..."),
        ("kubernetes", None),
    ],
)
def test_the_remedy_is_that_of_the_place(container: str, command: str | None) -> None:
    place = replace(GOOD, shm_total=64 * MIB, shm_free=MIB, container=container)
    (found,) = judge(place, Wanted(workers=2))
    assert found.hints[0].command == command


def test_memory_that_an_earlier_run_took_and_that_is_not_there() -> None:
    place = replace(
        GOOD,
        memory_granted=8 * GIB,
        memory_left=7 * GIB,
        earlier=Earlier("20260101-000000-abcd", memory=9 * GIB),
    )
    (found,) = judge(place, Wanted())
    assert found.code == "PV1211"
    assert found.why is not None
    assert found.why.args == {"run": "20260101-000000-abcd", "need_bytes": 9 * GIB}
    assert found.hints[0].text is not None
    assert found.hints[0].text.key == "PV1211.hint_limit"
    assert codes(replace(place, memory_left=60 * GIB), Wanted()) == []


def test_memory_that_no_framework_fits_in() -> None:
    assert codes(replace(GOOD, memory_left=3 * GIB), Wanted(4)) == ["PV1211 warning"]
    assert codes(replace(GOOD, memory_left=3 * GIB), Wanted(2)) == []


@pytest.mark.parametrize(
    ("free", "checkpoint", "guessed", "told"),
    [
        (10 * GIB, 4 * GIB, False, "warning"),
        (13 * GIB, 4 * GIB, False, ""),
        (3 * GIB, 4 * GIB, False, "error"),
        (3 * GIB, 4 * GIB, True, "note"),
        (500 * MIB, 4 * GIB, True, "warning"),
        (500 * MIB, 0, False, "warning"),
        (20 * MIB, 0, False, "error"),
        (2 * GIB, 0, False, ""),
    ],
)
def test_room_for_checkpoints(free: int, checkpoint: int, guessed: bool, told: str) -> None:
    place = replace(GOOD, disk_free=free, earlier=Earlier(checkpoint=checkpoint, guessed=guessed))
    assert codes(place, Wanted()) == ([f"PV1212 {told}"] if told else [])


@pytest.mark.parametrize(
    ("soft", "hard", "workers", "told"),
    [
        (1024, 65536, 4, False),
        (1024, 65536, 64, True),
        (256, 65536, None, True),
        (256, 256, None, True),
        (1024, None, None, False),
        (None, None, 64, False),
    ],
)
def test_open_files(soft: int | None, hard: int | None, workers: int | None, told: bool) -> None:
    place = replace(GOOD, open_files=soft, open_files_hard=hard)
    found = judge(place, Wanted(workers=workers))
    assert [one.code for one in found] == (["PV1213"] if told else [])
    if told:
        assert found[0].hints[0].command == ("ulimit -Hn" if hard == soft else f"ulimit -n {hard}")


def test_processes_and_threads() -> None:
    place = replace(GOOD, tasks=950, tasks_limit=1000)
    assert codes(place, Wanted(4, workers=4)) == ["PV1215 warning"]
    assert codes(replace(place, tasks=10), Wanted(4, workers=4)) == []


def test_errors_come_first() -> None:
    place = replace(
        GOOD,
        shm_total=MIB,
        shm_free=MIB,
        ports_taken=(29500,),
        writable=False,
        refusal="Read-only file system",
    )
    assert codes(place, Wanted(workers=1)) == ["PV1216 error", "PV1214 error", "PV1210 warning"]


def test_a_gpu_that_others_compute_on() -> None:
    place = replace(
        GOOD, gpus_taken=(Taken(1, 77, "python", 5 * GIB), Taken(1, 78, "ray", GIB), Taken(0, 0, "", 9 * GIB))
    )
    first, second = judge(place, Wanted())
    assert first.why is not None
    assert first.why.key == "PV1217.why_hidden"
    assert second.what.args == {"index": 1, "used_bytes": 6 * GIB}
    assert second.why is not None
    assert second.why.args == {"names": "python (77), ray (78)"}
    assert judge(place, Wanted(gpus=False)) == ()


@pytest.mark.parametrize(
    ("skew", "began", "told"),
    [(0.5, 0.0, ""), (90.0, 0.0, "ahead"), (-90.0, 0.0, "behind"), (0.0, 1600.0, "earlier")],
)
def test_clocks(skew: float, began: float, told: str) -> None:
    found = judge(replace(GOOD, skew=skew, earlier=Earlier("r", began=began)), Wanted())
    assert [one.why.key for one in found if one.why] == ([f"PV1218.why_{told}"] if told else [])


def test_this_very_machine_is_looked_at(tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    place = look(tmp_path, Wanted(), environment=dict(os.environ))
    assert place.writable
    assert place.skew == pytest.approx(0.0, abs=1.0)
    assert sorted(tmp_path.iterdir()) == before
    if sys.platform == "linux":
        assert place.memory_left > 0
        assert place.disk_free
        assert place.tasks_limit is None or place.tasks > 0
    assert json.dumps([one.code for one in judge(place, Wanted())])


def test_a_port_that_is_taken_is_found(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        ports = taken.getsockname()[1], free.getsockname()[1]
        free.close()
        place = look(tmp_path, Wanted(ports=ports, gpus=False), environment={})
    assert place.ports_taken == (ports[0],)
    assert codes(place, Wanted(gpus=False))[0] == "PV1214 error"


def test_a_folder_that_takes_nothing_is_found(tmp_path: Path) -> None:
    place = look(tmp_path / "none", Wanted(gpus=False), environment={})
    assert not place.writable
    assert place.refusal
    assert "PV1216 error" in codes(place, Wanted(gpus=False))


@pytest.mark.skipif(sys.platform == "win32", reason="a tool that is a shell script")
def test_a_gpu_that_is_taken_is_found(tmp_path: Path) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        '#!/bin/sh\ncase "$1" in\n'
        "--query-gpu*) echo '0, GPU-a, 9000, 80000, 99'; echo '1, GPU-b, 20, 80000, 0'\n"
        "echo '2, GPU-c, 9000, 80000, 0' ;;\n"
        "*) echo 'GPU-a, 12, /usr/bin/python3, 8900'; echo 'GPU-b, 13, /usr/bin/Xorg, 10' ;;\nesac\n"
    )
    tool.chmod(0o755)
    variables = {"PATH": str(tmp_path)}
    place = look(tmp_path, Wanted(), environment=variables)
    assert place.gpus_taken == (Taken(0, 12, "python3", 8900 * MIB), Taken(2, 0, "", 9000 * MIB))
    assert place.gpu_tool == "nvidia-smi"
    elsewhere = look(tmp_path, Wanted(), environment={**variables, "CUDA_VISIBLE_DEVICES": "1"})
    assert elsewhere.gpus_taken == ()


def recorded(root: Path, run: str, argv: list[str], *, memory: int = 0, checkpoint: str = "") -> None:
    folder = RunFolder(runs_folder(root) / run)
    folder.attempt(1).mkdir(parents=True)
    folder.record.write_text(
        json.dumps({"argv": argv, "folder": str(root), "began": "2026-01-02T03:04:05+00:00"})
    )
    lines = [
        {"t": 1, "memory": memory // 2, "processes": 1, "shm": 100},
        {"t": 2, "memory": memory, "processes": 5, "shm": 350},
        {"t": 3, "memory": "torn"},
    ]
    folder.resources(1).write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"t": 4, "mem')
    if checkpoint:
        folder.seen(1).write_text(json.dumps({"k": "save", "t": 1, "path": checkpoint, "n": 1}) + "\n")


def test_the_last_run_of_the_same_command_is_asked(tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "a.safetensors").write_bytes(bytes(3000))
    (tmp_path / "saved" / "b.json").write_bytes(bytes(500))
    recorded(tmp_path, "20260101-000000-aaaa", ["python", "a.py"], memory=7 * GIB)
    recorded(tmp_path, "20260102-000000-bbbb", ["python", "a.py"], memory=5 * GIB, checkpoint="saved")
    recorded(tmp_path, "20260103-000000-cccc", ["python", "b.py"], memory=9 * GIB)
    found = earlier(tmp_path, ["python", "a.py"])
    assert (found.run, found.memory, found.shm, found.processes) == ("20260102-000000-bbbb", 5 * GIB, 250, 5)
    assert found.checkpoint == 3500
    assert found.began == 1767323045.0


def test_without_an_earlier_run_the_largest_checkpoint_counts(tmp_path: Path) -> None:
    for name, size in (("a.pt", 2000), ("b.ckpt", 4000), ("data.csv", 90000)):
        (tmp_path / name).write_bytes(bytes(size))
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "c.pt").write_bytes(bytes(9000))
    assert earlier(tmp_path, ["python"]) == Earlier(checkpoint=4000, guessed=True)


def test_a_record_that_is_broken_is_passed_over(tmp_path: Path) -> None:
    folder = RunFolder(runs_folder(tmp_path) / "20260101-000000-aaaa")
    folder.path.mkdir(parents=True)
    folder.record.write_text("[torn")
    assert earlier(tmp_path, ["python"]) == Earlier()
