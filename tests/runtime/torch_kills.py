"""Kill a training at many moments, resume it until it ends, and compare all it did with the straight run.

    python torch_kills.py FOLDER WORKERS DEATHS [persistent] [sampler] [two]

`two`: two processes that train with DistributedDataParallel. One of them dies, or both at once, and whoever
is left is ended a moment later, as a supervisor does.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from torch import nn
from torch_training import TOTAL, Death, as_rank, finished, forked, lines, together, train, warm

EVERY = 5


def main(folder: Path, workers: int, kills: int, options: list[str]) -> None:
    """Print what was compared; raise AssertionError at the first difference."""
    training = Training(workers, 2 if "two" in options else 1, options)
    warm()
    seed = int(os.environ.get("SEED", "2026"))
    straight = folder / "straight"
    straight.mkdir()

    def counted(call: Callable[[], str]) -> Callable[[], str]:
        def whole() -> str:
            passed = Death(0)
            sys.settrace(passed)
            result = call()
            sys.settrace(None)
            return f"{result} {passed.passed}"

        return whole

    began = time.monotonic()
    codes, results = together(*map(counted, training.parts(straight)))
    duration = time.monotonic() - began
    assert not any(codes)
    wanted, most = zip(*(one.split() for one in results), strict=True)
    of_step = [{one["n"]: one for one in lines(straight / f"log-{rank}")} for rank in range(training.world)]
    assert all(sorted(one) == list(range(1, TOTAL + 1)) for one in of_step)
    chance = random.Random(seed)
    done = deaths = redone = lost = 0
    while deaths < kills:
        done += 1
        place = folder / f"broken-{done}"
        place.mkdir()
        while True:
            before = [len(lines(place / f"log-{rank}")) for rank in range(training.world)]
            ended, digests = training.attempt(place, [int(one) for one in most], duration, chance)
            for rank, had in enumerate(before):
                logged = lines(place / f"log-{rank}")
                if had and logged[had:]:
                    lost = max(lost, logged[had - 1]["n"] - logged[had]["n"] + 1)
            if ended == 0:
                break
            assert ended == -signal.SIGKILL, ended
            deaths += 1
        assert digests == wanted, f"weights differ after {deaths} deaths (seed {seed}): {digests}, {wanted}"
        for rank, wanted_of in enumerate(of_step):
            logged = lines(place / f"log-{rank}")
            for one in logged:
                assert one == wanted_of[one["n"]], (one, wanted_of[one["n"]])
            assert {one["n"] for one in logged} == set(wanted_of)
            redone += len(logged) - TOTAL
        shutil.rmtree(place)
    assert lost <= EVERY, f"{lost} steps were lost, a checkpoint was due each {EVERY}"
    print(
        f"{deaths} deaths in {done} trainings of {TOTAL} steps, {redone} steps done again, "
        f"at most {lost} steps lost, all bits equal"
    )


class Training:
    """What is trained, by one process or two."""

    def __init__(self, workers: int, world: int, options: list[str]) -> None:
        self.workers, self.world = workers, world
        self.chosen = {"persistent": "persistent" in options, "by_sampler": "sampler" in options}
        self._numbers = count()

    def parts(self, place: Path) -> list[Callable[[], str]]:
        """Return what each process of the next attempt does."""
        number = next(self._numbers)

        def part(rank: int) -> Callable[[], str]:
            wrap = {"wrap": nn.parallel.DistributedDataParallel} if self.world > 1 else {}

            def call() -> str:
                log = place / f"log-{rank}"
                return train(place / "kept", log, self.workers, every=EVERY, **self.chosen, **wrap)

            return as_rank(rank, self.world, place / f"group-{number}", call) if self.world > 1 else call

        return [part(rank) for rank in range(self.world)]

    def attempt(
        self, place: Path, most: list[int], duration: float, chance: random.Random
    ) -> tuple[int, tuple[str, ...]]:
        """Train on; die at a line of the code or after a time. Return the code and the digests."""
        victim, both = chance.randrange(self.world), self.world > 1 and chance.random() < 0.3
        line = chance.randrange(1, most[victim]) if chance.random() < 0.7 else 0

        def dying(rank: int, call: Callable[[], str]) -> Callable[[], str]:
            def part() -> str:
                if line and rank == victim:
                    sys.settrace(Death(line))
                return call()

            return part

        ends = [forked(dying(rank, call)) for rank, call in enumerate(self.parts(place))]
        if not line:
            time.sleep(
                chance.random() * duration
            )  # the moment of a death that comes from outside is any moment
            for rank, (child, _) in enumerate(ends):
                if both or rank == victim:
                    os.kill(child, signal.SIGKILL)
        found = {victim: finished(*ends[victim])}
        for rank, (child, pipe) in enumerate(ends):
            if rank != victim:
                if found[victim][0]:
                    time.sleep(chance.random() * 0.05)  # how long a supervisor takes is any time
                    os.kill(child, signal.SIGKILL)
                found[rank] = finished(child, pipe)
        codes = {code for code, _ in found.values()}
        # whose partner is gone may have been told by its group, and have ended with 1
        assert codes <= {0, 1, -signal.SIGKILL}, codes
        digests = tuple(digest for _, (_, digest) in sorted(found.items()))
        return (-signal.SIGKILL if -signal.SIGKILL in codes else max(codes)), digests


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
