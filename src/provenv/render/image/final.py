"""The image itself: its layers, variables, the project's code, how it starts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ...model.image import APP, Layer
from .cuda import gpu_variables
from .ingredients import Ingredients
from .installs import first
from .scripts import OUT, VENV
from .shell import command_form, comment, exec_form, pairs, quoted, run, settled
from .stages import beginning, copied

_WHY = "The image. What changes least comes first, so that a change moves no more than it has to."
NUMBERED = re.compile(r"python[\d.]*$")


def code_stage(given: Ingredients) -> str:
    """Return the stage that holds the project's own files and nothing else.

    By name, because the lists of requirements and the wheels lie in the same folder.
    """
    links = {one for one in given.context.links if "/" not in one}
    files = sorted({one for one in given.context.files if "/" not in one} - links)
    folders = sorted({one.partition("/")[0] for one in given.context.files if "/" in one} | links)
    parts = [
        comment("The project's own files, by name: nothing else of the folder gets in."),
        "FROM base AS code",
    ]
    if files:
        parts.append(f"COPY {exec_form([*map(_literal, files), f'{OUT}{APP}/'])}")
    parts += [f"COPY {exec_form([_literal(one), f'{OUT}{APP}/{one}/'])}" for one in folders]
    parts += [
        comment("Readable for everybody, writable for root alone, and without a checkout's own times."),
        run(
            (f"mkdir -p {OUT}{APP}", f"chmod -R u=rwX,go=rX {OUT}", settled(OUT)),
            heredoc=given.heredoc,
            offline=given.isolated,
        ),
    ]
    return "\n".join(parts)


def final_stage(
    given: Ingredients, layers: Sequence[Layer], labels: Mapping[str, str], *, project: bool
) -> str:
    """Return the last stage."""
    options, stays = given.options, first(given, layers)
    parts = beginning(given, "", _WHY) if stays is None else [comment(_WHY), f"FROM {stays.name}"]
    parts += [copied(given, one.name) for one in layers if one != stays]
    parts += [*_variables(given), f"WORKDIR {APP}"]
    if options.user:
        parts += [
            comment("By number, so that a cluster can see that it is not root (runAsNonRoot)."),
            f"USER {options.user}:{options.user}",
        ]
    if options.ports:
        parts.append(
            f"EXPOSE {' '.join(str(one) for one in sorted({one.container for one in options.ports}))}"
        )
    if options.health:
        parts.append(f"HEALTHCHECK CMD {command_form(options.health)}")
    parts += [
        comment("Where it comes from: the digests of the declared file, the lock, the facts and the base."),
        pairs("LABEL", ((name, quoted(value)) for name, value in sorted(labels.items()))),
    ]
    parts += _start(given)
    parts.append(comment("The code comes last: a change of it makes nothing else anew."))
    parts += [copied(given, one) for one in [*(["project"] if project else []), "code"]]
    return "\n".join(parts)


def _variables(given: Ingredients) -> list[str]:
    ours = {
        "PATH": f'"{VENV}/bin:$PATH"',
        "VIRTUAL_ENV": f'"{VENV}"',
        "HOME": '"/tmp"',
        "PYTHONUNBUFFERED": '"1"',
        "PYTHONDONTWRITEBYTECODE": '"1"',
        **gpu_variables(given.lock),
    }
    declared = {name: quoted(value) for name, value in sorted(given.spec.variables.items())}
    return [
        comment(
            "Programs write their caches below HOME: /tmp is writable for each user, also where the "
            "image runs read-only (docker run --read-only --tmpfs /tmp)."
        ),
        pairs("ENV", {**ours, **declared}.items()),
    ]


def _start(given: Ingredients) -> list[str]:
    """Return how the container starts, and how it is told to stop."""
    options, runs = given.options, tuple(given.spec.runs.values())
    line = options.command or (runs[0].command if len(runs) == 1 else "python")
    form = command_form(line)
    parts = []
    if NUMBERED.fullmatch(re.split(r"[\s/]+", line.strip())[0]):
        parts += [
            comment(
                "Python as a container's first process does not heed SIGTERM. At SIGINT it ends as at "
                "Ctrl-C, with its clean-up. (What starts other programs wants `docker run --init`.)"
            ),
            "STOPSIGNAL SIGINT",
        ]
    return [*parts, f"CMD {form}"]


def _literal(name: str) -> str:
    """Return a name in which no character stands for others (Go's filepath.Match)."""
    return re.sub(r"([*?\[\\])", r"\\\1", name)
