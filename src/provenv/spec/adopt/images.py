"""What the name of a container image tells: Python, a framework's release, CUDA.

Tags as their publishers document them: Docker's official image `python`, pytorch/pytorch,
tensorflow/tensorflow, nvidia/cuda, NGC's pytorch and tensorflow, rocm/pytorch, paddlepaddle/paddle, the dev
containers' images; the Pythons of Debian and Ubuntu releases are the distributions' own. Which forms a
tag takes is written from memory of those pages (2026-11-22), not read there again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import Text, text
from .adopted import Draft, Item
from .pip_lines import take_line

SYSTEM_PYTHONS = {
    # what `apt install python3` brings
    "bionic": "3.6", "18.04": "3.6", "focal": "3.8", "20.04": "3.8", "jammy": "3.10", "22.04": "3.10",
    "noble": "3.12", "24.04": "3.12", "buster": "3.7", "bullseye": "3.9", "bookworm": "3.11",
    "trixie": "3.13",
}  # fmt: skip


@dataclass(frozen=True)
class Image:
    """What an image brings: a Python, requirements, CUDA or another accelerator, its system's own Python.

    `known` is False for an image that no row is about.
    """

    python: str = ""
    requirements: tuple[str, ...] = ()
    accelerator: str = ""
    version: str = ""
    system_python: str = ""
    known: bool = True


_MINOR = re.compile(r"(?:^|-|py|python|cp)(3)\.?(\d{1,2})(?:\.\d+)?(?=$|[-_.])")
_CUDA = re.compile(r"(?:^|[-_.])(?:cuda|cu)-?(\d{2})\.?(\d)")
_ROCM = re.compile(r"rocm-?(\d+\.\d+)")


def read_image(name: str) -> Image:
    """Return what the image `name` (with a tag) tells."""
    reference = name.partition("@")[0]
    head, _, tag = reference.rpartition(":") if re.search(r":[^/]*$", reference) else (reference, "", "")
    path = (head or reference).lower()
    tag = tag.lower()
    system = next((python for release, python in SYSTEM_PYTHONS.items() if release in tag), "")
    short = "/".join(path.split("/")[-2:])
    last = path.split("/")[-1]
    cuda = _version(_CUDA.search(tag))
    if last == "pytorch" and "nvcr.io" in path:
        return Image(requirements=("torch",), accelerator="cuda")
    if short in ("pytorch/pytorch", "bitnami/pytorch"):
        release = re.match(r"v?(\d+\.\d+(?:\.\d+)?)", tag)
        return Image(requirements=(_pin("torch", release),), accelerator="cuda" if cuda else "", version=cuda)
    if last == "tensorflow":
        release = re.match(r"v?(\d+\.\d+(?:\.\d+)?)(?!\d)", tag) if "nvcr.io" not in path else None
        gpu = "gpu" in tag or "nvcr.io" in path
        return Image(
            requirements=(_pin("tensorflow", release),),
            accelerator="cuda" if gpu else "",
            python=_python(tag),
        )
    if short == "rocm/pytorch":
        release = re.search(r"pytorch_(?:release_)?(\d+\.\d+(?:\.\d+)?)", tag)
        return Image(_python(tag), (_pin("torch", release),), "rocm", _first(_ROCM.search(tag)))
    if short == "paddlepaddle/paddle":
        release = re.match(r"(\d+\.\d+(?:\.\d+)?)", tag)
        return Image(
            requirements=(_pin("paddlepaddle", release),),
            accelerator="cuda" if "gpu" in tag else "",
            version=cuda,
        )
    if "/cuda" in path or last.startswith("cuda"):
        release = re.match(r"(\d+\.\d+)", tag)
        return Image(accelerator="cuda", version=_first(release), system_python=system)
    if (
        "devcontainers/python" in path
        or "devcontainers/miniconda" in path
        or "devcontainers/anaconda" in path
    ):
        found = re.match(r"(?:\d+-)?(3\.\d+)", tag)
        return Image(_first(found))
    if last in ("python", "pypy") or last.startswith("python"):
        found = re.match(r"(3\.\d+)", tag)
        return Image(_first(found), system_python=system)
    if any(
        word in last for word in ("miniconda", "anaconda", "micromamba", "mambaforge", "miniforge", "conda")
    ):
        return Image(_python(tag))
    if last in ("ubuntu", "debian", "base", "base-ubuntu") or short.startswith(
        ("library/ubuntu", "library/debian")
    ):
        return Image(system_python=system)
    python = _python(tag)
    rocm = _first(_ROCM.search(tag))
    if "torch" in last and (release := re.search(r"(?:torch|th)_?v?(\d+\.\d+(?:\.\d+)?)", f"{last}:{tag}")):
        return Image(python, (_pin("torch", release),), "cuda" if cuda else "", cuda, known=True)
    if release := re.match(r"th(\d+\.\d+(?:\.\d+)?)", tag):
        return Image(python, (_pin("torch", release),), "cuda" if cuda else "", cuda, known=True)
    return Image(python, (), "cuda" if cuda else "rocm" if rocm else "", cuda or rocm, known=False)


def _pin(name: str, release: re.Match[str] | None) -> str:
    if release is None:
        return name
    return f"{name}=={release[1]}" if release[1].count(".") > 1 else f"{name}=={release[1]}.*"


def _version(match: re.Match[str] | None) -> str:
    return f"{match[1]}.{match[2]}" if match else ""


def _first(match: re.Match[str] | None) -> str:
    return match[1] if match else ""


def _python(tag: str) -> str:
    match = _MINOR.search(tag)
    return f"3.{match[2]}" if match and int(match[2]) < 30 else ""


def take_image(draft: Draft, image: Image, name: str, where: str) -> None:
    """Carry over what an image brings: its Python, its framework's release, what it computes on."""
    if image.python:
        draft.python = Item(image.python, where, text("adopt.note.image", image=name))
    for requirement in image.requirements:
        take_line(draft, requirement, where, note=text("adopt.note.image", image=name))
    if image.accelerator:
        draft.accelerator = Item("auto", where, _accelerator_note(image))


def _accelerator_note(image: Image) -> Text:
    if image.accelerator == "cuda":
        return (
            text("adopt.note.cuda", version=image.version) if image.version else text("adopt.note.cuda_any")
        )
    return text("adopt.note.rocm", version=image.version)
