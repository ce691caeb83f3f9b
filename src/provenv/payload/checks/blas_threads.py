"""How many threads does numpy's BLAS compute with, and how many cores are granted?

More threads than cores make every product wait for threads that cannot run;
that is usual in a container, whose cgroup grants less than the machine has.
"""

import math
import os

import numpy


def granted():
    """Return how many cores this process may use: its affinity, and the quota of its cgroup (v2, v1)."""
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    try:
        with open("/proc/self/cgroup") as file:
            groups = dict(line.strip().split(":", 2)[1:] for line in file)
    except (OSError, ValueError):
        return cores
    own = groups.get("", "/").strip("/")
    parts = own.split("/") if own else []
    for depth in range(len(parts) + 1):
        try:
            with open(os.path.join("/sys/fs/cgroup", *parts[:depth], "cpu.max")) as file:
                quota, period = file.read().split()
            cores = min(cores, int(quota) / int(period)) if quota != "max" else cores
        except (OSError, ValueError):
            continue
    for folder in ("/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"):
        try:
            with open(folder + "/cpu.cfs_quota_us") as quota, open(folder + "/cpu.cfs_period_us") as period:
                limit = int(quota.read()) / int(period.read())
            cores = min(cores, limit) if limit > 0 else cores
        except (OSError, ValueError):
            continue
    return cores


def run(options):
    if not os.path.isdir("/proc/self/task"):
        return {"skipped": "no_threads"}
    a = numpy.random.default_rng(0).standard_normal((512, 512))
    distance = float(numpy.abs((a @ a) @ a - a @ (a @ a)).max())
    cores = options.get("granted") or granted()
    return {
        "threads": len(os.listdir("/proc/self/task")),
        "granted": cores,
        "allowed": max(1, math.ceil(cores)),
        "distance": distance,
        "variables": {
            name: os.environ[name]
            for name in (
                "OMP_NUM_THREADS",
                "OPENBLAS_NUM_THREADS",
                "MKL_NUM_THREADS",
                "VECLIB_MAXIMUM_THREADS",
            )
            if name in os.environ
        },
    }
