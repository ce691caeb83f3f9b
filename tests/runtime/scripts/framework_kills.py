"""Trains straight, then again with kill -9 at random steps; every line of both must be equal, bit by bit.

    python framework_kills.py MODULE FOLDER KILLS SEED [option...]

MODULE has `train(folder, log, options)`; it calls log(step=..., loss=..., items=...) for each step it
trains, and log(weights=...) at the end. Each attempt is a fork of this process, which has imported the
framework and no more (or, with the option `fresh`, a process of its own).
With the option `two`, two processes train one model: one of them is killed, then the other, as a supervisor
does. `lost=N` says how many steps a death may cost at most (4: one interval).
"""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class Log:
    """Appends lines of JSON, and ends this process at a step it was given, before or after its line."""

    def __init__(self, path: Path, ends: int | None, early: bool, number: int = signal.SIGKILL) -> None:
        self.descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self.ends, self.early, self.number = ends, early, number

    def __call__(self, **values: object) -> None:
        now = values.get("step") == self.ends and self.ends is not None
        if now and self.early:
            os.kill(os.getpid(), self.number)
        os.write(self.descriptor, json.dumps(values).encode() + b"\n")
        if now and not self.early:
            os.kill(os.getpid(), self.number)


def attempt(module: str, folder: Path, options: list[str], ends: int | None, early: bool, number: int) -> int:
    """Run one attempt; return its exit status as a shell says it."""
    if "fresh" in options:
        told = [str(ends or 0), str(int(early)), str(int(number))]
        command = [sys.executable, __file__, "--one", module, str(folder), *told, *options]
        code = subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode
        return code if code >= 0 else 128 - code
    sys.stdout.flush()
    if "two" in options:
        return of_two(module, folder, options, ends, early, number)
    return ended(forked(lambda: one(module, folder, options, ends, early, number)))


def of_two(module: str, folder: Path, options: list[str], ends: int | None, early: bool, number: int) -> int:
    """Run an attempt of two processes; the one that dies is either of them, by the step at which it does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    victim = (ends or 0) % 2

    def part(rank: int) -> Callable[[], None]:
        def run() -> None:
            own = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
            group = {"GROUP_RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            os.environ.update(own, **group, TORCHELASTIC_RUN_ID=port)
            one(module, folder, options, ends if rank == victim else None, early, number, rank)

        return run

    children = [forked(part(rank)) for rank in range(2)]
    code = ended(children[victim])
    if code:
        os.kill(children[1 - victim], signal.SIGKILL)
    other = ended(children[1 - victim])
    # a group tells whoever is left that the other is gone
    assert other in ((1, 137, 143) if code else (0,)), other
    return code


def forked(run: Callable[[], None]) -> int:
    """Have a forked process run what ends it; return its number."""
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        run()
    return child


def ended(child: int) -> int:
    """Wait for a process; return its exit status as a shell says it."""
    _, status = os.waitpid(child, 0)
    # a loader's worker whose parent is killed before it has looked who that is waits for ever
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def one(
    module: str,
    folder: Path,
    options: list[str],
    ends: int | None,
    early: bool,
    number: int,
    rank: int = 0,
) -> None:
    """Train in this process, and end it."""
    code = 1
    try:
        folder.mkdir(exist_ok=True)
        os.chdir(folder)
        log = Log(folder / (f"log-{rank}" if rank else "log"), ends, early, number)
        importlib.import_module(module).train(folder / "kept", log, options)
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001  # the fork says what went wrong, whatever it was
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def lines(folder: Path, name: str = "log") -> list[dict]:
    """Return what was logged; nothing if nothing was."""
    path = folder / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def main() -> None:
    module, where, kills, seed, *options = sys.argv[1:]
    folder, chance = Path(where), random.Random(int(seed))
    if "fresh" not in options:
        importlib.import_module(module)
    assert attempt(module, folder / "straight", options, None, False, 9) == 0
    straight = lines(folder / "straight")
    steps = [line for line in straight if "step" in line]
    wanted = {line["step"]: line for line in steps}
    last = max(wanted)
    done = lost = 0
    rounds = 0
    while done < int(kills):
        rounds += 1
        cut = folder / f"cut-{rounds}"
        begun, code = 0, 1
        while code:
            left = [step for step in wanted if step > begun]
            ends = chance.choice(left) if done < int(kills) and left else None
            number = signal.SIGTERM if "term" in options else signal.SIGKILL
            before = len(lines(cut))
            code = attempt(module, cut, options, ends, chance.random() < 0.5, number)
            assert code in (0, 143 if "term" in options else 137), f"attempt ended with {code}"
            new = [line["step"] for line in lines(cut)[before:] if "step" in line]
            if before and new:
                lost = max(lost, begun - new[0] + 1)
                assert new == [step for step in wanted if new[0] <= step <= new[-1]], (
                    f"steps are missing: {new}"
                )
            begun = max((line["step"] for line in lines(cut) if "step" in line), default=0)
            done += code != 0
            for line in lines(cut)[before:]:
                if "step" in line:
                    assert line == wanted[line["step"]], (
                        f"after {done} kills: {line} is not {wanted[line['step']]}"
                    )
        assert lines(cut)[-1] == straight[-1], f"weights: {lines(cut)[-1]} is not {straight[-1]}"
        if "two" in options:
            # the other process has other items, and statistics of its own
            assert lines(cut, "log-1")[-1] == lines(folder / "straight", "log-1")[-1]
            allowed = [json.dumps(line) for line in lines(folder / "straight", "log-1")]
            assert {json.dumps(line) for line in lines(cut, "log-1")} == set(allowed)
    most = next((int(option[5:]) for option in options if option.startswith("lost=")), 4)
    assert lost <= most, f"{lost} steps were lost at one death, at most {most} are allowed"
    print(json.dumps({"steps": last, "kills": done, "trainings": rounds, "most steps lost": lost}))
    print("all bits equal")


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        module, where, ends, early, number, *rest = sys.argv[2:]
        one(module, Path(where), rest, int(ends) or None, bool(int(early)), int(number))
    main()
