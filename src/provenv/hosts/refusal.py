"""What the operating system refuses, as a problem: a full disk, a failing one, one that is read-only."""

from __future__ import annotations

import errno

from ..errors import Exit, Failure, Hint, problem, text, verbatim

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
FAILING = frozenset({errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ETIMEDOUT})
EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN})


def refusal(error: OSError) -> Failure | None:
    """Return the failure that an OSError is for the user; None where only a defect of ours explains it.

    A machine can refuse anything at any moment; a path that isn't there, or is of
    another kind than expected, is for the caller to have known.
    """
    number = error.errno
    why = verbatim(error.strerror or str(error))
    path = error.filename2 or error.filename
    if number in FULL:
        hints = (Hint(text("PV430.hint_full"), "provenv gc"),)
    elif number in DENIED:
        hints = (Hint(text("PV430.hint_denied")),)
    elif number in FAILING:
        hints = (Hint(text("PV430.hint_failing")),)
    elif number in EXHAUSTED:
        hints = (Hint(text("PV430.hint_exhausted")),)
    else:
        return None
    exit_code = Exit.DENIED if number in DENIED else Exit.FAILED
    if not isinstance(path, (str, bytes)):
        return Failure(problem("PV431", why=why, hints=hints), exit_code=exit_code)
    shown = path if isinstance(path, str) else path.decode("utf-8", "replace")
    return Failure(problem("PV430", path=shown, why=why, hints=hints), exit_code=exit_code)
