"""What only some systems have is used in declared places alone; text is UTF-8 everywhere."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ONLY_SOME = json.loads(Path(__file__).with_name("only_some.json").read_text(encoding="utf-8"))
SOURCE = Path(__file__).resolve().parents[2] / "src" / "provenv"

# module -> (what it uses: a pattern that all of it fits, why that is right there)
DECLARED: dict[str, tuple[str, str]] = {
    "app/explain.py": (r"os\.geteuid", "behind hasattr"),
    "app/fingerprint.py": (
        r"path /(proc|sys|dev)\b.*",
        "cheap keys; a file that is not there gives an empty one",
    ),
    "app/looks/accounts.py": (r"import (grp|pwd)|os\.get\w+", "behind sys.platform"),
    "app/looks/containers.py": (r"path /.*", "what is not there gives nothing"),
    "app/looks/stores.py": (r"Path\.is_symlink|os\.geteuid", "behind hasattr; of entries of a cache"),
    "app/looks/surroundings.py": (
        r"import resource|path /(proc|sys)/.*",
        "behind sys.platform, or not there",
    ),
    "app/looks/virtualisation.py": (r"os\.uname|path /(dev|proc|sys)/.*", "behind sys.platform"),
    "app/looks/environments.py": (r"os\.readlink", "of an interpreter that may be a link; OSError where not"),
    "app/looks/room.py": (
        r"os\.statvfs|path /proc/self/mountinfo",
        "behind hasattr; no file gives no mounts",
    ),
    "app/data/cache.py": (r"os\.sync", "behind sys.platform"),
    "app/data/fetched.py": (
        r"os\.link",
        "OSError where there are no links: what came before is not kept then",
    ),
    "app/fleet_up/collecting.py": (r"os\.link", "OSError where there are no links: it is fetched then"),
    "app/fleet_up/leases.py": (r"path .*", "scripts for a POSIX shell on the host"),
    "app/fleet_up/there.py": (r"path /bin/sh", "a host's shell, which is POSIX"),
    "app/slurm/submit.py": (r"Path\.symlink_to", "Slurm is on Linux alone"),
    "app/fleet_runs/group.py": (r"os\.kill", "stops itself as its processes were; Windows sends no SIGTSTP"),
    "app/fleet_runs/ready.py": (
        r"path /tmp",
        "a host's, the default of POSIX; only its free room is asked about",
    ),
    "app/on_hosts/": (
        r"os\.(readlink|symlink)|path .*",
        "of what is a link already; places on a host, which is POSIX",
    ),
    "app/fleet/facts.py": (r"path /tmp", "a host's, the default of POSIX; only its free room is asked about"),
    "app/mirrors.py": (r"path /etc/.*", "Debian's sources, named in what is told and read where they are"),
    "app/project.py": (r"path /tmp", "the default of POSIX; Windows has a branch of its own"),
    "app/remembered.py": (r"os\.sched_getaffinity", "behind hasattr"),
    "app/images/": (r"path .*", "places inside a container, which is Linux"),
    "context/": (
        r"os\.(link|readlink|symlink)|Path\.is_symlink",
        "of what is a link already; a hard link has its copy",
    ),
    "engines/find.py": (r"os\.geteuid|path /.*", "behind sys.platform; specifications of devices, if any"),
    "hosts/archives.py": (r"os\.symlink", "of an archive that has links; OSError where not"),
    "hosts/holder.py": (
        r"os\.(kill|readlink)|path /proc/.*",
        "behind sys.platform; what is not told is `-`",
    ),
    "engines/remedies.py": (r"os\.geteuid|path /.*", "behind sys.platform, or what a path has in it"),
    "engines/": (r"path .*", "places inside a container, and in hints for Linux"),
    "render/compose.py": (r"path .*", "places inside a container"),
    "render/devcontainer.py": (r"path .*", "places inside a container"),
    "render/image/": (r"path .*", "places inside a container"),
    "spec/schema.py": (r"path .*/dev/shm.*", "words about a container"),
    "diagnosis/checks/": (r"path .*", "commands and places in remedies for the system that the facts name"),
    "diagnosis/": (r"path .*", "places as logs name them"),
    "facts/": (r"path /.*", "questions to the place, which answers `absent` where it has no such file"),
    "hosts/files.py": (r"os\.kill", "behind sys.platform: on Windows that would end the process"),
    "hosts/process.py": (
        r"os\.killpg|signal\.SIGKILL",
        "behind sys.platform; Windows ends a tree by taskkill",
    ),
    "hosts/ssh_channel.py": (
        r"os\.killpg|signal\.SIGKILL",
        "behind sys.platform; on Windows ssh has no children of its own",
    ),
    "hosts/ssh_connection.py": (
        r"os\.killpg|signal\.SIGKILL",
        "behind sys.platform: no connection is shared on Windows",
    ),
    "hosts/ssh_folders.py": (r"os\.getuid|path /tmp", "behind sys.platform: nothing is swept on Windows"),
    "hosts/ssh_failures.py": (r"path .*/bin/sh.*", "a hint about a host, which has a POSIX shell"),
    "hosts/ssh_files.py": (r"path .*", "scripts for a POSIX shell on the host"),
    "hosts/ssh_wrapper.py": (r"path .*", "scripts for a POSIX shell on the host"),
    "hosts/traffic.py": (
        r"os\.(readlink|sysconf)|path /proc.*",
        "behind sys.platform: elsewhere nothing is known of a process's connections",
    ),
    "lock/accelerators/": (r"path .*", "commands and devices in hints about Linux machines"),
    "proof/judges/processes.py": (r"path .*/dev/shm", "a hint about a Linux place"),
    "proof/judging.py": (r"path df -h /dev/shm", "a hint about a Linux place"),
    "runs/launch.py": (r"Popen\.pass_fds|os\.execve|path /bin/sh", "behind sys.platform"),
    "runs/alarms.py": (r"path .*/dev/shm", "a hint about a Linux place"),
    "runs/control_groups.py": (r"path /proc/", "no such file gives no control group"),
    "runs/events.py": (r"signal\.SIGCHLD", "behind sys.platform"),
    "runs/gpus.py": (r"path /proc/", "no such file gives no container"),
    "runs/group.py": (r"os\.kill", "behind sys.platform: stops itself as its processes were"),
    "runs/keeper.py": (r"path .*", "a script for Linux and macOS; there is no keeper on Windows"),
    "runs/killed.py": (r"path /proc/vmstat", "no such file gives nothing"),
    "runs/living.py": (r"os\.(getpgid|kill|killpg)|path /proc", "behind sys.platform, or not there"),
    "runs/member.py": (
        r"Popen\.pass_fds|os\.(getpgrp|tcgetpgrp)|path /bin/sh|signal\.SIGWINCH",
        "behind sys.platform: a terminal's job control",
    ),
    "runs/memory_left.py": (r"path /proc/meminfo", "no such file gives nothing"),
    "runs/network_bytes.py": (r"path /proc/", "no such file gives nothing"),
    "runs/preflight.py": (r"path .*/dev/shm", "a hint about a Linux place"),
    "runs/processes.py": (r"os\.sysconf|path /proc/?", "behind sys.platform: elsewhere `ps`"),
    "runs/pseudo_terminal.py": (
        r"import (fcntl|pty|termios)|os\.(getpgrp|tcgetpgrp)",
        "behind sys.platform: there is none on Windows",
    ),
    "runs/program.py": (r"path /bin/sh", "behind ENOEXEC, which Windows does not give"),
    "runs/quiet_thread.py": (r"signal\.pthread_sigmask", "behind hasattr"),
    "runs/readiness.py": (
        r"import resource|os\.(geteuid|getuid)|path /proc/?",
        "behind sys.platform",
    ),
    "runs/reading.py": (r"os\.kill", "behind sys.platform: on Windows that would end the process"),
    "runs/sampling.py": (r"os\.statvfs|path /dev/shm", "behind hasattr, or not there"),
    "runs/stopping.py": (
        r"os\.(kill|pidfd_open)|path /proc|signal\.SIGKILL",
        "behind sys.platform and hasattr",
    ),
    "runs/relay.py": (
        r"os\..*|signal\..*|import (fcntl|pty|termios)",
        "behind sys.platform: there is no relay on Windows",
    ),
    "runs/shell.py": (r"import pwd|os\.getuid|path /bin/sh", "behind sys.platform"),
    "runs/signals.py": (r"os\..*|signal\..*|path /dev/tty", "behind sys.platform: a terminal's job control"),
    "runs/working_copy.py": (
        r"Path\.(is_symlink|symlink_to)",
        "links of the user's; OSError (told) where none may be made",
    ),
    "spec/adopt/": (
        r"path .*|Path\.(is_symlink|readlink)",
        "what other people's Dockerfiles and environments hold",
    ),
    "spec/leading.py": (r"os\.getuid", "behind hasattr"),
    "targets/durable.py": (r"os\.symlink", "the one switch, with its pointer file"),
    "targets/pointer.py": (r"os\.readlink", "the one switch, with its pointer file"),
    "targets/editors.py": (r"os\.readlink|Path\..*|import _winapi", "the editors' link, with its junction"),
    "targets/held.py": (r"import (fcntl|msvcrt)", "one branch a platform"),
    "targets/manifest.py": (r"os\.readlink", "of what its mode says is a link"),
    "targets/remove.py": (r"Path\.is_symlink", "True nowhere but where there are links"),
    "system/": (r"path .*", "what is asked of a POSIX place through its shell"),
}

OS = set(ONLY_SOME["os"])
SIGNAL = set(ONLY_SOME["signal"])
SELECT = {"epoll", "kqueue", "poll"}
MODULES = set(ONLY_SOME["modules"])
PATH = {"hardlink_to", "is_symlink", "readlink", "symlink_to"}
POPEN = {"pass_fds", "preexec_fn", "process_group"}
PLACE = re.compile(r"(^|[\s\"'=:,(])/(proc|sys|dev|etc|tmp|usr|lib|bin|var|run)(/|$|\b)")
OF_SOME = {"os": OS, "signal": SIGNAL, "select": SELECT}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        # payload runs in the place itself and has its own branches; the place is what it asks about
        if not name.startswith("payload/"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def documentation(tree: ast.Module) -> set[int]:
    """Return the constants that are docstrings."""
    found = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            found |= {id(one.value) for one in body if isinstance(one, ast.Expr)}
    return found


def uses(tree: ast.Module) -> set[str]:
    """Return all that a module uses which some systems lack."""
    found, words = set(), documentation(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in OF_SOME.get(owner, ()):
                found.add(f"{owner}.{node.attr}")
            elif node.attr in PATH and owner != "os":
                found.add(f"Path.{node.attr}")
        elif isinstance(node, ast.Import):
            found |= {f"import {one.name}" for one in node.names if one.name in MODULES}
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0 and node.module in MODULES:
                found.add(f"import {node.module}")
            if node.level == 0 and node.module in OF_SOME:
                found |= {
                    f"{node.module}.{one.name}" for one in node.names if one.name in OF_SOME[node.module]
                }
        elif isinstance(node, ast.keyword) and node.arg in POPEN:
            found.add(f"Popen.{node.arg}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {f"path {node.value}"} if id(node) not in words and PLACE.search(node.value) else set()
    return found


def declared(name: str) -> str | None:
    """Return the pattern that is declared for a module, or for the folder that it lies in."""
    keys = [key for key in DECLARED if key == name or (key.endswith("/") and name.startswith(key))]
    return DECLARED[keys[0]][0] if keys else None


def test_nothing_is_used_outside_of_its_declared_place():
    stray = [
        f"{name}: {use}"
        for name, tree in modules()
        for use in sorted(uses(tree))
        if not re.fullmatch(declared(name) or "", use, re.S)
    ]
    assert stray == []


def test_every_declared_place_is_still_one():
    names = {name for name, tree in modules() if uses(tree)}
    folders = {key for key in DECLARED if any(name.startswith(key) for name in names)}
    # `system/` is declared for what it may come to name; all others are in use
    assert set(DECLARED) - folders - {"system/"} == set()


SAMPLES = [
    ("import os\nos.fork()", "os.fork"),
    ("from os import getuid", "os.getuid"),
    ("import fcntl", "import fcntl"),
    ("from termios import tcgetattr", "import termios"),
    ("import signal\nsignal.SIGKILL", "signal.SIGKILL"),
    ("import select\nselect.epoll()", "select.epoll"),
    ("open('/proc/self/maps')", "path /proc/self/maps"),
    ("link.symlink_to(x)", "Path.symlink_to"),
    ("Popen([], preexec_fn=f)", "Popen.preexec_fn"),
]


@pytest.mark.parametrize(("code", "expected"), SAMPLES)
def test_the_test_sees_what_it_looks_for(code: str, expected: str):
    assert uses(ast.parse(code)) == {expected}


TEXTUAL = {"read_text": 0, "write_text": 1, "open": 1}


def without_encoding(tree: ast.Module) -> Iterator[int]:
    """Yield the lines that open a text file in whatever the system takes for text (cp936, cp1252)."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or any(one.arg == "encoding" for one in node.keywords):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        of_os = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in (
            "os",
            "tarfile",  # an archive
            "webbrowser",
            "formatter",  # click's
        )
        if name not in TEXTUAL or of_os:
            continue
        if name == "open":
            given = [*node.args, *(one.value for one in node.keywords if one.arg == "mode")]
            modes = [
                one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            if any(re.fullmatch(r"[rwax+]*b[rwax+]*", mode) for mode in modes):
                continue
            if isinstance(node.func, ast.Attribute) and not modes and node.args:
                continue  # an opener of something else: a URL, an archive
        elif len(node.args) > TEXTUAL[name]:
            continue
        yield node.lineno


def test_text_is_utf_8_everywhere():
    stray = [f"{name}:{line}" for name, tree in modules() for line in without_encoding(tree)]
    assert stray == []
