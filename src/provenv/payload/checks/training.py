"""Does a small training learn? A convolutional network on images of digits."""

import time

import prove_devices
import prove_learning
import torch
from torch.utils.data import DataLoader, TensorDataset


def run(options):
    torch.manual_seed(0)
    torch.set_num_threads(
        1
    )  # so small a network gains nothing from more, and loses much where cores are shared
    device = prove_devices.best()
    images, labels, data = prove_learning.digits()
    images, labels = torch.tensor(images).unsqueeze(1), torch.tensor(labels)
    seen, held = map(torch.tensor, prove_learning.split(len(images)))
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.Conv2d(16, 32, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(32 * 16, 10),
    ).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    loader = DataLoader(
        TensorDataset(images[seen], labels[seen]),
        batch_size=64,
        shuffle=True,
        generator=torch.Generator().manual_seed(0),
    )
    losses, count, begun = [], 0, time.monotonic()
    for _ in range(options["epochs"]):
        total = 0.0
        for batch, answers in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(batch.to(device)), answers.to(device))
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(batch)
            count += len(batch)
        losses.append(total / len(seen))
    seconds = time.monotonic() - begun
    model.eval()
    with torch.no_grad():
        correct = (model(images[held].to(device)).argmax(dim=1).cpu() == labels[held]).sum()
    return {
        "data": data,
        "device": device,
        "losses": losses,
        "accuracy": float(correct) / len(held),
        "held": len(held),
        "images": count,
        "seconds": seconds,
    }
