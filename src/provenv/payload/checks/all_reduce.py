"""Do processes add up? Several join a group and reduce, gather and broadcast.

Over gloo everywhere, and over the vendor's own library where its devices are: a rank for each.
"""

import datetime
import os
import time

import prove_children
import prove_devices
import torch
import torch.distributed as dist

SIZE = 1000
VENDORS = {"cuda": "nccl", "xpu": "xccl", "npu": "hccl"}  # RCCL, AMD's, answers to NVIDIA's name


def member(backend, rank, world, folder, wait):
    """Take part as one rank and return what was found."""
    found = {}
    try:
        device = "cpu"
        if backend != "gloo":
            kind = next(kind for kind, name in VENDORS.items() if name == backend)
            device = "%s:%d" % (kind, rank)
            getattr(torch, kind).set_device(rank)
        dist.init_process_group(
            backend,
            store=dist.FileStore(os.path.join(folder, "store-" + backend), world),
            rank=rank,
            world_size=world,
            timeout=datetime.timedelta(seconds=wait),
        )
        # whole numbers below 2**24: every order of summation is exact in float32
        values = torch.arange(SIZE, dtype=torch.float32, device=device) * (rank + 1)
        dist.all_reduce(values)
        expected = torch.arange(SIZE, dtype=torch.float32) * (world * (world + 1) // 2)
        found["all_reduce"] = float((values.cpu() - expected).abs().max())
        gathered = [torch.zeros(1, device=device) for _ in range(world)]
        dist.all_gather(gathered, torch.full((1,), float(rank), device=device))
        found["all_gather"] = [float(value) for value in gathered]
        word = torch.full((1,), 42.0 if rank == 0 else 0.0, device=device)
        dist.broadcast(word, src=0)
        found["broadcast"] = float(word)
        dist.barrier()
        dist.destroy_process_group()
    except Exception as error:
        found["error"] = "%s: %s" % (type(error).__name__, error)
    return found


def group(backend, world, folder, wait):
    """Run all ranks and return what each found and how it ended."""
    calls = [(backend, rank, world, folder, wait) for rank in range(world)]
    # a vendor's library is not used in a child whose parent has looked for devices
    found = prove_children.together(__file__, member, calls, folder, wait + 30, fork=backend == "gloo")
    ranks = [
        dict(entry.get("result") or {"error": entry.get("error")}, rank=rank, code=entry["code"])
        for rank, entry in enumerate(found)
    ]
    return {"backend": backend, "world": world, "ranks": ranks}


def run(options):
    if not dist.is_available():
        return {"skipped": "no_distributed"}
    groups = []
    begun = time.monotonic()
    if dist.is_gloo_available() if hasattr(dist, "is_gloo_available") else True:
        groups.append(group("gloo", 2, options["scratch"], options["wait"]))
    devices = prove_devices.usable()
    vendor = VENDORS.get(devices[0].partition(":")[0], "") if devices else ""
    if vendor and getattr(dist, "is_%s_available" % vendor, lambda: True)():
        groups.append(group(vendor, len(devices), options["scratch"], options["wait"]))
    return {"groups": groups, "seconds": time.monotonic() - begun}
