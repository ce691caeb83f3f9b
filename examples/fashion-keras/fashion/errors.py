"""What can go wrong for a user, said in one sentence instead of a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from provenv_runtime import DataMissing, Mismatch


class Fault(Exception):
    """Something that the user can mend; its text says what and how."""


def run(main: Callable[[], None]) -> None:
    """Call `main`; where it fails for a reason the user can mend, print that reason and exit with 1."""
    try:
        main()
    except (Fault, DataMissing, Mismatch) as error:
        sys.exit(f"fashion: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # who reads our output has seen enough (`| head`); what is left must not be complained about at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
