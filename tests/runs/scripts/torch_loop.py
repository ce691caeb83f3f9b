"""A plain training loop, as anybody writes it: a loader with workers, a scheduler, checkpoints."""

import argparse
from hashlib import sha256

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--context")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--accumulate", type=int, default=1)
    parser.add_argument("--save")
    parser.add_argument("--validate", action="store_true")
    options = parser.parse_args()

    torch.manual_seed(7)
    torch.set_num_threads(1)
    data = TensorDataset(torch.randn(320, 16), torch.randn(320, 4))
    loader = DataLoader(
        data,
        batch_size=32,
        shuffle=True,
        num_workers=options.workers,
        multiprocessing_context=options.context,
    )
    model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 5)
    for epoch in range(options.epochs):
        for index, (inputs, targets) in enumerate(loader, 1):
            loss = nn.functional.mse_loss(model(inputs), targets)
            loss.backward()
            if index % options.accumulate == 0:
                optimizer.step()
                optimizer.zero_grad()
        schedule.step()
        if options.validate:
            with torch.no_grad():
                sum(float(nn.functional.mse_loss(model(x), y)) for x, y in DataLoader(data, batch_size=64))
        if options.save:
            torch.save({"model": model.state_dict(), "epoch": epoch}, options.save)
    weights = b"".join(one.detach().numpy().tobytes() for one in model.parameters())
    print("last", loss.item(), sha256(weights).hexdigest())


if __name__ == "__main__":
    main()
