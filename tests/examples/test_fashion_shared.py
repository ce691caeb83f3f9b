"""The three examples of clothes: what does not depend on the framework is the same file, byte for byte."""

from __future__ import annotations

import pytest

from examples.projects import EXAMPLES

# the data, their split and the judgement: the three are compared by them
SHARED = (
    *("__init__", "data", "errors", "evaluate", "options", "pictures"),
    *("predict", "record", "saliency", "samples", "telling"),
)
SAME_NETWORK = ("batches", "inference", "model")


@pytest.mark.parametrize("module", SHARED)
@pytest.mark.parametrize("example", ["fashion-lightning", "fashion-keras"])
def test_what_knows_no_framework_is_the_same_everywhere(example, module):
    ours = (EXAMPLES / example / "fashion" / f"{module}.py").read_bytes()
    assert ours == (EXAMPLES / "fashion-torch" / "fashion" / f"{module}.py").read_bytes()


@pytest.mark.parametrize("module", SAME_NETWORK)
def test_lightning_trains_the_very_network_of_the_torch_example(module):
    ours = (EXAMPLES / "fashion-lightning" / "fashion" / f"{module}.py").read_bytes()
    assert ours == (EXAMPLES / "fashion-torch" / "fashion" / f"{module}.py").read_bytes()


@pytest.mark.parametrize("example", ["fashion-lightning", "fashion-keras"])
def test_the_three_are_trained_with_the_same_settings(example):
    ours = (EXAMPLES / example / "settings.toml").read_bytes()
    assert ours == (EXAMPLES / "fashion-torch" / "settings.toml").read_bytes()
