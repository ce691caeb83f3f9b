"""Another platform, as far as Python shows it: run as a program, it fakes `win32` or `darwin`.

    python faked.py SYSTEM FOLDER DOCUMENT

FOLDER holds a declared file, DOCUMENT is a probe's recorded document. What
the rooms made of it is printed as JSON. The standard library and third-party
packages are imported before the fake: they are not under test, and look for
what only the real system has. Paths stay POSIX: files have to be found here.
"""

from __future__ import annotations

import enum
import importlib
import json
import os
import pathlib
import pkgutil
import platform
import signal
import sys
import sysconfig
import types
from pathlib import Path

ONLY_SOME = json.loads(Path(__file__).with_name("only_some.json").read_text("utf-8"))
LIBRARIES = ONLY_SOME["faked_libraries"]
POSIX_MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "readline", "curses")
POSIX_NAMES = ONLY_SOME["faked_posix_names"]
LINUX_NAMES = ONLY_SOME["faked_linux_names"]
WINDOWS_SIGNALS = ("SIGABRT", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM")
KEPT_BY_SIGNAL = ("SIG_DFL", "SIG_IGN")


def fake(system: str) -> None:
    """Make this interpreter look like one on Windows or macOS."""
    for name in LIBRARIES:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            continue  # tomllib on Python 3.10
    sysconfig.get_config_vars()
    platform.uname()  # it remembers: asking again would start programs of the other system
    sys.platform = system
    shown = {"win32": ("Windows", "AMD64", "10"), "darwin": ("Darwin", "arm64", "24.1.0")}[system]
    platform.system = lambda: shown[0]  # type: ignore[assignment]
    platform.machine = lambda: shown[1]  # type: ignore[assignment]
    platform.release = lambda: shown[2]  # type: ignore[assignment]
    platform.platform = lambda *_, **__: "-".join(shown)  # type: ignore[assignment]
    if system == "darwin":
        _remove(os, LINUX_NAMES)
        return
    os.name = "nt"
    home = sys.modules[pathlib.Path.__module__]
    home.WindowsPath = pathlib.PosixPath  # type: ignore[attr-defined]  # `Path()` asks os.name what to be
    _remove(os, POSIX_NAMES)
    # without ctypes, platformdirs and others go by variables: what is behind it there is not here
    for name in (*POSIX_MODULES, "ctypes"):
        sys.modules[name] = None  # type: ignore[assignment]  # importing it now says that it is not there
    os.symlink = _no_privilege  # type: ignore[assignment]
    _remove(
        signal,
        [
            name
            for name in dir(signal)
            if name.startswith("SIG") and name not in WINDOWS_SIGNALS + KEPT_BY_SIGNAL
        ],
    )
    _remove(signal, ["pthread_sigmask", "setitimer", "alarm", "sigwait", "pause", "siginterrupt"])
    signal.Signals = enum.IntEnum(  # type: ignore[misc]
        "Signals", {name: int(getattr(signal, name)) for name in WINDOWS_SIGNALS} | {"SIGBREAK": 21}
    )
    msvcrt = types.ModuleType("msvcrt")
    msvcrt.LK_LOCK, msvcrt.LK_NBLCK = 1, 2  # type: ignore[attr-defined]
    msvcrt.locking = lambda *_: None  # type: ignore[attr-defined]
    winapi = types.ModuleType("_winapi")
    winapi.CreateJunction = _no_privilege  # type: ignore[attr-defined]
    sys.modules.update(msvcrt=msvcrt, _winapi=winapi)


def _remove(module: types.ModuleType, names: list[str]) -> None:
    for name in names:
        if hasattr(module, name):
            delattr(module, name)


def _no_privilege(*_: object, **__: object) -> None:
    raise OSError(1314, "A required privilege is not held by the client")


def modules() -> list[str]:
    """Import every module of the package but those that are sent elsewhere; return their names."""
    package = importlib.import_module("provenv")
    found = [
        one.name
        for one in pkgutil.walk_packages(package.__path__, "provenv.", onerror=lambda name: None)
        if not one.name.startswith(("provenv.payload", "provenv.__main__"))
    ]
    for name in found:
        importlib.import_module(name)
    return found


def whole_path(system: str, folder: Path, document: dict[str, object]) -> dict[str, object]:  # noqa: PLR0915
    """Go from the declared file to a plan and its views; return what a test may look at."""
    from provenv import facts as facts_room
    from provenv import lock as lock_room
    from provenv import pipconf, proof
    from provenv import spec as spec_room
    from provenv import system as system_room
    from provenv.app.fingerprint import fingerprint
    from provenv.app.project import Project
    from provenv.app.remembered import granted_cores
    from provenv.lock.platforms import choose_python, python_platform
    from provenv.model.codec import from_json, to_json
    from provenv.model.evidence import Check, Evidence
    from provenv.model.facts import Facts
    from provenv.model.lock import Artifact, Lock, Package
    from provenv.model.plan import Plan
    from provenv.model.progress import Silent
    from provenv.model.state import State
    from provenv.plan.interpreter import interpreter
    from provenv.plan.make import make
    from provenv.targets.durable import pointed
    from provenv.targets.editors import link_for_editors
    from provenv.targets.guard import guarded
    from provenv.targets.layout import python_of, scripts_of
    from provenv.targets.venv import make_current
    from provenv.ui.context import ASCII, UNICODE, Context
    from provenv.ui.line import plain
    from provenv.ui.views import lines
    from provenv.ui.words import LANGUAGES, Words

    environment = dict(os.environ)
    declared = spec_room.load(folder, environment)
    facts = facts_room.read(document)
    assert from_json(Facts, json.loads(json.dumps(to_json(facts)))) == facts
    choice = lock_room.choose(declared, facts)
    wheel = "six-1.17.0-py2.py3-none-any.whl"
    artifact = Artifact(wheel, f"https://mirror.example/{wheel}", hashes={"sha256": "0" * 64}, size=11050)
    packages = (Package("six", "1.17.0", artifacts=(artifact,)),)
    chosen = choose_python(declared.python, facts, foreign=True).version
    locked = Lock("here", chosen, python_platform(facts.platform), packages, (choice,), "0" * 64)
    written = lock_room.write(locked)
    again = lock_room.read(written, "pylock.toml")
    project = Project(folder, folder, environment=environment)
    layout = project.layout
    planned = make(
        again, State("here", str(folder)), number=1, python=interpreter(chosen, facts.pythons),
        checks=[check.name for check in proof.applicable({"six": "1.17.0"}, declared, facts)],
        reasons=[choice.why],
    )  # fmt: skip
    assert from_json(Plan, json.loads(json.dumps(to_json(planned)))) == planned
    died = proof.judge(Check("imports", "imports.py", 10), {"signal": 9, "oom_kills": 1, "seconds": 1.0})
    evidence = Evidence("here", 1, "2026-11-22T00:00:00+00:00", 1.0, (died,))
    shown = [
        plain(line)
        for language in LANGUAGES
        for marks in (UNICODE, ASCII)
        for value in (facts, planned, evidence)
        for line in lines(value, Context(Words(language), 80, marks, verbose=True))
    ]
    with guarded(layout, wait=False, progress=Silent()):
        layout.venv(1).mkdir(parents=True)
        make_current(layout, 1)
        editors = link_for_editors(layout)
    manager = system_room.manager_of(facts)
    relative = {
        "python": python_of(layout.venv(1)).relative_to(layout.venv(1)).as_posix(),
        "scripts": scripts_of(layout.venv(1)).relative_to(layout.venv(1)).as_posix(),
    }
    return {
        "name": declared.name,
        "requirements": [one.text for one in declared.requirements],
        "system": facts.platform.system,
        "accelerator": choice.value,
        "lock": again.packages[0].version,
        "steps": [step.kind for step in planned.steps],
        "died": died.why.key if died.why else "",
        "lines": len(shown),
        "unsaid": [line for line in shown if "ui." in line and "(" in line],
        "pip": pipconf.digest(pipconf.read(environment, system=system)),
        "fingerprint": sorted(
            fingerprint(folder, declared.files, "pylock.toml", sys.executable, environment)
        ),
        "cores": granted_cores(project, 1) > 0,
        "caches": list(project.caches()),
        "is_link": layout.current.is_symlink(),
        "pointed": pointed(layout.current),
        "editors": editors,
        "manager": manager.name if manager else None,
        **relative,
    }


def main() -> None:
    """Fake, import, go the whole way, and run the commands that need no place."""
    system, folder, document = (
        sys.argv[1],
        Path(sys.argv[2]),
        json.loads(Path(sys.argv[3]).read_text("utf-8")),
    )
    fake(system)
    found = modules()
    made = whole_path(system, folder, document["document"])
    from provenv.cli.program import run

    codes = {}
    out = sys.stdout
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    for arguments in (
        ["--help"],
        ["up", "--help"],
        ["schema"],
        ["--lang", "zh", "system", "--help"],
        ["nonsense"],
    ):
        codes[" ".join(arguments)] = run([*arguments])
    sys.stdout = out
    print(json.dumps({"modules": len(found), "codes": codes, **made}))


if __name__ == "__main__":
    main()
