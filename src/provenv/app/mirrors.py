"""`mirrors`: the public mirrors and the present configuration, tried side by side; one of them written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from .. import environ, pipconf, spec
from .. import lock as lock_room
from ..errors import Exit, Failure, Hint, Problem, problem, text
from ..hosts.reach import Access, access, side_by_side
from ..model.mirrors import MirrorResult, State, Trial
from ..model.progress import Progress, Silent
from ..model.spec import Spec
from ..pipconf import PipConfiguration, redact
from ..spec.edited import Edit
from .choices import MIRROR_LIMIT, MIRRORED
from .files import keep_bytes
from .project import Project, open_project
from .trying import Ask, Candidate, attempt

USUAL = ("pypi", "torch", "python", "huggingface")
"""What is tried where no kind is named: what this machine's environments need."""
PYTORCH = "https://download.pytorch.org/whl"
HUB = "https://huggingface.co"
REGISTRY = "https://registry-1.docker.io"
OS_RELEASE = Path("/etc/os-release")
APT = (Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d"))
_APT_URL = re.compile(r"^(?:deb\s+(?:\[[^\]]*\]\s+)?|URIs:\s*)(\S+)", re.MULTILINE)


def mirrors(
    folder: Path,
    *,
    names: Sequence[str] = (),
    kinds: Sequence[str] = (),
    use: str | None = None,
    limit: float = MIRROR_LIMIT,
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
) -> MirrorResult:
    """Try mirrors and return how each did, the best of each kind first.

    `names` are presets (all, and the present configuration, where none is named), `kinds` keys of
    `[mirrors]`. `use` is a preset that is written into the declared file: under each of `kinds`,
    or as `preset`. `limit` is in seconds. Raises Failure PV180-PV183 for a name that is none,
    PV780 with the result where nothing could be reached.
    """
    values = dict(os.environ) if environment is None else environment
    wanted = tuple(dict.fromkeys([*names, *([use] if use else [])]))
    _known(wanted, kinds if use else ())
    edit = _edit(folder, use, kinds) if use else None
    declared = _declared(folder, values)
    pip = pipconf.read(values)
    how = access(values, pip)
    chosen = tuple(kinds) or USUAL
    task = (progress or Silent()).task(text("app.mirrors.trying"))
    ask, defaults = _ask(how, limit, values, pip, declared, chosen)
    trials: list[Trial] = []
    for kind in chosen:
        candidates = _candidates(kind, declared, pip, values, defaults, wanted)
        tasks = [partial(attempt, one, ask) for one in candidates]
        # two requests may follow one another, and a little for threads that end late
        done = side_by_side(tasks, limit=2 * limit + 1)
        trials += _ranked(
            trial or _silent(candidate) for candidate, trial in zip(candidates, done, strict=True)
        )
    task.finish(text("app.mirrors.tried", n=len(trials)))
    result = MirrorResult(tuple(trials), limit, proxy=redact(" ".join(sorted(set(how.proxies.values())))))
    if edit is not None and use is not None:
        keep_bytes(Path(os.path.realpath(Path(edit.root) / edit.path)), edit.content)
        return replace(
            result, path=edit.path, written=edit.added, findings=_doubts(use, trials, declared, kinds)
        )
    if trials and all(one.state != "reached" for one in trials):
        raise Failure(_nothing(trials), exit_code=Exit.FAILED, data=result)
    return result


def _known(names: Iterable[str], kinds: Sequence[str]) -> None:
    """Raise Failure for names that are no presets, or have nothing of the kinds that are to be written."""
    table = spec.mirror_presets()
    problems = [
        spec.bad_mirror(name, kind)
        for name in names
        for kind in (kinds or (None,))
        if table.find(name) is None or (kind is not None and table.address(name, kind) is None)
    ]
    if problems:
        raise Failure(*problems, exit_code=Exit.USAGE)


def _edit(folder: Path, name: str, kinds: Sequence[str]) -> Edit:
    root, found = open_project(folder).root, spec.mirror_presets().find(name)
    return spec.use_mirrors(root, dict.fromkeys(kinds or ("preset",), found.name if found else name))


def _declared(folder: Path, environment: Mapping[str, str]) -> Spec | None:
    """Return what the project here declares; None where there is no project, or its file has mistakes."""
    try:
        return open_project(folder, environment=environment).spec()
    except Failure:
        return None


def _ask(
    how: Access,
    limit: float,
    environment: Mapping[str, str],
    pip: PipConfiguration,
    declared: Spec | None,
    kinds: Sequence[str],
) -> tuple[Ask, dict[str, str]]:
    """Return what all trials share, and the addresses that are used without any configuration."""
    defaults = {"torch": PYTORCH, "huggingface": HUB, "images": REGISTRY}
    project = Project(Path.cwd(), Path.cwd(), environment=environment)
    python = ("", "")
    if "pypi" in kinds or "python" in kinds:
        uv = lock_room.find_uv(environment)
        plain = lock_room.uv_environment(environment, pip, lock_room.Sources())
        defaults["pypi"] = lock_room.uv_default_index(project.host, uv, plain)
        if "python" in kinds:
            asked = re.search(r"\d+\.\d+", (declared.python if declared else "") or "")
            version, defaults["python"], path = lock_room.python_build(
                project.host, uv, asked[0] if asked else "3.12", plain
            )
            python = (path, version)
    suite = ("debian", "stable")
    if "apt" in kinds:
        suite = _suite()
        defaults["apt"] = _apt_here()
    return Ask(how, limit, python, suite), defaults


Origin = Literal["preset", "file", "requirements", "uv", "pip", "system", "default"]


def _candidates(
    kind: str,
    declared: Spec | None,
    pip: PipConfiguration,
    environment: Mapping[str, str],
    defaults: Mapping[str, str],
    names: Sequence[str],
) -> tuple[Candidate, ...]:
    """Return what is tried for a kind: what is used now, what else is configured, the presets."""
    table = spec.mirror_presets()
    presets = [table.find(name) for name in (names or table.names(kind))]
    found = [
        Candidate(kind, preset.name, "preset", preset.addresses[kind].url)
        for preset in presets
        if preset is not None and kind in preset.addresses
    ]
    if names:
        return tuple(found)
    present: list[tuple[Origin, str]] = []
    said = getattr(declared.mirrors, kind) if declared else None
    if said:
        others = declared.mirrors.fallbacks.get(kind, ()) if declared else ()
        present += [("file", environ.expand(one, environment)) for one in (said, *others)]
    if kind == "pypi":
        present += _indexes(declared, pip, environment)
    elif kind == "python" and (mirror := environment.get("UV_PYTHON_INSTALL_MIRROR")):
        present.append(("uv", mirror))
    elif kind == "huggingface" and (endpoint := environ.read(environ.HF_ENDPOINT, environment)):
        present.append(("system", endpoint))
    if defaults.get(kind):
        present.append(("system" if kind == "apt" else "default", defaults[kind]))
    known = {one.url.rstrip("/"): one.name for one in found}
    configured: dict[str, Candidate] = {}
    for origin, url in present:
        if url.partition("://")[0] in ("http", "https") or kind == "images":
            same = url.rstrip("/")
            one = Candidate(kind, known.get(same, origin), origin, url, used=not configured)
            configured.setdefault(same, one)
    return (*configured.values(), *(one for one in found if one.url.rstrip("/") not in configured))


def _indexes(
    declared: Spec | None, pip: PipConfiguration, environment: Mapping[str, str]
) -> list[tuple[Origin, str]]:
    """Return the indexes that are configured beside `[mirrors]`, those that count most first."""
    found: list[tuple[Origin, str]] = []
    if declared is not None and declared.indexes.index_url:
        found.append(("requirements", environ.expand(declared.indexes.index_url, environment)))
    for variable in environ.UV_DEFAULT_INDEXES:
        if value := environ.read(variable, environment):
            found.append(("uv", value))
    if pip.index_url:
        found.append(("pip", pip.index_url))
    return found


def _ranked(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials of one kind, reached ones first and by time, with who is fresh."""
    listed = list(trials)
    newest = max((_order(one.newest) for one in listed if one.newest), default=None)
    told = [
        replace(one, fresh=_order(one.newest) == newest if one.newest and one.kind != "python" else None)
        for one in listed
    ]
    return sorted(
        told,
        key=lambda one: (
            one.state != "reached",
            one.fresh is False,
            one.seconds or one.first_byte or MIRROR_LIMIT,
        ),
    )


def _order(version: str) -> tuple[int, ...] | tuple[str]:
    """Return what versions compare by; the dates of apt's indexes differ within a day and are equal then."""
    numbers = re.findall(r"\d+", version.partition("+")[0])
    return tuple(map(int, numbers)) if re.match(r"\d", version) else (version[:16],)


def _silent(candidate: Candidate) -> Trial:
    """Return the trial of a mirror that was still silent when all time was up."""
    return Trial(
        candidate.kind,
        candidate.name,
        candidate.origin,
        redact(candidate.url),
        "timeout",
        used=candidate.used,
    )


def _suite() -> tuple[str, str]:
    """Return this machine's distribution and suite, Debian's stable where apt has nothing to say here."""
    try:
        words = OS_RELEASE.read_text(encoding="utf-8")
    except OSError:
        return "debian", "stable"
    values = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', words, re.MULTILINE))
    name, suite = values.get("ID", ""), values.get("VERSION_CODENAME", "")
    return (name, suite) if name in ("debian", "ubuntu") and suite else ("debian", "stable")


def _apt_here() -> str:
    """Return the folder above the first address in apt's own sources, nothing where there are none."""
    folder = APT[1]
    files = [APT[0], *(sorted(folder.iterdir()) if folder.is_dir() else ())]
    for path in files:
        try:
            found = _APT_URL.search(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
        if found:
            return found[1].rstrip("/").rpartition("/")[0]
    return ""


def _doubts(
    name: str, trials: Sequence[Trial], declared: Spec | None, kinds: Sequence[str]
) -> tuple[Problem, ...]:
    """Return what deserves a word about a mirror that was written: unreached kinds, keys that win over it."""
    found: list[Problem] = []
    missed = [one.kind for one in trials if one.state != "reached"]
    if missed:
        found.append(problem("PV781", severity="warning", name=name, kinds=", ".join(missed)))
    if not kinds and declared is not None:
        mirrors, table = declared.mirrors, spec.mirror_presets()
        own = [
            kind
            for kind in MIRRORED
            if getattr(mirrors, kind) and getattr(mirrors, kind) != table.address(mirrors.preset or "", kind)
        ]
        if own:
            found.append(problem("PV782", severity="note", name=name, kinds=", ".join(own), n=len(own)))
    return tuple(found)


def _nothing(trials: Sequence[Trial]) -> Problem:
    """Return the failure that nothing was reached, with the cause that most of them have."""
    states = [one.state for one in trials]
    most: State = max(set(states), key=states.count)
    detail = next((one.detail for one in trials if one.state == most and one.detail), "")
    why = text(f"mirrors.state.{most}.why", detail=detail or most)
    hints = (Hint(text(f"mirrors.state.{most}.hint")),) if most in ("certificate", "proxy", "login") else ()
    return problem("PV780", n=len(trials), why=why, hints=hints)
