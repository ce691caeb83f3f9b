"""`run` and `shell` of an image target: a command in a container of the current generation's image."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ... import environ
from ...engines import containers, failures, running
from ...engines import images as engine_images
from ...engines.engine import Engine
from ...errors import Failure, Hint, Problem, problem, text
from ...lazy import load
from ...model.channel import Completed
from ...model.engine import Starting
from ...model.image import APP, Image, ImageOptions
from ...model.launch import Contained, Launch, Seen, Wishes
from ...model.spec import Spec
from ...model.state import Generation
from ...runs.environment import not_set
from ...runs.launch import become, launch
from ...runs.program import Code
from ...runs.relay import Relay
from ...targets.images import read_image
from ...targets.lease import lease
from ...targets.names import RECORD
from ...targets.records import read_state
from ..folder import usable
from ..launch import PROMPTS, as_ours, declared
from ..project import Project
from ..remembered import granted_cores, remembered_spec
from .advice import for_image
from .target import image_target, options_of
from .wished import limited, mounts, published, wished

SHELLS = frozenset({"bash", "sh", "dash", "zsh", "fish", "ash", "ksh"})
"""Programs that need the terminal itself, beside Python's own."""

BEFORE = {
    "docker": re.compile(rb"^(docker: |\[FATAL tini)", re.MULTILINE),
    "podman": re.compile(rb"^(Error: |ERROR \(catatonit)", re.MULTILINE),
}
"""How an engine, or its init, begins to say that a command never began."""
UNSTARTED = re.compile(rb"^ERROR \(catatonit:\d+\): failed to exec pid1: (.*)", re.MULTILINE)
"""How podman's init says the same, which then ends with 1, as many a command does."""

SHELL = """
if command -v bash >/dev/null 2>&1; then
  [ -t 0 ] || exec bash
  exec bash --rcfile /dev/fd/9 -i 9<<'RC'
[ -r ~/.bashrc ] && . ~/.bashrc
PS1="($PROVENV_PROMPT) ${PS1-$ }"
RC
fi
[ -t 0 ] || exec sh
PS1="($PROVENV_PROMPT) $ " exec sh -i
"""
PROMPT = "PROVENV_PROMPT"
NO_OPTIONS = ImageOptions("", "")


@dataclass(frozen=True)
class Ready:
    """A generation's image, held by a lease, and the container that a command gets."""

    project: Project
    spec: Spec
    engine: Engine
    generation: Generation
    image: Image
    starting: Starting
    ports: tuple[str, ...]
    findings: tuple[Problem, ...]
    held: int


def run(
    project: Project,
    *,
    name: str | None,
    command: tuple[str, ...],
    announce: Callable[[Launch], None],
    folder: Path | None,
    in_place: bool,
    explain: bool | None,
    wishes: Wishes,
) -> Launch:
    """Run a declared run, or a command, in a container of the current image (see app.launch.run).

    `folder` is one of the container's; without it the image's own is where the command runs.
    """
    # what is written wrongly is a mistake of usage, before it is a failure of ours
    wished(NO_OPTIONS, wishes)
    ready = as_ours(lambda: ready_image(project, wishes, str(folder or "")))
    argv = command if name is None else as_ours(lambda: declared(ready.spec, name, command))
    if not argv or not argv[0]:
        argv = ()
    terminal = on_terminal()
    if in_place:
        return carry_out(ready, argv, announce, terminal=terminal, in_place=True)
    wanted = explain if explain is not None else not terminal or name is not None or _is_program(argv)
    # on a terminal a container has one stream for both
    along: Relay | None = load("runs.relay")(1 if terminal else 2) if wanted else None
    said = b""
    try:
        ended = carry_out(ready, argv, announce, terminal=terminal, relay=along)
    finally:
        if along is not None:
            said = along.end()
    ended = replace(ended, code=_code(ended, said))
    return _explained(ready, ended, said) if ended.code else ended


def shell(project: Project, *, announce: Callable[[Launch], None], wishes: Wishes) -> Launch:
    """Open a shell of the image in a container, bash where it has one; without a terminal it reads."""
    wished(NO_OPTIONS, wishes)
    ready = as_ours(lambda: ready_image(project, wishes, ""))
    prompt = {PROMPT: _prompt(f"{ready.spec.name}:{project.target}")}
    starting = replace(ready.starting, environment={**ready.starting.environment, **prompt})
    ready = replace(ready, starting=starting)
    return carry_out(ready, ("sh", "-c", SHELL), announce, terminal=on_terminal(), shown=("sh",))


def ready_image(project: Project, wishes: Wishes, folder: str) -> Ready:
    """Return the current generation's image, held, and the container that commands get.

    Raises Failure: PV721 no generation, PV1084 a generation without its image's record, PV1081,
    PV1083 (see wished), no engine (see engines.find).
    """
    usable(project.root)
    generation, image, held = _hold(project)
    spec = remembered_spec(project, generation)
    options = options_of(project, spec)
    if options is None:
        raise Failure(problem("PV1000", target=project.target))
    options = wished(options, wishes)
    engine = image_target(project, options).engine
    address = project.environment.get("DOCKER_HOST", "")
    seen = mounts(options, wishes, project.root, project.folder, address)
    starting = Starting(
        image=image.id,
        environment=_variables(project, spec, options, generation.number),
        limits=options.limits,
        mounts=seen,
        ports=options.ports,
        network=options.network,
        workdir=folder,
        platform=options.platform,
        labels={"dev.provenv.project": spec.name, "dev.provenv.target": project.target},
    )
    open_ports = () if options.network in ("host", "none") else options.ports
    return Ready(
        project,
        spec,
        engine,
        generation,
        image,
        starting,
        tuple(published(one) for one in open_ports),
        not_set(project.environment, spec),
        held,
    )


def carry_out(
    ready: Ready,
    argv: tuple[str, ...],
    announce: Callable[[Launch], None],
    *,
    terminal: bool,
    in_place: bool = False,
    relay: Relay | None = None,
    shown: Sequence[str] = (),
) -> Launch:
    """Announce a command, run it in a container, see that nothing of it stays; return how it ended."""
    starting = replace(ready.starting, command=argv)
    name = f"provenv-{os.urandom(6).hex()}"
    words = as_ours(lambda: running.words(ready.engine, starting, terminal=terminal, name=name))
    begun = Launch(
        tuple(shown or argv), ready.generation.number, findings=ready.findings, contained=_contained(ready)
    )
    announce(begun)
    environment, folder = running.variables(ready.engine, starting), str(ready.project.folder)
    began = time.monotonic()
    code = 125
    try:
        if in_place:
            code = become(words, environment=environment, folder=folder, held=ready.held)
        else:
            code = launch(words, environment=environment, folder=folder, held=ready.held, relay=relay)
    finally:
        os.close(ready.held)
        if code:
            # a client that was killed leaves its container running; one that ended well has removed it
            containers.remove(ready.engine, name)
    return replace(begun, code=code, seconds=time.monotonic() - began)


def on_terminal() -> bool:
    """Tell whether a command can have a terminal: it reads from one, and writes to one."""
    return os.isatty(0) and os.isatty(1)


def _hold(project: Project) -> tuple[Generation, Image, int]:
    """Take a lease on the current generation; one that was just cleaned away is not current any more."""
    up = f"provenv up --on {project.target}"
    while True:
        state = read_state(project.layout)
        generation = state.generation(state.current)
        if generation is None:
            raise Failure(problem("PV721", target=project.target, hints=(Hint(None, up),)))
        folder = project.layout.generation(generation.number)
        try:
            held = lease(folder)
        except FileNotFoundError:
            continue
        if (folder / RECORD).is_file():
            image = read_image(project.layout, generation.number)
            if image is not None:
                return generation, image, held
            os.close(held)
            raise Failure(_gone(project, generation.number))
        os.close(held)


def _variables(project: Project, spec: Spec, options: ImageOptions, number: int) -> dict[str, str]:
    """Return what goes in beside the image's own variables: what is passed on, the hub, threads."""
    found = {name: project.environment[name] for name in spec.passed if name in project.environment}
    hub = environ.HF_ENDPOINT.name
    if spec.mirrors.huggingface and hub not in found:
        found[hub] = environ.expand(spec.mirrors.huggingface, project.environment)
    leader, *_ = environ.THREADS
    if leader.name not in found and leader.name not in spec.variables:
        cores = limited(options.limits, granted_cores(project, number))
        count = str(max(1, int(cores)))
        names = (one.name for one in environ.THREADS)
        found.update({one: count for one in names if one not in found and one not in spec.variables})
    return found


def _contained(ready: Ready) -> Contained:
    starting = ready.starting
    return Contained(
        reference=ready.image.reference,
        id=ready.image.id,
        folder=starting.workdir or APP,
        mounts=tuple(Seen(one.source, one.path, one.read_only) for one in starting.mounts),
        ports=ready.ports,
        gpus=starting.limits.gpus,
    )


def _is_program(argv: tuple[str, ...]) -> bool:
    """Tell whether a command on a terminal may have its output read along unasked."""
    name = os.path.basename(argv[0]) if argv else ""
    if len(argv) < 2 or name in PROMPTS | SHELLS or "-i" in argv[1:2]:
        return False
    return name.startswith("python")


def _code(ended: Launch, said: bytes) -> int:
    """Return a command's code; of one that podman's init could not begin the one of POSIX shells."""
    found = UNSTARTED.search(said) if ended.code == 1 else None
    if found is None:
        return ended.code or 0
    return Code.NOT_FOUND if found[1].strip() == b"No such file or directory" else Code.NOT_EXECUTABLE


def _explained(ready: Ready, ended: Launch, said: bytes) -> Launch:
    """Return how a command ended with why: the engine's words where it never began, else its own."""
    code = ended.code or 0
    if code == Code.OURS and engine_images.inspect(ready.engine, ready.image.id) is None:
        raise Failure(_gone(ready.project, ready.generation.number), exit_code=code)
    began = code not in (Code.OURS, Code.NOT_EXECUTABLE, Code.NOT_FOUND)
    if began or not BEFORE[ready.engine.client.kind].search(said):
        found = load("app.answer_to_run")(said, code, ready.project)
        return replace(ended, diagnosis=for_image(found, ready.project.target))
    name = ended.argv[0] if ended.argv else ""
    if code == Code.NOT_FOUND:
        raise Failure(problem("PV1082", name=name, reference=ready.image.reference), exit_code=code)
    if code == Code.NOT_EXECUTABLE:
        raise Failure(problem("PV1085", name=name, reference=ready.image.reference), exit_code=code)
    done = Completed(ended.argv, code, b"", said)
    explained = failures.explain(done, "run", reference=ready.image.reference, name=name)
    raise Failure(*explained.problems, exit_code=code, diagnosis=explained.diagnosis)


def _gone(project: Project, number: int) -> Problem:
    hints = (Hint(text("PV1084.hint"), f"provenv up --on {project.target} --repair"),)
    return problem("PV1084", number=number, hints=hints)


def _prompt(name: str) -> str:
    """Return a name without what a prompt would expand."""
    return "".join(c for c in name if c.isprintable() and c not in "\\%$`!'\"")
