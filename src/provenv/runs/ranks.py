"""The variables of each process of a group: torchrun's contract, TF_CONFIG, JAX's, where to write.

torch: torch/distributed/elastic/agent/server/local_elastic_agent.py, `_start_workers` (torch 2.13). All
devices are visible to every process, as there: a script takes `cuda:LOCAL_RANK`.
TensorFlow: TFConfigClusterResolver. It takes all devices that it sees: with `apart` a process sees its own.
JAX: jax/_src/distributed.py reads JAX_COORDINATOR_ADDRESS and JAX_LOCAL_DEVICE_IDS; JAX_NUM_PROCESSES and
JAX_PROCESS_ID are what scripts hand to `jax.distributed.initialize`. Keras: keras.distribution.initialize.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import environ
from .ports import Ports

SEEN = environ.RUN_SEEN.name
"""The file to which payload/watching writes what it sees."""
STACKS = environ.RUN_STACKS.name
"""The file to which the stacks of all threads are written when they are asked for."""
STACKS_SIGNAL = environ.RUN_STACKS_SIGNAL.name
"""The number of the signal that asks for them; not set where there is none (Windows)."""
GRACE = environ.RUN_GRACE.name
"""The seconds that a process has to save and leave after SIGTERM."""
RUN = environ.RUN_ID.name
ATTEMPT = environ.RUN_ATTEMPT.name
"""The number of the attempt, from 1."""

ASKING = "SIGUSR2" if hasattr(signal, "SIGUSR2") else ""
"""Asks for stacks. Not SIGUSR1: Slurm and Lightning mean something else by it."""

CPU_THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
"""TensorFlow's own thread counts (core/common_runtime/process_util.cc); it doesn't follow OpenMP's."""

DISTRIBUTED = frozenset(
    (
        *("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "GROUP_WORLD_SIZE"),
        *("ROLE_RANK", "ROLE_NAME", "ROLE_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"),
        *("TORCHELASTIC_RESTART_COUNT", "TORCHELASTIC_MAX_RESTARTS", "TORCHELASTIC_RUN_ID"),
        *("TORCHELASTIC_USE_AGENT_STORE", "TORCH_NCCL_ASYNC_ERROR_HANDLING", "TF_CONFIG"),
        *("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID", "JAX_LOCAL_DEVICE_IDS"),
        *("KERAS_DISTRIBUTION_JOB_ADDRESSES", "KERAS_DISTRIBUTION_NUM_PROCESSES"),
        "KERAS_DISTRIBUTION_PROCESS_ID",
    )
)
"""What tells a program that it is one of several; a lone process gets none of them."""


@dataclass(frozen=True)
class Position:
    """Where a process stands: among all, among those of its host, and its host among the hosts."""

    rank: int
    world: int
    local: int
    local_world: int
    group: int = 0
    groups: int = 1


def ranks(
    world: int,
    *,
    address: str,
    port: Ports,
    base_environment: Mapping[str, str],
    devices: Sequence[str] = (),
    apart: bool = False,
    run_id: str,
    attempt: int,
    retries: int = 0,
    hooks: str | None = None,
    visible: str = "CUDA_VISIBLE_DEVICES",
) -> tuple[dict[str, str], ...]:
    """Return the environment of each of `world` processes of the attempt with this number (from 1).

    `base_environment` is what `runs.environment.prepare` made for so many processes: the thread counts are in
    it. `devices` are the accelerators that the group may use, by the names that `visible` takes; none leaves
    that variable as it is, `apart` shows each process its share alone. `hooks` is a folder that comes first
    on PYTHONPATH. A lone process isn't told anything of a group: an unmodified script must not believe that
    it is distributed.
    """
    common = dict(base_environment)
    common[RUN], common[ATTEMPT] = run_id, str(attempt)
    # what was printed before a kill is in the log then, and can be followed
    common.setdefault("PYTHONUNBUFFERED", "1")
    if devices:
        common[visible] = ",".join(devices)
    if hooks is not None:
        rest = common.get("PYTHONPATH", "")
        common["PYTHONPATH"] = os.pathsep.join([hooks, rest]) if rest else hooks
    if world == 1:
        return (common,)
    threads = common.get("OMP_NUM_THREADS", "")
    if threads.isdecimal():
        for name in CPU_THREADS:
            common.setdefault(name, threads)
    common.setdefault("TORCH_NCCL_ASYNC_ERROR_HANDLING", "1")
    restart, of = str(attempt - 1), str(retries)
    return tuple(
        {
            **common,
            **_of_torch(Position(rank, world, rank, world), address, port.master, run_id, restart, of),
            **_of_tensorflow(rank, [f"{address}:{one}" for one in port.workers]),
            **_of_jax(rank, world, f"{address}:{port.coordinator}", 0 if apart else len(devices)),
            **(_share(rank, world, devices, visible) if apart else {}),
        }
        for rank in range(world)
    )


@dataclass(frozen=True)
class Share:
    """What one host has of a group: how many processes, its address, a port for each, its accelerators."""

    processes: int
    address: str
    ports: tuple[int, ...]
    devices: int = 0


def ranks_of_hosts(
    shares: Sequence[Share], *, port: Ports, run_id: str, attempt: int, retries: int = 0
) -> tuple[tuple[dict[str, str], ...], ...]:
    """Return for each host what tells each of its processes of the group: torch's, TensorFlow's, JAX's.

    The first host leads; `port` are its ports. A group of one is told too: a script that was written for
    several hosts asks in any case.
    """
    head = shares[0].address
    world = sum(one.processes for one in shares)
    workers = [f"{one.address}:{number}" for one in shares for number in one.ports[: one.processes]]
    found, rank = [], 0
    for group, one in enumerate(shares):
        own = []
        for local in range(one.processes):
            at = Position(rank, world, local, one.processes, group, len(shares))
            coordinator = f"{head}:{port.coordinator}"
            of_torch = _of_torch(at, head, port.master, run_id, str(attempt - 1), str(retries))
            jax = _of_jax(rank, world, coordinator, 0)
            if one.devices >= one.processes:
                each = one.devices // one.processes
                mine = range(local * each, (local + 1) * each)
                jax["JAX_LOCAL_DEVICE_IDS"] = ",".join(map(str, mine))
            own.append({**of_torch, **_of_tensorflow(rank, workers), **jax})
            rank += 1
        found.append(tuple(own))
    return tuple(found)


def told_where(environment: Mapping[str, str], *, seen: str, stacks: str, grace: float) -> dict[str, str]:
    """Return a process's environment with where it is to write, and how long it has to leave."""
    told = {**environment, SEEN: seen, STACKS: stacks, GRACE: f"{grace:g}"}
    if ASKING:
        told[STACKS_SIGNAL] = str(int(getattr(signal, ASKING)))
    return told


def _of_torch(
    at: Position, address: str, port: int, run_id: str, restart: str, restarts: str
) -> dict[str, str]:
    rank, size = str(at.rank), str(at.world)
    return {
        "RANK": rank,
        "LOCAL_RANK": str(at.local),
        "WORLD_SIZE": size,
        "LOCAL_WORLD_SIZE": str(at.local_world),
        "GROUP_RANK": str(at.group),
        "GROUP_WORLD_SIZE": str(at.groups),
        "ROLE_NAME": "default",
        "ROLE_RANK": rank,
        "ROLE_WORLD_SIZE": size,
        "MASTER_ADDR": address,
        "MASTER_PORT": str(port),
        "TORCHELASTIC_RUN_ID": run_id,
        "TORCHELASTIC_RESTART_COUNT": restart,
        "TORCHELASTIC_MAX_RESTARTS": restarts,
        # rank 0 keeps the store: nothing of a dead attempt is left in one of ours
        "TORCHELASTIC_USE_AGENT_STORE": "False",
    }


def _of_tensorflow(rank: int, workers: Sequence[str]) -> dict[str, str]:
    cluster = {"worker": list(workers)}
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": rank}})}


def _share(rank: int, world: int, devices: Sequence[str], visible: str) -> dict[str, str]:
    """Return which devices one process sees, where there are enough for all."""
    each = len(devices) // world
    return {visible: ",".join(devices[rank * each : (rank + 1) * each])} if each else {}


def _of_jax(rank: int, world: int, coordinator: str, devices: int) -> dict[str, str]:
    told = {
        "JAX_COORDINATOR_ADDRESS": coordinator,
        "JAX_NUM_PROCESSES": str(world),
        "JAX_PROCESS_ID": str(rank),
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": coordinator,
        "KERAS_DISTRIBUTION_NUM_PROCESSES": str(world),
        "KERAS_DISTRIBUTION_PROCESS_ID": str(rank),
    }
    if devices >= world:
        each = devices // world
        told["JAX_LOCAL_DEVICE_IDS"] = ",".join(map(str, range(rank * each, (rank + 1) * each)))
    return told
