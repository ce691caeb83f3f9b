"""Do processes add up? Several join a group and reduce, gather and broadcast (gloo; NCCL where GPUs are)."""

import datetime
import json
import os
import subprocess
import sys
import time

import torch
import torch.distributed as dist

SIZE = 1000


def member(backend, rank, world, folder, wait):
    """Take part as one rank and leave what was found in a file."""
    found = {"rank": rank}
    try:
        device = "cuda:%d" % rank if backend == "nccl" else "cpu"
        if backend == "nccl":
            torch.cuda.set_device(rank)
        dist.init_process_group(
            backend,
            store=dist.FileStore(os.path.join(folder, "store-" + backend), world),
            rank=rank,
            world_size=world,
            timeout=datetime.timedelta(seconds=wait),
        )
        values = torch.arange(SIZE, dtype=torch.float64, device=device) * (rank + 1)
        dist.all_reduce(values)
        expected = torch.arange(SIZE, dtype=torch.float64) * (world * (world + 1) // 2)
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
    with open(os.path.join(folder, "%s-%d.json" % (backend, rank)), "w") as file:
        json.dump(found, file)


def group(backend, world, folder, wait):
    """Run all ranks and return what each found and how it ended."""
    ranks = []
    forks = backend == "gloo" and sys.platform.startswith("linux")
    for rank in range(world):
        if forks:
            pid = os.fork()
            if pid == 0:
                member(backend, rank, world, folder, wait)
                os._exit(0)
            ranks.append(pid)
        else:
            arguments = [backend, str(rank), str(world), folder, str(wait)]
            ranks.append(subprocess.Popen([sys.executable, "-I", os.path.abspath(__file__), *arguments]))
    codes = []
    for rank in ranks:
        if forks:
            status = os.waitpid(rank, 0)[1]
            codes.append(-(status & 127) if status & 127 else status >> 8)
        else:
            codes.append(rank.wait())
    found = []
    for rank, code in enumerate(codes):
        entry = {"rank": rank}
        try:
            with open(os.path.join(folder, "%s-%d.json" % (backend, rank))) as file:
                entry = json.load(file)
        except (OSError, ValueError):
            pass
        found.append(dict(entry, code=code))
    return {"backend": backend, "world": world, "ranks": found}


def run(options):
    if not dist.is_available():
        return {"skipped": "no_distributed"}
    groups = []
    begun = time.monotonic()
    if dist.is_gloo_available() if hasattr(dist, "is_gloo_available") else True:
        groups.append(group("gloo", 2, options["scratch"], options["wait"]))
    if torch.cuda.is_available() and dist.is_nccl_available():
        groups.append(group("nccl", torch.cuda.device_count(), options["scratch"], options["wait"]))
    return {"groups": groups, "seconds": time.monotonic() - begun}


if __name__ == "__main__" and len(sys.argv) == 6:
    member(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], float(sys.argv[5]))
