"""Options of checks that depend on the declaration and the facts of the place."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.facts import Facts
from ..model.stand_ins import installed_as
from .entry import Given

# a build for other machines brings the same library under another name
TENSORFLOW = "tensorflow|tensorflow-cpu|tensorflow-gpu|tensorflow-macos|tensorflow-rocm|tensorflow-intel"
JAX_PLUGINS = ("jax-cuda", "jax-rocm", "jax-metal", "libtpu", "intel-extension-for-openxla")
# the variants of ONNX Runtime, of which one is to be installed
ORT = (
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-directml",
    "onnxruntime-openvino",
    "onnxruntime-rocm",
    "onnxruntime-migraphx",
    "onnxruntime-cann",
    "onnxruntime-qnn",
)


def imports(given: Given) -> Mapping[str, object]:
    """Return which packages are to be imported, and how many at once."""
    named = (installed_as(entry.name, given.packages) for entry in given.spec.requirements if entry.name)
    declared = dict.fromkeys(filter(None, named))
    cores = int(given.facts.cpu.granted) if given.facts and given.facts.cpu.granted else 2
    return {"packages": list(declared), "parallel": max(1, min(4, cores)), "each": 300}


def dependencies(given: Given) -> Mapping[str, object]:
    """Return the declared requirements, as far as they are names."""
    requirements = given.spec.requirements
    return {"declared": [entry.text for entry in requirements if entry.name and not entry.editable]}


def granted(given: Given) -> Mapping[str, object]:
    """Return how many cores are granted, where that is known."""
    cores = given.facts.cpu.granted if given.facts else 0.0
    return {"granted": cores} if cores else {}


def accelerator(given: Given) -> Mapping[str, object]:
    """Return what was asked for, and of each kind of accelerator what the place's facts say.

    `expected` counts the CUDA devices that a program should see; 0 where that can't be told:
    of a GPU that is cut into MIG instances each process sees one only.
    """
    options: dict[str, object] = {"wanted": given.spec.accelerator, "states": {}, "expected": 0}
    if given.facts is not None:
        options["states"] = states(given.facts)
        gpus = given.facts.nvidia.gpus
        if not any((gpu.mig or "").lower() == "enabled" for gpu in gpus):
            options["expected"] = len(gpus)
    return options


def devices(given: Given) -> Mapping[str, object]:
    """Return the same for a framework that leaves small GPUs out, as TensorFlow does."""
    return {**accelerator(given), "expected": 0}


def states(facts: Facts) -> dict[str, str]:
    """Return {kind of accelerator: state of its devices}."""
    return {
        "cuda": facts.nvidia.state,
        "rocm": facts.amd.state,
        "xpu": facts.intel.state,
        "mps": facts.apple.state,
        "npu": facts.ascend.state,
        "tpu": facts.tpu.state,
    }


def cuda(given: Given) -> Mapping[str, object]:
    """Return on which device to compute, for libraries that have one build for both."""
    ready = given.facts is not None and given.facts.nvidia.state == "ready"
    return {"device": "cuda" if ready and given.spec.accelerator in ("auto", "cuda") else "cpu"}


def providers(given: Given) -> Mapping[str, object]:
    """Return which variant of ONNX Runtime is installed, and the states of the accelerators.

    Where two are, their files have overwritten each other; the one for more than the CPU was meant.
    """
    found = [name for name in sorted(given.packages) if name.startswith("onnxruntime")]
    variants = [name for name in found if name in ORT and name != "onnxruntime"]
    package = (variants or ["onnxruntime"])[0]
    return {"package": package, "states": states(given.facts) if given.facts is not None else {}}


def torch_devices(given: Given) -> bool:
    """Tell whether torch has more than the CPU to show, or more was asked for."""
    return _asked(given) or not given.packages["torch"].endswith("+cpu")


def tensorflow_devices(given: Given) -> bool:
    """Tell the same of TensorFlow; one that only came along with something may be the CPU's own."""
    package = given.installed(TENSORFLOW)
    return package != "tensorflow-cpu" or (_asked(given) and _declared(given, package))


def jax_devices(given: Given) -> bool:
    """Tell the same of JAX, which meets accelerators through plugins."""
    plugins = [name for name in given.packages if name.startswith(JAX_PLUGINS)]
    return bool(plugins) or (_asked(given) and _declared(given, "jax"))


def _asked(given: Given) -> bool:
    return given.spec.accelerator not in ("auto", "cpu")


def _declared(given: Given, package: str) -> bool:
    return any(installed_as(entry.name, given.packages) == package for entry in given.spec.requirements)


def keras_3(given: Given) -> bool:
    """Tell whether Keras is the one with several backends."""
    return not given.packages["keras"].startswith(("0.", "1.", "2."))


def legacy_keras(given: Given) -> bool:
    """Tell whether there is a Keras 2: in a package of its own, or as TensorFlow's."""
    return "tf-keras" in given.packages or not keras_3(given)
