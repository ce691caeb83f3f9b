"""What can go wrong on the user's side ends with one sentence, not with a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable

from provenv_runtime import CheckpointError, DataMissing


class PromptsError(Exception):
    """A sentence that says what is wrong, and what to do."""


def run(main: Callable[[], int]) -> None:
    """Run a command and end with its exit code; 1 and one sentence on stderr where it can't work."""
    try:
        code = main()
    except (PromptsError, DataMissing, CheckpointError) as error:
        print(f"error: {error}", file=sys.stderr)
        code = 1
    raise SystemExit(code)
