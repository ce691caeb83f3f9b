"""Real hangs of torch: a data loader's worker, a collective that one process skips, two that differ."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from provenv.runs.job import Callbacks
from supervising import new_run, supervised

HERE = Path(__file__).parent
SCRIPT = HERE / "scripts" / "torch_hangs.py"
HOOKS = HERE.parents[1] / "src" / "provenv" / "payload" / "watching"
pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("how", "world", "code", "why"),
    [
        ("loader", 1, "PV1263", "PV1263.why_worker"),
        ("skips", 2, "PV1260", "PV1260.why"),
        ("differs", 2, "PV1262", "PV1262.why_differs"),
    ],
)
def test_a_hang_is_explained_by_place_and_call(torch_python, tmp_path, how, world, code, why):
    folder = new_run(tmp_path)
    argv = [str(torch_python), str(SCRIPT), how]
    done = supervised(
        folder,
        argv,
        environment={**os.environ, "OMP_NUM_THREADS": "1"},
        world=world,
        quiet=2.0,
        hooks=str(HOOKS),
    )
    assert done.end.code == 124, folder.log(1, 0).read_text()
    found = done.attempts[0].hang
    assert (found.code, found.why.key) == (code, why)
    said = {**found.what.args, **found.why.args}
    lines = SCRIPT.read_text().splitlines()

    def at(place):
        """Return the code at a place of the script."""
        return lines[int(re.fullmatch(rf"(?:.*/)?{SCRIPT.name}:(\d+)", place)[1]) - 1].strip()

    if how == "loader":
        assert at(found.what.args["place"]).startswith("for step, batch in")
        assert (said["function"], at(found.why.args["place"])) == ("read", "os.read(os.pipe()[0], 1)")
        return
    places = dict(re.findall(r"(\d): `\w+` \(([^)]*)\)", said["stands"]))
    first = "dist.all_reduce(torch.ones(1))"
    second = "threading.Event().wait()" if how == "skips" else "dist.barrier()"
    assert (at(places["0"]), at(places["1"])) == (first, second)
    if how == "skips":
        assert (said["ranks"], said["call"]) == ("1", "all_reduce")


def test_a_group_that_never_gathers_is_explained_and_goes_on_waiting(torch_python, tmp_path):
    folder = new_run(tmp_path)
    pids, told = [], []

    def tell(words):
        told.append(words)
        if words.key == "PV1260.why":
            os.kill(pids[1], signal.SIGKILL)

    done = supervised(
        folder,
        [str(torch_python), str(SCRIPT), "gathers"],
        environment={**os.environ, "OMP_NUM_THREADS": "1"},
        world=2,
        patience=2.0,
        hooks=str(HOOKS),
        callbacks=Callbacks(began=lambda _number, found: pids.extend(found), told=tell),
    )
    first, why = (one for one in told if one.key.startswith("PV1260"))
    assert (first.args["ranks"], first.args["call"]) == ("1", "init_process_group")
    assert f"{SCRIPT.name}:" in why.args["stands"]
    assert done.end.code == 137
