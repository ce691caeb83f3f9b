"""Use the model: `python -m fashion.predict --index 12`, `--file coat.png`, or `--folder pictures/` for all.

A picture is made grey, and 28 by 28 with its shape kept. The model knows clothes that are bright on black:
a picture with a bright border is inverted. Of a folder, outputs/batch.json is left.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from provenv_runtime.outputs import write_json

from . import data
from .data import CLASSES, SIDE
from .errors import Fault, run
from .inference import FILE, Trained

OUTPUTS = Path("outputs")
KINDS = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"}


def read(path: Path) -> np.ndarray:
    """Return a picture's pixels as those of the data set. Raises Fault where it is none."""
    try:
        with Image.open(path) as opened:
            upright = ImageOps.exif_transpose(opened)
            ground = Image.new("RGBA", upright.size, "white")
            picture = (
                upright if upright.mode == "L" else Image.alpha_composite(ground, upright.convert("RGBA"))
            )
            grey = picture.convert("L")
    except FileNotFoundError as error:
        raise Fault(f"there is no {path}") from error
    except (OSError, UnidentifiedImageError) as error:
        raise Fault(f"{path} can't be read as a picture: {error}") from error
    border = np.concatenate([side.ravel() for side in edges(np.asarray(grey))])
    if np.median(border) > 127:
        grey = ImageOps.invert(grey)
    if grey.size != (SIDE, SIDE):
        grey = ImageOps.pad(grey, (SIDE, SIDE), Image.Resampling.LANCZOS, color=0)
    return np.asarray(grey)


def edges(pixels: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the four sides of a picture."""
    return pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]


def bars(scores: np.ndarray, truth: int | None = None) -> str:
    """Return scores as text for a terminal."""
    return "\n".join(
        f"  {name:<12} {score:7.2%} {'#' * round(float(score) * 40)}{'  <- truth' if place == truth else ''}"
        for place, (name, score) in enumerate(zip(CLASSES, scores, strict=True))
    )


def one_of_test(model: Trained, index: int) -> None:
    """Print the scores of one test picture."""
    test = data.load().test
    if not 0 <= index < len(test):
        raise Fault(f"--index has to be one of 0 to {len(test) - 1}")
    scores = model.probabilities(data.ink(test.pixels[index : index + 1]))[0]
    print(f"test picture {index}: {CLASSES[scores.argmax()]}\n{bars(scores, int(test.labels[index]))}")


def one_file(model: Trained, path: Path) -> None:
    """Print the scores of one picture."""
    scores = model.probabilities(data.ink(read(path)[None]))[0]
    print(f"{path}: {CLASSES[scores.argmax()]}\n{bars(scores)}")


def batch(model: Trained, folder: Path) -> None:
    """Name all pictures of a folder, and write their scores down."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS)
    if not paths:
        raise Fault(f"there are no pictures in {folder} ({', '.join(sorted(KINDS))})")
    scores = model.probabilities(data.ink(np.stack([read(path) for path in paths])))
    found = [
        {"file": str(path), "class": CLASSES[row.argmax()], "scores": [round(float(one), 6) for one in row]}
        for path, row in zip(paths, scores, strict=True)
    ]
    write_json(OUTPUTS / "batch.json", {"classes": CLASSES, "predictions": found})
    for one in found:
        print(f"{one['file']}: {one['class']} ({max(one['scores']):.1%})")
    print(f"{len(found)} pictures, all scores in {OUTPUTS / 'batch.json'}")


def main() -> None:
    """Read the command line, and predict."""
    parser = argparse.ArgumentParser(prog="python -m fashion.predict", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--index", type=int, default=0, metavar="N", help="a picture of the test part")
    what.add_argument("--file", type=Path, metavar="PICTURE", help="a picture of yours")
    what.add_argument("--folder", type=Path, metavar="FOLDER", help="all pictures in a folder")
    options = parser.parse_args()
    model = Trained.load(OUTPUTS / FILE)
    if options.file is not None:
        one_file(model, options.file)
    elif options.folder is not None:
        batch(model, options.folder)
    else:
        one_of_test(model, options.index)


if __name__ == "__main__":
    run(main)
