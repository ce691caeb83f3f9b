"""What the tests of diagnosis share: a maker of small rules."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provenv.diagnosis.reading import read
from provenv.diagnosis.rule import Rule

WORDS = """
cause = "{cause}"
{head}
[says.en]
what = "what {cause} is"
why = "why {cause} is"
[says.zh]
what = "{cause} 是什么"
why = "{cause} 为什么"
{body}
"""


@pytest.fixture
def rule() -> Callable[..., Rule]:
    """Return a maker of rules from the lines that matter."""

    def make(cause: str, body: str = "", head: str = "") -> Rule:
        return read(f"{cause}.toml", WORDS.format(cause=cause, head=head, body=body))

    return make
