"""A compute node as a Host: commands run by srun in an allocation that is asked for when it is first needed.

salloc holds the allocation as long as a pipe to it is open: when we end, however we end, it is given back.
The node sees the same files as this machine.
"""

from __future__ import annotations

import select
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from ..errors import Failure, Hint, problem, text, verbatim
from ..model.channel import Completed, Patience
from .local import LocalHost

ENDING = 20.0
"""Seconds that salloc gets to give an allocation back, before it is killed."""
LOOKS = 5.0
"""Seconds between two looks why there is no node yet."""
TOLD = "provenv-allocation"


class SlurmHost(LocalHost):
    """One compute node; `options` tells those of salloc's that choose it, `wait` the seconds to wait for it.

    `options` is called when it is asked for, `waits` now and then until there is one. `close` gives it back.
    """

    name = "slurm"

    def __init__(
        self,
        options: Callable[[], Sequence[str]],
        *,
        environment: Mapping[str, str],
        wait: float,
        waits: Callable[[], None] = lambda: None,
    ) -> None:
        self._options, self._environment, self._wait, self._waits = options, environment, wait, waits
        self._holder: subprocess.Popen[bytes] | None = None
        self._job = ""
        self._lock = threading.Lock()

    def exec(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
        limit: float | None = None,
        patience: Patience | None = None,
        on_stdout: Callable[[str], None] | None = None,
        on_stderr: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a command on the node and wait for it (see model.channel.Host).

        Raises Failure: PV1396 where no node is to be had, and as LocalHost does.
        """
        words = [*self._srun(folder), *([] if stdin else ["--input=none"])]
        given = self._environment if environment is None else environment
        done = super().exec(
            [*words, "--", *argv],
            stdin=stdin,
            environment=self._with_slurm(given),
            limit=limit,
            patience=patience,
            on_stdout=on_stdout,
            on_stderr=on_stderr,
        )
        return Completed(
            tuple(argv), done.code, done.stdout, done.stderr, done.seconds, done.timed_out, done.stalled
        )

    def attached(self, argv: Sequence[str], *, environment: Mapping[str, str], folder: str) -> int:
        """Run a command on the node with this process's own input and output; return its code.

        Ctrl-C ends it there first. Raises Failure PV1396 where no node is to be had.
        """
        words = [*self._srun(folder), "--quit-on-interrupt", "--", *argv]
        process = subprocess.Popen(words, env=self._with_slurm(environment))
        try:
            return process.wait()
        finally:
            # on Ctrl-C srun has got it too, and ends what runs there
            process.wait()

    def _srun(self, folder: str | None) -> list[str]:
        """Return what runs one command on the node; the command's own PATH need not have Slurm's programs."""
        srun = shutil.which("srun", path=self._environment.get("PATH")) or "srun"
        words = [srun, f"--jobid={self._allocated()}", "--overlap", "--mem=0", "--nodes=1", "--ntasks=1"]
        return [*words, "--quiet", "--export=ALL", f"--chdir={folder or '/'}"]

    def _with_slurm(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return a command's environment with what srun itself reads."""
        slurm = {name: value for name, value in self._environment.items() if name.startswith("SLURM_")}
        return {**environment, **slurm}

    def close(self) -> None:
        """Give the node back; nothing happens where none was taken."""
        with self._lock:
            holder, self._holder, self._job = self._holder, None, ""
        if holder is None:
            return
        with suppress(OSError):
            if holder.stdin is not None:
                holder.stdin.close()
        try:
            holder.wait(ENDING)
        except subprocess.TimeoutExpired:
            holder.kill()
            holder.wait()

    def _allocated(self) -> str:
        """Return the number of the allocation, taken now if there is none yet. Raises Failure PV1396."""
        with self._lock:
            if self._job:
                return self._job
            words = ["salloc", f"--immediate={int(self._wait)}", "--quiet", "--ntasks=1", *self._options()]
            try:
                holder = subprocess.Popen(
                    [*words, "sh", "-c", f'echo "{TOLD} $SLURM_JOB_ID"; exec cat >/dev/null'],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=dict(self._environment),
                    start_new_session=True,
                )
            except OSError as error:
                why = verbatim(error.strerror or str(error))
                raise Failure(problem("PV1390", program="salloc", why=why)) from error
            try:
                line = self._first_line(holder).split()
            except BaseException:
                # one that still waits would get a node for nobody
                holder.terminate()
                holder.wait()
                raise
            if line[:1] != [TOLD]:
                said = holder.communicate()[1].decode("utf-8", "replace").strip()
                raise _none(said, self._wait)
            self._holder, self._job = holder, line[1]
            return self._job

    def _first_line(self, holder: subprocess.Popen[bytes]) -> str:
        assert holder.stdout is not None
        while not select.select([holder.stdout], [], [], LOOKS)[0]:
            self._waits()
        return holder.stdout.readline().decode("utf-8", "replace")


def _none(said: str, wait: float) -> Failure:
    hints = (
        Hint(text("PV1396.hint_queue"), "squeue --me --start"),
        Hint(text("PV1396.hint_facts"), "sinfo --summarize"),
    )
    lines = "; ".join(line.removeprefix("salloc: ").removeprefix("error: ") for line in said.splitlines())
    why = verbatim(lines) if lines else None
    return Failure(problem("PV1396", n=max(1, round(wait / 60)), why=why, hints=hints))
