"""The Hugging Face hub's folders and token, where its library looks for them.

huggingface_hub/constants.py and utils/_auth.py (1.x): HF_HOME, HF_HUB_CACHE, HF_TOKEN_PATH, HF_TOKEN.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from ... import environ


def home_of(variables: Mapping[str, str]) -> str:
    """Return the hub's own folder."""
    named = environ.read(environ.HF_HOME, variables)
    caches = environ.read(environ.XDG_CACHE_HOME, variables) or os.path.join(user_home(variables), ".cache")
    return os.path.expanduser(named or os.path.join(caches, "huggingface"))


def cache_of(variables: Mapping[str, str]) -> str:
    """Return the folder that models are kept in."""
    named = environ.read(environ.HF_HUB_CACHE, variables)
    return os.path.expanduser(named or os.path.join(home_of(variables), "hub"))


def token_file(variables: Mapping[str, str]) -> str:
    """Return the file that `hf auth login` writes."""
    named = environ.read(environ.HF_TOKEN_PATH, variables)
    return os.path.expanduser(named or os.path.join(home_of(variables), "token"))


def token_of(variables: Mapping[str, str]) -> str:
    """Return the token that the library would use, empty where there is none. It is shown to nobody."""
    for variable in environ.HUGGINGFACE:
        said = environ.read(variable, variables)
        if said:
            return " ".join(said.split())
    try:
        with open(token_file(variables), encoding="utf-8") as file:
            return file.read(1 << 12).strip()
    except (OSError, UnicodeDecodeError):
        return ""


def user_home(variables: Mapping[str, str]) -> str:
    """Return the user's home folder."""
    return environ.read(environ.HOME, variables) or os.path.expanduser("~")
