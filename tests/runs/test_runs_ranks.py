"""The variables of each process of a group."""

from __future__ import annotations

import json
import os
import socket

import pytest

from provenv.runs.ports import Ports, free_ports
from provenv.runs.ranks import DISTRIBUTED, ranks, told_where

PORTS = Ports(15001, 15002, (15003, 15004))
BASE = {"PATH": "/usr/bin", "OMP_NUM_THREADS": "4"}


def two(**changes):
    given = {"address": "127.0.0.1", "port": PORTS, "base_environment": BASE, "run_id": "r", "attempt": 1}
    return ranks(2, **{**given, **changes})


def one(**changes):
    given = {"address": "127.0.0.1", "port": PORTS, "base_environment": BASE, "run_id": "r", "attempt": 1}
    return ranks(1, **{**given, **changes})[0]


def test_a_lone_process_is_told_nothing_of_a_group():
    assert not DISTRIBUTED & one().keys()
    assert one()["PATH"] == "/usr/bin"


def test_what_an_outer_launcher_told_a_lone_process_stays():
    assert one(base_environment={"RANK": "3"})["RANK"] == "3"


def test_each_of_two_knows_its_place_as_torchrun_tells_it():
    first, second = two(attempt=3, retries=5)
    assert (first["RANK"], first["LOCAL_RANK"], second["RANK"], second["LOCAL_RANK"]) == ("0", "0", "1", "1")
    for environment in (first, second):
        told = {name: environment[name] for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE", "ROLE_WORLD_SIZE")}
        assert set(told.values()) == {"2"}
        assert (environment["MASTER_ADDR"], environment["MASTER_PORT"]) == ("127.0.0.1", "15001")
        assert environment["TORCHELASTIC_RUN_ID"] == "r"
        assert environment["TORCHELASTIC_RESTART_COUNT"] == "2"
        assert environment["TORCHELASTIC_MAX_RESTARTS"] == "5"
        assert environment["TORCHELASTIC_USE_AGENT_STORE"] == "False"
        assert environment["TORCH_NCCL_ASYNC_ERROR_HANDLING"] == "1"
        assert (environment["GROUP_RANK"], environment["GROUP_WORLD_SIZE"]) == ("0", "1")
    assert (first["ROLE_RANK"], second["ROLE_RANK"]) == ("0", "1")


def test_tensorflow_gets_a_port_for_each_worker():
    told = [json.loads(environment["TF_CONFIG"]) for environment in two()]
    assert told[0]["cluster"] == told[1]["cluster"] == {"worker": ["127.0.0.1:15003", "127.0.0.1:15004"]}
    assert [one["task"] for one in told] == [{"type": "worker", "index": 0}, {"type": "worker", "index": 1}]


def test_jax_and_keras_get_a_coordinator_of_their_own():
    for rank, environment in enumerate(two()):
        assert environment["JAX_COORDINATOR_ADDRESS"] == "127.0.0.1:15002"
        assert (environment["JAX_NUM_PROCESSES"], environment["JAX_PROCESS_ID"]) == ("2", str(rank))
        assert environment["KERAS_DISTRIBUTION_PROCESS_ID"] == str(rank)
        assert "JAX_LOCAL_DEVICE_IDS" not in environment


def test_all_devices_are_visible_to_all_and_jax_takes_its_share():
    first, second = two(devices=("4", "5", "6", "7"))
    assert first["CUDA_VISIBLE_DEVICES"] == second["CUDA_VISIBLE_DEVICES"] == "4,5,6,7"
    assert (first["JAX_LOCAL_DEVICE_IDS"], second["JAX_LOCAL_DEVICE_IDS"]) == ("0,1", "2,3")
    assert "CUDA_VISIBLE_DEVICES" not in two()[0]


def test_each_may_see_its_share_alone():
    first, second = two(devices=("4", "5", "6", "7", "8"), apart=True, visible="HIP_VISIBLE_DEVICES")
    assert (first["HIP_VISIBLE_DEVICES"], second["HIP_VISIBLE_DEVICES"]) == ("4,5", "6,7")
    # what one sees is all its own
    assert "JAX_LOCAL_DEVICE_IDS" not in first
    # too few for all: nobody is left without one
    assert two(devices=("4",), apart=True)[1]["CUDA_VISIBLE_DEVICES"] == "4"


def test_the_users_own_thread_counts_stay():
    assert two()[0]["TF_NUM_INTRAOP_THREADS"] == "4"
    assert two(base_environment={**BASE, "TF_NUM_INTRAOP_THREADS": "1"})[0]["TF_NUM_INTRAOP_THREADS"] == "1"
    assert "TF_NUM_INTRAOP_THREADS" not in two(base_environment={})[0]


def test_hooks_come_first_on_the_path_of_modules():
    assert one(hooks="/hooks")["PYTHONPATH"] == "/hooks"
    with_own = one(hooks="/hooks", base_environment={"PYTHONPATH": "/own"})
    assert with_own["PYTHONPATH"] == os.pathsep.join(["/hooks", "/own"])
    assert "PYTHONPATH" not in one()


def test_a_process_is_told_where_to_write():
    told = told_where({"A": "b"}, seen="/r/1/rank-0.jsonl", stacks="/r/1/stacks-0.txt", grace=30.0)
    assert told["PROVENV_RUN_SEEN"] == "/r/1/rank-0.jsonl"
    assert told["PROVENV_RUN_STACKS"] == "/r/1/stacks-0.txt"
    assert (told["PROVENV_RUN_GRACE"], told["A"]) == ("30", "b")


def test_ports_are_free_and_different():
    ports = free_ports(8, "127.0.0.1")
    numbers = [ports.master, ports.coordinator, *ports.workers]
    assert len(set(numbers)) == len(numbers) == 10
    with socket.socket() as here:
        here.bind(("127.0.0.1", ports.master))


def test_an_address_that_is_not_ours_has_no_free_ports():
    with pytest.raises(OSError, match="address"):
        free_ports(1, "192.0.2.1")
