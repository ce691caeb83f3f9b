"""A lock as what uv installs: pinned by hash, found again on this place's indexes and folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import environ
from ..hosts.patience import patience_of
from ..model.channel import Command
from ..model.facts import Facts
from ..model.lock import Lock, Package
from ..model.spec import Requirement, Spec
from ..pipconf import PipConfiguration
from .builds import build_of_choice
from .compiling import binding
from .families.building import architectures, cuda_home
from .isolation import unisolated
from .logins import found_again, variables
from .requirements import members
from .sources import Sources, TorchSource, local_path, sources_of, torch_sources, torch_wheels
from .uv import source_arguments, uv_environment


def requirements(lock: Lock, root: str = ".", asked: Sequence[Requirement] = ()) -> str:
    """Return the lock as requirement lines, pinned by hash; paths are made whole from `root`.

    `asked` are the user's own lines, whose logins are referred to by variables (see logins.py).

    `===` and not `==`: for `==` a `2.13.0+cpu` is also a `2.13.0`, and uv would
    take the wrong one of two indexes instead of looking for the hash.
    """
    return "".join(f"{_line(package, Path(root), asked)}\n" for package in lock.packages)


def installation(
    lock: Lock,
    spec: Spec,
    *,
    pip: PipConfiguration,
    environment: Mapping[str, str],
    uv: str,
    python: str,
    folder: Path,
    offline: bool,
    facts: Facts | None = None,
) -> Command:
    """Return the command that installs the lock into the environment of the interpreter `python`.

    Sources are this place's own (`spec`, `pip`, `environment`); torch's family
    comes from where the lock says, or from a folder of this place that has the
    very wheel. Files go to `folder`. `offline` uses uv's cache alone. What is
    compiled against torch is built after it and without isolation, for the GPUs of `facts`.
    """
    sources = sources_of(spec, pip, environment)
    whole = uv_environment(environment, pip, sources)
    listed = folder / "requirements.txt"
    asked = (*spec.requirements, *spec.constraints)
    files = {str(listed): requirements(lock, spec.root, asked)}
    whole.update(variables(asked, environment))
    argv = [uv, "pip", "install", "--no-config", "--python", python, "--no-deps"]
    built = _built(lock)
    if built:
        configuration = folder / "uv.toml"
        files[str(configuration)] = unisolated(tuple(built), variables=_variables(lock, whole, facts))
        argv[3:4] = ["--config-file", str(configuration)]
        whole.setdefault("MAX_JOBS", str(min(built.values())))
        home = cuda_home(facts) if facts is not None else None
        if home:
            whole.setdefault("CUDA_HOME", home)
    argv.append("--require-hashes" if _all_hashed(lock) else "--verify-hashes")
    argv += source_arguments(sources)
    argv += ["--requirements", str(listed)]
    source = torch_source(lock, spec, sources)
    if source is not None and source.bound_by(sources):
        family = members(package.name for package in lock.packages)
        words, secrets = binding(family, source)
        bound = folder / "torch" / "pyproject.toml"
        files[str(bound)] = words
        whole.update(secrets)
        argv += ["--requirements", str(bound)]
    if offline:
        argv.append("--offline")
    return Command(tuple(argv), whole, files, None if offline else patience_of(whole))


def venv_command(
    spec: Spec,
    *,
    pip: PipConfiguration,
    environment: Mapping[str, str],
    uv: str,
    python: str,
    path: str,
) -> Command:
    """Return the command for an empty, relocatable environment at `path`.

    `python` is an interpreter's path, or a version that uv fetches, from the
    declared file's mirror of Python builds where it names one.
    """
    whole = uv_environment(environment, pip, sources_of(spec, pip, environment))
    if spec.mirrors.python:
        whole["UV_PYTHON_INSTALL_MIRROR"] = environ.expand(spec.mirrors.python, environment)
    argv = (uv, "venv", "--no-config", "--quiet", "--relocatable", "--no-project", "--python", python, path)
    return Command(argv, whole, patience=patience_of(whole))


def torch_source(lock: Lock, spec: Spec, sources: Sources) -> TorchSource | None:
    """Return where this place gets the lock's torch family from; None where its ordinary indexes will do.

    A folder here that has the wheel by name comes first (its hash is checked
    in any case); else the same kind of source that the lock was made from.
    """
    choice, torch, accelerator = (
        lock.choice("source:torch"),
        lock.package("torch"),
        lock.choice("accelerator"),
    )
    if torch is None or choice is None or accelerator is None:
        return None
    kind = choice.value.split(" ")[0]
    if accelerator.value == "jetson":
        # NVIDIA's own index, which the lock names: no other has these builds
        return TorchSource("public", choice.value.partition(" ")[2])
    candidates = torch_sources(build_of_choice(accelerator.value), (), spec, sources)
    wheels = {artifact.filename for artifact in torch.artifacts}
    for source in candidates:
        if source.kind == "folder" and source.url and wheels & set(torch_wheels(source.url)):
            return source
    if kind == "default":
        return None
    mirror = next((source for source in candidates if source.kind == "mirror"), None)
    same = next((one for one in candidates if choice.value == f"{one.kind} {one.shown}"), None)
    usual = next((source for source in candidates if source.kind == "public"), None)
    # a mirror is tried in two forms (as an index, as a listing): the lock says which one answered
    return same if same is not None and same.kind == "mirror" else mirror or same or usual


def _built(lock: Lock) -> dict[str, int]:
    """Return what the lock says to build without isolation, and by how many compilers at once."""
    found = {}
    for choice in lock.choices:
        kind, _, name = choice.subject.partition(":")
        if kind == "build" and lock.package(name) is not None:
            found[name] = int(choice.value) if choice.value.isdecimal() else 1
    return found


def _variables(lock: Lock, environment: Mapping[str, str], facts: Facts | None) -> dict[str, str]:
    """Return what a built extension depends on: variables of its build, so of its place in uv's cache."""
    torch = lock.package("torch")
    found = {"PROVENV_TORCH": torch.version if torch else ""}
    wanted = environment.get("TORCH_CUDA_ARCH_LIST") or (architectures(facts) if facts else "")
    return {**found, "TORCH_CUDA_ARCH_LIST": wanted} if wanted else found


def _all_hashed(lock: Lock) -> bool:
    return all(
        package.artifacts and all(artifact.hashes for artifact in package.artifacts)
        for package in lock.packages
    )


def _line(package: Package, root: Path, asked: Sequence[Requirement] = ()) -> str:
    marker = f" ; {package.marker}" if package.marker else ""
    if package.origin == "index":
        hashes = sorted(
            {f"{kind}:{value}" for one in package.artifacts for kind, value in one.hashes.items()}
        )
        return " ".join([f"{package.name}==={package.version}{marker}", *(f"--hash={one}" for one in hashes)])
    location = found_again(package.location, asked) if package.location else "."
    path = None if package.origin == "vcs" else local_path(location)
    where = location if path is None else (root / path).resolve().as_uri()
    if package.editable:
        return f"-e {where}{marker}"
    hashes = sorted({f"{kind}:{value}" for one in package.artifacts for kind, value in one.hashes.items()})
    return " ".join([f"{package.name} @ {where}{marker}", *(f"--hash={one}" for one in hashes)])
