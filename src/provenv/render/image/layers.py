"""A lock's packages in layers, by size and by how often they change: what is heavy is moved seldom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from ...model.image import Layer
from ...model.lock import Artifact, Lock, Package

COMPUTE, LARGE, BUILT, REST = "compute", "large", "built", "rest"
BIG = 4 << 20
"""Bytes of a wheel from which on it is a large one: numpy and its like are above, pure Python is below."""

_COMPUTES = re.compile(
    r"torch(vision|audio|text|data|-npu|-xla|-directml|-mlu|codec)?|(pytorch-)?triton(-\w+)*|nvidia-.+|cuda-.+"
    r"|tensorflow(-(cpu|gpu|intel|macos|metal|rocm|io.*|aarch64|cpu-aws))?|jax(lib|-cuda.*|-rocm.*)|cupy(-.+)?"
    r"|tensorrt(-.+)?|onnxruntime(-.+)?|libtpu(-.+)?|paddlepaddle(-.+)?|mindspore|mlx(-.+)?|xformers|flash-attn"
    r"|vllm|sgl-kernel|bitsandbytes|mkl|intel-(openmp|sycl-rt|cmplr-.+|opencl-rt|pti)|oneccl.*|dpcpp.*|impi-rt"
    r"|onemkl-.+|tbb|tcmlib|umf|rocm.*"
)
_LARGE = re.compile(
    # wheels of several megabytes on Linux, most of them at every release of 2025; 2026-01
    r"numpy|scipy|pandas|pyarrow|polars.*|duckdb|scikit-(learn|image)|statsmodels|xgboost|lightgbm|catboost"
    r"|matplotlib|pillow|opencv-(contrib-)?python(-headless)?|shapely|h5py|lxml|numba|llvmlite|sympy|grpcio.*"
    r"|transformers|tokenizers|sentencepiece|spacy|thinc|onnx|openvino|ray|deepspeed|faiss-(cpu|gpu).*|botocore"
    r"|plotly|bokeh|jupyterlab|debugpy|pymupdf|av|decord|imageio-ffmpeg|tensorboard|wandb|mlflow|rapidocr.*"
    r"|keras|ml-dtypes|cryptography|ruff|uv|pydantic-core|playwright|gradio|streamlit"
)
"""What is large where an index does not say sizes (PEP 503's pages have none)."""
_ALIASES = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}


def grouped(lock: Lock) -> tuple[Layer, ...]:
    """Return the dependencies in layers, what changes least first; none is empty.

    `compute` is what computes and its libraries for the accelerator, `large` other wheels of several
    megabytes, `built` what has no wheel for the platform and is built, `rest` everything else. Folders
    of the project are in none: they are its code.
    """
    found: dict[str, list[Package]] = {COMPUTE: [], LARGE: [], BUILT: [], REST: []}
    for package in sorted(lock.packages, key=lambda one: (one.name, one.version, one.marker or "")):
        if package.origin != "directory" and not package.editable:
            found[_layer(package, lock)].append(package)
    return tuple(
        Layer(name, tuple(packages), sum(_size(one, lock) for one in packages))
        for name, packages in found.items()
        if packages
    )


def chosen(package: Package, lock: Lock) -> Artifact | None:
    """Return which of a package's files the lock's platform installs: its best wheel, else its source."""
    accepted = _accepted(lock.python, lock.platform)
    ranked = []
    for one in package.artifacts:
        try:
            ranks = [accepted[tag] for tag in parse_wheel_filename(one.filename)[3] if tag in accepted]
        except InvalidWheelFilename:
            continue
        if ranks:
            ranked.append((min(ranks), one.filename, one))
    if ranked:
        return min(ranked, key=lambda one: one[:2])[2]
    sources = [one for one in package.artifacts if not one.filename.endswith(".whl")]
    return next(iter((*sources, *package.artifacts)), None)


def _layer(package: Package, lock: Lock) -> str:
    artifact = chosen(package, lock)
    if package.origin == "vcs" or artifact is None or not artifact.filename.endswith(".whl"):
        return BUILT
    if _COMPUTES.fullmatch(package.name):
        return COMPUTE
    if artifact.size is None:
        return LARGE if _LARGE.fullmatch(package.name) else REST
    return LARGE if artifact.size >= BIG else REST


def _size(package: Package, lock: Lock) -> int:
    artifact = chosen(package, lock)
    return (artifact.size or 0) if artifact is not None else 0


@cache
def _accepted(python: str, platform: str) -> Mapping[Tag, int]:
    """Return every tag that a lock's Python takes on its platform (named in uv's words) with its rank."""
    numbers = re.match(r"(\d+)\.(\d+)", python)
    machine, _, rest = platform.partition("-")
    if numbers is None or not machine:
        return {}
    glibc = re.fullmatch(r"manylinux_2_(\d+)", rest)
    if rest.endswith("musl"):
        platforms = [f"musllinux_1_{minor}_{machine}" for minor in range(2, -1, -1)]
    else:
        minors = range(int(glibc[1]) if glibc else 28, 4, -1)
        platforms = [
            f"{one}_{machine}"
            for minor in minors
            for one in (f"manylinux_2_{minor}", *([_ALIASES[minor]] if minor in _ALIASES else []))
        ]
    platforms.append(f"linux_{machine}")
    version, name = (int(numbers[1]), int(numbers[2])), f"cp{numbers[1]}{numbers[2]}"
    ordered = [*cpython_tags(version, [name], platforms), *compatible_tags(version, name, platforms)]
    return {tag: rank for rank, tag in reversed(list(enumerate(ordered)))}
