"""A kernel that Jupyter starts in the current generation.

https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs. The command is `provenv run`
and not the environment's Python: the generation is found when the kernel starts, so a switch is
followed; a lease keeps it for as long as the kernel lives; what Jupyter's own environment left in the
variables is set aside. `--replace` makes the kernel the very process that Jupyter started, so that
signals and the watch for a dead parent reach it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from .header import ORIGIN

WHAT = "jupyter"
HERE = "here"


def kernel_name(project: str, target: str) -> str:
    """Return the kernel's folder name; Jupyter takes letters, digits, `.`, `_` and `-`, all small."""
    whole = f"provenv-{project}" if target == HERE else f"provenv-{project}-{target}"
    return re.sub(r"[^a-z0-9._-]+", "-", whole.lower()).strip("-.")


def kernel_specification(program: Sequence[str], root: str, project: str, target: str) -> str:
    """Return `kernel.json` for a project at `root`; `program` starts provenv, whatever the folder."""
    on = [] if target == HERE else ["--on", target]
    command = ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    shown = project if target == HERE else f"{project}:{target}"
    document = {
        "argv": [*program, "-C", root, *on, "run", "--replace", "--folder", ".", "--", *command],
        "display_name": f"{shown} (provenv)",
        "language": "python",
        "metadata": {
            "debugger": True,
            "provenv": {"made-by": f"{ORIGIN} {WHAT}", "root": root, "target": target},
        },
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
