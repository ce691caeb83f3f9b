"""Where pip's configuration stands on a machine: its files and variables, found with `os` alone.

Which ones, and in which order, is pip's own (`pip/_internal/configuration.py`);
what they mean is read by `pipconf`. Where not a byte of them changed, nobody has to read it.
"""

from __future__ import annotations

import hashlib
import os
import sys

HIDDEN = "****"
"""What stands for a user and a password where a URL is shown."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def digest(environment: Mapping[str, str]) -> str:
    """Return a sha256 over the bytes of every file and variable that pip would read.

    Nothing where the bytes do not settle what they mean: a file that cannot be
    read, text whose meaning hangs on the locale, a `~` that hangs on what lies in the home folder.
    """
    parts = [home(environment)]
    for path in files(environment):
        try:
            with open(path, "rb") as file:
                content = file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
        except OSError:
            return ""
        if not content.isascii() or b"~" in content:
            return ""
        parts += [path, content.decode("ascii")]
    for name, value in variables(environment):
        if "~" in value:
            return ""
        parts += [name, value]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def files(
    environment: Mapping[str, str],
    *,
    prefix: str | None = None,
    home_folder: str | None = None,
    system: str = sys.platform,
    root: str = "/",
) -> Iterator[str]:
    """Yield the files that pip looks for, the one that counts least first (see `pipconf.read`)."""
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    user = home_folder or home(environment)
    name = "pip.ini" if system == "win32" else "pip.conf"
    yield from _global_files(environment, system, root, name)
    if not (named and os.path.exists(named)):
        yield os.path.join(user, "pip" if system == "win32" else ".pip", name)
        yield os.path.join(_user_folder(environment, user, system), name)
    if prefix is not None:
        yield os.path.join(prefix, name)
    if named:
        yield named


def variables(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield name and value of each variable that sets an option of pip, in the order of their names."""
    for name, value in sorted(environment.items()):
        if name.startswith("PIP_") and value and name not in ("PIP_CONFIG_FILE", "PIP_VERSION", "PIP_HELP"):
            yield name, value


def home(environment: Mapping[str, str]) -> str:
    """Return the user's home folder as pip finds it."""
    return environment.get("HOME") or environment.get("USERPROFILE") or os.path.expanduser("~")


def _global_files(environment: Mapping[str, str], system: str, root: str, name: str) -> Iterator[str]:
    if system == "win32":
        data = environment.get("PROGRAMDATA") or os.path.join(root, "ProgramData")
        yield os.path.join(data, "pip", name)
    elif system == "darwin":
        yield os.path.join(root, "Library/Application Support/pip", name)
    else:
        folders = environment.get("XDG_CONFIG_DIRS") or os.path.join(root, "etc/xdg")
        for folder in filter(None, folders.split(":")):
            yield os.path.join(os.path.expanduser(folder), "pip", name)
        yield os.path.join(root, "etc", name)


def _user_folder(environment: Mapping[str, str], user: str, system: str) -> str:
    if system == "win32":
        return os.path.join(environment.get("APPDATA") or os.path.join(user, "AppData/Roaming"), "pip")
    if system == "darwin":
        library = os.path.join(user, "Library/Application Support/pip")
        return library if os.path.isdir(library) else os.path.join(user, ".config/pip")
    return os.path.join(environment.get("XDG_CONFIG_HOME") or os.path.join(user, ".config"), "pip")
