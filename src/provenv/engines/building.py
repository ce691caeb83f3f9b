"""Build an image with BuildKit or buildah, and return its id; nothing is tagged unless that is asked."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..errors import Failure, problem, text, verbatim
from ..model.channel import Completed
from ..model.dockerfile import Instruction, read_instructions
from ..model.engine import BuildRequest, Client
from ..model.progress import Progress
from .engine import Engine
from .failures import explain
from .progress import Follower, counted, place_of, shortened, without_excerpt
from .steps import Buildah, Plain, RawJson, Reading

READINGS: Mapping[str, Sequence[tuple[str, Callable[[], Reading]]]] = {
    "buildx": (("rawjson", RawJson), ("plain", Plain)),
    "buildkit": (("plain", Plain),),
    "buildah": (("", Buildah),),
}
"""How each builder can tell its progress, the best first: buildx knows rawjson since 0.13."""

LIMIT = 60.0
"""Seconds for what is only asked."""
SECRET = 1 << 14
"""Bytes of a secret that is looked for in what is shown; a file of certificates is none."""
SHORTEST = 6
"""Characters of a secret's part that is one by itself."""


def build(engine: Engine, request: BuildRequest, progress: Progress) -> str:
    """Build the image of a folder and return the engine's id of it.

    The same request gives the same bytes as far as the engine can: no attestations, times by
    `request.epoch`. An interrupt ends the client, and with it the build; nothing is tagged then.
    Raises Failure as `failures.explain` has it, with the instruction's place in the Dockerfile where
    one failed, and PV1076 where there is no such file.
    """
    dockerfile = _read(request)
    instructions = tuple(read_instructions(dockerfile))
    total = counted(instructions, every=engine.client.builder == "buildah")
    task = progress.task(text("building.task"), total=total)
    with tempfile.TemporaryDirectory(prefix="provenv-build-") as folder:
        told = Path(folder)
        for mode, reading in READINGS[engine.client.builder]:
            follower = Follower(progress, task, reading(), total)
            done = _called(engine, request, told, mode, follower)
            if "invalid progress mode" not in done.err:
                break
        found = _id(engine, told) if done.code == 0 else ""
    if not found:
        raise _failure(request, done, follower, dockerfile, instructions)
    follower.finished()
    return found


def _called(engine: Engine, request: BuildRequest, told: Path, mode: str, follower: Follower) -> Completed:
    return engine.call(
        *words(engine.client, request, str(told), mode),
        variables=variables(engine.client, request),
        on_stdout=follower.line,
        on_stderr=follower.line,
    )


def words(client: Client, request: BuildRequest, told: str, mode: str = "plain") -> tuple[str, ...]:
    """Return the client's words for a build that leaves the image's id in the folder `told`."""
    return tuple(_words(client, request, told, mode))


def _words(client: Client, request: BuildRequest, told: str, mode: str) -> Iterator[str]:
    yield from ("buildx", "build") if client.builder == "buildx" else ("build",)
    yield from ("--file", str(Path(request.folder) / request.dockerfile), "--iidfile", f"{told}/id")
    if mode:
        yield f"--progress={mode}"
    if client.builder == "buildx":
        rewritten = request.epoch is not None and "timestamps" in client.features
        yield from ("--output", "type=docker,rewrite-timestamp=true") if rewritten else ("--load",)
        yield from ("--metadata-file", f"{told}/metadata.json")
    elif client.builder == "buildah":
        # an OCI image has no place for a health check (buildah-build(1), --format)
        yield from ("--format", "docker")
        if request.epoch is not None:
            yield from ("--timestamp", str(request.epoch))
    if request.tag:
        yield from ("--tag", request.tag)
    if request.platform:
        yield from ("--platform", request.platform)
    if request.network:
        yield from ("--network", request.network)
    for name, path in sorted(request.secrets.items()):
        yield from ("--secret", f"id={name},src={path}")
    for name, value in sorted(request.arguments.items()):
        yield from ("--build-arg", f"{name}={value}")
    for name, value in sorted(request.labels.items()):
        yield from ("--label", f"{name}={value}")
    if request.no_cache:
        yield "--no-cache"
    yield request.folder


def variables(client: Client, request: BuildRequest) -> dict[str, str]:
    """Return what is set for a build: its time (reproducible-builds.org), the builder, no attestations."""
    found = {} if request.epoch is None else {"SOURCE_DATE_EPOCH": str(request.epoch)}
    if client.builder == "buildx":
        found["BUILDX_NO_DEFAULT_ATTESTATIONS"] = "1"
    elif client.builder == "buildkit":
        found["DOCKER_BUILDKIT"] = "1"
    return found


def _read(request: BuildRequest) -> str:
    path = Path(request.folder) / request.dockerfile
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Failure(problem("PV1076", why=verbatim(error.strerror or ""), path=str(path))) from error


def _id(engine: Engine, told: Path) -> str:
    """Return the id by which the engine knows what was built.

    buildx writes the configuration's digest where an engine with containerd's store has the manifest's
    (docker/buildx, pull request 3136): of all that it told the first that the engine knows counts.
    """
    said: list[str] = []
    with suppress(OSError):
        said.append((told / "id").read_text(encoding="ascii").strip())
    if engine.client.builder != "buildx":
        return "".join(said)
    with suppress(OSError, ValueError):
        metadata = json.loads((told / "metadata.json").read_text(encoding="utf-8"))
        said += [str(metadata.get(f"containerimage.{key}", "")) for key in ("digest", "config.digest")]
    for one in dict.fromkeys(filter(None, said)):
        done = engine.call("image", "inspect", "--format", "{{.Id}}", one, limit=LIMIT)
        if done.code == 0:
            return done.out.strip()
    return ""


def _failure(
    request: BuildRequest,
    done: Completed,
    follower: Follower,
    dockerfile: str,
    instructions: Sequence[Instruction],
) -> Failure:
    """Return why there is no image: what the engine's words mean, at the instruction that failed."""
    failed, rest = follower.failed(), follower.reading.rest
    words_ = failed.words if failed else ""
    last = without_excerpt(rest, request.dockerfile)
    said = _without_secrets("\n".join([*(failed.said if failed else ()), *last]), request)
    what = {"step": shortened(words_), "error": failed.error} if failed else {}
    failure = explain(replace(done, stdout=b"", stderr=said.encode()), "build", **what)
    place = place_of(words_, rest, dockerfile, request.dockerfile, instructions)
    first, *others = failure.problems
    why = first.why or (verbatim(said) if said else text("PV1075.why", code=done.code))
    return Failure(
        replace(first, where=first.where or place, why=why),
        *others,
        exit_code=failure.exit_code,
        data=failure.data,
        diagnosis=failure.diagnosis,
    )


def _without_secrets(words: str, request: BuildRequest) -> str:
    """Return an output without the build's secrets: a command may print what it was given."""
    for path in request.secrets.values():
        with suppress(OSError, UnicodeDecodeError):
            file = Path(path)
            if file.stat().st_size > SECRET:
                continue
            for line in file.read_text(encoding="utf-8").splitlines():
                for part in (line.strip(), line.partition("=")[2].strip().strip("'\"")):
                    if len(part) >= SHORTEST:
                        words = words.replace(part, "****")
    return words
