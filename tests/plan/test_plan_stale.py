from __future__ import annotations

import pytest

from provenv.plan.stale import stale


@pytest.mark.parametrize(
    ("then", "now", "keys"),
    [
        ({"file:a": "1", "pip": "p"}, {"file:a": "1", "pip": "p"}, []),
        ({"file:a": "1"}, {"file:a": "2"}, ["plan.stale.file"]),
        ({"file:a": "1"}, {"file:a": ""}, ["plan.stale.file_gone"]),
        ({"file:a": ""}, {"file:a": "1"}, ["plan.stale.file_new"]),
        # absent then and now, by whatever way it is said
        ({"file:a": ""}, {}, []),
        (
            {"lock": "1", "pip": "1", "interpreter": "1", "driver": "1", "cgroup": "1", "variables": "1"},
            {},
            [f"plan.stale.{one}" for one in ("cgroup", "driver", "interpreter", "lock", "pip", "variables")],
        ),
    ],
)
def test_one_line_for_each_input_that_differs(then, now, keys):
    assert [line.key for line in stale(then, now)] == keys
