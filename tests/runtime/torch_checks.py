"""What has to hold with real torch, numpy and safetensors; each is a test of test_runtime_torch.py."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
import torch.distributed.checkpoint.state_dict
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import Shard, distribute_tensor
from torch_training import ITEMS, TOTAL, Net, as_rank, finished, forked, lines, together, train, warm

from provenv_runtime import Mismatch, Permutation, Unencodable, randomness, state, verify
from provenv_runtime.checkpoint import load, write_manifest, write_value
from provenv_runtime.tree import encode

DTYPES = [
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.uint16,
    torch.uint32,
    torch.uint64,
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
    torch.complex64,
    torch.complex128,
    torch.float8_e4m3fn,
    torch.float8_e5m2,
    torch.float8_e4m3fnuz,
    torch.float8_e5m2fnuz,
    torch.float8_e8m0fnu,
]


def bits(tensor: torch.Tensor) -> bytes:
    tensor = tensor.contiguous().reshape(-1)
    return tensor.view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def raised(kind: type[Exception], call):
    """Return what the call raises; this environment has no pytest."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def kept(folder: Path, value):
    """Return the value as it comes back from a checkpoint."""
    folder.mkdir(exist_ok=True)
    files = write_value(folder, "it", encode(value, "it"))
    write_manifest(folder, {"step": 1, "world": 1, "files": files})
    return load(folder, ["it"]).values["it"]


def examples() -> dict[str, torch.Tensor]:
    raw = torch.randint(0, 256, (6 * 16,), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    found = {}
    for dtype in DTYPES:
        name = str(dtype)
        data = (raw[:6] > 127) if dtype is torch.bool else raw.view(dtype)[:6]
        found[f"{name} 2x3"] = data.reshape(2, 3)
        found[f"{name} turned"] = data.reshape(2, 3).T
        found[f"{name} part"] = data.reshape(2, 3)[:, 1]
        found[f"{name} point"] = data[0]
        found[f"{name} empty"] = data[:0].reshape(0, 4)
    return found


def check_all_types_and_shapes(folder: Path) -> None:
    wanted = examples()
    found = kept(folder, wanted)
    assert list(found) == list(wanted)
    for name, tensor in wanted.items():
        again = found[name]
        assert (again.dtype, again.shape) == (tensor.dtype, tensor.shape), name
        assert bits(again) == bits(tensor), name
        if name.endswith("turned"):
            assert again.stride() == tensor.stride(), name


def check_channels_last_stays(folder: Path) -> None:
    tensor = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    again = kept(folder, [tensor])[0]
    assert again.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(again, tensor)


def check_the_package_reads_what_we_write(folder: Path) -> None:
    known = {name: one for name, one in examples().items() if "fnuz" not in name and "complex128" not in name}
    try:
        safetensors.torch.save({"x": torch.zeros(1, dtype=torch.float8_e8m0fnu)})
    except (KeyError, ValueError, safetensors.SafetensorError):
        known = {name: one for name, one in known.items() if "e8m0" not in name}
    kept(folder, known)
    found = safetensors.torch.load_file(folder / "it.safetensors")
    assert set(found) == set(known)
    for name, tensor in known.items():
        assert (found[name].dtype, found[name].shape) == (tensor.dtype, tensor.shape), name
        assert bits(found[name]) == bits(tensor), name
    # and it is the same file, byte by byte
    own = {name: one.contiguous() for name, one in known.items()}
    safetensors.torch.save_file(
        {name: one.clone() for name, one in own.items()}, folder / "theirs", {"format": "pt"}
    )
    assert (folder / "theirs").read_bytes() == (folder / "it.safetensors").read_bytes()


def check_we_read_what_the_package_writes(folder: Path) -> None:
    from provenv_runtime import safetensors as ours

    wanted = {"ü": torch.arange(5.0), "b": torch.zeros(0, 3), "a": torch.ones(2, 2, dtype=torch.bfloat16)}
    folder.mkdir()
    safetensors.torch.save_file(wanted, folder / "theirs", {"format": "pt", "x": "y"})
    with (folder / "theirs").open("rb") as file:
        head, entries = ours.read_header(file, (folder / "theirs").stat().st_size)
        for entry in entries:
            file.seek(len(head) + entry.begin)
            assert file.read(entry.size) == bits(wanted[entry.name])


def check_tied_tensors_are_stored_once(folder: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = nn.Embedding(1000, 16)
            self.two = nn.Linear(16, 1000, bias=False)
            self.two.weight = self.one.weight

    model = Tied()
    saved = state(folder, model=model)
    saved.save()
    path = folder / "step-00000000"
    assert (path / "model.safetensors").stat().st_size < 1000 * 16 * 4 * 1.1
    manifest = json.loads((path / "manifest.json").read_text())
    assert manifest["files"]["model.safetensors"]["aliases"] == {"two.weight": "one.weight"}
    saved.close()
    again = Tied()
    fresh = state(folder, model=again)
    fresh.restore()
    assert torch.equal(again.two.weight, model.two.weight)
    assert again.two.weight is again.one.weight
    fresh.close()


def check_numpy_arrays_and_scalars(folder: Path) -> None:
    wanted = [
        np.arange(6, dtype=">i4").reshape(2, 3),
        np.array("text"),
        np.array(["a", "bcd"]),
        np.float32(0.1),
        np.int64(-3),
        np.bool_(True),
        np.array(2.5),
        np.zeros((0, 2)),
        np.arange(6).reshape(2, 3).T,
        np.datetime64("2026-01-01"),
        np.array(["2026-01-01"], dtype="M8[D]"),
        np.float64("nan"),
        np.complex128(1j),
        np.array([1, 2], dtype=np.float16),
    ]
    found = kept(folder, wanted)
    for one, other in zip(wanted, found, strict=True):
        assert type(one) is type(other)
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.tobytes() == other.tobytes()
    found[0][0, 0] = 7  # it owns its memory, and may be written


def check_what_can_not_be_kept(folder: Path) -> None:
    cases = {
        "sparse": torch.eye(3).to_sparse(),
        "meta": torch.empty(3, device="meta"),
        "objects": np.array([{}], dtype=object),
        "fields": np.zeros(1, dtype=[("a", int)]),
    }
    for name, value in cases.items():
        error = raised(Unencodable, lambda value=value: encode({"state": [value]}, "optimizer"))
        assert error.place == "optimizer.state[0]", name


def check_library_values(folder: Path) -> None:
    wanted = [torch.float32, torch.device("cpu"), torch.Size([1, 2]), nn.Parameter(torch.ones(2))]
    found = kept(folder, wanted)
    assert found[:3] == wanted[:3]
    assert type(found[2]) is torch.Size
    assert torch.equal(found[3], wanted[3])


def check_all_optimizers_and_schedulers(folder: Path) -> None:
    optim, schedule = torch.optim, torch.optim.lr_scheduler
    optimizers = [
        lambda p: optim.SGD(p, 0.1, momentum=0.9),
        optim.Adam,
        optim.AdamW,
        optim.Adagrad,
        optim.RMSprop,
        optim.NAdam,
        optim.RAdam,
        optim.Rprop,
        optim.Adadelta,
        optim.Adamax,
        optim.ASGD,
        optim.LBFGS,
        optim.Adafactor,
        lambda p: optim.Adam(p, amsgrad=True),
        lambda p: optim.SGD([{"params": list(p), "lr": torch.tensor(0.1)}]),
    ]
    schedulers = [
        lambda o: schedule.StepLR(o, 2),
        lambda o: schedule.MultiStepLR(o, [1, 1, 3]),
        lambda o: schedule.CosineAnnealingLR(o, 5),
        schedule.ReduceLROnPlateau,
        lambda o: schedule.LambdaLR(o, lambda step: 0.9**step),
        lambda o: schedule.CyclicLR(o, 0.01, 0.1),
        lambda o: schedule.OneCycleLR(o, 0.1, total_steps=9),
        lambda o: schedule.CosineAnnealingWarmRestarts(o, 3),
        lambda o: schedule.SequentialLR(o, [schedule.ConstantLR(o), schedule.ExponentialLR(o, 0.9)], [2]),
        lambda o: schedule.ChainedScheduler([schedule.ConstantLR(o), schedule.PolynomialLR(o)]),
    ]

    def begin(number: int):
        torch.manual_seed(0)
        model = Net()
        optimizer = optimizers[number % len(optimizers)](model.parameters())
        if isinstance(optimizer, (optim.SGD, optim.RMSprop)):
            scheduler = schedulers[number % len(schedulers)](optimizer)
        else:
            usual = number % len(schedulers) == 5
            scheduler = schedulers[0 if usual else number % len(schedulers)](optimizer)
        return model, optimizer, scheduler

    def go(model, optimizer, scheduler, count: int) -> bytes:
        model.eval()
        inputs = torch.randn(8, 6, generator=torch.Generator().manual_seed(2))

        def closure():
            optimizer.zero_grad()
            loss = model(inputs).square().mean()
            loss.backward()
            return loss

        for _ in range(count):
            loss = optimizer.step(closure)
            by_loss = isinstance(scheduler, schedule.ReduceLROnPlateau)
            scheduler.step(*([loss.item()] if by_loss else []))
        return b"".join(bits(one.detach()) for one in model.state_dict().values())

    for number in range(max(len(optimizers), len(schedulers))):
        wanted = go(*begin(number), 6)
        parts = begin(number)
        go(*parts, 3)
        place = folder / str(number)
        saved = state(place, model=parts[0], optimizer=parts[1], scheduler=parts[2])
        saved.save()
        saved.close()
        fresh = begin(number)
        again = state(place, model=fresh[0], optimizer=fresh[1], scheduler=fresh[2])
        again.restore()
        again.close()
        assert go(*fresh, 3) == wanted, (type(fresh[1]).__name__, type(fresh[2]).__name__)


def check_random_numbers(folder: Path) -> None:
    def draw():
        return (
            random.random(),
            np.random.rand(),
            np.random.randn(),
            torch.rand(1).item(),
            own.random(),
            mine.initial_seed(),
        )

    own, mine = np.random.default_rng(1), torch.Generator().manual_seed(4)
    np.random.randn()  # the second of a pair is kept by numpy
    states = kept(folder, randomness.captured())
    saved = state(folder / "kept", generators={"own": own, "mine": mine})
    saved.save()
    wanted = draw()
    draw()
    mine.manual_seed(5)
    again = state(folder / "kept", generators={"own": own, "mine": mine})
    again.restore()
    assert draw() == wanted
    assert randomness.restore(states) == []
    assert draw()[:4] == wanted[:4]
    saved.close()
    again.close()


def check_orders_with_and_without_numpy(folder: Path) -> None:
    for length in (16, 17, 100, 1000, 12345):
        order = Permutation(length, 9, 2)
        assert list(order.among(range(length))) == [order(place) for place in range(length)]
    far = Permutation((1 << 61) + 3, 9, 2)
    places = range((1 << 61) - 100, 1 << 61)
    assert list(far.among(places)) == [far(place) for place in places]


def check_each_shard_flipped_and_cut(folder: Path) -> None:
    train(folder / "kept", folder_log(folder), every=5, total=10)
    older, newest = folder / "kept" / "step-00000005", folder / "kept" / "step-00000010"
    shutil.copytree(newest, folder / "sound")
    shards = sorted(newest.iterdir())
    assert {"model.safetensors", "optimizer.safetensors", "manifest.json"} <= {one.name for one in shards}
    chance = random.Random(1)
    count = 0
    for shard in shards:
        content = shard.read_bytes()
        places = {0, 7, 8, len(content) - 1, *(chance.randrange(len(content)) for _ in range(20))}
        broken = [
            content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]
            for place in places
        ]
        broken += [content[:place] for place in places] + [content + b"\0", b""]
        for one in broken:
            shard.write_bytes(one)
            if shard.name == "manifest.json" and _same_json(one, content):
                continue
            assert verify(newest), shard.name
            count += 1
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        for one in (flipped, content[:middle], None):
            shard.unlink(missing_ok=True)
            if one is not None:
                shard.write_bytes(one)
            model = Net()
            fresh = state(folder / "kept", model=model)
            assert fresh.restore() == 5, shard.name
            wanted = safetensors.torch.load_file(older / "model.safetensors")
            assert all(torch.equal(wanted[name], one) for name, one in model.state_dict().items())
            fresh.close()
        shard.write_bytes(content)
        assert verify(newest) == []
    print(f"{count} damaged checkpoints, all found")


def _same_json(one: bytes, other: bytes) -> bool:
    try:
        return json.loads(one) == json.loads(other)
    except ValueError:
        return False


def folder_log(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder / "log"


def check_another_model_does_not_fit(folder: Path) -> None:
    saved = state(folder, model=nn.Linear(2, 3))
    saved.save()
    saved.close()
    other = state(folder, model=nn.Linear(2, 4))
    error = raised(Mismatch, other.restore)
    assert "`model`" in str(error)
    assert "size mismatch" in str(error)
    other.close()


def check_wrappers_keep_their_models_names(folder: Path) -> None:
    model = nn.Linear(2, 3)
    saved = state(folder, model=nn.DataParallel(model))
    saved.save()
    saved.close()
    plain = nn.Linear(2, 3)
    again = state(folder, model=plain)
    again.restore()
    again.close()
    assert torch.equal(plain.weight, model.weight)


def check_told_to_leave(folder: Path) -> None:
    log = folder_log(folder)
    straight = folder / "straight"
    straight.mkdir()
    (code,), (wanted,) = together(lambda: train(straight / "kept", straight / "log", 2, every=100))
    assert code == 0

    def leaves() -> str:
        told = {17}

        def at_step(step: int) -> None:
            if step in told:
                os.kill(os.getpid(), signal.SIGTERM)

        return train(folder / "kept", log, 2, every=100, at_step=at_step)

    (code,), _ = together(leaves)
    assert code == 143
    assert [path.name for path in (folder / "kept").glob("step-*")] == ["step-00000017"]
    (code,), (found,) = together(lambda: train(folder / "kept", log, 2, every=100))
    assert (code, found) == (0, wanted)
    assert lines(log) == lines(straight / "log")


def ranks(folder: Path, world: int, name: str, **options):
    def one(rank: int):
        def call() -> str:
            return train(
                folder / "kept", folder / f"log-{rank}", wrap=nn.parallel.DistributedDataParallel, **options
            )

        return as_rank(rank, world, folder / name, call)

    return together(*(one(rank) for rank in range(world)))


def check_two_ranks_resume_bit_equal(folder: Path) -> None:
    folder.mkdir()
    straight, broken = folder / "straight", folder / "broken"
    straight.mkdir()
    broken.mkdir()
    codes, wanted = ranks(straight, 2, "a")
    assert codes == [0, 0]
    chance = random.Random(5)
    deaths = 0
    for number in range(6):
        step = chance.randrange(number * 6 + 1, number * 6 + 7)

        def dies(now: int, step=step) -> None:
            if now == step:
                os.kill(os.getpid(), signal.SIGKILL)

        codes, _ = ranks(broken, 2, f"b{number}", at_step=dies)
        assert codes == [-9, -9], codes
        deaths += 1
    codes, found = ranks(broken, 2, "last")
    assert codes == [0, 0]
    assert found == wanted
    for rank in range(2):
        of_step = {one["n"]: one for one in lines(straight / f"log-{rank}")}
        assert sorted(of_step) == list(range(1, TOTAL + 1))
        assert all(one == of_step[one["n"]] for one in lines(broken / f"log-{rank}"))
    print(f"{deaths} deaths of two ranks")


def check_two_ranks_go_on_as_one_and_three(folder: Path) -> None:
    folder.mkdir()
    orders = {}
    for world, batch in ((2, 6), (1, 12), (3, 4)):
        place = folder / str(world)
        place.mkdir()
        codes, _ = ranks(place, 2, "a", every=5, total=5, batch=6)
        assert codes == [0, 0]
        if world == 1:
            codes, _ = together(lambda place=place, batch=batch: train(
                place / "kept", place / "log-0", total=7, batch=batch))  # fmt: skip
        else:
            codes, _ = ranks(place, world, "b", total=7, batch=batch)
        assert codes == [0] * world
        steps: dict[int, set[int]] = {}
        for log in place.glob("log-*"):
            for one in lines(log):
                steps.setdefault(one["n"], set()).update(one["i"])
        orders[world] = steps
    assert set().union(*orders[1].values()) == set(range(ITEMS))
    first = orders[1][1]
    for world in (2, 3):
        assert orders[world][7] - first == orders[1][7]  # the epoch's first ones fill up the last batch
        assert all(orders[world][step] == orders[1][step] for step in range(1, 7))


def check_all_ranks_leave_at_the_same_step(folder: Path) -> None:
    folder.mkdir()

    def at_step(step: int) -> None:
        if step == 7 and os.environ["RANK"] == "1":
            os.kill(os.getpid(), signal.SIGTERM)

    codes, _ = ranks(folder, 2, "a", every=100, at_step=at_step)
    assert codes == [143, 143]
    assert [path.name for path in (folder / "kept").glob("step-*")] == ["step-00000008"]
    assert [len(lines(folder / f"log-{rank}")) for rank in range(2)] == [8, 8]


def check_sharded_parameters(folder: Path) -> None:
    folder.mkdir()

    def go(place: str, until: int):
        def call() -> str:
            torch.manual_seed(0)
            model = nn.Sequential(nn.Linear(6, 16), nn.Dropout(), nn.Linear(16, 1))
            fully_shard(model)
            optimizer = torch.optim.AdamW(model.parameters())
            kept = state(folder / place, model=model, optimizer=optimizer, every=3)
            step = kept.restore()
            begun = [bits(one.detach().full_tensor()).hex() for one in model.parameters()]
            while step < until:
                optimizer.zero_grad()
                model(torch.randn(4, 6)).square().mean().backward()
                optimizer.step()
                step = kept.stepped()
            return json.dumps([begun, [bits(one.detach().full_tensor()).hex() for one in model.parameters()]])

        return call

    def run(place: str, world: int, until: int, name: str) -> list:
        codes, told = together(
            *(as_rank(rank, world, folder / name, go(place, until)) for rank in range(world))
        )
        assert codes == [0] * world
        assert len(set(told)) == 1
        return json.loads(told[0])

    straight = run("straight", 2, 6, "a")
    run("broken", 2, 4, "b")
    resumed = run("broken", 2, 6, "c")
    assert resumed[1] == straight[1]
    other = run("broken", 3, 6, "d")
    assert other[0] == straight[1]


def check_a_tensor_sharded_outside_of_a_model(folder: Path) -> None:
    folder.mkdir()

    def call() -> str:
        spread = distribute_tensor(torch.ones(4), init_device_mesh("cpu", (2,)), [Shard(0)])
        try:
            encode({"average": spread}, "values")
        except Unencodable as error:
            return str(error)
        return "kept"

    codes, told = together(*(as_rank(rank, 2, folder / "a", call) for rank in range(2)))
    assert codes == [0, 0]
    assert all("`values.average` can't be saved: it is a DTensor" in one for one in told), told


def check_a_killed_save_leaves_the_old_one(folder: Path) -> None:
    """A big state, killed from outside while it is written: what is there before stays the newest."""
    folder.mkdir()

    def saves() -> str:
        big = {"big": torch.zeros(4_000_000), "n": 0}
        kept = state(folder / "kept", values=big, every=1, keep=1)
        big["n"] = kept.restore()
        while True:
            big["n"] += 1
            kept.stepped()

    last = 0
    for _ in range(8):
        child, pipe = forked(saves)
        end = time.monotonic() + 60
        while time.monotonic() < end and not list(
            (folder / "kept").glob(f".step-{last + 2:08d}.tmp-*/*.safetensors")
        ):
            if os.waitpid(child, os.WNOHANG)[0]:
                raise AssertionError("it ended")
        os.kill(child, signal.SIGKILL)
        code, _ = finished(child, pipe)
        assert code == -signal.SIGKILL
        values: dict = {}
        again = state(folder / "kept", values=values)
        last = again.restore()
        assert values["n"] == last > 0
        os.close(again._store._held)
        again.close()


def main(folder: Path, *wanted: str) -> None:
    """Run each check in a process of its own; print a line of JSON for each: its name, what went wrong."""
    warm()
    checks = {name: one for name, one in globals().items() if name.startswith("check_")}
    for name, check in checks.items():
        if wanted and name.removeprefix("check_") not in wanted:
            continue

        def run(check=check, name=name) -> str:
            try:
                check(folder / name)
            except BaseException:  # noqa: BLE001 - told to whoever runs the checks
                return traceback.format_exc()[-4000:]
            return "ok"

        (code,), (text,) = together(run)
        print(json.dumps({"check": name.removeprefix("check_"), "text": text, "code": code}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), *sys.argv[2:])
