from __future__ import annotations

import pytest

from provenv.model.facts import Python
from provenv.plan.interpreter import interpreter

PYTHONS = (
    Python("/opt/pypy", "3.11.9", "pypy"),
    Python("/usr/bin/python3", "3.11.2"),
    Python("/opt/python3.1", "3.1.4"),
    Python("/opt/python3.11", "3.11.7"),
    Python("/opt/python3.13", "3.13.0"),
)


@pytest.mark.parametrize(
    ("locked", "chosen"),
    [
        ("3.11", "/usr/bin/python3"),
        ("3.11.7", "/opt/python3.11"),
        ("3.13", "/opt/python3.13"),
        # 3.13 is no 3.1, and nothing here is a 3.14: uv is asked for it
        ("3.1", "/opt/python3.1"),
        ("3.14", "3.14"),
    ],
)
def test_the_first_cpython_of_the_locked_version(locked, chosen):
    assert interpreter(locked, PYTHONS) == chosen
