"""Judges what a power cut left: at once from the tree itself, and by what the program makes of it."""

from __future__ import annotations

import fnmatch
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

from power_disk import Entry, Tree
from power_project import PROJECT, Setting

STATE = f"{PROJECT}/.provenv/"
HERE = f"{STATE}here/"
GENERATIONS = f"{HERE}generations/"
CURRENT = f"{HERE}current"
RECORD = "generation.json"
USERS = ("provenv.toml", "pylock.toml", "requirements.lock")
# all that may lie there when nothing is left over, below the project
KNOWN = (
    *USERS,
    ".venv",
    ".provenv",
    ".provenv/.gitignore",
    ".provenv/here",
    ".provenv/here/guard",
    ".provenv/here/current",
    ".provenv/here/generations",
    *(
        f".provenv/here/generations/[0-9][0-9][0-9][0-9]{rest}"
        for rest in (
            "",
            "/venv",
            "/files.tsv",
            "/records.json",
            "/requirements.txt",
            "/pylock.toml",
            *(f"/{name}.json" for name in ("facts", "generation", "plan", "proof", "spec")),
        )
    ),
)


@dataclass
class Known:
    """What is right: the environments that were built, the states before and after a step."""

    environments: dict[str, Tree] = field(default_factory=dict)
    before: Tree = field(default_factory=dict)
    after: Tree = field(default_factory=dict)

    def learn(self, tree: Tree) -> None:
        """Take the environments of every recorded generation from what programs see."""
        for name in _recorded(tree):
            self.environments[name] = _below(tree, f"{GENERATIONS}{name}/venv/")


def judge_tree(tree: Tree, known: Known, *, reported: bool) -> Iterator[str]:
    """Yield what is wrong with what a cut left; `reported` where the command had ended and said so."""
    for name in USERS:
        path = f"{PROJECT}/{name}"
        allowed = [known.after.get(path)] if reported else [known.before.get(path), known.after.get(path)]
        if _content(tree.get(path)) not in [_content(one) for one in allowed]:
            yield f"{name} is neither as before nor as after: {_shown(tree.get(path))}"
    ignore = tree.get(f"{STATE}.gitignore")
    if ignore is not None and ignore.content != b"*\n":
        yield f".provenv/.gitignore is torn: {_shown(ignore)}"
    goals = [_content(one.get(CURRENT)) for one in (known.before, known.after)]
    goal = _content(tree.get(CURRENT))
    if goal not in (goals[1:] if reported else goals):
        yield f"`current` is {goal!r}, allowed is {goals}"
    recorded = _recorded(tree)
    if goal and goal.decode().rpartition("/")[2] not in recorded:
        yield f"`current` points to {goal.decode()}, which has no record"
    if reported and recorded != _recorded(known.after):
        yield f"the generations are {recorded}, but {_recorded(known.after)} was reported"
    for name in recorded:
        yield from _judge_generation(
            tree, name, known, is_current=bool(goal) and goal.decode().endswith(name)
        )


def _judge_generation(tree: Tree, name: str, known: Known, *, is_current: bool) -> Iterator[str]:
    files = _below(tree, f"{GENERATIONS}{name}/")
    documents = {}
    for path, entry in files.items():
        if path.endswith(".json") and "/" not in path and not path.startswith("."):
            try:
                documents[path] = json.loads(entry.content)
            except ValueError:
                yield f"generation {name}: {path} is torn: {_shown(entry)}"
    proof = documents.get(RECORD, {}).get("proof")
    if is_current and proof != "passed":
        yield f"generation {name} is current and its proof is {proof}"
    if proof == "passed" and "proof.json" not in documents:
        yield f"generation {name} says proven and has no proof.json"
    if "pylock.toml" not in files or not files["pylock.toml"].content:
        yield f"generation {name} has no lock"
    expected = known.environments.get(name, {})
    found = _below(files, "venv/")
    both = sorted(path for path in expected.keys() | found.keys() if "__pycache__" not in path)
    wrong = [path for path in both if _same(expected.get(path)) != _same(found.get(path))]
    if wrong:
        then, now = _shown(expected.get(wrong[0])), _shown(found.get(wrong[0]))
        yield f"generation {name}: {len(wrong)} files are not as built: {wrong[0]} is {now}, not {then}"
    for path in sorted(expected.keys() & found.keys()):
        if is_current and "__pycache__" in path and _misleads(found[path], expected[path]):
            yield f"generation {name}: {path} is torn where Python believes it"


def judge_program(place: Setting, before: Tree) -> Iterator[str]:
    """Yield what is wrong when the user goes on after the cut; the tree is laid down where it was."""
    code, status, said = place.document("status", "--deep")
    sync = (status.get("data") or {}).get("sync")
    if code != 0 or sync not in ("absent", "stale", "in-sync"):
        yield f"`status --deep` ended with {code} and says {sync}: {said[-600:]}"
    if CURRENT in before:
        python = place.root / ".provenv/here/current/venv/bin/python"
        names = (status.get("data") or {}).get("generation", {}).get("packages", {})
        imports = subprocess.run(
            [
                str(python),
                "-c",
                "".join(f"import {name}\n" for name in sorted(names)) or "raise SystemExit(9)",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if imports.returncode != 0:
            yield f"the current environment does not import: {imports.stderr[-300:]}"
    code, _, said = place.document("up")
    if code != 0:
        yield f"the next `up` ended with {code}: {said[-900:]}"
        return
    code, _, said = place.document("gc")
    if code != 0:
        yield f"`gc` ended with {code}: {said[-600:]}"
    left = sorted(path for path in _paths(place) if not any(fnmatch.fnmatchcase(path, one) for one in KNOWN))
    if left:
        yield f"left over after `up` and `gc`: {', '.join(left)}"
    code, again, said = place.document("up")
    if code != 0 or not again["data"]["unchanged"]:
        yield f"a second `up` does not come to rest: {code} {said[-600:]}"
    code, status, _ = place.document("status", "--deep")
    if code != 0 or status["data"]["sync"] != "in-sync":
        yield f"after `up` the target is {status['data']['sync']}"


def _paths(place: Setting) -> Iterator[str]:
    for parent, folders, files in os.walk(place.root):
        for name in [*folders, *files]:
            yield os.path.relpath(os.path.join(parent, name), place.root)
        folders[:] = [name for name in folders if name != "venv"]


def _recorded(tree: Tree) -> list[str]:
    ends = f"/{RECORD}"
    names = (
        path[len(GENERATIONS) : -len(ends)]
        for path in tree
        if path.startswith(GENERATIONS) and path.endswith(ends)
    )
    return sorted(name for name in names if name.isdecimal())


def _below(tree: Tree, prefix: str) -> Tree:
    return {path[len(prefix) :]: entry for path, entry in tree.items() if path.startswith(prefix)}


def _content(entry: Entry | None) -> bytes | None:
    return None if entry is None else entry.content


def _same(entry: Entry | None) -> object:
    """Return what counts of an entry: a folder's time does not."""
    if entry is None or entry.kind == "folder":
        return entry and entry.kind
    return entry.kind, entry.content, entry.mode, entry.modified


def _misleads(found: Entry, right: Entry) -> bool:
    """Tell whether Python would believe damaged bytecode: its header is right (PEP 552), the rest is not."""
    return found.content != right.content and found.content[:16] == right.content[:16]


def _shown(entry: Entry | None) -> str:
    if entry is None:
        return "missing"
    return (
        f"a {entry.kind} of {len(entry.content)} bytes {entry.content[:24]!r} {entry.mode:o} {entry.modified}"
    )
