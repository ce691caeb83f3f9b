"""What the machine's facts add to a log: each finding has a name that rules may weigh, and words.

Where nobody gave facts, what the log itself states of its machine counts instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...errors import Text
from ...model.facts import Facts
from ..said import Stated, stated
from . import accelerators, system

Look = Callable[[Stated, Facts], "Text | None"]
LOOKS: Mapping[str, Look] = {**accelerators.LOOKS, **system.LOOKS}
# those that the log alone may tell, where it states both sides
ALONE: Mapping[str, Callable[[Stated], Text | None]] = accelerators.ALONE


def adds(text: str, facts: Facts | None) -> dict[str, Text]:
    """Return what holds on the log's machine, by name."""
    said = stated(text)
    if facts is None:
        found = {name: look(said) for name, look in ALONE.items()}
    else:
        found = {name: look(said, facts) for name, look in LOOKS.items()}
    return {name: words for name, words in found.items() if words is not None}
