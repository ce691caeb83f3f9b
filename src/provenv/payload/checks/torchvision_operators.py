"""Do torchvision's compiled operators work with this torch? They are built for one version of it alone."""

import prove_devices
import torch
import torchvision
from prove_results import Results

COUNT, OVERLAP = 60, 0.4


def boxes():
    numbers = torch.Generator().manual_seed(6)
    corners = torch.rand(COUNT, 2, generator=numbers) * 8
    sizes = torch.rand(COUNT, 2, generator=numbers) * 3 + 0.5
    return torch.cat([corners, corners + sizes], dim=1), torch.rand(COUNT, generator=numbers)


def overlap(a, b):
    """Return intersection over union of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0.0) * max(height, 0.0)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def suppress(found, scores):
    """Return which boxes stay: the best one, without those that overlap it, and so on."""
    kept = []
    for index in sorted(range(len(found)), key=lambda index: -scores[index]):
        if all(overlap(found[index], found[other]) <= OVERLAP for other in kept):
            kept.append(index)
    return kept


def run(options):
    results = Results()
    found, scores = boxes()
    expected = suppress(found.double().tolist(), scores.double().tolist())
    for device in ["cpu", *prove_devices.usable()[:1]]:
        with results.attempt("nms " + device):
            kept = torchvision.ops.nms(found.to(device), scores.to(device), OVERLAP).tolist()
            results.equal("nms " + device, kept, expected)
        with results.attempt("roi_align " + device):
            # over a constant image every pooled value is the constant
            image = torch.full((1, 2, 16, 16), 3.0, device=device)
            pooled = torchvision.ops.roi_align(image, [found.to(device)], 4)
            results.near(
                "roi_align " + device, pooled.cpu().numpy(), torch.full_like(pooled.cpu(), 3.0), terms=64
            )
    with results.attempt("transforms"):
        image = (torch.arange(3 * 8 * 8) % 256).to(torch.uint8).reshape(3, 8, 8)
        flipped = torchvision.transforms.functional.hflip(image)
        results.equal("flip", torch.equal(flipped, image.flip(2)), True)
        scaled = torchvision.transforms.functional.normalize(image / 255, [0.5] * 3, [0.25] * 3)
        results.near("normalize", scaled.numpy(), ((image.double() / 255 - 0.5) / 0.25).numpy(), terms=4)
    with results.attempt("png"):
        image = torch.randint(
            0, 256, (3, 20, 30), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
        )
        again = torchvision.io.decode_png(torchvision.io.encode_png(image))
        results.equal("png", torch.equal(again, image), True)
    return {"results": results, "said": {"version": torchvision.__version__, "torch": torch.__version__}}
