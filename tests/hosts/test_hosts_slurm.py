"""A compute node of a real Slurm as a Host."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from provenv.errors import Failure
from provenv.hosts.slurm import SlurmHost
from slurm_cluster import SlurmCluster

pytestmark = [
    pytest.mark.slow,
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="Slurm is for Linux"),
]


@pytest.fixture
def host(slurm: SlurmCluster) -> Iterator[SlurmHost]:
    made = SlurmHost(lambda: ["--nodes=1", "--gres=gpu:fake:1"], environment=slurm.environment, wait=60.0)
    yield made
    made.close()


def test_nothing_is_taken_before_it_is_needed(host: SlurmHost, slurm: SlurmCluster) -> None:
    assert slurm.call("squeue", "--noheader") == ""
    assert host.exec(["true"]).code == 0
    assert len(slurm.call("squeue", "--noheader").splitlines()) == 1
    host.close()
    slurm.empty()
    assert slurm.call("squeue", "--noheader") == ""


def test_a_command_runs_there_with_its_own_environment(host: SlurmHost) -> None:
    done = host.exec(
        ["sh", "-c", 'uname -n; echo "$SAYS $CUDA_VISIBLE_DEVICES ${LEAK:-no}"; pwd; exit 3'],
        environment={"SAYS": "it's", "PATH": "/usr/bin:/bin"},
        folder="/tmp",
    )
    node, said, folder = done.out.splitlines()
    assert (node in ("n1", "n2"), said, folder, done.code) == (True, "it's 0 no", "/tmp", 3)


def test_bytes_go_there_and_come_back(host: SlurmHost) -> None:
    sent = os.urandom(300_000)
    assert host.exec(["cat"], stdin=sent).stdout == sent


def test_files_are_those_that_both_see(host: SlurmHost, tmp_path) -> None:
    host.put(b"there", str(tmp_path / "file"))
    assert host.exec(["cat", str(tmp_path / "file")]).stdout == b"there"


def test_a_command_that_hangs_is_ended(host: SlurmHost) -> None:
    host.exec(["true"])
    assert host.exec(["sleep", "600"], limit=1.0).timed_out
    assert host.exec(["echo", "still here"]).out == "still here\n"


def test_what_no_node_has_is_said(slurm: SlurmCluster) -> None:
    host = SlurmHost(lambda: ["--gres=gpu:h100:1"], environment=slurm.environment, wait=5.0)
    with pytest.raises(Failure) as caught:
        host.exec(["true"])
    assert caught.value.problems[0].code == "PV1396"


def test_busy_nodes_are_waited_for_and_given_up(slurm: SlurmCluster) -> None:
    slurm.call("sbatch", "--nodes=2", "--exclusive", "--output=/dev/null", "--wrap=sleep 300")
    asked: list[bool] = []
    host = SlurmHost(
        lambda: ["--nodes=1"], environment=slurm.environment, wait=6.0, waits=lambda: asked.append(True)
    )
    with pytest.raises(Failure) as caught:
        host.exec(["true"])
    assert caught.value.problems[0].code == "PV1396"
    assert asked


def test_a_machine_without_slurm() -> None:
    host = SlurmHost(list, environment={"PATH": "/nowhere"}, wait=5.0)
    with pytest.raises(Failure) as caught:
        host.exec(["true"])
    assert caught.value.problems[0].code == "PV1390"
