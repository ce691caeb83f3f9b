"""`runs verify-resume` on real trainings: exact ones, and ones that lack something, which is named."""

from __future__ import annotations

from pathlib import Path

import pytest

RUNTIME = Path(__file__).resolve().parents[2] / "runtime" / "src"
DECLARED = """\
schema = 1
name = "folder"
requirements = ["alpha<2"]

[env]
PYTHONPATH = "{runtime}"
OMP_NUM_THREADS = "1"

[run.train]
command = "{python} train.py"

[run.two]
command = "{python} train.py"
processes = 2
"""
BEGIN = """\
import os, random, torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from provenv_runtime import Sampler, state

world = int(os.environ.get("WORLD_SIZE", "1"))
torch.manual_seed(3)
data = TensorDataset(torch.randn(43, 6), torch.randn(43, 1))
model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 1))
if world > 1:
    torch.distributed.init_process_group("gloo")
    model = nn.parallel.DistributedDataParallel(model)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 7, 0.5)
"""
LOOP = """\
while step < 60:
    for x, y in loader:
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        scheduler.step()
        step = done(step + 1)
        if step >= 60:
            break
"""
EXACT = """\
loader = DataLoader(data, batch_size=4, sampler=Sampler(len(data), seed=7))
kept = state("checkpoints", model=model, optimizer=optimizer, scheduler=scheduler, loader=loader, every=500)
step = kept.restore()
done = lambda step: kept.stepped()
"""
LACKING = """\
loader = DataLoader(data, batch_size=4, shuffle=True)
step = 0
if os.path.exists("model.pt"):
    model.load_state_dict(torch.load("model.pt"))
    step = torch.load("step.pt")
def done(step):
    if step % 5 == 0:
        torch.save(step, "step.pt")
        torch.save(model.state_dict(), "model.new")
        os.replace("model.new", "model.pt")
    return step
"""
NOTHING = """\
loader = DataLoader(data, batch_size=4, shuffle=True)
step = 0
def done(step):
    if step % 5 == 0:
        torch.save(model.state_dict(), "model.pt")
    return step
"""
FREE = """\
generator = torch.Generator().manual_seed(random.SystemRandom().randrange(1 << 30))
loader = DataLoader(data, batch_size=4, shuffle=True, generator=generator)
kept = state("checkpoints", model=model, optimizer=optimizer, scheduler=scheduler, every=500)
step = kept.restore()
done = lambda step: kept.stepped()
"""


@pytest.fixture
def folder(workplace):
    """Return a maker of a project whose training is run by some Python, proven and ready."""

    def make(script, python="python"):
        tool = workplace(DECLARED.format(runtime=RUNTIME, python=python))
        tool.write("train.py", script)
        assert tool("up").code == 0
        return tool

    return make


def gaps(found):
    return {one["what"] for one in found["gaps"]}


@pytest.mark.slow
@pytest.mark.parametrize("run", ["train", "two"])
def test_an_exact_resume_is_proven_and_nothing_is_left_in_the_folder(folder, torch_python, run):
    tool = folder(BEGIN + EXACT + LOOP, torch_python)
    ended = tool("runs", "verify-resume", "--json", "--updates", "24", "--seed", "5", run)
    assert ended.code == 0, ended.err
    found = ended.data
    assert (found["verdict"], found["updates"], found["saves"]) == ("exact", 24, [6, 12, 18])
    assert len(found["kills"]) == 2
    assert all(one["known"] and one["reached"] - one["resumed"] <= 6 for one in found["kills"])
    compared = {one["part"]: (one["updates"], one["equal"]) for one in found["parts"]}
    assert all(updates == equal >= 24 for updates, equal in compared.values()), compared
    assert not Path(tool.root, "checkpoints").exists()
    kept = Path(tool.root, found["path"])
    assert {one.name for one in kept.iterdir()} == {"straight", "straight-updates", "cut", "cut-updates"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "verdict", "what"),
    [
        (LACKING, "differs", {"optimizer", "scheduler", "order", "random"}),
        (NOTHING, "anew", {"all"}),
        (FREE, "unrepeatable", {"order"}),
    ],
    ids=["lacking", "nothing", "free"],
)
def test_what_is_not_saved_is_named(folder, torch_python, part, verdict, what):
    tool = folder(BEGIN + part + LOOP, torch_python)
    ended = tool("runs", "verify-resume", "--json", "--updates", "20", "--kills", "1", "train")
    assert ended.code == 1, ended.err
    assert (ended.data["verdict"], gaps(ended.data)) == (verdict, what)


@pytest.mark.slow
def test_a_training_that_cannot_go_on_is_told(folder, torch_python):
    broken = EXACT.replace(
        "step = kept", "if os.path.exists('checkpoints'): raise KeyError('lost')\nstep = kept"
    )
    tool = folder(BEGIN + broken + LOOP, torch_python)
    ended = tool("runs", "verify-resume", "--updates", "20", "--kills", "1", "train")
    assert ended.code == 1
    assert "PV1249" in ended.err
    assert "KeyError" in ended.err


@pytest.mark.parametrize(
    ("script", "code"),
    [("print('nothing to see')\n", "PV1244"), ("raise SystemExit(3)\n", "PV1242")],
    ids=["no-update", "fails"],
)
def test_what_does_not_train_is_refused(folder, script, code):
    ended = folder(script)("runs", "verify-resume", "train")
    assert ended.code == 1
    assert code in ended.err
    assert "Traceback" not in ended.err


def test_a_folder_that_is_too_large_names_what_to_link_to(folder):
    tool = folder("")
    with Path(tool.root, "corpus.bin").open("wb") as file:
        file.truncate(3 << 30)
    ended = tool("runs", "verify-resume", "train")
    assert ended.code == 125
    assert "PV1243" in ended.err
    assert "--link corpus.bin" in ended.err
    assert tool("runs", "verify-resume", "--link", "corpus.bin", "train").code == 1


def test_it_says_what_it_wants(folder):
    tool = folder("")
    assert tool("runs", "verify-resume").code == 2
    assert "PV750" in tool("runs", "verify-resume", "other").err
