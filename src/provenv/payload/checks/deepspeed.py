"""Does DeepSpeed's ZeRO train as torch does alone? Stage 1, its optimizer's state divided over processes."""

import prove_children
import prove_devices
import torch
from prove_results import Results

STEPS, BATCH = 4, 4


def network():
    torch.manual_seed(2)
    return torch.nn.Sequential(torch.nn.Linear(12, 24), torch.nn.Tanh(), torch.nn.Linear(24, 3))


def batch(step, world):
    inputs = torch.randn(world * BATCH, 12, generator=torch.Generator().manual_seed(step))
    return inputs, inputs[:, :3] * 2


def plain(world):
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(STEPS):
        inputs, wanted = batch(step, world)
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(inputs), wanted).backward()
        optimizer.step()
    return torch.cat([value.detach().reshape(-1) for value in model.parameters()]).tolist()


def rank(number, world, backend):
    import deepspeed

    # it would be compiled for minutes, and what is proven here doesn't use it
    getattr(deepspeed.ops, "__compatible_ops__", {})["deepspeed_shm_comm"] = False
    model = network()
    settings = {
        "train_micro_batch_size_per_gpu": BATCH,
        "gradient_accumulation_steps": 1,
        "gradient_clipping": 0.0,
        "zero_optimization": {"stage": 1},
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,
    }
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    deepspeed.init_distributed(backend, auto_mpi_discovery=False)
    engine, _, _, _ = deepspeed.initialize(model=model, optimizer=optimizer, config=settings)
    for step in range(STEPS):
        inputs, wanted = batch(step, world)
        own = slice(number * BATCH, (number + 1) * BATCH)
        loss = torch.nn.functional.mse_loss(
            engine(inputs[own].to(engine.device)), wanted[own].to(engine.device)
        )
        engine.backward(loss)
        engine.step()
    weights = torch.cat([value.detach().float().cpu().reshape(-1) for value in engine.module.parameters()])
    torch.distributed.destroy_process_group()
    return weights.tolist()


def run(options):
    devices = [device for device in prove_devices.usable() if device.startswith("cuda")]
    world, backend = (min(2, len(devices)), "nccl") if devices else (2, "gloo")
    port = str(prove_children.ports(1)[0])
    variables = []
    for number in range(world):
        found = {"RANK": str(number), "LOCAL_RANK": str(number), "WORLD_SIZE": str(world)}
        found.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=port)
        variables.append(found if devices else dict(found, DS_ACCELERATOR="cpu", CUDA_VISIBLE_DEVICES=""))
    folder, results = options["scratch"], Results()
    calls = [(number, world, backend) for number in range(world)]
    # a fresh interpreter each: DeepSpeed looks for its devices when it is imported
    found = prove_children.together(__file__, rank, calls, folder, options["wait"], variables, fork=False)
    expected = plain(world)
    for number, entry in enumerate(found):
        name = "rank %d" % number
        if "result" not in entry:
            results.append({"name": name, "error": entry["error"]})
            continue
        # two products on the way there, two on the way back, at each step
        results.near(name, entry["result"], expected, terms=64, layers=4 * STEPS)
    if all("result" in entry for entry in found):
        results.equal("all ranks", all(entry["result"] == found[0]["result"] for entry in found), True)
    return {"results": results, "said": {"processes": world, "backend": backend}}
