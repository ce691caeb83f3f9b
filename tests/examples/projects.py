"""Copies of the examples, run as `provenv run` would run them, by an interpreter that is there already."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provenv.runs.ports import free_ports
from provenv.runs.ranks import ranks
from provenv.toml_library import tomllib

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
RUNTIME = ROOT / "runtime" / "src"
MADE_BY_RUNNING = shutil.ignore_patterns(
    "__pycache__", "outputs", "checkpoints", ".provenv", ".venv", "*.pyc"
)
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("PYTHON", "PROVENV_")) and name not in ("OMP_NUM_THREADS", "VIRTUAL_ENV")
}
LIMIT = 600.0


@dataclass(frozen=True)
class Project:
    """A copy of an example, and the variables with which all of its commands run (`PROVENV_DATA_...`)."""

    name: str
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(
        self, python: Path, module: str, *arguments: str, processes: int = 1, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m MODULE`, as several processes of one group where asked; return rank 0's end.

        Of a group the code is the first that is not 0, and its words are those of all ranks in order.
        """
        ended = self.together(python, module, *arguments, processes=processes, **variables)
        code = next((one.returncode for one in ended if one.returncode), 0)
        out, error = ("".join(getattr(one, stream) for one in ended) for stream in ("stdout", "stderr"))
        return subprocess.CompletedProcess(ended[0].args, code, out, error)

    def together(
        self, python: Path, module: str, *arguments: str, processes: int = 2, **variables: str
    ) -> list[subprocess.CompletedProcess[str]]:
        """Run `python -m MODULE` as the processes of one group, told as by provenv; return their ends."""
        started = [
            self.start(python, module, *arguments, **{**one, **variables}) for one in _group(processes)
        ]
        try:
            # side by side: one that waits for the other must not wait for a pipe that nobody reads
            with ThreadPoolExecutor(processes) as readers:
                said = list(readers.map(lambda one: one.communicate(timeout=LIMIT), started))
        finally:
            for one in started:
                one.kill()
                one.wait()
        return [
            subprocess.CompletedProcess(one.args, one.returncode, out, error)
            for one, (out, error) in zip(started, said, strict=True)
        ]

    def start(self, python: Path, module: str, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start `python -m MODULE` and return at once."""
        # one thread: sums in another order would change the last bits
        environment = {
            **CLEAN,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(RUNTIME),
            "PYTHONHASHSEED": "0",
            **self.variables,
            **variables,
        }
        return subprocess.Popen(
            [str(python), "-m", module, *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def script(self, python: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run code in the folder that may import the example's modules."""
        (self.folder / "script_of_a_test.py").write_text(code, encoding="utf-8")
        return self.run(python, "script_of_a_test", **variables)

    def output(self, name: str) -> Path:
        """Return the path of a file that the example leaves."""
        return self.folder / "outputs" / name

    def evaluation(self) -> dict[str, Any]:
        """Return what `outputs/evaluation.json` says."""
        found: dict[str, Any] = json.loads(self.output("evaluation.json").read_text(encoding="utf-8"))
        return found

    def about(self) -> dict[str, Any]:
        """Return what the example's `example.toml` says."""
        return tomllib.loads((EXAMPLES / self.name / "example.toml").read_text(encoding="utf-8"))

    def declared(self) -> dict[str, Any]:
        """Return what the example's `provenv.toml` says."""
        return tomllib.loads((self.folder / "provenv.toml").read_text(encoding="utf-8"))


def copy(name: str, folder: Path, data: Mapping[str, Path] | None = None) -> Project:
    """Return a copy of an example in a folder, whose data sets lie at these places."""
    goal = folder / name
    shutil.copytree(EXAMPLES / name, goal, ignore=MADE_BY_RUNNING)
    places = {
        f"PROVENV_DATA_{one.upper().replace('-', '_')}": str(path) for one, path in (data or {}).items()
    }
    return Project(name, goal, places)


def _group(processes: int) -> tuple[dict[str, str], ...]:
    """Return what tells each process of a group its place in it; nothing for one alone."""
    if processes == 1:
        return ({},)
    address = "127.0.0.1"
    base = {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}
    port = free_ports(processes, address)
    return ranks(processes, address=address, port=port, base_environment=base, run_id="test", attempt=1)


def passed(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    """Return a command's end where it is a good one. Raises AssertionError with its words."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def refused(done: subprocess.CompletedProcess[str], words: str, code: int = 1) -> None:
    """Assert that a command ended with a sentence, never with a traceback."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert words in done.stderr, done.stderr
