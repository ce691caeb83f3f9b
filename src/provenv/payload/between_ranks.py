"""One rank of a process group over several hosts: are its sums right, and how fast are they?

Each step is told as a line of JSON on standard output when it is done, so that of a rank that dies or hangs
is known how far it came. `JOB`: rank, world, address and port of the store; in seconds `start` (until all
have come to it), `wait` (for one operation), `limit` (for everything), `budget` (for one size); `sizes` in
bytes.
"""

import datetime
import faulthandler
import hashlib
import json
import os
import statistics
import sys
import time

JOB = JOB  # noqa: F821, PLW0127 - who runs this has set it
LATENCY_ROUNDS = 50
ELEMENTS = 1000
GATHERED = 1024
MOST_ROUNDS = 20
LONG_ENOUGH = 0.3


def tell(step, **found):
    sys.stdout.write(json.dumps(dict(found, step=step)) + "\n")
    sys.stdout.flush()


def pattern(rank):
    """Return bytes that only this rank has, and every other can compute."""
    one = hashlib.sha256(b"rank %d" % rank).digest()
    return one * (GATHERED // len(one))


def digest(tensor):
    # not by way of numpy, which need not be there
    return hashlib.sha256(bytes(tensor.cpu().view(torch.uint8).tolist())).hexdigest()


def as_tensor(content, device):
    return torch.tensor(list(content), dtype=torch.uint8, device=device)


def correct(group, device):
    """Compute with all ranks what every rank can compute alone; return the differences and digests."""
    rank, world = JOB["rank"], JOB["world"]
    total = sum(one % 100 + 1 for one in range(world))
    # whole numbers whose sums stay below 2**24: every order of summation is exact in float32
    base = torch.arange(ELEMENTS, dtype=torch.int64) * 7 % 61
    found = {}
    for name, dtype, offset in (("float32", torch.float32, 0), ("int64", torch.int64, 1 << 40)):
        values = ((base + offset) * (rank % 100 + 1)).to(dtype).to(device)
        dist.all_reduce(values, group=group)
        expected = ((base + offset) * total).to(dtype)
        distance = (values.cpu() - expected).abs().max()
        found["all_reduce." + name] = [float(distance), digest(values)]
    last = world - 1
    word = as_tensor(pattern(last) if rank == last else bytes(GATHERED), device)
    dist.broadcast(word, src=last, group=group)
    found["broadcast"] = [float((word.cpu() != as_tensor(pattern(last), "cpu")).sum()), digest(word)]
    gathered = [torch.zeros(GATHERED, dtype=torch.uint8, device=device) for _ in range(world)]
    dist.all_gather(gathered, as_tensor(pattern(rank), device), group=group)
    whole = torch.cat(gathered)
    expected = torch.cat([as_tensor(pattern(one), "cpu") for one in range(world)])
    found["all_gather"] = [float((whole.cpu() != expected).sum()), digest(whole)]
    return found


def timed(values, rounds, group, device):
    """Return the seconds of each of so many all-reduces."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        dist.all_reduce(values, group=group)
        if device != "cpu":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - began)
    return taken


def agreed(value, group, device):
    """Return what rank 0 says."""
    said = torch.tensor([value], dtype=torch.float64, device=device)
    dist.broadcast(said, src=0, group=group)
    return float(said)


def measured(group, device):
    """Return latency, and for each size the seconds of one all-reduce; a size that takes too long ends it."""
    small = torch.zeros(2, dtype=torch.float32, device=device)
    timed(small, 5, group, device)
    taken = timed(small, LATENCY_ROUNDS, group, device)
    found = {"latency": statistics.median(taken), "worst": max(taken), "rounds": LATENCY_ROUNDS, "sizes": []}
    before = 0.0
    for size in JOB["sizes"]:
        values = torch.zeros(size // 4, dtype=torch.float32, device=device)
        first = agreed(timed(values, 1, group, device)[0], group, device)
        rounds = max(1, min(MOST_ROUNDS, int(LONG_ENOUGH / max(first, 1e-9))))
        seconds = sum(timed(values, rounds, group, device)) / rounds
        found["sizes"].append([size, seconds, rounds])
        before = agreed(seconds, group, device)
        if before * 8 > JOB["budget"]:
            break
    return found


def take_part():
    rank, world = JOB["rank"], JOB["world"]
    wait = datetime.timedelta(seconds=JOB["wait"])
    # one host may import torch in a second and another, from a cold disk, in a minute
    start = datetime.timedelta(seconds=JOB["start"])
    store = dist.TCPStore(JOB["address"], JOB["port"], world, rank == 0, timeout=start)
    tell("store")
    dist.init_process_group("gloo", store=store, rank=rank, world_size=world, timeout=wait)
    tell("joined")
    cuda = torch.cuda.is_available() and dist.is_nccl_available()
    able = torch.tensor([int(cuda)])
    dist.all_reduce(able, op=dist.ReduceOp.MIN)
    groups = [("gloo", None, "cpu")]
    if int(able):
        torch.cuda.set_device(0)
        groups.append(("nccl", dist.new_group(backend="nccl", timeout=wait), "cuda:0"))
    for backend, group, device in groups:
        tell("right", backend=backend, found=correct(group, device))
        tell("measured", backend=backend, found=measured(group, device))
    dist.barrier()
    # the store lives in rank 0: it goes last
    store.set("done-%d" % rank, "")
    if rank == 0:
        store.wait(["done-%d" % one for one in range(world)], wait)
    tell("done")


try:
    # a library that hangs may hold the interpreter: this ends the process from a thread without it
    faulthandler.dump_traceback_later(JOB["limit"], exit=True)
    import torch
    import torch.distributed as dist

    if dist.is_available() and dist.is_gloo_available():
        tell("began", torch=torch.__version__)
        take_part()
    else:
        tell("skipped")
except Exception as error:
    tell("error", type=type(error).__name__, message=str(error)[:2000])
    sys.stdout.flush()
    os._exit(1)
sys.stdout.flush()
# what a group's threads still do is of no more interest, and must not hang
os._exit(0)
