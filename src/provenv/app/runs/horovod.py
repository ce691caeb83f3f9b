"""Before a script starts: does it need Horovod, and is that there?"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping

from ...errors import Failure
from ...runs.horovod import read
from ...runs.horovod_advice import advice, without_launcher
from ...runs.program import Code
from ...runs.started import PYTHON, Started, content_of, script_of
from ..project import Project

LAUNCHER = "horovodrun"
ASKED = "import importlib.util as u, sys; sys.exit(u.find_spec('horovod') is None)"
LIMIT = 20.0


def look_for_horovod(
    project: Project, argv: tuple[str, ...], folder: str, environment: Mapping[str, str], world: int
) -> None:
    """Tell of a script that uses Horovod, with what does the same; nothing of the script is imported.

    Raises Failure where it can't go well: PV1256 (125), the script imports it and the environment lacks it;
    PV1257 (127), there is no `horovodrun`.
    """
    started = script_of(argv, folder, environment)
    use = read(content_of(started.path)) if started is not None else None
    if started is not None and use is not None:
        installed = _is_installed(started, folder, environment)
        found = advice(started, use, folder=folder, installed=installed, world=world)
        if found is not None and found.severity == "error":
            raise Failure(found, exit_code=Code.OURS)
        if found is not None:
            project.progress.warn(found)
    if argv and argv[0] == LAUNCHER and shutil.which(LAUNCHER, path=environment.get("PATH")) is None:
        raise Failure(without_launcher(argv, started), exit_code=Code.NOT_FOUND)


def _is_installed(started: Started, folder: str, environment: Mapping[str, str]) -> bool:
    """Ask the script's own Python where it would find Horovod; it is there unless that says no."""
    name = started.words[0] if PYTHON.match(os.path.basename(started.words[0])) else "python"
    python = shutil.which(name, path=environment.get("PATH"))
    if python is None:
        return True
    # a script's own folder comes first on its path, as with `python script.py`
    path = os.pathsep.join(filter(None, [os.path.dirname(started.path), environment.get("PYTHONPATH", "")]))
    try:
        done = subprocess.run(
            [python, "-c", ASKED],
            env={**environment, "PYTHONPATH": path},
            cwd=folder,
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return True
    return done.returncode != 1
