"""Does a small training learn? A convolutional network on real handwritten digits, or on separable data.

The digits come with scikit-learn (1797 images of 8 x 8, from the UCI
repository). The accuracy is that of images which the training did not see.
"""

import time

import torch
from torch.utils.data import DataLoader, TensorDataset


def digits():
    """Return images in [0, 1], labels, and what they are."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        generator = torch.Generator().manual_seed(1)
        centres = torch.rand(10, 1, 8, 8, generator=generator)
        labels = torch.arange(1800) % 10
        noise = torch.randn(1800, 1, 8, 8, generator=generator) * 0.15
        return centres[labels] + noise, labels, "synthetic"
    data = load_digits()
    images = torch.tensor(data.images.tolist(), dtype=torch.float32).unsqueeze(1) / 16
    return images, torch.tensor(data.target.tolist()), "digits"


def run(options):
    torch.manual_seed(0)
    torch.set_num_threads(
        1
    )  # so small a network gains nothing from more, and loses much where cores are shared
    device = "cuda" if torch.cuda.is_available() else "cpu"
    images, labels, data = digits()
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    held, seen = order[: len(order) // 5], order[len(order) // 5 :]
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
