"""The three digits examples: what does not depend on the framework is the same file, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# the data, their split and the judgement: the three are compared by them
SHARED = (
    "command",
    "data",
    "errors",
    "evaluate",
    "mnist",
    "picture",
    "predict",
    "record",
    "smoke",
    "storage",
)
SAME_NETWORK = ("inference", "model", "tensor_file")


@pytest.mark.parametrize("module", SHARED)
@pytest.mark.parametrize("example", ["digits-lightning", "digits-keras"])
def test_what_knows_no_framework_is_the_same_everywhere(example, module):
    ours = (EXAMPLES / example / "digits" / f"{module}.py").read_bytes()
    assert ours == (EXAMPLES / "digits-torch" / "digits" / f"{module}.py").read_bytes()


@pytest.mark.parametrize("module", SAME_NETWORK)
def test_lightning_trains_the_very_network_of_the_torch_example(module):
    ours = (EXAMPLES / "digits-lightning" / "digits" / f"{module}.py").read_bytes()
    assert ours == (EXAMPLES / "digits-torch" / "digits" / f"{module}.py").read_bytes()
