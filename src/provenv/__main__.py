"""`python -m provenv`."""

import os
import sys

FIRST, OWN = sys.path[0], os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

# `-m` puts the folder that it is started in first on the path: a `random.py` there is not what is meant
if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)) and (
    not FIRST or os.path.realpath(FIRST) != OWN
):
    del sys.path[0]

from provenv.cli import main  # noqa: E402 - the path is what it should be only now

if __name__ == "__main__":
    main()
