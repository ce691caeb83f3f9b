"""Who of several processes sees which GPUs: by the packages that are locked, and what the user has chosen."""

from __future__ import annotations

import pytest

from provenv.app.runs.devices import Shared, divided
from provenv.model.lock import Lock, Package

CUDA = "CUDA_VISIBLE_DEVICES"


@pytest.mark.parametrize(
    ("packages", "chosen", "expected"),
    [
        # a torch program takes cuda:LOCAL_RANK of all
        (("torch",), None, Shared()),
        (("tensorflow", "torch"), None, Shared()),
        (("tensorflow", "keras"), None, Shared(("0", "1", "2", "3"), apart=True)),
        (("tensorflow",), "2,GPU-5a", Shared(("2", "GPU-5a"), apart=True)),
        (("jax", "jaxlib", "tensorflow"), None, Shared(("0", "1", "2", "3"))),
        (("numpy",), None, Shared()),
        # hidden, or too few for two
        (("tensorflow",), "", Shared()),
        (("tensorflow",), "-1", Shared()),
        (("tensorflow",), "3", Shared()),
    ],
)
def test_devices_of_two_processes(packages, chosen, expected):
    lock = Lock("here", "3.11", "linux", tuple(Package(one, "1") for one in packages), (), "")
    assert divided(lock, CUDA, 4, chosen, 2) == expected
