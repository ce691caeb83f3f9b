"""A project with torch, and the commands that start its training: bare, torchrun's, provenv's."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from programs import program

SOURCE = Path(__file__).resolve().parents[1]
DECLARED = 'schema = 1\nname = "bench"\naccelerator = "cpu"\nrequirements = [{packages}]\n'
LIMIT = 120.0
# glibc gives the top of its heap back and asks for it again, in some starts and not in others, by where
# things lie: up to 40 page faults a step. Both sides keep it
KEPT_HEAP = {"MALLOC_TRIM_THRESHOLD_": str(1 << 28), "MALLOC_TOP_PAD_": str(1 << 28)}


@dataclass(frozen=True)
class Project:
    """A folder with an environment that `up` has made and proven."""

    folder: Path

    @property
    def python(self) -> str:
        """The environment's interpreter."""
        return str(self.folder / ".venv" / "bin" / "python")

    @property
    def environment(self) -> Mapping[str, str]:
        """What both sides start with: nothing that `provenv run` would set aside."""
        taken = ("PYTHON", "VIRTUAL_ENV", "OMP_", "MKL_")
        rest = {name: value for name, value in os.environ.items() if not name.startswith(taken)}
        return {**rest, **KEPT_HEAP, "OMP_NUM_THREADS": "1"}

    @property
    def own_environment(self) -> Mapping[str, str]:
        """The same for provenv itself, which may be a source tree on PYTHONPATH."""
        kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        return {**self.environment, **kept}

    def script(self, name: str, content: str) -> str:
        """Write a script and return its name."""
        (self.folder / name).write_text(content, encoding="utf-8")
        return name

    def bare(self, *words: str) -> list[str]:
        """Return the command that starts a script without us."""
        return [self.python, *words]

    def torchrun(self, processes: int, *words: str, options: Sequence[str] = ()) -> list[str]:
        """Return the command that starts several processes without us."""
        start = [self.python, "-m", "torch.distributed.run", "--standalone"]
        return [*start, "--nproc-per-node", str(processes), *options, *words]

    def provenv(self, *words: str, options: Sequence[str] = ()) -> list[str]:
        """Return the command that starts a script with us."""
        return [program("provenv"), "run", *options, "--", "python", *words]

    def printed(self, argv: Sequence[str]) -> str:
        """Run a command and return what it printed. Raises CalledProcessError, TimeoutExpired."""
        own = argv[0] == program("provenv")
        if hasattr(os, "sync"):
            os.sync()  # what the last one left to be written is not this one's
        done = subprocess.run(
            argv,
            cwd=self.folder,
            env=dict(self.own_environment if own else self.environment),
            check=True,
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        return done.stdout


@contextmanager
def training_project(*packages: str) -> Iterator[Project]:
    """Make a project with these packages in a temporary folder, until the block is left."""
    with tempfile.TemporaryDirectory(prefix="provenv-bench-") as name:
        folder = Path(name)
        listed = ", ".join(f'"{one}"' for one in packages)
        (folder / "provenv.toml").write_text(DECLARED.format(packages=listed), encoding="utf-8")
        subprocess.run([program("provenv"), "up"], cwd=folder, check=True, capture_output=True)
        yield Project(folder)


def told(name: str, printed: str) -> float:
    """Return the largest of what the processes told as `name=NUMBER`. Raises ValueError where none did."""
    return max(float(one) for one in re.findall(rf"\b{name}=([0-9.e+-]+)", printed))
