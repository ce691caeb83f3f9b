"""One step of the demo: a declared run of its project, as `provenv run` does it, told as work under way."""

from __future__ import annotations

import re
import shlex
import time
from collections import deque

from ..errors import Exit, Failure, Hint, Text, problem, text, verbatim
from ..model.launch import Launch
from ..model.live_run import RunStatus
from ..model.progress import Task
from .launch import run
from .project import Project

STEPS = ("train", "evaluate", "predict")
"""The declared runs that a demo takes, in this order; those that an example declares."""
KEPT = 60
"""Lines of a step's output that are kept, for where it fails."""
ENDED_FROM_OUTSIDE = (Exit.INTERRUPTED, 128 + 15)
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")


class Told:
    """A view of a run that shows the last line as what is being done, and keeps the end of it all."""

    rows: int | None = None

    def __init__(self, task: Task) -> None:
        self._task = task
        self._open = b""
        self._lines: deque[str] = deque(maxlen=KEPT)

    def write(self, stream: int, data: bytes) -> None:
        """Take what the script wrote; the view of a whole line is its end behind the last `\\r`."""
        *whole, self._open = (self._open + data).split(b"\n")
        self._open = self._open[-4096:]
        for one in whole:
            line = _CONTROL.sub("", one.rstrip(b"\r").rpartition(b"\r")[2].decode("utf-8", "replace"))
            if line.strip():
                self._lines.append(line[:500])
                self._task.describe(verbatim(line.strip()[:500]))

    def note(self, words: Text) -> None:
        """Say nothing: a line of the script's own comes soon."""

    def update(self, status: RunStatus) -> None:
        """Show nothing."""

    def resized(self) -> None:
        """Nothing depends on it."""

    def close(self, status: RunStatus | None = None) -> None:
        """Take what was left without an end of line."""
        if self._open.strip():
            self.write(1, b"\n")

    @property
    def said(self) -> str:
        """Return the end of what was said."""
        return "\n".join(self._lines)[-2000:].strip()


def take(project: Project, step: str, task: Task) -> tuple[Launch, float]:
    """Take a step; return how it ended, and its seconds. Raises Failure PV772 where it failed."""
    told = Told(task)
    began = time.monotonic()
    ended = run(lambda: project, name=step, announce=lambda _: None, show=lambda _: told)
    if ended.code:
        here = f"provenv -C {shlex.quote(str(project.root))}"
        hints = (
            Hint(text("PV772.hint"), f"{here} run {step}"),
            Hint(text("PV772.logs"), f"{here} runs logs {ended.run or 'last'}"),
        )
        why = verbatim(told.said) if told.said else ended.why
        shown = problem("PV772", step=step, exit=ended.code, why=why, hints=hints)
        task.fail(text(f"app.demo.{step}"))
        # who ended it from outside gets its own code back: nothing is wrong with the example
        code = ended.code if ended.code in ENDED_FROM_OUTSIDE else Exit.FAILED
        raise Failure(shown, exit_code=code, diagnosis=ended.diagnosis)
    return ended, time.monotonic() - began
