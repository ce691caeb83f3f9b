"""Compare a tree of files with its manifest, where both lie, and tell what differs.

Sent to a place behind `read_tree.py`, whose functions it uses, with a last line `compare(JOB)`. What a
difference means is decided at home. Python >= 3.6, standard library only.

A job is {"root", "manifest", "workers", "unwatched", "deep"}. Without `deep` only files of the same size and
another time are read. The answer is JSON: `changed`, `missing`, `extra` (paths from the root, as they are in
the manifest), `files` and `bytes` of the tree as it is; or `torn` where the manifest is none.
"""

import json

HEAD = b"provenv-files 2\n"


def recorded_files(path):
    """Return size, time and digest of each file by its name as the manifest writes it, or None."""
    with open(path, "rb") as file:
        if file.readline() != HEAD:
            return None
        found = {}
        for line in file:
            size, time, told_digest, name = line.rstrip(b"\n").split(b"\t", 3)
            found[name] = int(size), int(time), told_digest
        return found


def digests(files, start, workers):
    """Return the digest of each file by its name."""
    read = read_in_children if hasattr(os, "fork") else read_here  # noqa: F821 - both are of read_tree.py
    found = {}
    for part in read(files, start, workers, lambda: None):
        for line in part.split(b"\n")[:-1]:
            _, _, told_digest, name = line.split(b"\t", 3)
            found[name] = told_digest
    return found


def named(path, start):
    return os.fsencode(path)[start:].replace(b"\\", b"\\\\").replace(b"\n", b"\\n")  # noqa: F821


def compare(job):
    then = recorded_files(job["manifest"])
    if then is None:
        print(json.dumps({"torn": True}))
        return
    files, _ = walk(job["root"], set(job["unwatched"]))  # noqa: F821 - of read_tree.py
    start = len(os.fsencode(job["root"])) + 1  # noqa: F821
    now = {named(entry[2], start): entry for entry in files}
    changed, suspects = [], []
    for name, (size, time, _) in then.items():
        entry = now.get(name)
        if entry is None:
            continue
        if entry[0] != size:
            changed.append(name)
        elif job["deep"] or entry[1] != time:
            suspects.append(entry)
    suspects.sort(reverse=True)
    found = digests(suspects, start, max(1, job["workers"])) if suspects else {}
    changed += [name for name, told_digest in found.items() if told_digest != then[name][2]]
    answer = {
        "changed": changed,
        "missing": [name for name in then if name not in now],
        "extra": [name for name in now if name not in then],
    }
    words = {
        kind: [name.decode("utf-8", "surrogateescape") for name in names] for kind, names in answer.items()
    }
    print(json.dumps(dict(words, files=len(files), bytes=sum(entry[0] for entry in files))))
