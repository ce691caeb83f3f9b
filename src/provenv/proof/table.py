"""The checks that there are, in the order in which they are shown.

`cost` is what was seen on two cores; where it is not said, a check takes about half a second.

A new check is a script in payload/checks and a row here, with its words in the
catalogues; what its script gives back in the common form (judges/results.py) needs no judge of its own.
"""

from __future__ import annotations

from . import sent
from .entry import Entry, Judge
from .judges import devices, files, libraries, measures, numerics, processes, providers, tensors, training

TORCH = ("torch",)
TF = (sent.TENSORFLOW,)
JAX = ("jax",)
LIGHTNING = ("lightning|pytorch-lightning", "torch")
TRANSFORMERS = ("transformers", "torch")
ORT = ("|".join(sent.ORT),)
OPENCV = "opencv-python|opencv-python-headless|opencv-contrib-python|opencv-contrib-python-headless"
CUPY = "cupy|cupy-cuda11x|cupy-cuda12x|cupy-cuda13x|cupy-rocm-5-0|cupy-rocm-7-0"
FAISS = "faiss-cpu|faiss-gpu|faiss-gpu-cu12|faiss-gpu-cu11"
TRITON = "triton|pytorch-triton-xpu|triton-windows"
# torch's optimizers bring it with their first step, which takes as long as torch itself
DYNAMO = "torch._dynamo"
DIGITS = "sklearn.datasets"


def _keras(backend: str, needs: str) -> Entry:
    """Return the check of Keras 3 on a backend, which is forked from the backend's own nursery."""
    options = {"backend": backend, "epochs": 8, "wait": 240}
    return Entry(
        f"keras-{backend}",
        ("keras", needs),
        backend,
        600,
        options,
        script="keras",
        fits=sent.keras_3,
        cost=6.0,
    )


def _attention(library: str, needs: str) -> Entry:
    options = {"library": library}
    return Entry(needs, (needs, "torch"), "torch", options=options, script="attention_kernels")


def _trees(library: str, needs: str) -> Entry:
    options = {"library": library, "wait": 120}
    return Entry(
        library.lower(), (needs, "numpy"), "", 300, options, script="boosting", sent=sent.cuda, cost=2.0
    )


def _measure(name: str, judge: Judge, library: str, group: str = "") -> Entry:
    return Entry(name, (library,), group, options={"library": library}, judge=judge, alone=True)


# what a check is shown under -> the checks
SECTIONS: dict[str, tuple[Entry, ...]] = {
    "environment": (
        Entry("files", limit=900, judge=files.judge_files, computing=False, cost=2.5),
        Entry(
            "imports", limit=900, judge=files.judge_imports, sent=sent.imports,
            computing=False, cost=2.5, late=True, quick=True,
        ),
        Entry("libraries", limit=900, judge=libraries.judge_libraries, computing=False, quick=True),
        Entry(
            "dependencies", judge=files.judge_dependencies, sent=sent.dependencies,
            computing=False, quick=True,
        ),
    ),
    "numpy": (
        Entry("linear-algebra", ("numpy",), judge=numerics.judge_linear_algebra, cost=0.3, quick=True),
        Entry("random-generators", ("numpy",), options={"wait": 60}, judge=numerics.judge_random_generators),
        Entry("blas-threads", ("numpy",), judge=numerics.judge_blas_threads, sent=sent.granted),
    ),
    "torch": (
        Entry(
            "accelerator", TORCH, "torch",
            judge=devices.judge_devices, sent=sent.accelerator, fits=sent.torch_devices, quick=True,
        ),
        Entry("numpy-bridge", (*TORCH, "numpy"), "torch", judge=numerics.judge_numpy_bridge),
        Entry("tensors", TORCH, "torch", 300, judge=tensors.judge_tensors, quick=True),
        Entry("gradients", TORCH, "torch", judge=tensors.judge_gradients, quick=True),
        Entry(
            "repeatability", TORCH, "torch", 180, {"wait": 120},
            judge=tensors.judge_repeatability, also=(DYNAMO,), cost=0.8,
        ),
        Entry("data-loading", TORCH, "torch", 180, {"wait": 60}, judge=processes.judge_data_loading),
        Entry("checkpoint", TORCH, "torch", 180, {"wait": 30}, judge=processes.judge_checkpoint),
        Entry("all-reduce", TORCH, "torch", 180, {"wait": 60}, judge=processes.judge_all_reduce),
        Entry("mixed-precision", TORCH, "torch", judge=tensors.judge_mixed_precision),
        Entry(
            "training", TORCH, "torch", 300, {"epochs": 8},
            judge=training.judge_training, also=(DYNAMO, DIGITS), alone=True,
        ),
    ),
    "kernels": (
        Entry("torchvision", ("torchvision", "torch"), "torch", script="torchvision_operators"),
        Entry("torchaudio", ("torchaudio", "torch"), "torch", script="torchaudio_operators"),
        _attention("flash-attn", "flash-attn"),
        _attention("xFormers", "xformers"),
        Entry("bitsandbytes", ("bitsandbytes", "torch"), "torch"),
        Entry("triton", (TRITON, "torch"), "torch"),
        Entry("vllm", ("vllm", "torch"), "torch", 300),
    ),
    "lightning": (
        Entry("lightning-training", LIGHTNING, "lightning", 300, also=(DIGITS,), cost=3.0),
        Entry("lightning-processes", LIGHTNING, "lightning", 240, {"wait": 120}, cost=4.0),
    ),
    "transformers": (
        Entry("transformers-model", TRANSFORMERS, "transformers", 240, cost=2.0),
        Entry("transformers-generation", TRANSFORMERS, "transformers", 240, cost=2.0),
        Entry("transformers-saving", TRANSFORMERS, "transformers", 300, {"wait": 90}, cost=3.0),
        Entry("peft", ("peft", *TRANSFORMERS), "transformers", 240, cost=2.0),
        Entry("tokenizers", ("tokenizers",)),
        Entry("accelerate", ("accelerate", "torch"), "torch"),
        Entry("deepspeed", ("deepspeed", "torch"), "torch", 300, {"wait": 240}),
    ),
    "tensorflow": (
        Entry(
            "tensorflow-devices", TF, "tensorflow",
            judge=devices.judge_devices, sent=sent.devices, fits=sent.tensorflow_devices, quick=True,
        ),
        Entry("tensorflow-tensors", TF, "tensorflow", 300, judge=tensors.judge_tensors, quick=True),
        Entry("tensorflow-gradients", TF, "tensorflow", 180, judge=tensors.judge_gradients, quick=True),
        Entry("tensorflow-compiling", TF, "tensorflow", 300, cost=3.0),
        Entry("tensorflow-data", TF, "tensorflow"),
        Entry("tensorflow-training", TF, "tensorflow", 300, {"epochs": 8}, also=(DIGITS,), cost=5.0),
        Entry("tensorflow-saving", TF, "tensorflow", 300, {"wait": 120}, cost=4.0),
        Entry("tensorflow-processes", TF, "tensorflow", 180, {"wait": 90}, cost=4.0),
    ),
    "jax": (
        Entry(
            "jax-devices", JAX, "jax",
            judge=devices.judge_devices, sent=sent.accelerator, fits=sent.jax_devices, quick=True,
        ),
        Entry("jax-tensors", JAX, "jax", 300, judge=tensors.judge_tensors, quick=True),
        Entry("jax-gradients", JAX, "jax", 180, judge=tensors.judge_gradients, quick=True),
        Entry("jax-compiling", JAX, "jax", 300, cost=2.0),
        Entry("jax-random", JAX, "jax", 180, {"wait": 90}, cost=2.0),
        Entry("jax-training", JAX, "jax", 300, {"epochs": 20}, also=(DIGITS,), cost=3.0),
        Entry("jax-saving", JAX, "jax", 300, {"wait": 120}, cost=2.0),
        Entry("jax-processes", JAX, "jax", 180, {"wait": 90}, cost=3.0),
    ),
    "keras": (
        _keras("tensorflow", *TF),
        _keras("torch", *TORCH),
        _keras("jax", *JAX),
        Entry(
            "keras-legacy", ("tf-keras|keras", *TF), "tensorflow", 600, {"epochs": 8, "wait": 240},
            fits=sent.legacy_keras, cost=8.0,
        ),
    ),
    "onnx": (
        Entry("onnx-providers", ORT, judge=providers.judge_providers, sent=sent.providers, quick=True),
        Entry("onnx-sessions", ORT),
    ),
    "sklearn": (
        Entry("classifiers", ("scikit-learn",), judge=training.judge_classifiers, cost=1.5),
        Entry("processes", ("joblib",), options={"wait": 60}, judge=processes.judge_processes, cost=1.0),
    ),
    "trees": (
        _trees("XGBoost", "xgboost|xgboost-cpu"),
        _trees("LightGBM", "lightgbm"),
        _trees("CatBoost", "catboost"),
    ),
    "arrays": (
        Entry("numba", ("numba",), limit=180),
        Entry("cupy", (CUPY, "numpy"), limit=180),
        Entry("faiss", (FAISS, "numpy"), script="faiss_index"),
        Entry("opencv", (OPENCV, "numpy")),
        Entry("pillow", ("pillow|pillow-simd",)),
    ),
    "measure": (
        _measure("measure-compute", measures.judge_compute, "torch", "torch"),
        _measure("measure-compute", measures.judge_compute, "numpy"),
        _measure("measure-memory", measures.judge_memory, "torch", "torch"),
        _measure("measure-memory", measures.judge_memory, "numpy"),
        Entry("measure-storage", judge=measures.judge_storage, alone=True),
    ),
}  # fmt: skip
TABLE = tuple(entry for section in SECTIONS.values() for entry in section)
JUDGES = {entry.stem: entry.judge for entry in TABLE}
