"""What can go wrong for a user, said in one sentence instead of a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable

from provenv_runtime import CheckpointError, DataMissing, Mismatch


class EmailsError(Exception):
    """Something that the user can mend; its text says what and how."""


def run(main: Callable[[], None]) -> None:
    """Call `main`; where it fails for a reason the user can mend, print that reason and exit with 1."""
    try:
        main()
    except (EmailsError, DataMissing) as error:
        sys.exit(f"emails: {error}")
    except (CheckpointError, Mismatch) as error:
        sys.exit(f"emails: {error}; remove the folder checkpoints to begin anew")
    except KeyboardInterrupt:
        sys.exit(130)
