"""Use the model: `python -m diabetes.predict --index 12`, `--values "59 2 32.1 ..."`, `--file patients.csv`.

A table has a patient in each line, with the ten measurements in this order or by the names of a first line:
age, sex (1 or 2), bmi, bp, s1 to s6. Of a table or a folder of them, outputs/batch.json is left.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from provenv_runtime.outputs import write_json

from . import data
from .data import FEATURES, MEANING, Patients
from .errors import Fault, run
from .inference import FILE, Trained

OUTPUTS = Path("outputs")


def patients(rows: list[list[str]], where: str) -> Patients:
    """Return the patients of a table's rows. Raises Fault where one is none."""
    order = list(range(len(FEATURES)))
    first = 1
    if rows and {word.strip().lower() for word in rows[0]} >= set(FEATURES):
        names = [word.strip().lower() for word in rows[0]]
        order, rows, first = [names.index(name) for name in FEATURES], rows[1:], 2
    measured = []
    for number, row in enumerate(rows, start=first):
        try:
            values = [float(row[place]) for place in order]
        except (ValueError, IndexError) as error:
            wanted = f"{len(FEATURES)} numbers: {', '.join(FEATURES)}"
            raise Fault(f"{where}, line {number}: a patient is {wanted}") from error
        if not np.isfinite(values).all():
            raise Fault(f"{where}, line {number}: a measurement is missing")
        measured.append(values)
    if not measured:
        raise Fault(f"there are no patients in {where}")
    return Patients(np.array(measured), np.zeros(len(measured)))


def read(path: Path) -> Patients:
    """Return the patients of a file of comma-separated values."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if any(word.strip() for word in row)]
    except FileNotFoundError as error:
        raise Fault(f"there is no {path}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Fault(f"{path} can't be read as a table: {error}") from error
    return patients(rows, str(path))


def one(model: Trained, who: Patients, name: str, truth: float | None = None) -> None:
    """Print what the model tells of one patient."""
    told = float(model.told(who)[0])
    print(f"{name}: {told:.1f}" + (f", in truth {truth:g}" if truth is not None else ""))
    for words, value in zip(MEANING, who.measured[0], strict=True):
        print(f"  {words:<26} {value:g}")


def batch(model: Trained, paths: list[Path]) -> None:
    """Tell the progression of all patients in these files, and write it down."""
    found = []
    for path in paths:
        told = model.told(read(path))
        found += [
            {"file": str(path), "row": row, "predicted": round(float(value), 4)}
            for row, value in enumerate(told)
        ]
    write_json(OUTPUTS / "batch.json", {"predictions": found})
    for line in found[:10]:
        print(f"{line['file']}, patient {line['row']}: {line['predicted']:.1f}")
    print(f"{len(found)} patients, all in {OUTPUTS / 'batch.json'}")


def main() -> None:
    """Read the command line, and predict."""
    parser = argparse.ArgumentParser(prog="python -m diabetes.predict", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--index", type=int, default=0, metavar="N", help="a patient of the test part")
    what.add_argument("--values", metavar="NUMBERS", help="ten measurements, with spaces between them")
    what.add_argument("--file", type=Path, metavar="TABLE", help="a table of patients")
    what.add_argument("--folder", type=Path, metavar="FOLDER", help="all tables (.csv) in a folder")
    options = parser.parse_args()
    model = Trained.load(OUTPUTS / FILE)
    if options.folder is not None:
        paths = sorted(options.folder.rglob("*.csv"))
        if not paths:
            raise Fault(f"there are no tables (.csv) in {options.folder}")
        batch(model, paths)
    elif options.file is not None:
        batch(model, [options.file])
    elif options.values is not None:
        one(model, patients([options.values.replace(",", " ").split()], "--values"), "this patient")
    else:
        test = data.load().test
        if not 0 <= options.index < len(test):
            raise Fault(f"--index has to be one of 0 to {len(test) - 1}")
        row = test.take([options.index])
        one(model, row, f"test patient {options.index}", float(row.progression[0]))


if __name__ == "__main__":
    run(main)
