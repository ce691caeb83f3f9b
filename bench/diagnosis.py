"""How often `explain` names the right cause first: `python bench/diagnosis.py [--wrong] [CASES.jsonl...]`.

A case is a JSON object a line: `id`, `log`, `cause`; what else it has is ignored. Printed are top-1,
top-3, false alarms on `none`, and each confusion. Cases whose id's SHA-256 begins with a byte that
three divides are the third that the rules were written without: they are the held-out estimate.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pairs import Measured

from provenv.diagnosis.diagnose import diagnose

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases" / "diagnosis" / "dev.jsonl"
NONE = "none"


@dataclass
class Score:
    """How many of some cases were answered how."""

    total: int = 0
    first: int = 0
    third: int = 0
    nones: int = 0
    alarms: int = 0
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, truth: str, answers: list[str]) -> None:
        """Count one case."""
        self.total += 1
        self.first += answers[0] == truth
        self.third += truth in answers[:3]
        self.nones += truth == NONE
        self.alarms += truth == NONE and answers[0] not in (NONE, "None")
        if answers[0] != truth:
            self.confusions[truth, answers[0]] += 1

    def __str__(self) -> str:
        """Return it as it is printed."""
        if not self.total:
            return "no cases"
        return (
            f"top-1 {self.first}/{self.total} = {self.first / self.total:.3f}, "
            f"top-3 {self.third / self.total:.3f}, false alarms {self.alarms}/{self.nones}"
        )


def main() -> int:
    """Measure the files that were named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", type=Path, default=[CASES])
    parser.add_argument("--wrong", action="store_true", help="print each case that was answered wrongly")
    given = parser.parse_args()
    for path in given.cases:
        whole, held_out = scores(read(path), wrong=given.wrong)
        print(f"{path.name}: {whole}")
        print(f"  held out: {held_out}")
        for (truth, answer), n in whole.confusions.most_common():
            print(f"  {n}  {truth} -> {answer}")
    return 0


def measure() -> Measured:
    """Return the figures of the development cases."""
    whole, held_out = scores(read(CASES))
    return Measured(
        [],
        {**figures("all", whole), **figures("held", held_out), "confusions": confusions(whole)},
    )


def figures(name: str, score: Score) -> dict[str, str]:
    """Return the figures of a row of the page's table."""
    return {
        f"{name}_cases": str(score.total),
        f"{name}_first": f"{score.first / max(score.total, 1):.3f}",
        f"{name}_third": f"{score.third / max(score.total, 1):.3f}",
        f"{name}_alarms": f"{score.alarms} / {score.nones}",
    }


def confusions(score: Score) -> str:
    """Return every truth that was taken for something else, and how often."""
    return (
        ", ".join(f"`{truth}` → `{answer}` {n}" for (truth, answer), n in score.confusions.most_common())
        or "-"
    )


def read(path: Path) -> list[dict[str, Any]]:
    """Return the cases of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def is_held_out(name: str) -> bool:
    """Tell whether the rules were written without this case."""
    return hashlib.sha256(name.encode()).digest()[0] % 3 == 0


def scores(cases: Iterable[dict[str, Any]], *, wrong: bool = False) -> tuple[Score, Score]:
    """Return the score of all cases, and of those that are held out."""
    whole, held_out = Score(), Score()
    for case in cases:
        found = diagnose([case["log"].encode()])
        answers = [one.cause for one in found.candidates] or [str(found.cause)]
        whole.add(case["cause"], answers)
        if is_held_out(case["id"]):
            held_out.add(case["cause"], answers)
        if wrong and answers[0] != case["cause"]:
            told = ", ".join(f"{one.cause} {one.score}" for one in found.candidates) or str(found.cause)
            print(f"--- {case['id']}: is {case['cause']}, answered {told}\n{case['log']}")
    return whole, held_out


if __name__ == "__main__":
    sys.exit(main())
