"""A run's values for other programs, read back by their own readers where those are installed."""

from __future__ import annotations

import csv
import io
import math
import os
import struct
from pathlib import Path

import pytest

from loading import load
from provenv.runs.export_mlflow import experiment_folder, run_name, write_experiment, write_run
from provenv.runs.export_tensorboard import masked, scalar, varint, write_events
from provenv.runs.exporting import COLUMNS, values, write_csv
from provenv.runs.reading import read_run

made = load("recorded_for_exporting", Path(__file__).with_name("recorded.py"))
T0 = made.T0


@pytest.fixture
def run(tmp_path):
    """Return a run of two ranks that died at step 47 and went on from 40."""
    one = made.recorded(tmp_path, name="train", processes=2)
    one.attempt(1, lines=made.steps(1, 47, loss=1.0), code=137, processes=2)
    one.seen(1, [{"k": "metric", "t": T0 + 1, "name": "loss", "value": 9.0, "n": 1}], rank=1)
    one.resources(1, [{"t": T0 + 3, "cpu": 1.5, "memory": 1000, "gpus": [{"index": 1, "memory": 5}]}])
    again = {"k": "resume", "t": T0 + 60, "path": "ckpt/40", "n": 40}
    lines = [again, *made.steps(41, 90, loss=2.0, began=T0 + 60)]
    one.attempt(
        2, lines=[*lines, {"k": "metric", "t": T0 + 160, "name": "loss/val", "value": "NaN", "n": 90, "e": 3}]
    )
    return one.end()


def test_csv_has_every_value(run):
    out = io.StringIO()
    count = write_csv(values(run.folder), out, T0)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == count
    losses = [row for row in rows if row["name"] == "loss" and row["rank"] == "0"]
    assert len(losses) == 47 + 50
    assert (losses[46]["attempt"], losses[46]["step"], losses[46]["seconds"]) == ("1", "47", "47.000")
    assert float(losses[47]["value"]) == 2.0 / 41
    (other,) = [row for row in rows if row["rank"] == "1"]
    assert (other["name"], float(other["value"])) == ("loss", 9.0)
    (cores,) = [row for row in rows if row["name"] == "system/cpu_cores"]
    assert (cores["step"], cores["seconds"], cores["value"]) == ("", "3.000", "1.5")
    assert [row for row in rows if row["name"] == "system/gpu_1_memory_bytes"]
    (validated,) = [row for row in rows if row["name"] == "loss/val"]
    assert (validated["value"], validated["epoch"]) == ("nan", "3")


def test_check_sums_and_numbers_are_those_of_the_formats():
    # RFC 3720, B.4: 32 bytes of zeros, of ones, and rising
    for data, crc in ((b"\0" * 32, 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E)):
        assert masked(data) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    # protobuf.dev, Encoding: 150 is 96 01; a negative number takes ten bytes
    assert varint(150) == b"\x96\x01"
    assert len(varint(-1)) == 10
    assert scalar("a", 1.0) == b"\x2a\x0a\x0a\x08\x0a\x01a\x15" + struct.pack("<f", 1.0)
    assert struct.unpack("<f", scalar("a", 1e300)[-4:]) == (math.inf,)


def read_records(path: Path) -> list[bytes]:
    """Read an event file by its format, with its check sums."""
    found, data = [], path.read_bytes()
    while data:
        (size,) = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12]) == (masked(data[:8]),)
        body = data[12 : 12 + size]
        assert struct.unpack("<I", data[12 + size : 16 + size]) == (masked(body),)
        found.append(body)
        data = data[16 + size :]
    return found


def test_event_files(run, tmp_path):
    place = tmp_path / "events"
    count = write_events(run.folder, place, T0, "my box.example")
    files = sorted(str(one.relative_to(place)) for one in place.rglob("events.*"))
    name = f"events.out.tfevents.{int(T0)}.my-box-example"
    assert files == [f"{name}.0001", f"{name}.0002", f"rank-1/{name}.0001", f"system/{name}.0001"]
    read = {one: read_records(place / one) for one in files}
    # each file has a version and a beginning beside its values
    assert sum(len(one) - 2 for one in read.values()) == count
    assert b"brain.Event:2" in read[files[0]][0]


def test_tensorboard_reads_it(run, tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    place = tmp_path / "events"
    write_events(run.folder, place, T0, "box")
    found = accumulator.EventAccumulator(str(place), size_guidance={"scalars": 0}).Reload()
    losses = found.Scalars("loss")
    # what the second attempt did again took the place of what was lost
    assert [one.step for one in losses] == list(range(1, 91))
    assert losses[0].value == 1.0
    assert losses[40].value == pytest.approx(2 / 41)
    assert losses[40].wall_time == T0 + 60 + 41
    assert math.isnan(found.Scalars("loss/val")[0].value)
    system = accumulator.EventAccumulator(str(place / "system")).Reload()
    assert system.Scalars("system/cpu_cores")[0].step == 3


def exported(run, store):
    experiment = experiment_folder(store, "digits")
    write_experiment(experiment, "digits", T0)
    goal = experiment / run_name(read_run(run.folder))
    goal.mkdir()
    count = write_run(read_run(run.folder), {"torch": "7"}, values(run.folder), goal, goal)
    return goal, count


def test_a_folder_of_mlflows_file_store(run, tmp_path):
    goal, count = exported(run, tmp_path / "mlruns")
    assert experiment_folder(tmp_path / "mlruns", "digits") == goal.parent
    assert experiment_folder(tmp_path / "mlruns", "letters") != goal.parent
    lines = [path.read_text().splitlines() for path in (goal / "metrics").rglob("*") if path.is_file()]
    assert sum(map(len, lines)) == count
    assert (goal / "metrics/loss").read_text().splitlines()[0] == f"{int(T0 + 1) * 1000} 1.0 1"
    # `loss` and `loss/val` cannot both be files
    assert (goal / "metrics/loss.val.").exists()
    assert (goal / "params/torch").read_text() == "7"
    assert (goal / "tags/mlflow.source.git.commit").read_text() == run.record.code.revision


def test_mlflow_reads_it(run, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    goal, _ = exported(run, tmp_path / "mlruns")
    client = mlflow.MlflowClient(tracking_uri=(tmp_path / "mlruns").as_uri())
    experiment = client.get_experiment_by_name("digits")
    (found,) = client.search_runs([experiment.experiment_id])
    assert (found.info.run_id, found.info.status, found.info.run_name) == (goal.name, "FINISHED", "train")
    assert found.data.params["command"] == "python train.py"
    assert found.data.tags["provenv.run"] == run.record.id
    history = client.get_metric_history(goal.name, "loss")
    assert sorted({one.step for one in history}) == list(range(1, 91))
    assert {one.key for one in client.get_metric_history(goal.name, "rank-1/loss")} == {"rank-1/loss"}
    assert os.path.isdir(goal / "artifacts")
