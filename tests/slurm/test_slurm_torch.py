"""The script that a run gets, on two nodes of a real Slurm, with a real torchrun."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from provenv.app.runs.launch import HOOKS
from provenv.model.slurm import SlurmOptions
from provenv.render.sbatch import Wanted, script
from slurm_cluster import SlurmCluster

pytestmark = [
    pytest.mark.slow,
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="Slurm is for Linux"),
]
TRAIN = """
import os, torch, torch.distributed as dist
dist.init_process_group("gloo")
rank, world = dist.get_rank(), dist.get_world_size()
sums = torch.ones(4) * (rank + 1)
dist.all_reduce(sums)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(5):
    optimizer.zero_grad()
    model(torch.ones(3, 2)).sum().backward()
    optimizer.step()
print("world", world, "sum", sums[0].item(), "at", os.uname().nodename, flush=True)
dist.barrier()
dist.destroy_process_group()
"""


def wanted(folder: Path, torch_python: Path, program: str, **what: object) -> Wanted:
    """Return a run of `program` in an environment with torch."""
    project, generation, record = folder / "project", folder / "0001", folder / "record"
    for one in (project, generation, record):
        one.mkdir()
    (generation / "venv").symlink_to(torch_python.parent.parent)
    (project / "train.py").write_text(program)
    return Wanted(
        name="train",
        argv=("python", "train.py"),
        file="provenv.toml",
        target="cluster",
        project=str(project),
        generation=str(generation),
        made_by="provenv",
        record=str(record),
        hooks=str(HOOKS),
        torch=True,
        options=SlurmOptions(nodes=2, time="00:05:00"),
        **what,
    )


def submitted(cluster: SlurmCluster, folder: Path, made: Wanted) -> str:
    """Submit the script of a run and wait for its end; return its state."""
    (folder / "job.sh").write_text(script(made))
    job = cluster.call("sbatch", "--parsable", str(folder / "job.sh"))
    return cluster.until(job, "COMPLETED", "FAILED", "CANCELLED", limit=150.0)


def test_all_nodes_reduce_together(slurm: SlurmCluster, torch_python: Path, tmp_path: Path) -> None:
    state = submitted(slurm, tmp_path, wanted(tmp_path, torch_python, TRAIN))
    record = tmp_path / "record"
    said = [(record / "1" / f"rank-{rank}.log").read_text() for rank in range(2)]
    assert state == "COMPLETED", (said, [one.read_text() for one in record.glob("*.log")])
    assert all("world 2 sum 3.0" in one for one in said)
    assert {one.rpartition("at ")[2].strip() for one in said} == {"n1", "n2"}
    # what is seen from within: steps of both
    seen = [(record / "1" / f"rank-{rank}.jsonl").read_text().splitlines() for rank in range(2)]
    assert all(any(json.loads(line)["k"] == "uses" for line in lines) for lines in seen)
    attempts = [json.loads(line) for line in (record / "attempts.jsonl").read_text().splitlines()]
    assert [sorted(one["rank"] for one in each["ranks"]) for each in attempts] == [[0, 1]]
    assert json.loads((record / "end.json").read_text())["state"] == "done"


def test_the_process_that_fails_first_is_named(
    slurm: SlurmCluster, torch_python: Path, tmp_path: Path
) -> None:
    program = "import os, sys, time\nif os.environ['RANK'] == '1': sys.exit(7)\ntime.sleep(300)\n"
    assert submitted(slurm, tmp_path, wanted(tmp_path, torch_python, program)) == "FAILED"
    attempt = json.loads((tmp_path / "record" / "attempts.jsonl").read_text().splitlines()[-1])
    first = [one["rank"] for one in attempt["ranks"] if one["first"]]
    assert (attempt["code"], first) == (7, [1])
    assert json.loads((tmp_path / "record" / "end.json").read_text())["code"] == 7
