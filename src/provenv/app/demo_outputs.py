"""What a demo's steps left: files of the example's own making, read as far as they can be believed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from ..errors import Failure, Problem, problem, verbatim
from ..model.demo import (
    EVALUATION_FILE,
    GALLERY_FILE,
    METRICS_FILE,
    PREDICTIONS_FILE,
    Cost,
    Epoch,
    Evaluation,
    Media,
    Piece,
    Predictions,
    Refused,
    media,
    read_epochs,
    read_evaluation,
    read_gallery,
    read_predictions,
)
from ..model.demo.media import ALL, LARGEST
from ..model.demo.reading import MOST
from ..runs.folder import run_folders
from ..runs.reading import read_run
from .project import Project
from .runs.known import known

OUTPUTS = "outputs"
BYTES_OF_A_CHARACTER = 4


def epochs(folder: Path) -> tuple[Epoch, ...]:
    """Return how the model learned. Raises Failure PV710, PV773."""
    return read_epochs(_text(folder, METRICS_FILE))


def evaluation(folder: Path) -> Evaluation:
    """Return how the model did. Raises Failure PV711, PV773."""
    return read_evaluation(_text(folder, EVALUATION_FILE))


def predictions(folder: Path) -> Predictions:
    """Return the samples; none where the example makes no such file. Raises Failure PV712, PV773."""
    if not (folder / PREDICTIONS_FILE).exists():
        return Predictions()
    return read_predictions(_text(folder, PREDICTIONS_FILE))


def gallery(folder: Path) -> tuple[Piece, ...]:
    """Return the pictures and sounds; none where there is no such file. Raises Failure PV773, PV774."""
    if not (folder / GALLERY_FILE).exists():
        return ()
    return read_gallery(_text(folder, GALLERY_FILE))


def all_media(folder: Path, names: Iterable[str]) -> tuple[dict[str, Media], list[Problem]]:
    """Return the content of the named files below `outputs/`, and what is left out, each with its reason."""
    root = Path(os.path.realpath(folder / OUTPUTS))
    found: dict[str, Media] = {}
    left_out: list[Problem] = []
    room = ALL
    for name in dict.fromkeys(names):
        try:
            one = media(name, _bytes(root, name), room)
        except Refused as refused:
            left_out.append(_left_out(name, refused))
        except OSError as error:
            why = verbatim(error.strerror or str(error))
            left_out.append(_left_out(name, Refused(why)))
        else:
            found[name] = one
            room -= len(one.content)
    return found, left_out


def evaluated(folder: Path) -> tuple[int, int, int] | None:
    """Return what tells one writing of the evaluation from the next; None where there is none."""
    try:
        said = (folder / EVALUATION_FILE).stat()
    except OSError:
        return None
    return said.st_mtime_ns, said.st_ino, said.st_size


def cost(project: Project, learned: Evaluation) -> Cost:
    """Return what the training took, from the records of the folder's runs.

    Of several trainings the longest counts: one that found its work done says nothing. The seconds are the
    example's own where it tells them.
    """
    runs = [(folder, read_run(folder)) for folder in run_folders(project.root)]
    trained = [(run.seconds, folder) for folder, run in runs if run.record.name == "train" and run.end]
    if not trained:
        return Cost(seconds=learned.seconds)
    run, seen = known(max(trained, key=lambda one: one[0])[1])
    return Cost(
        run=run.record.id,
        seconds=learned.seconds or run.seconds,
        memory=run.peaks.memory or None,
        gpu_memory=run.peaks.gpu_memory or None,
        rate=seen.progressed.mean_rate,
        steps=seen.progressed.steps,
        framework=seen.progressed.framework,
    )


def _left_out(name: str, refused: Refused) -> Problem:
    return problem("PV776", path=f"{OUTPUTS}/{name}", why=refused.why, severity="warning")


def _text(folder: Path, name: str) -> str:
    path = folder / name
    try:
        if not path.is_file():
            raise FileNotFoundError(2, os.strerror(2), str(path))
        with path.open("rb") as file:
            return file.read(MOST * BYTES_OF_A_CHARACTER).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(problem("PV773", path=str(path), why=verbatim(str(error)))) from error


def _bytes(root: Path, name: str) -> bytes:
    """Return a file's content, at most a byte more than may be. Raises OSError for what lies elsewhere."""
    path = Path(os.path.realpath(root / name))
    if not path.is_relative_to(root):
        raise PermissionError(1, os.strerror(1), str(path))
    # a pipe would wait for whoever writes to it
    with open(
        os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb"
    ) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(22, os.strerror(22), str(path))
        return file.read(LARGEST + 1)
