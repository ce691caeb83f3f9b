"""How long the proof of the demo's environment takes, whole and quick: `python bench/proof.py`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from pairs import Contender, Goal, Measured, compare, show
from programs import program

REPETITIONS = 3
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
DEMO = "digits-torch"


def measure() -> Measured:
    """Return the rows: the whole proof and the quick one, each beside an import of torch alone."""
    with tempfile.TemporaryDirectory(prefix="provenv-bench-") as name:
        folder = Path(name) / "digits"
        shutil.copytree(EXAMPLES / DEMO, folder)
        environment = dict(os.environ)
        subprocess.run([program("provenv"), "up"], cwd=folder, check=True, capture_output=True)
        python = str(folder / ".venv" / "bin" / "python")
        beside = Contender("python -c 'import torch'", [python, "-c", "import torch"], folder, environment)
        rows = [
            compare(
                Contender(command, [program("provenv"), *command.split()], folder, environment),
                beside,
                REPETITIONS,
                Goal("alone", most),
            )
            for command, most in (("prove", 15.0), ("prove --quick", 4.0))
        ]
        return Measured(rows)


if __name__ == "__main__":
    show(measure())
