"""Early stop and outputs; the optimizers are real ones of torch and Keras, tried where those are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from provenv_runtime.outputs import append_line, keep_lines, read_lines
from provenv_runtime.recipe import OPTIMIZERS, EarlyStop

RUNTIME = Path(__file__).parents[2] / "runtime" / "src"


def test_it_stops_when_nothing_became_better_for_its_patience():
    early = EarlyStop(2)
    assert [early.step(value) for value in (3.0, 2.0, 2.0, float("nan"))] == [False, False, False, True]
    assert (early.best, early.best_epoch, early.improved) == (2.0, 2, False)


def test_it_goes_on_from_a_checkpoint():
    early, again = EarlyStop(2, "higher"), EarlyStop(2, "higher")
    early.step(0.5), early.step(0.4)
    again.load_state_dict(json.loads(json.dumps(early.state_dict())))
    assert again.step(0.3)
    assert again.best == 0.5


def test_patience_is_one_epoch_at_least():
    with pytest.raises(ValueError, match="patience is 0"):
        EarlyStop(0)


def test_lines_are_appended_and_a_torn_one_is_dropped(tmp_path):
    path = tmp_path / "outputs" / "metrics.jsonl"
    assert read_lines(path) == []
    append_line(path, {"epoch": 1})
    append_line(path, {"epoch": 2})
    with path.open("a") as file:
        file.write('{"epoch": 3')
    assert [line["epoch"] for line in read_lines(path)] == [1, 2]
    keep_lines(path, read_lines(path)[:1])
    assert path.read_text() == '{"epoch": 1}\n'
    assert [one.name for one in path.parent.iterdir()] == ["metrics.jsonl"]


@pytest.mark.slow
def test_each_optimizer_of_torch_lowers_a_loss_and_l2_draws_to_zero(torch_python):
    script = """
import torch
from provenv_runtime.recipe import OPTIMIZERS, l1, torch_optimizer
for name in OPTIMIZERS:
    for l2 in (0.0, 0.5):
        torch.manual_seed(0)
        model = torch.nn.Linear(4, 1)
        x = torch.randn(64, 4); y = x @ torch.tensor([[1.0], [2.0], [0.0], [-1.0]])
        optimizer = torch_optimizer(name, model.parameters(), rate=0.05, l2=l2)
        losses = []
        for _ in range(60):
            loss = torch.nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad(); loss.backward(); optimizer.step()
            losses.append(loss.item())
        assert losses[-1] < losses[0], (name, l2, losses[0], losses[-1])
        size = l1(model.parameters()).item()
        if l2: assert size < plain, (name, size, plain)
        plain = size
        print(name, l2)
"""
    done = subprocess.run(
        [str(torch_python), "-c", script],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(RUNTIME), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2 * len(OPTIMIZERS)


def test_an_optimizer_that_is_none_is_named():
    script = """
import sys, types
torch = types.ModuleType("torch"); torch.optim = None; sys.modules["torch"] = torch
from provenv_runtime.recipe import torch_optimizer
try: torch_optimizer("lion", [])
except ValueError as error: print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(RUNTIME)},
        check=True,
    )
    assert done.stdout.startswith("there is no optimizer `lion`; there are sgd, momentum")
