"""The devices that torch computes on, of every vendor, by the names that torch has for them.

cuda  NVIDIA's, and AMD's through ROCm    xpu  Intel's    mps  Apple's
npu   Huawei's Ascend (torch_npu)         xla  Google's TPU (torch_xla)
"""

import importlib.util

import torch

# these have no float64, or compute it in another way than the CPU does
WITHOUT_FLOAT64 = ("mps", "npu", "xla")


def built_for():
    """Return the kind of accelerator that this torch computes on, and its version: `("rocm", "6.4")`."""
    if torch.version.hip:
        return "rocm", torch.version.hip
    if torch.version.cuda:
        return "cuda", torch.version.cuda
    if importlib.util.find_spec("torch_npu"):
        import torch_npu

        return "npu", str(getattr(torch_npu, "__version__", ""))
    if importlib.util.find_spec("torch_xla"):
        import torch_xla

        return "tpu", str(torch_xla.__version__)
    if hasattr(torch, "xpu") and getattr(torch.version, "xpu", None):
        return "xpu", str(torch.version.xpu)
    if hasattr(torch.backends, "mps") and torch.backends.mps.is_built():
        return "mps", ""
    return "cpu", ""


def accelerators():
    """Return the accelerators that torch sees now: `["cuda:0", "cuda:1"]`."""
    kind, _ = built_for()
    if kind in ("cuda", "rocm"):
        return ["cuda:%d" % index for index in range(torch.cuda.device_count())]
    if kind == "npu":
        return ["npu:%d" % index for index in range(torch.npu.device_count())]
    if kind == "xpu":
        return ["xpu:%d" % index for index in range(torch.xpu.device_count())]
    if kind == "mps":
        return ["mps"] if torch.backends.mps.is_available() else []
    if kind == "tpu":
        import torch_xla.core.xla_model

        return [str(device) for device in torch_xla.core.xla_model.get_xla_supported_devices() or []]
    return []


def usable():
    """Return the accelerators; none where the driver does not answer, which their own check tells."""
    try:
        found = accelerators()
        if found and found[0].startswith("cuda") and not torch.cuda.is_available():
            return []
        return found
    except Exception:
        return []


def everything():
    """Return the CPU and all accelerators."""
    return ["cpu", *usable()]


def best():
    """Return the first accelerator, or the CPU."""
    return next(iter(usable()), "cpu")


def exact():
    """Compute as the types say: TF32 would round float32 to 11 bits."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
