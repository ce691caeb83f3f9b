"""What Slurm's programs print, read: queue, nodes, reasons, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenv.errors import Failure
from provenv.hosts.fake import FakeHost
from provenv.model.channel import Completed
from provenv.model.slurm import BatchJob, ClusterNode, SlurmOptions
from provenv.slurm import nodes, programs, queue, refusals
from provenv.ui.words import Words

TABLES = Path(refusals.__file__).parent / "tables"
WAITS = {
    # squeue's word -> the end of our key
    "Resources": "resources",
    "Priority": "priority",
    "BeginTime": "begin_time",
    "Dependency": "dependency",
    "DependencyNeverSatisfied": "dependency_never",
    "JobHeldUser": "held",
    "JobHeldAdmin": "held_admin",
    "launch_failed_requeued_held": "held",
    "JobArrayTaskLimit": "array",
    "ReqNodeNotAvail, UnavailableNodes:n[1-2]": "nodes",
    "ReqNodeNotAvail, Reserved for maintenance": "nodes",
    "Nodes_required_for_job_are_DOWN,_DRAINED_or_reserved": "nodes",
    "NodeDown": "nodes",
    "PartitionDown": "partition_down",
    "PartitionTimeLimit": "partition_time",
    "PartitionNodeLimit": "partition_nodes",
    "PartitionConfig": "partition",
    "BadConstraints": "constraints",
    "InvalidAccount": "account",
    "AssociationJobLimit": "account",
    "InvalidQOS": "qos",
    "Licenses": "licenses",
    "Reservation": "reservation",
    "QOSMaxJobsPerUserLimit": "limit_jobs",
    "AssocGrpJobsLimit": "limit_jobs",
    "QOSMaxWallDurationPerJobLimit": "limit_time",
    "AssocGrpCPUMinutesLimit": "limit_time",
    "AssocGrpGRES": "limit_gpus",
    "QOSMaxGRESPerUser": "limit_gpus",
    "QOSMaxCpuPerUserLimit": "limit_cores",
    "AssocGrpMemLimit": "limit_memory",
    "QOSGrpNodeLimit": "limit_nodes",
    "QOSSomethingNew": "limit",
    "Prolog": "preparing",
    "SystemFailure": "failed_start",
}
REFUSED = {
    # what sbatch printed (22.05) -> the end of our key
    "sbatch: error: Invalid partition name specified": "partition",
    "sbatch: error: Invalid account or account/partition combination specified": ("account"),
    "sbatch: error: Invalid qos specification": "qos",
    "sbatch: error: Invalid generic resource (gres) specification": "gres",
    "sbatch: error: Memory specification can not be satisfied": "memory",
    "sbatch: error: Requested time limit is invalid (missing or exceeds some limit)": ("time"),
    "sbatch: error: Requested node configuration is not available": "configuration",
    "sbatch: error: Invalid feature specification": "feature",
    "sbatch: error: Invalid node name specified": "node",
    "sbatch: error: Invalid job array specification": "array",
    "sbatch: error: Requested reservation is invalid": "reservation",
    "sbatch: error: Invalid license specification": "license",
    "/usr/bin/sbatch: unrecognized option '--nosuchoption'": "option",
    "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Job violates "
    "accounting/QOS policy (job submit limit, user's size and/or time limits)": "policy",
    "sbatch: error: Unable to contact slurm controller (connect failure)": "controller",
    "sbatch: error: Munge encode failed: Failed to access /run/munge/munge.socket.2": "munge",
}


@pytest.mark.parametrize("reason", WAITS)
def test_a_reason_for_waiting_is_known(reason: str) -> None:
    found = refusals.waiting(reason)
    assert found is not None
    assert found.key == f"slurm.waits.{WAITS[reason]}"


def test_an_unknown_reason_is_not_explained() -> None:
    assert refusals.waiting("SomethingElse") is None
    assert refusals.waiting("") is None


@pytest.mark.parametrize("said", REFUSED)
def test_a_refusal_is_known(said: str) -> None:
    found = refusals.refusal(said)
    assert found is not None
    assert found.key == f"slurm.refused.{REFUSED[said]}"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", ["reasons", "refusals"])
def test_every_row_has_its_words(name: str, language: str) -> None:
    words = Words(language)
    for row in json.loads((TABLES / f"{name}.json").read_text("utf-8"))["rows"]:
        keys = [f"{row['key']}.hint", *([row["key"]] if name == "reasons" else [])]
        assert all(words.say(key) != key for key in keys), row


def test_every_reason_of_the_tables_is_tried() -> None:
    rows = json.loads((TABLES / "reasons.json").read_text("utf-8"))["rows"]
    assert {row["key"] for row in rows} == {f"slurm.waits.{end}" for end in WAITS.values()}


@pytest.mark.parametrize(
    ("line", "job"),
    [
        (
            "7|PENDING|Resources|debug||2026-11-23T01:00:00",
            BatchJob("7", "queued", "PENDING", "Resources", "debug", starts="2026-11-23T01:00:00"),
        ),
        (
            "8_3|RUNNING|None|gpu|n[1-2]|2026-11-23T01:00:00",
            BatchJob("8_3", "running", "RUNNING", "", "gpu", "n[1-2]"),
        ),
        ("9|PENDING|BeginTime|debug||N/A", BatchJob("9", "queued", "PENDING", "BeginTime", "debug")),
        ("9|TIMEOUT|TimeLimit|debug|n1|N/A", BatchJob("9", "failed", "TIMEOUT", "TimeLimit", "debug", "n1")),
        ("nonsense", None),
    ],
)
def test_a_line_of_the_queue(line: str, job: BatchJob | None) -> None:
    assert queue.read_line(line) == job


def test_jobs_that_the_controller_forgot_are_looked_up_in_the_accounts() -> None:
    host = FakeHost.of(
        ("squeue", Completed((), 1, b"", b"slurm_load_jobs error: Invalid job id specified\n")),
        ("sacct", "7|OUT_OF_MEMORY|0:125|debug|n1\n8|CANCELLED by 0|0:0|debug|n1\n"),
    )
    found = queue.jobs(host, ["7", "8", "9"], {})
    assert {name: job.state for name, job in found.items()} == {"7": "failed", "8": "stopped"}


def test_a_cluster_without_accounts_knows_no_more() -> None:
    host = FakeHost.of(
        ("squeue", ""), ("sacct", Completed((), 1, b"", b"Slurm accounting storage is disabled\n"))
    )
    assert queue.jobs(host, ["7"], {}) == {}


def test_a_controller_that_is_down_is_a_failure() -> None:
    down = Completed(
        (), 1, b"", b"slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n"
    )
    with pytest.raises(Failure) as caught:
        queue.jobs(FakeHost.of(("squeue", down)), ["7"], {})
    assert [one.code for one in caught.value.problems] == ["PV1391"]


def test_slurm_is_not_everywhere() -> None:
    with pytest.raises(Failure) as caught:
        programs.call(FakeHost(), ["sbatch"], {})
    assert caught.value.problems[0].code == "PV1390"


def node(name: str, **what: object) -> ClusterNode:
    return ClusterNode(
        name,
        **{"partition": "debug", "default": True, "gres": "gpu:h100:4", "cpus": 8, "memory": 2000, **what},
    )


def test_nodes_are_read() -> None:
    line = "n1|gpu*|gpu:h100:8(S:0-1)|128|515000|fast,new|mix-|2-00:00:00"
    assert nodes.read_line(line) == ClusterNode(
        "n1", "gpu", True, "gpu:h100:8", 128, 515000, ("fast", "new"), "mix", "2-00:00:00"
    )
    assert nodes.read_line("slurm_load_partitions: error") is None


@pytest.mark.parametrize(
    "options",
    [
        SlurmOptions(),
        SlurmOptions(nodes=2, gpus_per_node="4"),
        SlurmOptions(gpus_per_node="h100:2", cpus_per_task=8),
        SlurmOptions(partition="debug,slow"),
        SlurmOptions(partition="slow", gres="shard:4"),
    ],
)
def test_what_there_is_may_be_asked_for(options: SlurmOptions) -> None:
    found = [node("n1"), node("n2"), node("s1", partition="slow", default=False, gres="shard:4")]
    nodes.check(options, found, "cluster", 0)


@pytest.mark.parametrize(
    ("options", "memory", "code", "what"),
    [
        (SlurmOptions(partition="nope"), 0, "PV1393", ""),
        (SlurmOptions(gpus_per_node="a100:1"), 0, "PV1394", "--gres=gpu:a100:1"),
        (SlurmOptions(gpus_per_node="5"), 0, "PV1394", "--gres=gpu:5"),
        (SlurmOptions(nodes=3, gpus_per_node="1"), 0, "PV1394", "--gres=gpu:1"),
        (SlurmOptions(gres="shard:1"), 0, "PV1394", "--gres=shard:1"),
        (SlurmOptions(cpus_per_task=9), 0, "PV1394", "--cpus-per-task=9"),
        (SlurmOptions(memory="3G"), 3072, "PV1394", "--mem=3G"),
    ],
)
def test_what_no_nodes_have_is_said_before(options: SlurmOptions, memory: int, code: str, what: str) -> None:
    found = [node("n1"), node("n2"), node("s1", partition="slow", default=False, gres="shard:4")]
    with pytest.raises(Failure) as caught:
        nodes.check(options, found, "cluster", memory)
    problem = caught.value.problems[0]
    assert (problem.code, problem.what.args.get("what", "")) == (code, what)


def test_a_cluster_that_shows_no_nodes_is_asked_all_the_same() -> None:
    nodes.check(SlurmOptions(partition="gpu", gpus_per_node="8"), [], "cluster", 0)
