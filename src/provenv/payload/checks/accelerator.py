"""Does each accelerator that torch was built for run a kernel? `is_available()` alone does not tell."""

import prove_devices
import torch


def attempt(device):
    """Return the distance of a small computation on the device from the exact result, or the error."""
    try:
        values = torch.arange(1024, dtype=torch.float32).to(device)
        total = float((values * 2 + 1).sum().cpu())
        product = torch.ones(64, 64, device=device) @ torch.ones(64, 64, device=device)
        return {"distance": abs(total - 1024 * 1024) + abs(float(product.cpu().max()) - 64)}
    except Exception as error:  # every driver has its own kinds of error; the words are the evidence
        return {"error": "%s: %s" % (type(error).__name__, error)}


def describe(device):
    """Return name and, for NVIDIA's and AMD's, what code is built for: compute capability or gfx name."""
    found, index = {}, int(device.partition(":")[2] or 0)
    try:
        if device.startswith("cuda"):
            found["name"] = torch.cuda.get_device_name(index)
            if torch.version.hip:
                properties = torch.cuda.get_device_properties(index)
                found["capability"] = str(getattr(properties, "gcnArchName", "")).partition(":")[0]
            else:
                found["capability"] = "%d.%d" % torch.cuda.get_device_capability(index)
        elif device.startswith(("xpu", "npu")):
            found["name"] = getattr(torch, device[:3]).get_device_name(index)
    except Exception as error:
        found["name"] = str(error)
    return found


def run(options):
    kind, version = prove_devices.built_for()
    raw = {
        "built": kind,
        "version": version,
        "library": "torch " + torch.__version__,
        "devices": [],
        "available": False,
    }
    names = []
    try:
        if kind in ("cuda", "rocm"):
            raw["architectures"] = list(torch.cuda.get_arch_list())
            torch.cuda.init()
        names = prove_devices.accelerators()
    except Exception as error:  # why a driver did not start; each has its own kinds
        raw["start"] = "%s: %s" % (type(error).__name__, error)
    for name in names:
        raw["devices"].append(dict(describe(name), device=name, **attempt(name)))
    raw["available"] = bool(names)
    return raw
