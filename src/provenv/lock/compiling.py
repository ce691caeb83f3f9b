"""One resolution by uv: what is asked, in files of a scratch folder, and what came back."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from packaging.utils import canonicalize_name

from ..errors import Failure, Place
from ..model.channel import Host
from ..model.facts import Platform
from ..model.lock import Artifact, Lock, Package
from ..model.spec import Requirement, Spec
from ..pipconf import PipConfiguration
from . import toml
from .failures.cause import BINDER, cause
from .families.fitted import Fitted
from .isolation import TorchAtBuild, needing_torch, unisolated
from .logins import handed_over, variables, without_login
from .own_wheel import constraints as own_constraints
from .own_wheel import explained, recorded
from .platforms import deployment_target, python_platform
from .pylock import located, read, write
from .sources import Sources, TorchSource, local_path, login
from .uv import call, source_arguments, uv_environment

INDEX = "provenv-torch"
LIMIT = 3600.0
PUBLIC = {"UV_HTTP_CONNECT_TIMEOUT": "5", "UV_HTTP_RETRIES": "1"}


@dataclass(frozen=True)
class Question:
    """Everything that stays the same over the resolutions of one lock."""

    spec: Spec
    platform: Platform
    python: str
    interpreter: str | None
    host: Host
    uv: str
    pip: PipConfiguration
    environment: Mapping[str, str]
    sources: Sources
    scratch: Path
    previous: Lock | None = None
    upgrade: tuple[str, ...] | None = None
    fitted: Fitted | None = None


def binding(family: Sequence[str], source: TorchSource) -> tuple[str, dict[str, str]]:
    """Return the `pyproject.toml` that binds a family to one source, and its login as uv's variables.

    An explicit index serves the packages that name it and nothing else, so
    that a CPU build stays one whatever other indexes offer.
    """
    url, user, password = login(source.url or "")
    flat = 'format = "flat"\n' if source.flat else ""
    bound = "\n".join(f"{toml.key(name)} = {{ index = {toml.inline(INDEX)} }}" for name in family)
    words = (
        f'[project]\nname = "{BINDER}"\nversion = "0"\ndependencies = {toml.inline(list(family))}\n\n'
        f'[[tool.uv.index]]\nname = "{INDEX}"\nurl = {toml.inline(url)}\n{flat}explicit = true\n\n'
        f"[tool.uv.sources]\n{bound}\n"
    )
    variable = INDEX.upper().replace("-", "_")
    secrets = {f"UV_INDEX_{variable}_USERNAME": user, f"UV_INDEX_{variable}_PASSWORD": password}
    return words, {name: value for name, value in secrets.items() if value}


def alone(question: Question, source: TorchSource) -> Question:
    """Return the question for nothing but torch, asked of nothing but `source`."""
    torch = Requirement("torch", "torch", Place(question.spec.file))
    spec = replace(question.spec, requirements=(torch,), constraints=())
    return replace(question, spec=spec, sources=Sources(default=source.url), previous=None, fitted=None)


def compile_packages(
    question: Question,
    family: Sequence[str] = (),
    source: TorchSource | None = None,
    excluded: Sequence[str] = (),
) -> tuple[Package, ...]:
    """Resolve once, with `family` from `source`. Raises Failure with uv's words if there is no solution."""
    folder = question.scratch
    arguments, environment = _call(question, family, source, excluded)
    output = folder / "pylock.toml"
    output.unlink(missing_ok=True)
    if question.previous is not None and question.upgrade != ():
        question.host.put(write(question.previous).encode(), str(output), mode=0o600)
        for name in question.upgrade or ():
            arguments += ["--upgrade-package", name]
    done = call(
        question.host,
        question.uv,
        ["pip", "compile", *arguments, "--quiet", "--format", "pylock.toml", "--output-file", str(output)],
        environment=environment,
        folder=question.spec.root,
        limit=LIMIT,
    )
    if done.code != 0:
        asked = (*question.spec.requirements, *question.spec.constraints)
        first = explained(cause(done, asked), question.spec)
        building = needing_torch(done.err)
        if building is not None:
            raise TorchAtBuild(building, first)
        raise Failure(first)
    lock = read(question.host.get(str(output)).decode(), output.name)
    root = Path(question.spec.root)
    return tuple(
        recorded(_complete(located(package, folder, root)), question.spec)
        for package in lock.packages
        if package.name != BINDER
    )


def required_by(
    question: Question, packages: Sequence[Package], family: Sequence[str], source: TorchSource | None
) -> dict[str, tuple[str, ...]]:
    """Return for each package the packages and lines of the user's files that ask for it.

    uv's own annotations are used: it evaluated markers and extras. Everything
    is in its cache by now, so this takes no network.
    """
    pins = [f"{one.name}=={one.version}" for one in packages if one.origin == "index"]
    arguments, environment = _call(question, family, source, pins)
    annotated = ["pip", "compile", *arguments, "--quiet", "--no-header", "--annotation-style", "line"]
    done = call(
        question.host,
        question.uv,
        [*annotated, "--offline"],
        environment=environment,
        folder=question.spec.root,
    )
    if done.code != 0:
        done = call(question.host, question.uv, annotated, environment=environment, folder=question.spec.root)
    lines = _lines(question.spec.requirements)
    result: dict[str, tuple[str, ...]] = {}
    for row in done.out.splitlines():
        named, _, via = row.partition("# via ")
        match = re.match(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(?:==|@)", named)
        if match is None:
            continue
        name = canonicalize_name(match[1])
        asking = [one.strip() for one in via.split(",") if one.strip()]
        packages_asking = [canonicalize_name(one) for one in asking if re.fullmatch(r"[\w.-]+", one)]
        result[name] = (*lines.get(name, ()), *(one for one in packages_asking if one != BINDER))
    for package in packages:
        if package.name not in result:
            result[package.name] = lines.get(package.name) or _by_location(
                package, question.spec.requirements
            )
    return result


def _call(
    question: Question, family: Sequence[str], source: TorchSource | None, constraints: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    """Write the scratch files; return the arguments and the environment that every resolution has."""
    spec, folder, host = question.spec, question.scratch, question.host
    environment = uv_environment(question.environment, question.pip, question.sources)
    asked = (*spec.requirements, *spec.constraints)
    host.put(
        "".join(f"{handed_over(_line(one), asked)}\n" for one in spec.requirements).encode(),
        str(folder / "requirements.in"),
    )
    arguments = [str(folder / "requirements.in")]
    if family and source is not None and source.bound_by(question.sources):
        words, secrets = binding(family, source)
        host.put(words.encode(), str(folder / "pyproject.toml"), mode=0o600)
        arguments.append(str(folder / "pyproject.toml"))
        environment.update(secrets)
    if source is not None and source.kind == "public":
        for name, value in PUBLIC.items():
            environment.setdefault(name, value)
    fitted = question.fitted
    limits = [
        *(fitted.constraints if fitted else ()),
        *(handed_over(_line(one), asked) for one in spec.constraints),
        *(source.constraints if source else ()),
        *constraints,
        *own_constraints(spec),
    ]
    host.put("".join(f"{one}\n" for one in limits).encode(), str(folder / "constraints.in"))
    for path in (str(folder / "constraints.in"), *question.sources.constraints):
        arguments += ["--constraints", path]
    arguments += _fitted(question) if fitted else []
    arguments += [
        "--python-version",
        question.python,
        "--python-platform",
        python_platform(question.platform),
    ]
    arguments += source_arguments(question.sources)
    if question.interpreter is not None:
        arguments += ["--python", question.interpreter]
    if question.sources.pre:
        arguments += ["--prerelease", "allow"]
    if question.platform.system == "darwin":
        environment.setdefault("MACOSX_DEPLOYMENT_TARGET", deployment_target(question.platform))
    environment.setdefault("UV_PYTHON_DOWNLOADS", "never")
    environment["UV_NO_PROGRESS"] = "1"
    # uv fills in the `${NAME}` of requirement lines itself, so that no value is written to a file
    named = ((name, question.environment.get(name)) for name in question.spec.expanded)
    environment.update({name: value for name, value in named if value})
    environment.update(variables(asked, question.environment))
    return arguments, environment


def _fitted(question: Question) -> list[str]:
    """Write what the families replace, leave out and build without isolation; return the arguments for it."""
    fitted, folder, arguments = question.fitted, question.scratch, []
    if fitted is None:
        return []
    for option, lines in (("--overrides", fitted.overrides), ("--excludes", fitted.excluded)):
        if lines:
            path = folder / f"{option.strip('-')}.in"
            question.host.put("".join(f"{one}\n" for one in lines).encode(), str(path))
            arguments += [option, str(path)]
    if fitted.unisolated:
        words = unisolated(fitted.unisolated, metadata=fitted.metadata)
        question.host.put(words.encode(), str(folder / "uv.toml"))
        arguments += ["--config-file", str(folder / "uv.toml")]
    return arguments


def _line(requirement: Requirement) -> str:
    words = requirement.text
    if requirement.editable and not words.startswith(("-e ", "--editable")):
        words = f"-e {words}"
    return " ".join(
        [words, *(one if one.startswith("--hash") else f"--hash={one}" for one in requirement.hashes)]
    )


def _lines(requirements: Sequence[Requirement]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in requirements:
        if one.name:
            found[one.name] = (*found.get(one.name, ()), f"{one.where.file}:{one.where.line or 1}")
    return found


def _by_location(package: Package, requirements: Sequence[Requirement]) -> tuple[str, ...]:
    """Return the lines that name a folder or an address which turned out to be this package."""
    location = (package.location or "").rstrip("/")
    return tuple(
        f"{one.where.file}:{one.where.line or 1}"
        for one in requirements
        if not one.name
        and os.path.normpath(without_login(one.text).removeprefix("-e ").split("[")[0].strip())
        in (location, f"./{location}")
    )


def _complete(package: Package) -> Package:
    """Return the package without logins, with size and sha256 of files that lie on this machine."""
    location = without_login(package.location) if package.location else package.location
    return replace(package, location=location, artifacts=tuple(map(_measured, package.artifacts)))


def _measured(artifact: Artifact) -> Artifact:
    artifact = replace(artifact, url=without_login(artifact.url)) if artifact.url else artifact
    path = local_path(artifact.url or artifact.path or "")
    if path is None or not path.is_file():
        return artifact
    hashes = artifact.hashes
    if "sha256" not in hashes:
        with path.open("rb") as stream:
            hashes = {**hashes, "sha256": _sha256(stream)}
    return replace(artifact, size=path.stat().st_size, hashes=hashes)


def _sha256(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()
