"""Are the files what the packages recorded? Hashes every file that a RECORD names, once.

RECORD: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

import base64
import csv
import hashlib
import io
import os
import sys
import sysconfig
from concurrent.futures import ProcessPoolExecutor
from importlib import metadata

CODE = (".py", ".pyc", ".so", ".pyd", ".dll", ".dylib", ".pth", ".egg-link")
# what makers of virtual environments put there themselves, outside any package
OF_THE_ENVIRONMENT = {"_virtualenv.py", "_virtualenv.pth", "__pycache__", "README.txt"}
NAMED = 50


def site_folders():
    """Return the environment's own folders of packages, not those of the user or of the base."""
    paths = sysconfig.get_paths()
    return sorted({os.path.realpath(paths["purelib"]), os.path.realpath(paths["platlib"])})


def digest(path, algorithm):
    """Return the digest of a file as RECORD writes it."""
    value = hashlib.new(algorithm)
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            value.update(block)
    return base64.urlsafe_b64encode(value.digest()).rstrip(b"=").decode()


def compare(entries):
    """Return, for pairs of a path and its (algorithm, digest) pairs, the missing, changed or unreadable.

    A file that several packages wrote is as recorded where one of them recorded it so.
    """
    missing, changed = [], []
    for path, recorded in entries:
        try:
            if not all(algorithm for algorithm, _ in recorded):
                os.lstat(path)
            elif all(digest(path, algorithm) != expected for algorithm, expected in recorded):
                changed.append(path)
        except FileNotFoundError:
            missing.append(path)
        except OSError as error:
            changed.append("%s: %s" % (path, error.strerror))
    return missing, changed


def recorded(folders):
    """Return {path: (owners, (algorithm, digest) pairs, size)} of all RECORDs; the packages without one."""
    files, without = {}, []
    for distribution in metadata.distributions(path=folders):
        name = distribution.metadata["Name"] or str(distribution)
        text = distribution.read_text("RECORD")
        if text is None:
            without.append(name)
            continue
        root = str(distribution.locate_file(""))
        for row in csv.reader(io.StringIO(text)):
            if not row or row[0].endswith(".pyc"):
                continue
            path = os.path.normpath(os.path.join(root, row[0]))
            algorithm, _, expected = (row[1] if len(row) > 1 else "").partition("=")
            size = int(row[2]) if len(row) > 2 and row[2].isdigit() else 0
            owners, pairs, _ = files.setdefault(path, ([], [], size))
            owners.append(name)
            if (algorithm, expected) not in pairs:
                pairs.append((algorithm, expected))
    return files, without


def code_in(folder):
    """Yield the code that lies anywhere in a folder."""
    for place, folders_inside, names in os.walk(folder):
        folders_inside[:] = [name for name in folders_inside if name != "__pycache__"]
        for name in names:
            if name.endswith(CODE):
                yield os.path.join(place, name)


def unowned(folders, files):
    """Return code in the packages' folders that no RECORD names.

    Directly in such a folder it can be imported by anybody (`loose`); inside a
    package it was mostly written by that package itself (`inside`).
    """
    owned = {os.path.normpath(path) for path in files}
    packages = {os.path.relpath(path, root).split(os.sep)[0] for path in owned for root in folders}
    loose, inside = [], 0
    for root in folders:
        for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
            if entry.name in OF_THE_ENVIRONMENT or entry.name.endswith((".dist-info", ".egg-info")):
                continue
            if entry.is_dir(follow_symlinks=False):
                count = sum(path not in owned for path in code_in(entry.path))
                if entry.name not in packages:
                    # wheels leave empty folders behind, which nobody can import anything from
                    loose += [entry.path] if count else []
                else:
                    inside += count
            elif entry.path not in owned and entry.name.endswith(CODE):
                loose.append(entry.path)
    return loose, inside


def run(options):
    folders = site_folders()
    files, without = recorded(folders)
    entries = sorted((path, pairs) for path, (_, pairs, _) in files.items())
    # large files first and dealt out in turn, so that the processes end together
    entries.sort(key=lambda entry: -files[entry[0]][2])
    workers = min(4, os.cpu_count() or 1) if sys.platform.startswith("linux") else 1
    shares = [entries[index::workers] for index in range(workers)]
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            found = list(pool.map(compare, shares))
    else:
        found = [compare(share) for share in shares]
    missing = sorted(path for share, _ in found for path in share)
    changed = sorted(path for _, share in found for path in share)
    loose, inside = unowned(folders, files)
    prefix = os.path.realpath(sys.prefix)

    def named(paths):
        return [
            [os.path.relpath(path, prefix), ", ".join(files.get(path.split(": ")[0], ((),))[0])]
            for path in paths[:NAMED]
        ]

    return {
        "packages": len({owner for owners, _, _ in files.values() for owner in owners}),
        "files": len(files),
        "bytes": sum(size for _, _, size in files.values()),
        "missing": named(missing),
        "missing_count": len(missing),
        "changed": named(changed),
        "changed_count": len(changed),
        "shared": named(sorted(path for path, (_, pairs, _) in files.items() if len(pairs) > 1)),
        "loose": [os.path.relpath(path, prefix) for path in loose[:NAMED]],
        "inside": inside,
        "without_record": sorted(without),
    }
