"""`demo`: an example project from its folder to a trained model, the whole way, with a report at the end."""

from __future__ import annotations

import shlex
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import cast

from ..errors import Exit, Failure, Hint, Text, problem, text, verbatim
from ..model.demo import (
    EVALUATION_FILE,
    METRICS_FILE,
    PREDICTIONS_FILE,
    DemoResult,
    read_epochs,
    read_evaluation,
    read_predictions,
)
from ..model.progress import Progress
from ..model.results import DemoSummary
from ..model.up_result import UpResult
from ..runs.environment import other_environments, prepare
from ..runs.program import resolve
from ..targets.names import FOLDER as STATE
from ..targets.receipts import read_proof
from .files import keep_text
from .locking import ground, lock_path, read_lock
from .project import Project, open_project
from .remembered import granted_cores
from .up import up

FAMILY = "digits-"
STEPS = ("train", "evaluate", "predict")
REPORT = "report.html"
MADE_BY_RUNNING = shutil.ignore_patterns("__pycache__", "outputs", STATE, ".venv", "*.pyc", "pylock*.toml")


def demo(name: str, folder: Path, progress: Progress) -> DemoResult:
    """Take a copy of the example through up, training, evaluation and prediction.

    A folder that an earlier demo made is gone on with: nothing is done twice
    but what changed. Raises Failure: PV770 for an example that does not exist,
    PV771 where `folder` holds something else, PV772 where a step failed.
    """
    copy_example(example_named(name), folder, progress)
    project = open_project(folder, progress=progress)
    built = cast(UpResult, up(project))
    declared = project.spec()
    commands = [("provenv up", built.seconds)]
    for step in STEPS:
        began = time.monotonic()
        _run(project, step, built.generation.number)
        commands.append((f"provenv run {step}", time.monotonic() - began))
    base = ground(project)
    locked = built.lock or read_lock(lock_path(project, None), project.root)
    assert locked is not None, "an environment that is up has a lock"
    return DemoResult(
        spec=declared,
        facts=base.facts,
        lock=locked,
        up=_with_proof(project, replace(built, lock=locked)),
        epochs=read_epochs(_output(folder, METRICS_FILE)),
        evaluation=read_evaluation(_output(folder, EVALUATION_FILE)),
        predictions=read_predictions(_output(folder, PREDICTIONS_FILE)),
        folder=str(folder),
        commands=tuple(commands),
    )


def finish(result: DemoResult, page: str) -> DemoSummary:
    """Write the report beside what the demo made, and return what came of it all."""
    path = keep_text(Path(result.folder) / REPORT, page)
    evaluation = result.evaluation
    return DemoSummary(
        result.folder,
        str(path),
        evaluation.accuracy,
        evaluation.low,
        evaluation.high,
        evaluation.count,
        result.commands,
        result.spec.requirements[0].name,
    )


def examples() -> Path:
    """Return the folder of the examples: inside the installed package, or at the root of a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "examples"
    return inside if inside.is_dir() else package.parent.parent / "examples"


def names() -> tuple[str, ...]:
    """Return the names of the examples."""
    return tuple(sorted(path.parent.name for path in examples().glob("*/provenv.toml")))


def short_names() -> tuple[str, ...]:
    """Return the names as they are typed: `torch` for `digits-torch`."""
    return tuple(name.removeprefix(FAMILY) for name in names())


def example_named(name: str) -> str:
    """Return the example that a user names: `keras` is `digits-keras`. Raises Failure PV770 for any other."""
    known = names()
    if name in known:
        return name
    ends = [one for one in known if one.endswith(f"-{name}")]
    if len(ends) != 1:
        shown = ", ".join(short_names())
        raise Failure(problem("PV770", name=name, known=shown), exit_code=Exit.USAGE)
    return ends[0]


def copy_example(name: str, folder: Path, progress: Progress) -> None:
    """Copy an example project to `folder`; files that are there already stay as the user left them."""
    source = examples() / name
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "provenv.toml").is_file():
        hints = (Hint(text("PV771.hint"), f"provenv demo --folder {shlex.quote(str(folder) + '-2')}"),)
        raise Failure(problem("PV771", folder=str(folder), hints=hints))
    fresh = not folder.exists()
    try:
        shutil.copytree(
            source, folder, ignore=MADE_BY_RUNNING, copy_function=_copy_missing, dirs_exist_ok=True
        )
    except OSError as error:
        raise Failure(problem("PV765", path=str(folder), reason=str(error)), exit_code=Exit.DENIED) from error
    progress.note(text("app.demo.copied" if fresh else "app.demo.again", name=name, folder=str(folder)))


def _copy_missing(source: str, goal: str) -> str:
    if not Path(goal).exists():
        shutil.copy2(source, goal)
    return goal


def _run(project: Project, step: str, number: int) -> None:
    declared = project.spec()
    prepared = prepare(
        project.environment,
        spec=declared,
        venv=str(project.layout.venv(number)),
        granted_cores=granted_cores(project, number),
        others=other_environments(project.environment.get("PATH", "")),
    )
    argv = shlex.split(declared.runs[step].command)
    argv[0] = resolve(argv, prepared.environment, str(project.root))
    task = project.progress.task(text(f"app.demo.{step}"))

    def tell(line: str) -> None:
        if line.strip():
            task.describe(verbatim(line.strip()))

    done = project.host.exec(argv, environment=prepared.environment, folder=str(project.root), on_stdout=tell)
    if done.code != 0:
        why = verbatim((done.err or done.out).strip()[-2000:])
        hints = (Hint(text("PV772.hint"), f"provenv -C {shlex.quote(str(project.root))} run {step}"),)
        raise Failure(problem("PV772", step=step, exit=done.code, why=why, hints=hints))
    task.finish(_told(step, project.root))


def _told(step: str, folder: Path) -> Text:
    """Return what a finished step came to, read from what it left."""
    if step == "train":
        epochs = read_epochs(_output(folder, METRICS_FILE))
        best = max(epoch.validation_accuracy for epoch in epochs)
        return text("app.demo.trained", n=len(epochs), best=f"{best:.1%}")
    if step == "evaluate":
        evaluation = read_evaluation(_output(folder, EVALUATION_FILE))
        return text("app.demo.evaluated", n=evaluation.count, accuracy=f"{evaluation.accuracy:.1%}")
    return text("app.demo.predicted", n=len(read_predictions(_output(folder, PREDICTIONS_FILE))))


def _output(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(problem("PV773", path=name, why=verbatim(str(error)))) from error


def _with_proof(project: Project, built: UpResult) -> UpResult:
    if built.evidence is not None:
        return built
    return replace(built, evidence=read_proof(project.layout, built.generation.number))
