"""Distributions that stand in for another one: the same modules under another name, for another machine.

A lock may hold `tensorflow-cpu` where `tensorflow` is declared or required; whoever
compares what is declared with what is installed has to know it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

STAND_INS: Mapping[str, tuple[str, ...]] = {
    "cupy": ("cupy-cuda13x", "cupy-cuda12x", "cupy-cuda11x", "cupy-rocm-7-0"),
    "onnxruntime": (
        "onnxruntime-gpu",
        "onnxruntime-openvino",
        "onnxruntime-migraphx",
        "onnxruntime-cann",
        "onnxruntime-directml",
    ),
    "onnxruntime-genai": ("onnxruntime-genai-cuda",),
    "tensorflow": ("tensorflow-cpu",),
    "triton": ("triton-windows",),
    "xgboost": ("xgboost-cpu",),
}
# requirements that a lock may leave out: XGBoost opens NCCL only for training on several GPUs
LEFT_OUT: Mapping[str, tuple[str, ...]] = {"xgboost": ("nvidia-nccl-cu12", "nvidia-nccl-cu13")}


def installed_as(name: str, packages: Container[str]) -> str | None:
    """Return the name by which a (normalised) distribution is among the packages, None where it is not."""
    return next((one for one in (name, *STAND_INS.get(name, ())) if one in packages), None)


def may_lack(asker: str, name: str) -> bool:
    """Tell whether an environment is whole without what `asker` requires under that name."""
    return name in LEFT_OUT.get(asker, ())
