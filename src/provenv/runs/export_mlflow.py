"""A run as a folder of MLflow's file store, which `mlflow migrate-filestore` moves to a database.

Its layout is that of mlflow/store/tracking/file_store.py (MLflow 2 and 3): an experiment is a folder with
`meta.yaml`, a run one in it with `meta.yaml`, `metrics/NAME` (lines of time in ms, value, step), and
`params/NAME`, `tags/NAME`. Since 3.13 MLflow itself opens one only with MLFLOW_ALLOW_FILE_STORE=true.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from ..model.runs import Run
from .exporting import Value, steps_or_seconds
from .reading import seconds_of
from .seen import writable

STATUS = {"running": 1, "queued": 2, "done": 3, "failed": 4, "lost": 4, "stopped": 5, "preempted": 5}
"""mlflow/protos/service.proto, RunStatus: RUNNING, FINISHED, FAILED, KILLED."""
LOCAL = 4
OPEN = 64
LONGEST = 6000
"""Characters of a parameter's value (MLflow's MAX_PARAM_VAL_LENGTH)."""
NAMED = 100
"""Characters of a part of a name: it becomes a file's, which file systems give 255 bytes."""
_UNFIT = re.compile(r"[^/\w.\- ]")
_NAME = re.compile(r"^name: *(.+?) *$", re.MULTILINE)


def experiment_folder(store: Path, name: str) -> Path:
    """Return the folder of a store's experiment of that name: the one there, or one that is to be made."""
    for meta in sorted(store.glob("*/meta.yaml")) if store.is_dir() else ():
        found = _NAME.search(meta.read_text("utf-8", "replace"))
        if found and found[1] in (name, f"'{name}'", _scalar(name)):
            return meta.parent
    digest = hashlib.sha256(name.encode()).hexdigest()
    return store / str(int(digest[:15], 16) % 10**18).zfill(18)


def run_name(run: Run) -> str:
    """Return the name of a run's folder: 32 hexadecimal digits, always the same for a run."""
    return hashlib.sha256(f"{run.record.host}:{run.record.id}".encode()).hexdigest()[:32]


def write_experiment(folder: Path, name: str, began: float) -> None:
    """Make the experiment's folder, unless it is there."""
    if (folder / "meta.yaml").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "artifact_location": folder.resolve().as_uri(),
        "creation_time": int(began * 1000),
        "experiment_id": folder.name,
        "last_update_time": int(began * 1000),
        "lifecycle_stage": "active",
        "name": name,
    }
    (folder / "meta.yaml").write_text(_yaml(told), encoding="utf-8")


def write_run(run: Run, seeds: Mapping[str, str], found: Iterable[Value], place: Path, goal: Path) -> int:
    """Write a run into the empty folder `place`, which becomes `goal`; return how many values."""
    record, began = run.record, seconds_of(run.record.began)
    told: dict[str, object] = {
        "artifact_uri": (goal.resolve() / "artifacts").as_uri(),
        "end_time": None if run.state == "running" else int((began + run.seconds) * 1000),
        "entry_point_name": "",
        "experiment_id": goal.parent.name,
        "lifecycle_stage": "active",
        "run_id": goal.name,
        "run_name": record.name or record.id,
        "run_uuid": goal.name,
        "source_name": "",
        "source_type": LOCAL,
        "source_version": "",
        "start_time": int(began * 1000),
        "status": STATUS[run.state],
        "tags": [],
        "user_id": "",
    }
    for name in ("metrics", "params", "tags", "artifacts"):
        (place / name).mkdir(parents=True)
    (place / "meta.yaml").write_text(_yaml(told), encoding="utf-8")
    parameters = {
        "command": " ".join(record.argv),
        "processes": str(record.processes),
        **record.variables,
        **seeds,
    }
    for kind, entries in (("params", parameters), ("tags", _tags(run))):
        for name, value in entries.items():
            (place / kind / _fit(name).replace("/", ".")).write_text(
                writable(value[:LONGEST]), encoding="utf-8"
            )
    return _metrics(place / "metrics", found, began)


def _tags(run: Run) -> dict[str, str]:
    record = run.record
    told = {
        "mlflow.runName": record.name or record.id,
        "mlflow.source.name": record.argv[0] if record.argv else "",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": record.code.revision,
        "mlflow.source.git.branch": record.code.branch,
        "provenv.run": record.id,
        "provenv.state": run.state,
        "provenv.target": record.target,
        "provenv.generation": str(record.generation),
        "provenv.proof": record.proof,
        "provenv.lock": record.lock,
        "provenv.dirty": str(record.code.dirty).lower(),
    }
    return {name: value for name, value in told.items() if value}


def _metrics(folder: Path, found: Iterable[Value], began: float) -> int:
    count = 0
    with _files(folder) as files:
        for one in found:
            name = one.name if one.rank == 0 else f"rank-{one.rank}/{one.name}"
            files.write(name, f"{int(one.at * 1000)} {one.value!r} {steps_or_seconds(one, began)}\n")
            count += 1
    return count


class _Metrics:
    """The files of metrics, as many of them open as may be."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, TextIO] = {}
        self._stack = ExitStack()

    def write(self, name: str, line: str) -> None:
        file = self._open.get(name)
        if file is None:
            if len(self._open) >= OPEN:
                self.close()
            file = self._open[name] = self._stack.enter_context(self._opened(name))
        file.write(line)

    def close(self) -> None:
        self._open.clear()
        self._stack.close()

    def _opened(self, name: str) -> TextIO:
        path = self._folder / _fit(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("a", encoding="utf-8")
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            # `loss` and `loss/train` cannot both be files
            return (self._folder / _fit(name.replace("/", ".") + ".")).open("a", encoding="utf-8")


@contextmanager
def _files(folder: Path) -> Iterator[_Metrics]:
    files = _Metrics(folder)
    try:
        yield files
    finally:
        files.close()


def _fit(name: str) -> str:
    """Return a name with nothing in it that MLflow, or a path, does not take."""
    parts = [part[:NAMED] for part in _UNFIT.sub("_", name).split("/") if part.strip(". ")]
    return "/".join(parts) or "_"


def _yaml(told: Mapping[str, object]) -> str:
    """Return a mapping as YAML: a JSON scalar is one of YAML, too (YAML 1.2, 1.3)."""
    return "".join(f"{name}: {_scalar(value)}\n" for name, value in told.items())


def _scalar(value: object) -> str:
    return writable(json.dumps(value, ensure_ascii=False))
