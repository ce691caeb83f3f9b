"""A script for sbatch, from values alone: what it asks for, and that bash can read it."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from provenv.model.slurm import SlurmOptions
from provenv.render.sbatch import NodeCopy, Wanted, script

WANTED = Wanted(
    name="train",
    argv=("python", "train.py", "two words"),
    file="provenv.toml",
    target="cluster",
    project="/home/me/my digits",
    generation="/home/me/my digits/.provenv/cluster/generations/0007",
    options=SlurmOptions(),
    made_by="provenv render sbatch --on cluster train",
)
FULL = SlurmOptions(
    partition="gpu",
    account="lab",
    qos="high",
    nodes=2,
    gpus_per_node="h100:4",
    gres="shard:1",
    cpus_per_task=32,
    memory="64G",
    time="12:00:00",
    constraint="fast",
    exclude="n07",
    signal=300,
    requeues=5,
    setup=("module load cuda/12.4",),
    extra=("--nice=10",),
)
COPY = NodeCopy("/p/uv", "/p/python3.11", "/p/wheels", "/p/requirements.txt", "abc-python3.11")
KINDS = {
    "plain": WANTED,
    "full": replace(WANTED, options=FULL, processes=4, torch=True, passed=("HF_TOKEN",), retries=2),
    "tasks": replace(WANTED, options=SlurmOptions(nodes=2), processes=2),
    "own launcher": replace(
        WANTED, argv=("torchrun", "--nproc-per-node=2", "t.py"), options=SlurmOptions(nodes=2)
    ),
    "array": replace(
        WANTED, options=SlurmOptions(array="0-3"), members="/home/me/my digits/.provenv/runs/array-x"
    ),
    "copy": replace(WANTED, options=SlurmOptions(environment="node", node_folder="/scratch/me"), copy=COPY),
    "hostile": replace(WANTED, variables={"SAYS": "it's $(touch /tmp/x) `y`"}, argv=("python", "$(z)")),
}


def asked(text: str) -> list[str]:
    return [line.removeprefix("#SBATCH ") for line in text.splitlines() if line.startswith("#SBATCH ")]


@pytest.mark.parametrize("kind", KINDS)
def test_bash_can_read_it(kind: str) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    done = subprocess.run(
        [bash, "-n"], input=script(KINDS[kind]), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("kind", KINDS)
def test_a_comment_goes_before_every_block(kind: str) -> None:
    head, *blocks = script(KINDS[kind]).split("\n\n")
    assert head.startswith("#!/bin/bash -l\n# Made by provenv from [target.cluster]")
    assert "provenv render sbatch --on cluster" in head
    assert all(re.search(r"^\s*#", block, re.MULTILINE) for block in blocks if len(block.splitlines()) > 2)


def test_everything_that_is_declared_is_asked_for() -> None:
    told = asked(script(KINDS["full"]))
    for one in (
        *("--partition=gpu", "--account=lab", "--qos=high", "--constraint=fast", "--exclude=n07"),
        *("--nodes=2", "--ntasks-per-node=1", "--cpus-per-task=32", "--mem=64G", "--time=12:00:00"),
        *("--gres=gpu:h100:4,shard:1", "--signal=B:USR1@300", "--requeue", "--nice=10"),
        *("--open-mode=append", "--export=HF_TOKEN", "--job-name=my-digits-train"),
    ):
        assert one in told
    assert "module load cuda/12.4" in script(KINDS["full"]).splitlines()


def test_little_is_asked_for_where_little_is_declared() -> None:
    told = asked(script(WANTED))
    assert told == [
        "--job-name=my-digits-train",
        "--nodes=1",
        "--ntasks-per-node=1",
        "--output='/home/me/my digits/slurm-%j.log'",
        "--open-mode=append",
        "--no-requeue",
        "--export=NONE",
    ]


@pytest.mark.parametrize(
    ("kind", "has", "has_not"),
    [
        ("plain", 'node() { rank "$@"; }', "torchrun"),
        ("full", '--rdzv-conf="is_host=$is_host"', "WORLD_SIZE="),
        ("tasks", "WORLD_SIZE=$SLURM_NTASKS", "--rdzv-endpoint"),
        ("own launcher", "PET_NNODES=$SLURM_JOB_NUM_NODES", "--rdzv-endpoint"),
        ("array", '"$SLURM_ARRAY_TASK_ID"', "torchrun"),
        ("copy", "environment=$node_folder/$key", "torchrun"),
    ],
)
def test_it_is_launched_as_it_has_to_be(kind: str, has: str, has_not: str) -> None:
    text = script(KINDS[kind])
    assert has in text
    assert has_not not in text


def test_values_are_never_read_by_the_shell() -> None:
    lines = script(KINDS["hostile"]).splitlines()
    assert """export SAYS='it'"'"'s $(touch /tmp/x) `y`'""" in lines
    assert any("node python '$(z)' &" in line for line in lines)


def test_the_time_to_save_is_less_than_the_word_before_the_end() -> None:
    assert "export PROVENV_RUN_GRACE=280" in script(KINDS["full"])
    short = replace(WANTED, options=SlurmOptions(signal=30))
    assert "export PROVENV_RUN_GRACE=15" in script(short)
