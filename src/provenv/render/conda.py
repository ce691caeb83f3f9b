"""A lock as conda's `environment.yml`: Python from conda, everything else by pip, as it is locked.

The keys: https://docs.conda.io/projects/conda/en/latest/user-guide/tasks/manage-environments.html.
conda writes the items under `pip:` into a requirements file, so options and hashes may stand there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from ..model.lock import Lock
from ..model.spec import Spec
from .header import header
from .requirements import Rendering, lines

WHAT = "environment.yml"
CHANNEL = "conda-forge"
_PLAIN = re.compile(r"(?:[A-Za-z]|--?[a-z])[A-Za-z0-9 _.,/+=<>!~@%${}()\[\];:'\"-]*")
_WORDS = re.compile(r"(?:y|n|yes|no|on|off|true|false|null)", re.IGNORECASE)


def environment_file(
    lock: Lock, spec: Spec, options: Sequence[str] = (), *, hashes: bool = True
) -> Rendering:
    """Return the lock as the text of an `environment.yml`; `options` are pip's own lines (indexes)."""
    kept, left_out = lines(lock, hashes=hashes)
    rows = [
        *header(WHAT, lock),
        *(f"# system: {name}" for name in spec.system),
        f"name: {scalar(spec.name)}",
        "channels:",
        f"  - {CHANNEL}",
        "dependencies:",
        f"  - python={lock.python}",
        "  - pip",
    ]
    if kept:
        rows += ["  - pip:", *(f"      - {scalar(one)}" for one in (*options, *kept))]
    if spec.variables:
        rows += [
            "variables:",
            *(f"  {scalar(name)}: {quoted(value)}" for name, value in spec.variables.items()),
        ]
    return Rendering("\n".join(rows) + "\n", left_out)


def scalar(words: str) -> str:
    """Return words as a YAML scalar: plain where that is read as the same words, else quoted."""
    # `: ` ends a key, ` #` begins a comment, and a few words are read as something else (YAML 1.1)
    plain = (
        _PLAIN.fullmatch(words) and not re.search(r":(\s|$)|\s#|\s$", words) and not _WORDS.fullmatch(words)
    )
    return words if plain else quoted(words)


def quoted(words: str) -> str:
    """Return words as a double-quoted YAML scalar; JSON's escapes are among YAML's."""
    return json.dumps(words, ensure_ascii=True)
