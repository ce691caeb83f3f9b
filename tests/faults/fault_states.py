"""What has to be true of a project after a fault, whatever the fault was."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from fault_world import FIRST, SECOND, Operation, World

from provenv.targets.manifest import read_manifest

GENERATION = re.compile(r"generations/(\d{4})$")
TEMPORARY = re.compile(r"(?<=\.)\d{2,}-\d+$|(?<=/\.current\.)\d+$|(?<=\.prove-)\w{8}")
IMPORT = "import alpha; print(alpha.version)"
OURS = re.compile(r'File "[^"]*/provenv/(?!payload/)[^"]*\.py", line \d+')
CODES = {0, 1, 3, 4, -9}
"""How a command may end that met a fault: done, failed, unproven, denied, killed."""


class Wrong(Exception):
    """An invariant that doesn't hold, in words."""


def signature(root: Path) -> str:
    """Return a digest of a project's state: every name, every file that is no record, what records say."""
    lines = []
    for parent, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted([*folders, *names]):
            path = Path(parent, name)
            shown = TEMPORARY.sub("PID", str(path.relative_to(root)))
            if path.is_symlink():
                lines.append(f"{shown} -> {os.readlink(path)}")
            elif path.is_dir():
                lines.append(f"{shown}/")
            else:
                lines.append(f"{shown} {_said(path)}")
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _said(path: Path) -> str:
    content = path.read_bytes()
    if path.name in {"guard", "files.tsv"}:
        return str(bool(content))
    if path.name.endswith(".json"):
        try:
            record = json.loads(content)
        except ValueError:
            return f"torn at {len(content)}"
        return f"{record.get('number')} {record.get('proof')} {record.get('packages')} {sorted(record)}"
    return hashlib.sha256(content).hexdigest()


def current(root: Path) -> int | None:
    """Return the generation that the switch points to; raises Wrong where it points to nothing."""
    link = root / ".provenv" / "here" / "current"
    if not os.path.lexists(link):
        return None
    found = GENERATION.search(os.readlink(link))
    if found is None or not (link / "generation.json").is_file():
        raise Wrong(f"`current` points to {os.readlink(link)}, where no generation is")
    return int(found[1])


def check_ending(operation: Operation, code: int, out: str, err: str, temporary: Path) -> None:
    """Raise Wrong unless a command ended as one may that met a fault."""
    reports = [path.read_text() for path in temporary.glob("provenv-defect-*")]
    if reports:
        raise Wrong(f"a fault of the disk was taken for a defect of the program:\n{reports[0]}")
    # a program that we started may have printed one, which we quote; none of its frames is ours
    if OURS.search(out + err):
        raise Wrong(f"a traceback:\n{out}{err}")
    allowed = CODES | ({125, 126, 127} if operation.name == "run" else set())
    if code not in allowed:
        raise Wrong(f"exit code {code}:\n{out}{err}")
    if code in {1, 4, 125} and "PV" not in err:
        raise Wrong(f"exit code {code} and no problem told:\n{out}{err}")


def check_receipts(world: World, damaged: int | None = None) -> None:
    """Raise Wrong where a generation is called proven that has lost files, or whose receipt says otherwise.

    `damaged` is the generation that was changed on purpose.
    """
    generations = world.root / ".provenv" / "here" / "generations"
    wanted = checks(world.base / "templates" / "one" / "project" / ".provenv/here/generations/0001")
    for folder in sorted(generations.glob("[0-9]*")) if generations.is_dir() else ():
        record = folder / "generation.json"
        if not record.is_file():
            continue
        if _read(record).get("proof") != "passed":
            continue
        if checks(folder) != wanted:
            raise Wrong(f"generation {folder.name} is called proven; its receipt has {checks(folder)}")
        lost = _lost(folder) if int(folder.name) != damaged else []
        if lost:
            raise Wrong(f"generation {folder.name} is called proven; it has lost {', '.join(lost[:3])}")


def _lost(generation: Path) -> list[str]:
    """Return the files of a generation's manifest that aren't there as they were (sizes only)."""
    try:
        rows = read_manifest(generation)
    except FileNotFoundError:
        return ["files.tsv"]
    found = []
    for name, seen in rows.items():
        path = generation / "venv" / name
        if not os.path.lexists(path) or path.lstat().st_size != seen.size:
            found.append(name)
    return found


def checks(generation: Path) -> dict[str, str]:
    """Return the checks of a generation's receipt and how each ended."""
    receipt = generation / "proof.json"
    if not receipt.is_file():
        return {}
    return {one["name"]: one["status"] for one in _read(receipt)["outcomes"]}


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise Wrong(f"{path} is torn: {error}") from error


def check_current(world: World, operation: Operation, code: int) -> int | None:
    """Raise Wrong unless the old or the new generation is current, whole, and in use; return which."""
    number = current(world.root)
    allowed = {operation.after} if code == 0 else {operation.before, operation.after}
    if operation.anew is not None:
        allowed.add(operation.anew)
    if number not in allowed:
        raise Wrong(f"current is {number}; it was {operation.before}, it should become {operation.after}")
    check_receipts(world, None if operation.intact else operation.before)
    if number is None:
        return None
    record = _read(world.root / ".provenv" / "here" / "current" / "generation.json")
    if record["proof"] != "passed" and (operation.name, code) != ("prove", 3):
        raise Wrong(f"the current generation's proof is {record['proof']}")
    _imports(world, operation.version(number))
    return number


def _imports(world: World, version: str) -> None:
    python = world.root / ".provenv" / "here" / "current" / "venv" / "bin" / "python"
    done = subprocess.run(
        [str(python), "-I", "-c", IMPORT], capture_output=True, text=True, timeout=60, check=False
    )
    if done.stdout.strip() != version:
        raise Wrong(
            f"the current environment has alpha {done.stdout.strip()!r}, not {version}: {done.stderr}"
        )


def check_use(world: World, operation: Operation, number: int | None) -> None:
    """Raise Wrong unless the commands that read a project work in it, and what is current proves."""
    commands = [["status", "--json"], ["history", "--json"]]
    if number is not None:
        commands.append(["run", "--", "python", "-c", IMPORT])
        if operation.intact or number != operation.before:
            commands.append(["prove", "--json"])
    # a proof asks what is declared now: the old environment answers for its own declaration
    declared = (world.root / "provenv.toml").read_text()
    (world.root / "provenv.toml").write_text(FIRST if operation.version(number or 0) == "1.0" else SECOND)
    judged = world.judge(commands, world.true_program)
    (world.root / "provenv.toml").write_text(declared)
    for ended in judged:
        if ended["code"] != 0 or "Traceback" in ended["err"]:
            raise Wrong(f"afterwards `provenv {' '.join(ended['argv'])}`: {_ending(ended)}")
        if ended["argv"][0] == "status":
            sync = json.loads(ended["out"])["data"]["sync"]
            whole = operation.intact or number != operation.before
            if (number is None) != (sync == "absent") or (whole and sync == "drifted"):
                raise Wrong(f"afterwards the status is {sync} with generation {number}: {ended['out']}")
        if ended["argv"][0] == "run" and ended["out"].strip() != operation.version(number or 0):
            raise Wrong(f"afterwards `run` has alpha {ended['out']}")


def check_convergence(world: World, operation: Operation) -> None:
    """Raise Wrong unless the next `up` makes what is declared and `gc` leaves only what is recorded."""
    commands = [["up", "--json"], ["gc", "--json"], ["up", "--json"]]
    if not operation.intact:
        # somebody else's damage is healed by the command for it
        commands[0] = ["up", "--repair", "--json"]
    ended = world.judge(commands)
    for one in ended:
        if one["code"] != 0:
            raise Wrong(f"the next `provenv {' '.join(one['argv'])}`: {_ending(one)}")
    if not json.loads(ended[2]["out"])["data"]["unchanged"]:
        raise Wrong("after `up` and `gc`, another `up` has something to do")
    _imports(world, operation.declared)
    check_receipts(world, None if operation.intact else operation.before)
    left = leftovers(world)
    if left:
        raise Wrong(f"after `up` and `gc` these remain: {', '.join(left)}")


def leftovers(world: World) -> list[str]:
    """Return what lies in a project and is no part of it."""
    base = world.root / ".provenv" / "here"
    kind = world.base / "templates" / "one" / "project" / ".provenv/here/generations/0001"
    usual = {path.name for path in kind.iterdir()}
    found = [
        f"{name}"
        for name in set(os.listdir(world.root)) - {"provenv.toml", "pylock.toml", ".venv", ".provenv"}
    ]
    found += [f".provenv/{name}" for name in set(os.listdir(base.parent)) - {".gitignore", "here"}]
    found += [f"here/{name}" for name in set(os.listdir(base)) - {"current", "guard", "generations"}]
    for folder in (base / "generations").iterdir():
        if not (folder / "generation.json").is_file():
            found.append(f"generations/{folder.name}")
            continue
        leases = folder / "leases"
        if leases.is_dir():
            found += [f"{folder.name}/leases/{name}" for name in os.listdir(leases)]
        found += [f"{folder.name}/{name}" for name in set(os.listdir(folder)) - usual - {"leases"}]
    return sorted(found)


def _ending(ended: dict[str, Any]) -> str:
    failed = re.findall(r'\{[^{}]*"status": "failed"[^{}]*\}', ended["out"])
    if failed:
        return f"exit code {ended['code']}: {failed}"
    return f"exit code {ended['code']}\n{ended['out'][-3000:]}{ended['err'][-3000:]}"
