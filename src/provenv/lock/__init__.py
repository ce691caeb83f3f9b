"""(Spec, Facts) -> Lock: accelerator, sources, uv's resolution, `pylock.toml`, and how it is installed."""

from __future__ import annotations

from .accelerators import choose, instructions
from .failures.answers import exit_of, refusal
from .failures.cause import NETWORK, explain_failure
from .failures.nearest import from_source, with_nearest
from .failures.torn import torn
from .for_build import for_build
from .foreign.adopting import adopt
from .foreign.pins import find as find_pins
from .foreign.pins import kept as kept_pins
from .foreign.pins import read as read_pins
from .foreign.uv_lock import NAME as UV_LOCK
from .foreign.uv_lock import UvProject, export, with_indexes
from .foreign.uv_lock import find as find_uv_lock
from .inputs import fits, inputs_of
from .install import installation, requirements, venv_command
from .own_wheel_found import OwnWheel, find_own_wheel
from .pylock import filename, identity, read, write
from .requirements import family as torch_family
from .resolve import make
from .sources import Sources, sources_of, torch_address
from .swapped import Swapped, swapped
from .uv import find_uv, python_build, uv_default_index, uv_environment
from .why import explain

__all__ = [
    "NETWORK",
    "UV_LOCK",
    "OwnWheel",
    "Sources",
    "Swapped",
    "UvProject",
    "adopt",
    "choose",
    "exit_of",
    "explain",
    "explain_failure",
    "export",
    "filename",
    "find_own_wheel",
    "find_pins",
    "find_uv",
    "find_uv_lock",
    "fits",
    "for_build",
    "from_source",
    "identity",
    "inputs_of",
    "installation",
    "instructions",
    "kept_pins",
    "make",
    "python_build",
    "read",
    "read_pins",
    "refusal",
    "requirements",
    "sources_of",
    "swapped",
    "torch_address",
    "torch_family",
    "torn",
    "uv_default_index",
    "uv_environment",
    "venv_command",
    "with_indexes",
    "with_nearest",
    "write",
]
