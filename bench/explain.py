"""How long `provenv explain` takes for short and for very long logs, beside `grep`, and how much memory.

Run as `python bench/explain.py`; it needs provenv and GNU grep on PATH. grep is given the words by
which provenv finds the lines that it looks at (`grep -F -i -w -c -f WORDS`): the least that any reader
of such a log has to do, and grep does no more than that.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pairs import Contender, Goal, Measured, compare, show
from programs import program

from provenv.diagnosis import compiled
from provenv.diagnosis.reading import FOLDER, shipped

MIB = 1 << 20
LONG = 200
REPETITIONS = 2
SHORT = """\
Traceback (most recent call last):
  File "/app/detect.py", line 3, in <module>
    import cv2
ImportError: libGL.so.1: cannot open shared object file: No such file or directory
"""
END = SHORT.encode()


def measure() -> Measured:
    """Return the rows, and the most memory that a long log took."""
    provenv, grep = program("provenv"), program("grep")
    if compiled.read(FOLDER) is None:
        sys.exit("the rules are newer than what was compiled of them: run `python hatch_build.py`")
    rows, most = [], 0
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    with tempfile.TemporaryDirectory(prefix="provenv-bench-") as name:
        folder = Path(name)
        words = sorted({word for rule in shipped() for one in rule.patterns for word in one.anchors})
        (folder / "words").write_text("\n".join(words) + "\n", encoding="utf-8")
        (folder / "short.log").write_text(SHORT, encoding="utf-8")
        rows.append(
            compare(
                Contender("explain, 4 lines", [provenv, "explain", "short.log"], folder, environment),
                Contender("python -c pass", [sys.executable, "-c", "pass"], folder, environment),
                15,
                Goal("alone", 0.3),
            )
        )
        for kind, lines in KINDS.items():
            path = folder / f"{kind}.log"
            write(path, lines())
            ours = Contender(
                f"explain, {LONG} MB, {kind}", [provenv, "explain", path.name], folder, environment
            )
            beside = ["sh", "-c", f"LC_ALL=C {grep} -F -i -w -c -f words {path.name} || true"]
            theirs = Contender("grep -F -i -w -c -f WORDS", beside, folder, environment)
            rows.append(compare(ours, theirs, REPETITIONS, Goal("alone", 30.0)))
            most = max(most, memory([provenv, "explain", path.name], folder, environment))
            path.unlink()
    return Measured(rows, {"memory": f"{most // MIB} MiB", "words": str(len(words))})


def write(path: Path, lines: Iterator[bytes]) -> None:
    """Write a log of the length that is measured, with a failure at its end."""
    size = 0
    with path.open("wb") as file:
        for block in lines:
            size += file.write(block)
            if size >= LONG * MIB:
                break
        file.write(END)


def repetitive() -> Iterator[bytes]:
    """Yield a training's output: the same line, other numbers."""
    number = 0
    while True:
        number += 1000
        yield b"".join(
            b"2026-11-22 12:00:00,%03d INFO train: step %d loss 0.%04d lr 1e-4 samples/s %d\n"
            % (one % 1000, one, one % 10_000, 900 + one % 90)
            for one in range(number, number + 1000)
        )


def distinct() -> Iterator[bytes]:
    """Yield lines of which no two have the same words."""
    chance = random.Random(1)
    words = [
        "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 10))) for _ in range(20_000)
    ]
    while True:
        yield b"".join(
            b" ".join(one.encode() for one in chance.choices(words, k=14)) + b"\n" for _ in range(1000)
        )


def alarming() -> Iterator[bytes]:
    """Yield lines that all hold words which rules look for."""
    line = b"WARNING: driver version mismatch in requirement, symbol undefined, compatibility unknown: "
    chance = random.Random(2)
    while True:
        yield b"".join(line + b"%x\n" % chance.getrandbits(64) for _ in range(1000))


def endless() -> Iterator[bytes]:
    """Yield one line."""
    while True:
        yield b"loss 0.1 symbol undefined driver " * 1000


KINDS = {"repetitive": repetitive, "distinct": distinct, "alarming": alarming, "one line": endless}


def memory(argv: list[str], folder: Path, environment: dict[str, str]) -> int:
    """Return the most memory that a command held, in bytes."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run(
        [sys.executable, "-c", code, *argv],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout) * 1024


if __name__ == "__main__":
    show(measure())
