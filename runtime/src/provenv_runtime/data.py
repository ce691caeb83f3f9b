"""Where the project's declared data lies: `data("digits")` is the path of `[data.digits]`.

`provenv run` sets PROVENV_DATA_DIGITS to it; without provenv the variable can be set by hand.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

VARIABLE = "PROVENV_DATA_"


class DataMissing(LookupError):
    """Declared data whose place nobody told, or whose place holds nothing."""


def data(name: str) -> Path:
    """Return the file or folder of the declared data `name`.

    Raises DataMissing where its variable is not set, or leads nowhere.
    """
    variable = VARIABLE + re.sub(r"[^A-Z0-9]", "_", name.upper())
    path = os.environ.get(variable)
    if not path:
        raise DataMissing(
            f"the data `{name}` has no place: run this by `provenv run` with `[data.{name}]` declared, "
            f"or set {variable} to its path"
        )
    if not os.path.exists(path):
        raise DataMissing(f"the data `{name}` is not at {path}, where {variable} leads")
    return Path(path)
