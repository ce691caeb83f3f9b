"""What an engine, its client, its builder or a registry printed when it failed, as a problem. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Literal

from ..errors import Argument, Exit, Failure, Hint, Problem, text
from ..model.channel import Completed
from .known import compiled

Doing = Literal["build", "pull", "push", "run", "inspect", "remove"]

DENIED = frozenset({"PV1044", "PV1053"})
"""What is missing here is a right: a group, a login."""
TRANSIENT = frozenset({"PV1054", "PV1055", "PV1059"})
"""What may have passed when one tries again."""
OF_STEPS = frozenset({"PV1050", "PV1052", "PV1064", "PV1066"})
"""What can be said of a step of a build: all else that it printed is its own program's."""
PLAIN = frozenset(
    {"PV1041", "PV1042", "PV1043", "PV1045", "PV1046", "PV1047"}
    | {"PV1048", "PV1049", "PV1051", "PV1053", "PV1055", "PV1057", "PV1058", "PV1059", "PV1062", "PV1063"}
    | {"PV1065", "PV1067", "PV1068"}
)
"""What is the cause itself: the rules, made for logs whose origin nobody knows, could only guess at it."""
LINES = 12
"""So many lines of what was printed are told."""
SPOKEN = 6
"""So many of them at most are the engine's own last words."""
STEP_FAILED = re.compile(
    r"did not complete successfully|executor failed running|building at STEP \"RUN[^\n]*exit status"
)

# a builder's own lines round what a step printed: BuildKit's plain progress, its summary of a failed step
_PREFIX = re.compile(r"^#\d+ (?:\d+\.\d+ )?|^\d+\.\d+ (?=\S)")
_STEP = re.compile(r"^-{4,}\n > (?P<step>\[[^\n]*\][^\n]*):\n(?P<said>.*?)^-{4,}$", re.MULTILINE | re.DOTALL)
# what podman logs of its own attempts is said again in its last line
_LOGGED = re.compile(r"time=\S+ level=(?:warning|info|debug) ")
_BUILDAH = re.compile(r"^(?:\[[^\n\]]*\] )?STEP [\d/]+: ", re.MULTILINE)


def explain(done: Completed, doing: Doing, **what: str) -> Failure:
    """Return the failure of a call of an engine's client.

    `what` tells what the call was about, as far as the caller knows: `reference` of an image, `platform`,
    `root` (the folder in which the engine keeps its data), `name` of a container. The engine's own words go
    along as the reason, for the user and for the diagnosis. A login or right that is missing ends with
    exit code 4.
    """
    printed = said(done)
    engine = engine_of(done)
    # what a step or a program printed is its own: the engine speaks last
    own = _end(printed, SPOKEN) if doing in ("build", "run") else printed
    step = doing == "build" and STEP_FAILED.search(own) is not None
    # of the two streams the one with the reason; a build speaks on both
    told = printed if doing == "build" else done.err.strip() or printed
    for known, words in compiled():
        if (known.doing and doing not in known.doing) or (step and known.code not in OF_STEPS):
            continue
        found = words.search(own)
        if found is not None:
            groups = {key.rstrip("2"): value for key, value in found.groupdict().items() if value}
            return failure(known.code, engine, told, doing=doing, **{**groups, **_given(what)})
    if done.stalled is not None:
        return failure("PV1055", engine, told, doing=doing, **what)
    if done.timed_out:
        return failure("PV1045", engine, told, doing=doing, seconds=f"{done.seconds:.0f}", **what)
    return failure("PV1069", engine, told, doing=doing, **what)


def failure(code: str, engine: str, words: str, /, *, doing: str = "", **what: str) -> Failure:
    """Return the failure with this code: its words, what the engine said, and what can be done."""
    exit_code = Exit.DENIED if code in DENIED else Exit.FAILED
    return Failure(_problem(code, engine, words, doing, what), exit_code=exit_code)


def _problem(code: str, engine: str, words: str, doing: str, what: dict[str, str]) -> Problem:
    reference = what.get("reference", "")
    filled: dict[str, Argument] = {
        **what,
        "engine": engine,
        "reference": reference,
        "place": what.get("place") or registry_of(reference),
        "path": what.get("path") or what.get("root") or "",
        "name": what.get("name", ""),
        "step": _short(what.get("step", "")),
    }
    key = f"{code}.{doing}" if code == "PV1069" else _variant(code, filled)
    evidence = _evidence(words, doing)
    why = text("engine.words", words=evidence) if evidence else None
    return Problem(code, text(key, **filled), why=why, hints=tuple(_hints(code, engine, what, filled)))


# messages that have a form of their own where something is not known
_NEEDS = {"PV1050": "path", "PV1051": "reference", "PV1063": "reference", "PV1062": "name", "PV1061": ""}


def _variant(code: str, filled: dict[str, Argument]) -> str:
    needed = _NEEDS.get(code)
    return f"{code}.plain" if needed and not filled[needed] else code


def _hints(code: str, engine: str, what: dict[str, str], filled: dict[str, Argument]) -> Iterator[Hint]:
    place, reference = str(filled["place"]), str(filled["reference"])
    login = f"{engine} login" if place in ("", "docker.io") else f"{engine} login {place}"
    mirror = ("PV1054.hint_mirror", "provenv mirrors --kind images")
    commands: dict[str, tuple[tuple[str, str], ...]] = {
        "PV1041": (("PV1041.hint", f"{engine} info"),),
        "PV1045": (("PV1041.hint", f"{engine} info"),),
        "PV1046": (("", "podman machine start"),),
        "PV1050": (
            ("doctor.engine.used", f"{engine} system df"),
            ("PV1050.hint_prune", "podman image prune" if engine == "podman" else "docker builder prune"),
        ),
        "PV1051": (("PV1051.hint", ""), ("PV1051.hint_login", login)),
        "PV1052": (("PV1052.hint", ""),),
        "PV1053": (("PV1053.hint", login),),
        "PV1054": (("PV1054.hint", login), mirror),
        "PV1055": (("PV1055.hint", f"{engine} pull {reference}" if reference else ""),),
        "PV1056": (
            (
                "PV1056.hint",
                f"mkdir -p /etc/{_CERTIFICATES[engine]}/certs.d/{place or 'HOST'}"
                f" && cp CA.crt /etc/{_CERTIFICATES[engine]}/certs.d/{place or 'HOST'}/ca.crt",
            ),
        ),
        "PV1057": ((f"PV1057.hint_{engine}", ""),),
        "PV1058": (("PV1058.hint", f"{engine} pull {reference}" if reference else ""),),
        "PV1059": (
            ("PV1059.hint", f"curl -sSI https://{place}/v2/" if place else ""),
            *((mirror,) if place in HUB else ()),
        ),
        "PV1060": (("PV1060.hint", "ss -ltnp"),),
        "PV1061": (("PV1061.hint", "provenv doctor"),),
        "PV1062": (("PV1062.hint", f"{engine} rm --force {filled['name']}" if filled["name"] else ""),),
        "PV1063": (("PV1063.hint", f"{engine} image ls"),),
        "PV1065": (("PV1065.hint", f"{engine} ps --all --filter ancestor={reference}" if reference else ""),),
        "PV1066": (("PV1066.hint", "free -h"),),
    }
    if code == "PV1044":
        yield from denied(engine)
    for key, command in commands.get(code, ()):
        yield Hint(text(key, place=place, reference=reference) if key else None, command or None)


HUB = ("", "docker.io", "registry-1.docker.io", "index.docker.io")
"""The names under which clients speak of the public hub."""
_CERTIFICATES = {"docker": "docker", "podman": "containers"}
"""Where docker and podman look for a registry's authorities: docker(1) certs.d, containers-certs.d(5)."""


def denied(engine: str) -> Iterator[Hint]:
    """Yield how a user gets at an engine whose socket is closed to them."""
    if engine == "docker":
        yield Hint(text("doctor.engine.join"), "sudo usermod -aG docker $USER")
        yield Hint(text("doctor.engine.newgrp"), "newgrp docker")
        yield Hint(text("PV1044.hint_rootless"), "dockerd-rootless-setuptool.sh install")


def said(done: Completed) -> str:
    """Return all that a client printed; a build's output may be on either stream."""
    return "\n".join(part for part in (done.out.strip(), done.err.strip()) if part)


def last_words(done: Completed, lines: int = LINES) -> str:
    """Return the end of what a client printed on its way out."""
    return _end(done.err.strip() or done.out.strip(), lines)


def engine_of(done: Completed) -> str:
    """Return whose client a command was: docker's or podman's."""
    return "podman" if "podman" in os.path.basename(done.argv[0] if done.argv else "") else "docker"


def registry_of(reference: str) -> str:
    """Return the registry that a reference names, as docker takes it: `docker.io` where it names none."""
    head, slash, _ = reference.partition("/")
    if not reference or not slash:
        return "docker.io" if reference else ""
    return head if "." in head or ":" in head or head == "localhost" else "docker.io"


def _evidence(words: str, doing: str) -> str:
    """Return the lines that tell why: of a build those of the step that failed, and the builder's verdict."""
    if doing == "build":
        step = _STEP.search(words)
        if step is not None:
            lines = [_PREFIX.sub("", line) for line in step["said"].strip().splitlines()]
            return _end("\n".join([*lines[-LINES:], _verdict(words)]), LINES + 1)
        steps = list(_BUILDAH.finditer(words))
        if steps:
            return _end(words[steps[-1].start() :], LINES)
    return _end(words, LINES)


def _verdict(words: str) -> str:
    """Return the builder's own last line about what failed."""
    lines = [
        line for line in words.splitlines() if re.match(r"(?:ERROR|error): |failed to solve|executor", line)
    ]
    return lines[-1] if lines else ""


def _end(words: str, lines: int) -> str:
    kept = [line.rstrip() for line in words.splitlines() if line.strip() and not _LOGGED.match(line)]
    return "\n".join((kept or words.splitlines())[-lines:])


def _short(step: str, most: int = 100) -> str:
    step = " ".join(step.removeprefix("/bin/sh -c ").split())
    return step if len(step) <= most else f"{step[: most - 1]}…"


def _given(what: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in what.items() if value}
