"""Which shared libraries do the packages' native files need that nothing here brings?

Headers are read and the loader's search is followed (prove_elf, prove_loader). A
name that another file of the environment carries counts as found: packages load
such files themselves, before or by what needs them.

Which of the rest matter is found by trying: only packages that lack something
are imported, each in a process of its own, and what the loader says then is kept.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
from importlib import metadata

import prove_loader

NATIVE = re.compile(r"\.so(\.[\w.]+)?$")
# a program's name has no suffix, or a version in place of one (`protoc-3.13.0.0`)
# an extension module as an import finds it; what has no tag may be a plug-in that is loaded on demand
TAGGED = re.compile(r"\.(abi3|cpython-[\w-]+|pypy[\w-]+)\.so$")
PROGRAM = re.compile(r"^[^.]+$|-[\d.]+$")
CHILD = r"""
import importlib, json, os, sys
channel = os.dup(1)
os.dup2(2, 1)
said = ""
try:
    importlib.import_module(sys.argv[1])
except BaseException as error:
    while error is not None:
        said += "%s: %s\n" % (type(error).__name__, error)
        error = error.__cause__ or error.__context__
os.write(channel, json.dumps(said).encode())
os._exit(0)
"""
TAIL = 4000
EACH = 120.0


def native_files(folder):
    """Yield the paths in a folder of packages that may be native: by their names, not by their content."""
    pending = [folder]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__" and not entry.name.endswith(".dist-info"):
                        pending.append(entry.path)
                elif NATIVE.search(entry.name) or is_program(entry):
                    yield entry.path


def is_program(entry):
    return PROGRAM.search(entry.name) is not None and entry.is_file() and os.access(entry.path, os.X_OK)


def owners(folders):
    """Return {path: distribution} of files that may be native, and {distribution: what to import of it}."""
    files, modules = {}, {}
    for distribution in metadata.distributions(path=folders):
        name = distribution.metadata["Name"] or ""
        for file in distribution.files or ():
            parts = file.parts
            if NATIVE.search(parts[-1]) or PROGRAM.search(parts[-1]):
                files[os.path.normpath(str(distribution.locate_file(file)))] = name
            stem = parts[-1].split(".")[0]
            if len(parts) == 2 and parts[1] == "__init__.py" and parts[0].isidentifier():
                modules.setdefault(name, []).append(parts[0])
            elif len(parts) == 1 and stem.isidentifier() and parts[0].endswith((".py", ".so")):
                modules.setdefault(name, []).append(stem)
    return files, modules


def say(module):
    """Return what an import says when it fails, with all that caused it; empty where it works."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", CHILD, module],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        out, err = process.communicate(timeout=EACH)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    try:
        return json.loads(out.decode("utf-8"))[-TAIL:]
    except ValueError:
        return err.decode("utf-8", "replace")[-TAIL:]


def look(folders, interpreter=sys.executable, through=()):
    """Return what the native files in these folders of packages lack; nothing is imported.

    `missing` maps a library's name to the files that need it, `versions` holds
    (library, version, file, path of the library that is too old for it). `through` are
    (name, folders) of other search paths: `shadowed` holds what is too old there, with the name first.
    """
    loader = prove_loader.Loader(interpreter)
    files, foreign, carried = [], 0, {}
    for folder in folders:
        for path in native_files(folder):
            elf = loader.elf(path)
            if elf is None:
                continue
            if loader.program is not None and elf.machine != loader.program.machine:
                foreign += 1  # wheels carry parts for other machines (debuggers do)
                continue
            files.append(elf)
            for name in {elf.soname, os.path.basename(path)} - {""}:
                carried.setdefault(name, path)
    missing, versions, needs = {}, [], set()
    for elf in files:
        for name in elf.needed:
            needs.add(name)
            path = loader.find(name, [elf]) or carried.get(name, "")
            # musl takes the name of glibc's own library for itself, but has not all that is in it
            if not path or (loader.musl and name == "libc.so.6"):
                missing.setdefault(name, []).append(elf.path)
                continue
            versions += [(name, version, elf.path, path) for version in lacked(elf, name, loader.elf(path))]
    shadowed = []
    for label, places in through:
        for name in sorted(needs):
            path = next(
                (one for one in (os.path.join(place, name) for place in places) if loader.fits(one)), ""
            )
            # a file's own RPATH comes before what a variable names (ld.so(8))
            asking = [
                elf for elf in files if path and name in elf.needed and not (elf.rpath and not elf.runpath)
            ]
            for elf in asking:
                found = lacked(elf, name, loader.elf(path))
                shadowed += [(label, name, version, elf.path, path) for version in found]
    return {
        "shadowed": shadowed,
        "modules": modules_of(files, carried),
        "files": len(files),
        "needs": len(needs),
        "foreign": foreign,
        "musl": loader.musl,
        "missing": missing,
        "versions": versions,
    }


def lacked(elf, name, there):
    """Return the versions that a file asks of a library and the library has not."""
    if there is None or not there.defined:
        return []
    return [version for version in elf.wanted.get(name, ()) if version not in there.defined]


def modules_of(files, carried):
    """Return the paths of what Python imports (tagged for its version) and of all that those need in turn."""
    by_path = {elf.path: elf for elf in files}
    pending = [elf.path for elf in files if TAGGED.search(os.path.basename(elf.path))]
    found = set(pending)
    while pending:
        for name in by_path[pending.pop()].needed:
            path = carried.get(name)
            if path in by_path and path not in found:
                found.add(path)
                pending.append(path)
    return found


def relative(path, folders):
    """Return a path as the package's folder has it."""
    for folder in folders:
        if path.startswith(folder + os.sep):
            return os.path.relpath(path, folder)
    return path


def run(options):
    if not sys.platform.startswith("linux"):
        return {"skipped": "loader"}
    paths = sysconfig.get_paths()
    folders = sorted({os.path.realpath(paths["purelib"]), os.path.realpath(paths["platlib"])})
    found = look(folders, through=options.get("through", ()))
    imported = found.pop("modules")
    if not found["missing"] and not found["versions"] and not found["shadowed"]:
        return {**found, "missing": [], "versions": [], "imports": []}
    owner, modules = owners(folders)

    def named(path):
        return [relative(path, folders), owner.get(path, "")]

    lacking = {owner.get(path, "") for paths in found["missing"].values() for path in paths}
    lacking |= {owner.get(path, "") for _, _, path, _ in found["versions"]}
    imports = []
    for who in sorted(lacking - {""}) if options.get("imports", True) else ():
        for module in sorted(set(modules.get(who, ()))):
            said = say(module)
            imports += [[who, module, said]] if said else []
    return {
        **found,
        "missing": [
            {
                "name": name,
                "files": [named(path) for path in sorted(paths)],
                "imported": any(path in imported for path in paths),
            }
            for name, paths in sorted(found["missing"].items())
        ],
        "versions": [
            [name, version, *named(path), there] for name, version, path, there in found["versions"]
        ],
        "shadowed": [
            [label, name, version, *named(path), there]
            for label, name, version, path, there in found["shadowed"]
        ],
        "imports": imports,
    }
