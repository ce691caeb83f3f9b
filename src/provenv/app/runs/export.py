"""`runs export`: a run's values as CSV, for TensorBoard, or for MLflow."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from ...errors import Failure, Hint, problem, text
from ...model.run_results import ExportFormat, RunExported
from ...model.runs import Run
from ...runs.export_mlflow import experiment_folder, run_name, write_experiment, write_run
from ...runs.export_tensorboard import write_events
from ...runs.exporting import values, write_csv
from ...runs.finding import find_run
from ...runs.folder import RunFolder
from ...runs.observed import observe
from ...runs.reading import read_run, seconds_of
from ...targets.names import FOLDER
from ...targets.remove import discard
from ..overwriting import declares, own
from ..project import Project


def export(
    project: Project,
    wanted: str | None,
    form: ExportFormat,
    output: Path | None,
    *,
    force: bool = False,
    stream: TextIO | None = None,
) -> RunExported:
    """Write a run's values to `output`; CSV without it to `stream`.

    TensorBoard and MLflow get a folder that can hold many runs. Raises Failure: PV1180 to PV1183 where no
    single run is meant, PV1190 where something is there that `force` does not allow to be written over,
    PV1191 for a place where nothing is written, PV441 for what declares the project.
    """
    folder = find_run(project.root, wanted)
    run = read_run(folder)
    if output is None:
        if form != "csv" or stream is None:
            raise Failure(problem("PV1191", why=text("PV1191.needed"), path="-"))
        return RunExported(
            folder.id, form, "", write_csv(values(folder), stream, seconds_of(run.record.began))
        )
    output = project.folder / output
    _allowed(project, output)
    write = {"csv": _csv, "tensorboard": _tensorboard, "mlflow": _mlflow}[form]
    count, path = write(project, run, folder, output, force)
    shown = _shown(project, output)
    following = {
        "csv": (),
        "tensorboard": (f"tensorboard --logdir {shown}",),
        "mlflow": (f"mlflow migrate-filestore --source {shown} --target sqlite:///mlflow.db",),
    }[form]
    return RunExported(folder.id, form, str(path), count, following)


def _csv(_: Project, run: Run, folder: RunFolder, output: Path, force: bool) -> tuple[int, Path]:
    began = seconds_of(run.record.began)

    def fill(place: Path) -> int:
        with place.open("w", encoding="utf-8", newline="") as file:
            return write_csv(values(folder), file, began)

    return _whole(run, output, force, "csv", output, fill), output


def _tensorboard(_: Project, run: Run, folder: RunFolder, output: Path, force: bool) -> tuple[int, Path]:
    goal = output / folder.id

    def fill(place: Path) -> int:
        place.mkdir()
        return write_events(folder, place, seconds_of(run.record.began), run.record.host)

    return _whole(run, goal, force, "tensorboard", output, fill), goal


def _mlflow(project: Project, run: Run, folder: RunFolder, output: Path, force: bool) -> tuple[int, Path]:
    name = project.root.name
    experiment = experiment_folder(output, name)
    goal = experiment / run_name(run)

    def fill(place: Path) -> int:
        write_experiment(experiment, name, seconds_of(run.record.began))
        place.mkdir()
        return write_run(run, observe(folder, points=10).seeds, values(folder), place, goal)

    return _whole(run, goal, force, "mlflow", output, fill), goal


def _whole(run: Run, goal: Path, force: bool, form: str, output: Path, fill: Callable[[Path], int]) -> int:
    """Fill a file or folder beside `goal` and put it in its place when it is whole."""
    if goal.is_dir() and goal == output:
        # never a folder of the user's for a file of ours
        raise Failure(problem("PV1191", path=str(output), why=text("PV1191.kind", path=str(goal))))
    if os.path.lexists(goal) and not force:
        command = f"provenv runs export {run.record.id} --to {form} -o {shlex.quote(str(output))} --force"
        raise Failure(problem("PV1190", path=str(goal), hints=(Hint(text("PV1190.hint"), command),)))
    beside = goal.with_name(f".{goal.name}.{os.getpid()}")
    try:
        goal.parent.mkdir(parents=True, exist_ok=True)
        _gone(beside)
        count = fill(beside)
        if beside.is_dir():
            _gone(goal)
        os.replace(beside, goal)
    except (NotADirectoryError, FileExistsError, IsADirectoryError) as error:
        why = text("PV1191.kind", path=str(error.filename or goal))
        raise Failure(problem("PV1191", path=str(output), why=why)) from error
    finally:
        _gone(beside)
    return count


def _gone(path: Path) -> None:
    if os.path.lexists(path):
        discard(path)


def _allowed(project: Project, output: Path) -> None:
    """Raise Failure for a place that is the project's own."""
    if (project.root / FOLDER).resolve() in (output.resolve(), *output.resolve().parents):
        raise Failure(problem("PV1191", path=str(output), why=text("PV1191.own")))
    try:
        spec = project.spec()
    except Failure:
        # what a broken file declares is not known; a file is only written over where the user says so
        return
    if declares(spec, output, project.root / "pylock.toml"):
        raise Failure(own(output))


def _shown(project: Project, output: Path) -> str:
    try:
        return shlex.quote(os.path.relpath(output, project.folder))
    except ValueError:
        # another drive
        return shlex.quote(str(output))
