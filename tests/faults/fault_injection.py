"""One run of a program under strace: what it called, and a fault at one of these calls.

strace(1), "-e inject": the fault replaces the N-th call of that name; a signal comes before the call
is carried out. Calls of the main thread are numbered without `-f`, where the count is exact. What other
threads and child processes call is met by the path that it is about (`-P`), whichever of them comes there.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHANGING = frozenset(
    [
        "write",
        "pwrite64",
        "writev",
        "fsync",
        "fdatasync",
        "sync_file_range",
        "ftruncate",
        "truncate",
        "fallocate",
        "rename",
        "renameat",
        "renameat2",
        "link",
        "linkat",
        "symlink",
        "symlinkat",
        "unlink",
        "unlinkat",
        "mkdir",
        "mkdirat",
        "rmdir",
        "chmod",
        "fchmod",
        "fchmodat",
        "utimensat",
        "copy_file_range",
        "sendfile",
        "ioctl",
    ]
)
READING = frozenset(
    ["openat", "read", "pread64", "getdents64", "readlink", "readlinkat", "newfstatat", "statx"]
)
BEGINNING = frozenset(["vfork", "execve"])
FULL = frozenset(
    [
        "openat",
        "write",
        "pwrite64",
        "writev",
        "fsync",
        "fdatasync",
        "ftruncate",
        "fallocate",
        "rename",
        "renameat",
        "renameat2",
        "link",
        "linkat",
        "symlink",
        "symlinkat",
        "mkdir",
        "mkdirat",
        "copy_file_range",
    ]
)
"""The calls that a full disk refuses."""

LINE = re.compile(r"^(?:(?P<pid>\d+) +)?(?P<name>\w+)\((?P<arguments>.*)$")
ANSWER = re.compile(r"^(?P<arguments>.*?)\)? += (?P<answer>\?|-?\d+|0x[0-9a-f]+)(?P<rest>.*)$")
BELOW = re.compile(r'(?:AT_FDCWD|\d+)<(/[^>]*)>, "([^/"][^"]*)"')
HERE = re.compile(r'AT_FDCWD<[^>]*>, (?=")')
PATHS = re.compile(r'"(/[^"]*)"|<([/a-z][^>]*)>')
WRITING = re.compile(r"O_(?:CREAT|WRONLY|RDWR|TRUNC)")


@dataclass(frozen=True)
class Call:
    """One system call: its name, how many of that name the thread made before it and with it, its paths."""

    name: str
    number: int
    paths: tuple[str, ...]
    changes: bool
    main: bool = True
    injected: bool = False
    failed: bool = False
    unanswered: bool = False
    arguments: str = ""


@dataclass(frozen=True)
class Run:
    """How a run ended, and its log."""

    code: int
    out: str
    err: str
    log: Path


def traced(
    argv: Sequence[str],
    log: Path,
    *,
    folder: Path,
    environment: Mapping[str, str],
    names: Sequence[str],
    inject: str | None = None,
    path: str | None = None,
    children: bool = False,
    limit: float = 120,
) -> Run:
    """Run `argv` under strace, writing the calls `names` to `log`; `code` is -9 where it was killed."""
    strace = shutil.which("strace")
    assert strace is not None
    command = [strace, "-o", str(log), "-y", "-s", "0", "-e", f"trace={','.join(names)}", "-e", "signal=kill"]
    if children:
        # strace 6.1 loses a signal that is to be injected where the filter stops the call
        command += ["-f"] if inject is not None and "signal=" in inject else ["-f", "--seccomp-bpf"]
    if path is not None:
        command += ["-P", path]
    if inject is not None:
        command += ["-e", f"inject={inject}"]
    output, errors = log.with_suffix(".out"), log.with_suffix(".err")
    # files, not pipes: what a killed program leaves running would hold a pipe open
    with output.open("wb") as out, errors.open("wb") as err:
        done = subprocess.run(
            [*command, *argv],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            timeout=limit,
            check=False,
        )
    code = -signal.SIGKILL if done.returncode == 128 + signal.SIGKILL else done.returncode
    return Run(
        code,
        output.read_text(encoding="utf-8", errors="replace"),
        errors.read_text(encoding="utf-8", errors="replace"),
        log,
    )


def calls(log: Path, *, children: bool = False) -> list[Call]:
    """Return the calls of a log in their order; with `children` the log has a process id on each line."""
    found: list[Call] = []
    counts: dict[tuple[str, str], int] = {}
    first = ""
    pending: dict[str, str] = {}
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    for place, raw in enumerate(lines):
        line = raw
        if children:
            pid, _, rest = raw.partition(" ")
            rest = rest.strip()
            if rest.endswith("<unfinished ...>"):
                words = rest.removesuffix("<unfinished ...>")
                if any(later.startswith(f"{pid} <... ") for later in lines[place + 1 :]):
                    pending[pid] = words
                    continue
                rest = words
            if rest.startswith("<... "):
                rest = pending.pop(pid, "") + rest.partition(" resumed>")[2]
            line = f"{pid} {rest}"
        match = LINE.match(line)
        if match is None:
            continue
        pid = match["pid"] or ""
        first = first or pid
        name = match["name"]
        counts[pid, name] = counts.get((pid, name), 0) + 1
        ended = ANSWER.match(match["arguments"])
        arguments = ended["arguments"] if ended else match["arguments"]
        arguments = HERE.sub("", BELOW.sub(r'"\1/\2"', arguments))
        arguments = arguments.removesuffix(" <unfinished ...>")
        paths = tuple(quoted or held for quoted, held in PATHS.findall(arguments))
        changes = name in CHANGING or (name == "openat" and WRITING.search(arguments) is not None)
        rest = ended["rest"] if ended else ""
        failed = ended is not None and ended["answer"].startswith("-")
        found.append(
            Call(
                name,
                counts[pid, name],
                paths,
                changes,
                pid == first,
                "(INJECTED)" in rest,
                failed,
                ended is None or ended["answer"] == "?",
                arguments,
            )
        )
    return found


def where_it_fired(log: Path, fault: str, *, children: bool = False) -> Call | None:
    """Return the call at which the fault came: the injected one, or the last before the kill."""
    found = calls(log, children=children)
    if fault != "SIGKILL":
        return next((call for call in found if call.injected), None)
    return next((call for call in found[::-1] if call.unanswered), None)


def inject(name: str, number: int | None, fault: str) -> str:
    """Return strace's word for a fault at the `number`-th call of that name (every one without it)."""
    what = "signal=SIGKILL" if fault == "SIGKILL" else f"error={fault}"
    return f"{name}:{what}" + (f":when={number}" if number is not None else "")


def end_those_in(folder: Path, *, patience: float = 20.0) -> int:
    """Return how many processes still worked in or below `folder`, ending them."""
    ended = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        if _works_in(entry, str(folder)):
            ended += 1
            try:
                os.kill(int(entry.name), signal.SIGKILL)
            except ProcessLookupError:
                continue
    return ended


def someone_works_in(folder: Path) -> bool:
    """Return whether a process that a killed program left still works in or below `folder`."""
    return any(
        entry.name.isdigit() and int(entry.name) != os.getpid() and _works_in(entry, str(folder))
        for entry in Path("/proc").iterdir()
    )


def _works_in(entry: Path, folder: str) -> bool:
    try:
        return (
            os.readlink(entry / "cwd").startswith(folder)
            or folder.encode() in (entry / "cmdline").read_bytes()
        )
    except OSError:
        return False
