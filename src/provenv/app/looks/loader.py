"""What the shell's variables put in front of an environment's own libraries and modules."""

from __future__ import annotations

import os
import re
import site
import sys
from collections.abc import Iterator
from itertools import islice

from ... import environ
from ...diagnosis.ground import Ground
from ...model.looked import SearchFolder
from ..project import Project

MOST = 5000
"""Entries of one folder that are looked at."""
WATCHED = re.compile(
    r"lib(gomp|omp|iomp5|cudart|cudnn|cublas|nvJitLink|nccl|stdc\+\+|nvrtc|cusparse|cusolver|cufft)[^/]*\.(so|dylib)"
)
LIBRARIES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
PRELOADED = ("LD_PRELOAD", "DYLD_INSERT_LIBRARIES")


def look(project: Project) -> Ground:
    """Return each folder that LD_LIBRARY_PATH, LD_PRELOAD, PYTHONPATH and the user's own packages lead to."""
    values = {
        variable.name: environ.read(variable, project.environment) or "" for variable in environ.SET_ASIDE
    }
    found: list[SearchFolder] = []
    for name in LIBRARIES:
        found += [_libraries(name, path) for path in _paths(values.get(name, ""))]
    for name in PRELOADED:
        words = re.split(r"[\s:]+", values.get(name, ""))
        found += [SearchFolder(name, path, "/" not in path or os.path.exists(path)) for path in words if path]
    found += [_modules("PYTHONPATH", path) for path in _paths(values.get("PYTHONPATH", ""))]
    if not project.environment.get("PYTHONNOUSERSITE"):
        found += list(_user_sites(project))
    return Ground(search=tuple(found))


def _paths(value: str) -> list[str]:
    # an empty entry is the folder that the program is started in
    return list(dict.fromkeys(path or "." for path in value.split(os.pathsep))) if value else []


def _libraries(variable: str, path: str) -> SearchFolder:
    names = [name for name in _names(path) if WATCHED.match(name)]
    return SearchFolder(variable, path, os.path.isdir(path), tuple(sorted(names)))


def _modules(variable: str, path: str) -> SearchFolder:
    names = set()
    for name in _names(path):
        stem, dot, ending = name.partition(".")
        if stem.isidentifier() and (not dot or ending == "py" or ending.endswith((".so", ".pyd"))):
            names.add(stem)
    return SearchFolder(variable, path, os.path.exists(path), tuple(sorted(names - {"__pycache__"})))


def _names(path: str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in islice(entries, MOST)]
    except OSError:
        return []


def _user_sites(project: Project) -> Iterator[SearchFolder]:
    """Yield the folders of packages that `pip install --user` filled, one a Python version."""
    base = environ.read(environ.PYTHONUSERBASE, project.environment) or site.getuserbase()
    if sys.platform == "win32":
        return
    for lib in sorted(_names(os.path.join(base, "lib"))):
        path = os.path.join(base, "lib", lib, "site-packages")
        if re.fullmatch(r"python3\.\d+", lib) and os.path.isdir(path):
            yield _modules("user", path)
