"""The endings that are nobody's fault, and those that are ours."""

from __future__ import annotations

import os
import platform
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from ..errors import Exit, Failure, Hint, problem, text, verbatim
from ..ui.without_values import without_values
from ..version import __version__


def defect(error: Exception, arguments: Sequence[str]) -> Failure:
    """Write a report of a defect of ours and return the failure that says where it lies."""
    trace = "".join(traceback.format_exception(error))
    report = "\n".join(
        [
            f"provenv {__version__} on Python {platform.python_version()}, {platform.platform()}",
            f"arguments: {' '.join(arguments)}",
            "",
            trace,
        ]
    )
    report = without_values(report, os.environ)
    why = verbatim(without_values(f"{type(error).__name__}: {error}", os.environ))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="provenv-defect-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(report)
    except OSError:
        return Failure(problem("PV790", path="-", why=verbatim(report)), exit_code=Exit.DEFECT)
    path = str(Path(file.name))
    return Failure(
        problem("PV790", path=path, why=why, hints=(Hint(text("PV790.hint")),)), exit_code=Exit.DEFECT
    )


def interrupted() -> Failure:
    """Return what a command that was interrupted says last."""
    return Failure(
        problem("PV791", hints=(Hint(text("PV791.hint"), "provenv status"),)), exit_code=Exit.INTERRUPTED
    )
