"""Does Accelerate train as torch does alone? The same steps must give the same weights."""

import os

import torch
from accelerate import Accelerator
from prove_results import Results, digest

STEPS, BATCH = 6, 8


def network():
    torch.manual_seed(2)
    return torch.nn.Sequential(torch.nn.Linear(12, 24), torch.nn.Tanh(), torch.nn.Linear(24, 3))


def batches():
    numbers = torch.Generator().manual_seed(3)
    inputs = torch.randn(STEPS * BATCH, 12, generator=numbers)
    data = torch.utils.data.TensorDataset(inputs, inputs[:, :3] * 2)
    return torch.utils.data.DataLoader(data, batch_size=BATCH)


def plain(accumulate):
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for index, (inputs, wanted) in enumerate(batches(), 1):
        loss = torch.nn.functional.mse_loss(model(inputs), wanted) / accumulate
        loss.backward()
        if index % accumulate == 0:
            optimizer.step()
            optimizer.zero_grad()
    return model


def accelerated(accelerator):
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    model, optimizer, loader = accelerator.prepare(model, optimizer, batches())
    for inputs, wanted in loader:
        with accelerator.accumulate(model):
            loss = torch.nn.functional.mse_loss(model(inputs), wanted)
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
    return accelerator.unwrap_model(model)


def weights(model):
    return [value.detach().cpu().numpy() for value in model.parameters()]


def run(options):
    torch.set_num_threads(1)
    results = Results()
    # one process, however the project's own configuration would spread it
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        os.environ.pop(name, None)
    for accumulate in (1, 2):
        name = "every step" if accumulate == 1 else "every second step"
        with results.attempt(name):
            accelerator = Accelerator(cpu=True, gradient_accumulation_steps=accumulate)
            model = accelerated(accelerator)
            results.equal(name, digest(*weights(model)), digest(*weights(plain(accumulate))))
    with results.attempt("saved state"):
        folder = os.path.join(options["scratch"], "state")
        accelerator = Accelerator(cpu=True)
        model = accelerator.prepare(network())
        accelerator.save_state(folder)
        before = digest(*weights(model))
        with torch.no_grad():
            for value in model.parameters():
                value.zero_()
        accelerator.load_state(folder)
        results.equal("saved state", digest(*weights(model)), before)
    return {"results": results, "said": {"steps": STEPS}}
