"""Cuts a recorded run short: `power_replay.py JOURNAL --cut N --model M --seed S [--into FOLDER | --go-on]`.

It prints what is wrong with what the cut left, after laying it down in a folder, or where it was recorded,
where it then goes on as the user would.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from power_disk import MODELS, Disk, Operation, Tree
from power_judge import Known, judge_program, judge_tree
from power_project import BEGIN, END, lay_down, read_journal, read_setting


@dataclass(frozen=True)
class Cut:
    """A power cut after operation `number` of the journal, and what it left."""

    step: str
    number: int
    model: str
    seed: int
    reported: bool
    tree: Tree
    known: Known

    def wrong(self) -> list[str]:
        """Return what is wrong with the tree itself."""
        return list(judge_tree(self.tree, self.known, reported=self.reported))

    def command(self, journal: Path) -> str:
        """Return the command that does this again."""
        chosen = f"--cut {self.number} --model {self.model} --seed {self.seed}"
        return f"{sys.executable} {__file__} {journal} {chosen}  # in `{self.step}`"


def cuts(
    operations: list[Operation], wanted: Callable[[str, int, bool], list[tuple[str, int]]]
) -> Iterator[Cut]:
    """Yield the cuts that `wanted` names: (step, operation, whether the step has ended) -> [(model, seed)].

    Between steps time has passed: what a step did is on the disk when the next begins.
    """
    known, states = _states(operations)
    disk, step, over = Disk(), "", False
    for number, operation in enumerate(operations):
        disk.apply(operation)
        if operation[0] == "mark":
            words = operation[1]
            if words.startswith(BEGIN):
                step, over = words.removeprefix(BEGIN), False
                disk.settle()
            over = over or words.startswith(END)
        if not step or (over and operation[0] != "mark"):
            continue
        for model, seed in wanted(step, number, over):
            before, after = states[step]
            found = Known(known, before, after)
            yield Cut(step, number, model, seed, over, disk.cut(model, seed), found)


def _states(operations: list[Operation]) -> tuple[dict[str, Tree], dict[str, tuple[Tree, Tree]]]:
    """Return every environment that was built, and what programs saw before and after each step."""
    disk, known = Disk(), Known()
    befores: dict[str, Tree] = {}
    states = {}
    for operation in operations:
        disk.apply(operation)
        if operation[0] == "mark":
            tree = disk.seen()
            known.learn(tree)
            if operation[1].startswith(BEGIN):
                befores[operation[1].removeprefix(BEGIN)] = tree
            elif operation[1].startswith(END):
                step = operation[1].removeprefix(END)
                states[step] = (befores[step], tree)
    return known.environments, states


def sample(operations: list[Operation], most: int, seed: int) -> dict[int, list[tuple[str, int]]]:
    """Return cut points and their models: at most `most` operations of each step, its last always."""
    chance = random.Random(seed)
    points: dict[str, list[int]] = {}
    step = ""
    for number, operation in enumerate(operations):
        if operation[0] == "mark":
            if operation[1].startswith(BEGIN):
                step = operation[1]
            elif operation[1].startswith(END):
                points.setdefault(step, []).append(number)
                step = ""
        if step:
            points.setdefault(step, []).append(number)
    chosen: dict[int, list[tuple[str, int]]] = {}
    for numbers in points.values():
        picked = numbers if len(numbers) <= most else [*chance.sample(numbers[:-1], most - 1), numbers[-1]]
        for number in picked:
            chosen[number] = [
                ("strict", 0),
                *(("names", chance.randrange(1 << 16)) for _ in range(2)),
                *(("random", chance.randrange(1 << 16)) for _ in range(3)),
            ]
    return chosen


def main() -> int:
    """Do one cut again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("journal", type=Path)
    parser.add_argument("--cut", type=int, required=True)
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--into", type=Path, help="lay the tree down here")
    parser.add_argument(
        "--go-on", action="store_true", help="lay it down where it was recorded, and go on there"
    )
    chosen = parser.parse_args()
    operations = read_journal(chosen.journal)
    found = next(
        cuts(operations, lambda _, number, __: [(chosen.model, chosen.seed)] if number == chosen.cut else [])
    )
    print(f"in `{found.step}`, after {operations[chosen.cut][:3]}")
    wrong = found.wrong()
    if chosen.into:
        chosen.into.mkdir(parents=True, exist_ok=True)
        lay_down(found.tree, chosen.into)
    if chosen.go_on:
        place = read_setting(operations)
        lay_down(found.tree, Path(place.disk))
        wrong += judge_program(place, found.tree)
    print("\n".join(wrong) or "nothing is wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
