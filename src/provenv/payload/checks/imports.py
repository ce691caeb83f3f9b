"""Does every declared package import? Each has a process of its own, so that a crash names itself."""

import json
import os
import re
import signal
import subprocess
import sys
from importlib import metadata
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec

# one child: faulthandler shows where a crash was; the last line of stdout is the result
CHILD = r"""
import faulthandler, importlib, json, os, sys, time, traceback, warnings
faulthandler.enable()
channel = os.dup(1)
os.dup2(2, 1)
result, begun = {}, time.monotonic()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("default")
    try:
        importlib.import_module(sys.argv[1])
    except BaseException as error:
        result = {"type": type(error).__name__, "message": str(error),
                  "missing": getattr(error, "name", None),
                  "traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__))}
result["warnings"] = ["%s: %s" % (item.category.__name__, item.message) for item in caught]
result["seconds"] = round(time.monotonic() - begun, 3)
os.write(channel, json.dumps(result).encode())
os._exit(0)
"""
NOT_THE_PACKAGE = {"test", "tests", "testing", "docs", "doc", "examples", "example", "benchmarks", "scripts"}
TAIL = 4000


def normalise(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def importable(path):
    """Return the dotted name that a recorded file makes importable, and whether it is a package."""
    for suffix in (".py", *EXTENSION_SUFFIXES):
        if path.endswith(suffix):
            parts = path[: -len(suffix)].split("/")
            if parts[0] == ".." or not all(part.isidentifier() for part in parts):
                return None, False
            if parts[-1] == "__init__":
                return ".".join(parts[:-1]), True
            return ".".join(parts), False
    return None, False


def import_names(distribution):
    """Return what to import of a distribution: the shallowest packages and modules that it brings.

    A namespace package has no file of its own, so the packages in it are taken
    (`google.protobuf`, not `google`).
    """
    packages, modules = set(), set()
    for file in distribution.files or ():
        name, is_package = importable(str(file).replace(os.sep, "/"))
        if name:
            (packages if is_package else modules).add(name)
    modules = {name for name in modules if "." not in name and not name.startswith("__editable__")}
    shallowest = {
        name
        for name in packages
        if not any(name[:index] in packages for index, sign in enumerate(name) if sign == ".")
    }
    names = shallowest | modules
    if not {name for name in names if not name.startswith("_")}:
        # an editable install records no module of its own, only the file that leads to the user's folder
        guesses = (distribution.read_text("top_level.txt") or "").split()
        guesses += [(distribution.metadata["Name"] or "").replace("-", "_").replace(".", "_")]
        names |= {name for name in guesses[:-1] or guesses if name.isidentifier() and find_spec(name)}
    wanted = normalise(distribution.metadata["Name"] or "")
    same = {name for name in names if normalise(name) == wanted}
    if same:
        return sorted(same)
    public = {name for name in names if not name.split(".")[-1].startswith("_")}
    return sorted({name for name in public if name not in NOT_THE_PACKAGE} or public or names)


def launch(module):
    return subprocess.Popen(
        [sys.executable, "-I", "-c", CHILD, module],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=os.name == "posix",
    )


def finish(process, limit):
    """Return what came of one import; a child that is over its time is ended with its group."""
    timed_out = False
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        timed_out = True
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        out, err = process.communicate()
    try:
        result = json.loads(out.decode("utf-8"))
    except ValueError:
        result = {}
    if "traceback" in result:
        result["traceback"] = result["traceback"][-TAIL:]
    result["code"] = process.returncode
    result["timed_out"] = timed_out
    if process.returncode != 0 or timed_out:
        result["output"] = err.decode("utf-8", "replace")[-TAIL:]
    return result


def run(options):
    installed = {}
    for distribution in metadata.distributions():
        installed.setdefault(normalise(distribution.metadata["Name"] or ""), distribution)
    wanted = list(options["packages"])
    for name, distribution in installed.items():
        # the user's own projects, whose name no requirement line may tell
        if distribution.read_text("direct_url.json") is not None and name not in wanted:
            wanted.append(name)
    jobs, results, absent, without = [], [], [], []
    for name in wanted:
        if name not in installed:
            absent.append(name)
            continue
        modules = import_names(installed[name])
        if not modules:
            without.append(name)
        jobs += [(name, module, len(modules)) for module in modules]
    running = []
    while jobs or running:
        while jobs and len(running) < options["parallel"]:
            name, module, siblings = jobs.pop(0)
            running.append((name, module, siblings, launch(module)))
        name, module, siblings, process = running.pop(0)
        result = finish(process, options["each"])
        result.update(package=name, module=module, siblings=siblings)
        results.append(result)
    return {"imports": results, "absent": absent, "without_modules": without}
