"""`demo`: example projects from their folders to trained models, the whole way, with a report at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from ..errors import Failure, Problem, Text, problem, text
from ..model.data import DataSet
from ..model.demo import DataUsed, DemoResult, Example
from ..model.names_of_metrics import written
from ..model.progress import Progress
from ..model.results import DemoDone, DemoSummary
from ..model.up_result import UpResult
from ..targets.receipts import read_proof
from . import demo_outputs as outputs
from .data.fetch import there
from .data.sets import environment_of, origin
from .demo_steps import STEPS, take
from .examples import about, copy_example, meant
from .files import keep_text
from .locking import ground, lock_path, read_lock
from .project import Project, open_project
from .runs.report import is_ours
from .up import up

REPORT = "report.html"
COMPARISON = "comparison.html"
FOLDER = "provenv-demo-"


@dataclass(frozen=True)
class _Begun:
    """A copy of an example, its data looked at."""

    example: Example
    project: Project


def wanted(typed: Sequence[str]) -> tuple[str, ...]:
    """Return the examples that are meant, each once. Raises Failure PV770 (usage)."""
    return tuple(dict.fromkeys(name for one in typed for name in meant(one)))


def folders(names: Sequence[str], here: Path, folder: Path | None) -> dict[str, Path]:
    """Return where each example's copy goes: `folder` for the only one, below it for several."""
    if folder is not None and len(names) == 1:
        return {names[0]: folder.resolve()}
    if folder is not None:
        return {name: (folder / name).resolve() for name in names}
    return {name: (here / f"{FOLDER}{name}").resolve() for name in names}


def demo(goals: dict[str, Path], progress: Progress) -> tuple[DemoResult, ...]:
    """Take copies of the examples, by their names, through up, training, evaluation and prediction.

    A folder that an earlier demo made is gone on with: nothing is done twice but what changed. Data of all
    is looked at, and fetched, before anything is installed. Raises Failure: PV771 where a folder holds
    something else, PV777 where the comparison would be written over a file of the user's, what `app.data`
    raises for data that can't be had, PV772 where a step failed.
    """
    if len(goals) > 1:
        _free(comparison_path(goals.values()))
    begun = [_begin(name, folder, progress) for name, folder in goals.items()]
    wrong = [found for one in begun for found in _lacking(one.project)]
    if wrong:
        raise Failure(*wrong)
    return tuple(_through(one) for one in begun)


def finish(results: Sequence[DemoResult], pages: Sequence[str], comparison: str = "") -> DemoSummary:
    """Write the reports beside what the demos made, and return what came of it all.

    `comparison` is the page that sets them beside one another, empty for a single one.
    """
    done = []
    for result, page in zip(results, pages, strict=True):
        path = keep_text(Path(result.folder) / REPORT, page)
        done.append(_done(result, str(path)))
    if not comparison:
        return DemoSummary(tuple(done))
    path = comparison_path([Path(one.folder) for one in results])
    _free(path)
    return DemoSummary(tuple(done), str(keep_text(path, comparison)))


def comparison_path(goals: Iterable[Path]) -> Path:
    """Return where the page goes that compares demos: beside their folders."""
    return next(iter(goals)).parent / COMPARISON


def _free(path: Path) -> None:
    if path.exists() and not is_ours(path):
        raise Failure(problem("PV777", path=str(path)))


def _begin(name: str, folder: Path, progress: Progress) -> _Begun:
    example = about(name)
    copy_example(name, folder, progress)
    return _Begun(example, open_project(folder, progress=progress))


def _lacking(project: Project) -> list[Problem]:
    """Return what is wrong with the data that does not come with the environment; what can be is fetched."""
    spec = project.spec()
    found: list[Problem] = []
    for one in spec.data.values():
        if one.source == "package":
            continue
        try:
            there(project, spec, one, None)
        except Failure as failure:
            found += failure.problems
    return found


def _through(begun: _Begun) -> DemoResult:
    project = begun.project
    built = cast(UpResult, up(project))
    declared = project.spec()
    commands = [("provenv up", built.seconds)]
    before = outputs.evaluated(project.root)
    for step in STEPS:
        if step not in declared.runs:
            continue
        if step == "evaluate" and outputs.evaluated(project.root) != before:
            # the training has judged its own model
            continue
        task = project.progress.task(text(f"app.demo.{step}"))
        _, seconds = take(project, step, task)
        told = _told(begun, step)
        task.finish(text(f"app.demo.{step}") if told is None else told)
        commands.append((f"provenv run {step}", seconds))
    return _result(begun, built, commands)


def _result(begun: _Begun, built: UpResult, commands: Sequence[tuple[str, float]]) -> DemoResult:
    project = begun.project
    base = ground(project)
    locked = built.lock or read_lock(lock_path(project, None), project.root)
    assert locked is not None, "an environment that is up has a lock"
    evaluation, predictions = outputs.evaluation(project.root), outputs.predictions(project.root)
    pieces = outputs.gallery(project.root)
    media, left_out = outputs.all_media(project.root, [*predictions.files, *(piece.file for piece in pieces)])
    for one in left_out:
        project.progress.warn(one)
    spec = project.spec()
    return DemoResult(
        example=begun.example,
        spec=spec,
        facts=base.facts,
        lock=locked,
        up=_with_proof(project, replace(built, lock=locked)),
        epochs=outputs.epochs(project.root),
        evaluation=evaluation,
        predictions=predictions,
        folder=str(project.root),
        commands=tuple(commands),
        gallery=pieces,
        media=media,
        cost=outputs.cost(project, evaluation),
        data=tuple(_used(project, one) for one in spec.data.values()),
    )


def _used(project: Project, one: DataSet) -> DataUsed:
    here, _ = there(project, project.spec(), one, environment_of(project))
    return DataUsed(one.name, one.source, origin(one), here.bytes, here.files, here.digest)


def _told(begun: _Begun, step: str) -> Text | None:
    """Return what a finished step came to, read from what it left."""
    folder = begun.project.root
    if step == "train":
        learned = outputs.epochs(folder)
        measured = [one.measure for one in learned if one.measure is not None]
        if not measured:
            return text("app.demo.trained", n=len(learned))
        best = max(measured) if begun.example.better == "higher" else min(measured)
        name = learned[0].name
        return text("app.demo.trained_to", n=len(learned), name=name, best=written(name, best))
    if step == "evaluate":
        found = outputs.evaluation(folder)
        head = found.headline
        return text(
            "app.demo.evaluated",
            n=found.count,
            of=found.of,
            name=head.name,
            value=written(head.name, head.value),
        )
    return text("app.demo.predicted", n=len(outputs.predictions(folder)))


def _done(result: DemoResult, report: str) -> DemoDone:
    evaluation, head = result.evaluation, result.evaluation.headline
    return DemoDone(
        name=result.example.name,
        title=result.example.title,
        folder=result.folder,
        report=report,
        metric=head.name,
        value=head.value,
        low=head.low,
        high=head.high,
        of=evaluation.of,
        count=evaluation.count,
        floor=result.example.floor,
        reached=result.example.reached(head.value),
        failed=tuple(f"{one.name}: {one.said}" for one in evaluation.checks if not one.ok),
        run=result.cost.run,
        seconds=result.cost.seconds,
        memory=result.cost.memory,
        parameters=evaluation.parameters,
        commands=result.commands,
        framework=result.spec.requirements[0].name if result.spec.requirements else "",
    )


def _with_proof(project: Project, built: UpResult) -> UpResult:
    if built.evidence is not None:
        return built
    return replace(built, evidence=read_proof(project.layout, built.generation.number))
