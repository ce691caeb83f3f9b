"""(Lock, Spec) -> text that other tools read: every way out of provenv. Pure; files are written by `app`."""

from __future__ import annotations

from .compose import compose
from .conda import environment_file
from .cyclonedx import bill_of_materials
from .devcontainer import devcontainer
from .direnv import activation
from .header import ORIGIN, is_ours, serves
from .jupyter import kernel_name, kernel_specification
from .licences import Licence, licence_of
from .requirements import Rendering, requirements_file
from .settings import INTERPRETER, conflict, merged

__all__ = [
    "INTERPRETER",
    "ORIGIN",
    "Licence",
    "Rendering",
    "activation",
    "bill_of_materials",
    "compose",
    "conflict",
    "devcontainer",
    "environment_file",
    "is_ours",
    "kernel_name",
    "kernel_specification",
    "licence_of",
    "merged",
    "requirements_file",
    "serves",
]
