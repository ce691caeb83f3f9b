"""Environment variables of a source: for `[env]`, to be passed by name, or an image's own."""

from __future__ import annotations

import re

from ...errors import text
from ..source import has_password
from .adopted import Draft, Item
from .indexes import take_extra_index, take_index

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET = re.compile(
    r"(?:^|_)(?:token|key|secret|password|passwd|pwd|credential|credentials|auth|apikey)(?:_|$|s$)", re.I
)
_PLACES = re.compile(
    # what names a place or a habit of one machine or image
    r"(?:PATH|PYTHONPATH|HOME|USER|SHELL|PWD|LANG|LANGUAGE|LC_\w+|TERM|TZ|DEBIAN_FRONTEND|LD_LIBRARY_PATH|LIBRARY_PATH|CPATH"
    r"|\w*_HOME|\w*_ROOT|\w*_PREFIX|CONDA_\w+|MAMBA_\w+|VIRTUAL_ENV|POETRY_\w+|PDM_\w+|PIPENV_\w+|NVM_\w+"
    r"|NVIDIA_\w+|(?:https?|ftp|all|no)_proxy)",
    re.IGNORECASE,
)
_INSTALLING = re.compile(r"(?:PIP|UV|PYTHON(?:DONTWRITEBYTECODE|UNBUFFERED)|SETUPTOOLS)(?:_\w+)?$")
_KEPT_PLACES = frozenset({"HF_HOME"})


def take_variable(draft: Draft, name: str, value: str, where: str) -> None:
    """Carry over one variable; a secret by its name alone, and nothing that only a place can know."""
    words = f"{name}={value}"
    if not _NAME.fullmatch(name):
        draft.leave(name, where, text("adopt.left.variable_name"))
    elif _SECRET.search(name) or has_password(value):
        draft.passed[name] = Item(name, where, text("adopt.note.secret"))
        if value and not re.fullmatch(r"\$\{?\w+(?::-)?\}?|\$\{(?:localEnv|env):\w+\}", value):
            draft.leave(name, where, text("adopt.left.secret"))
    elif name in ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"):
        take_index(draft, value, where)
    elif name in ("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX"):
        for url in value.split():
            take_extra_index(draft, url, where)
    elif host := re.fullmatch(r"\$\{(?:localEnv|env):(\w+)(?::[^}]*)?\}", value):
        draft.passed[host[1]] = Item(host[1], where)
    elif _PLACES.fullmatch(name) and name not in _KEPT_PLACES:
        draft.leave(words, where, text("adopt.left.place_variable"))
    elif _INSTALLING.match(name):
        draft.leave(words, where, text("adopt.left.install_variable"))
    elif "$" in value:
        draft.leave(words, where, text("adopt.left.unknown_variable"))
    else:
        draft.variables[name] = Item(value, where)
