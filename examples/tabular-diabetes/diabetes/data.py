"""The patients: where they come from, how they are split without leakage, how they are standardised."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from provenv_runtime import data
from provenv_runtime.splitting import digest, split

from .errors import Fault

FEATURES = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
MEANING = (
    *("age", "sex", "body mass index", "blood pressure", "total cholesterol", "low-density lipoproteins"),
    *("high-density lipoproteins", "cholesterol / HDL", "log of triglycerides", "blood sugar"),
)
MEASURED, PROGRESSION = "diabetes_data_raw.csv.gz", "diabetes_target.csv.gz"
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
SPLIT_SEED = 0  # another training seed trains another network on the same parts
LEVELS = 5  # every part gets its share of the light and of the heavy progressions


@dataclass(frozen=True)
class Patients:
    """`measured` (count, 10) as it was written down; `progression` a year later, 25 to 346."""

    measured: np.ndarray
    progression: np.ndarray

    def __len__(self) -> int:
        return len(self.progression)

    @cached_property
    def keys(self) -> list[bytes]:
        """Eight bytes for each patient, equal exactly where all measurements are equal."""
        return [hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in self.measured]

    def take(self, rows: np.ndarray | list[int]) -> Patients:
        """Return only these patients."""
        return Patients(self.measured[rows], self.progression[rows])


@dataclass(frozen=True)
class Parts:
    """Three parts that share no patient: to learn from, to decide by, to be judged on once."""

    train: Patients
    validation: Patients
    test: Patients

    @cached_property
    def named(self) -> Mapping[str, Patients]:
        """The parts by their names."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @cached_property
    def digest(self) -> str:
        """The identity of this split: every patient with the progression, and which part it is in."""
        return digest(
            {
                name: [key + value.tobytes() for key, value in zip(part.keys, part.progression, strict=True)]
                for name, part in self.named.items()
            }
        )


def levels(progression: np.ndarray, of: np.ndarray) -> list[int]:
    """Return which fifth of `of` each progression lies in."""
    bounds = np.quantile(of, np.arange(1, LEVELS) / LEVELS)
    return [int(level) for level in np.searchsorted(bounds, progression)]


def read(folder: Path) -> Patients:
    """Return all patients of scikit-learn's folder. Raises Fault where they are not as expected."""
    tables = []
    for name in (MEASURED, PROGRESSION):
        try:
            with gzip.open(folder / name, "rt", encoding="ascii") as file:
                tables.append(np.array([[float(word) for word in line.split()] for line in file]))
        except FileNotFoundError as error:
            raise Fault(f"{folder} has no {name}: scikit-learn 1.1 or newer brings it") from error
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise Fault(f"{folder / name} is damaged: {error}") from error
    measured, progression = tables
    if measured.shape != (len(progression), len(FEATURES)) or progression.shape[1:] != (1,):
        raise Fault(f"{folder}: {measured.shape} measurements do not fit {progression.shape} progressions")
    return Patients(measured, progression[:, 0])


def load() -> Parts:
    """Return the declared data, split."""
    every = read(data("diabetes"))
    strata = levels(every.progression, every.progression)
    rows = split(every.keys, SHARES, seed=SPLIT_SEED, strata=strata)
    return Parts(**{name: every.take(part) for name, part in rows.items()})
