"""Does each accelerator that torch was built for run a kernel? `is_available()` alone does not tell."""

import torch


def built_for():
    """Return the kind of accelerator this torch was built for, and its version."""
    if torch.version.hip:
        return "rocm", torch.version.hip
    if torch.version.cuda:
        return "cuda", torch.version.cuda
    if hasattr(torch, "xpu") and getattr(torch.version, "xpu", None):
        return "xpu", str(torch.version.xpu)
    if hasattr(torch.backends, "mps") and torch.backends.mps.is_built():
        return "mps", ""
    return "cpu", ""


def attempt(device):
    """Return the distance of a small computation on the device from the exact result, or the error."""
    try:
        values = torch.arange(1024, dtype=torch.float32).to(device)
        total = float((values * 2 + 1).sum().cpu())
        product = torch.ones(64, 64, device=device) @ torch.ones(64, 64, device=device)
        return {"distance": abs(total - 1024 * 1024) + abs(float(product.cpu().max()) - 64)}
    except Exception as error:  # every driver has its own kinds of error; the words are the evidence
        return {"error": "%s: %s" % (type(error).__name__, error)}


def run(options):
    kind, version = built_for()
    raw = {"built": kind, "version": version, "torch": torch.__version__, "devices": [], "available": False}
    if kind in ("cuda", "rocm"):
        raw["architectures"] = list(torch.cuda.get_arch_list())
        try:
            torch.cuda.init()
        except (RuntimeError, AssertionError) as error:
            raw["start"] = "%s: %s" % (type(error).__name__, error)
        raw["available"] = torch.cuda.is_available()
        for index in range(torch.cuda.device_count() if raw["available"] else 0):
            device = {"device": "cuda:%d" % index}
            try:
                device["name"] = torch.cuda.get_device_name(index)
                device["capability"] = "%d.%d" % torch.cuda.get_device_capability(index)
            except (RuntimeError, AssertionError) as error:
                device["name"] = str(error)
            device.update(attempt(device["device"]))
            raw["devices"].append(device)
    elif kind == "xpu":
        raw["available"] = torch.xpu.is_available()
        for index in range(torch.xpu.device_count() if raw["available"] else 0):
            device = "xpu:%d" % index
            raw["devices"].append(dict(attempt(device), device=device))
    elif kind == "mps":
        raw["available"] = torch.backends.mps.is_available()
        if raw["available"]:
            raw["devices"].append(dict(attempt("mps"), device="mps"))
    return raw
