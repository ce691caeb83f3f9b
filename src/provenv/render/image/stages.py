"""The stages of a Dockerfile before any package: the base, uv, the system's packages, the user's name."""

from __future__ import annotations

import shlex
from pathlib import PurePath, PurePosixPath

from ...model.image import APP
from .ingredients import Ingredients
from .lists import WHEELS
from .packages import Installing, installing, needed
from .python import MANAGED, Interpreter, interpreter
from .scripts import INSTALLING, OUT, TOOLS, VENV, install, online, written
from .shell import NETWORK, SECRETS, comment, pairs, run, settled

SYSTEM = "system"


def base_stage(given: Ingredients) -> str:
    """Return the stage that all others stand on: the base, with the distribution's Python if it has none."""
    base = given.base
    if "@sha256:" in base.reference:
        shown = f" ({base.declared})" if base.declared != base.reference else ""
        why = f"By digest{shown}: a tag can be given to another image at any time, a digest can't."
    else:
        why = "This image has no digest of a registry: what its name means is known on this machine alone."
    parts = [comment(why), f"FROM {base.reference} AS base", "USER root"]
    if interpreter(given.lock, base).origin == "distribution":
        what = installing(base, needed(base, "python"))
        parts += [
            comment("It has no Python: the distribution's own, the same in every stage."),
            run(what.lines, what.mounts, heredoc=given.heredoc),
        ]
    return "\n".join(parts)


def uv_stage(given: Ingredients) -> str:
    """Return the stage with uv and the empty environment; nothing of uv gets into the image."""
    base, python = given.base, interpreter(given.lock, given.base)
    has_pip = python.origin == "base" and base.pip
    what = installing(base, () if has_pip else needed(base, "pip"))
    own = sorted(
        name for one in given.sources.wheels if (name := PurePath(one).name).partition("-")[0] == "uv"
    )
    links = f" --find-links {WHEELS}" if own else ""
    version = given.uv or given.lock.uv
    wanted = f"uv=={version}" if version else "uv"
    pip = f"{python.path if has_pip else 'python3'} -m pip"
    brought = f"{pip} install --quiet --no-deps --target /opt/uv{links} {wanted}"
    if "uv" in own:
        # no index may be asked, and no folder has uv's wheel: the very program that locked
        what, brought = Installing(), f"install -D {WHEELS}/uv {TOOLS}/uv"
    mounts = [*(what.mounts or SECRETS), "type=cache,target=/root/.cache/pip"]
    mounts += [f"type=bind,source=wheels/{one},target={WHEELS}/{one}" for one in own]
    scripts = [
        *written(f"{TOOLS}/online", online(MANAGED if python.origin == "uv" else ""), heredoc=given.heredoc),
        *written(f"{TOOLS}/install", install(bytecode=given.options.bytecode), heredoc=given.heredoc),
    ]
    lines = [*(what.lines or NETWORK), brought]
    return "\n".join(
        [
            comment("uv, exactly this version. Of this stage only what is in /out gets into the image."),
            "FROM base AS uv",
            pairs(
                "ENV",
                (
                    ("PATH", f'"{TOOLS}:$PATH"'),
                    ("PIP_DISABLE_PIP_VERSION_CHECK", '"1"'),
                    ("PIP_ROOT_USER_ACTION", '"ignore"'),
                ),
            ),
            run(lines, mounts, heredoc=given.heredoc),
            comment(
                "`online` runs a command in the network of whoever builds. Indexes, proxies, logins and "
                "authorities are secrets of the build: seen while a command runs, in no layer and in no "
                "history. `install` is uv's, with bytecode, and leaves the same bytes in each build."
            ),
            run(scripts, heredoc=given.heredoc, offline=given.isolated),
            comment(
                "An empty environment at the path that it has in the image, made by the interpreter of "
                "the image."
            ),
            run(
                _environment(python),
                (*INSTALLING, *(SECRETS if python.origin == "uv" else ())),
                heredoc=given.heredoc,
                offline=given.isolated and python.origin != "uv",
            ),
        ]
    )


def system_stage(given: Ingredients) -> str:
    """Return the stage of system packages: before everything that comes from Python's side."""
    what = installing(given.base, given.options.system)
    return "\n".join(
        [
            comment(
                "What the system has to bring, without what it merely recommends. The lists and the "
                "packages themselves stay in the builder's cache."
            ),
            f"FROM base AS {SYSTEM}",
            run(what.lines, what.mounts, heredoc=given.heredoc),
        ]
    )


def user_stage(given: Ingredients) -> str:
    """Return the stage that gives the user's number a name."""
    user = given.options.user
    known = f"grep -q '^app:' {OUT}/etc/passwd"
    entry = f"app:x:{user}:{user}::/tmp:/sbin/nologin"
    return "\n".join(
        [
            comment("A name for the user's number, for programs that ask who they are. It can't log in."),
            f"FROM {_below(given)} AS user",
            run(
                (
                    f"mkdir -p {OUT}/etc",
                    f"cp /etc/passwd {OUT}/etc/passwd",
                    f"{known} || echo '{entry}' >> {OUT}/etc/passwd",
                    *_volumes(given),
                    settled(OUT),
                ),
                heredoc=given.heredoc,
                offline=given.isolated,
            ),
        ]
    )


def beginning(given: Ingredients, name: str, *why: str) -> list[str]:
    """Return how the image begins, up to its first package: `name` is the stage's, if it has one."""
    said = list(why)
    if "link" in given.features:
        said.append("`--link`: a layer does not depend on those below it.")
    parts = [comment(" ".join(said)), f"FROM {_below(given)}{f' AS {name}' if name else ''}"]
    return [*parts, *(copied(given, one) for one in [*(["user"] if given.options.user else []), "uv"])]


def copied(given: Ingredients, stage: str) -> str:
    """Return the instruction that takes over what a stage has for the image."""
    link = " --link" if "link" in given.features else ""
    return f"COPY{link} --from={stage} {OUT} /"


def _below(given: Ingredients) -> str:
    """Return the stage that the image begins with."""
    return SYSTEM if given.options.system else "base"


def _environment(python: Interpreter) -> list[str]:
    """Return the lines that make the empty environment, below a folder from which it is copied whole."""
    made, found, copied = [], python.path, VENV
    if python.origin == "uv":
        made = [f"online uv python install --quiet --no-bin {python.version}"]
        found, copied = python.version, f"{VENV} {MANAGED}"
    return [
        *made,
        f"online uv venv --quiet --no-project --python {found} {VENV}",
        # uv's version would make it another layer, and means nothing in the image
        f"sed -i '/^uv = /d' {VENV}/pyvenv.cfg",
        f"rm -f {VENV}/.lock",
        # the code's folder too: WORKDIR would make it with a time of its own
        f"mkdir -p {OUT}{APP}",
        f"cp -a --parents {copied} {OUT}",
        settled(OUT),
    ]


def _volumes(given: Ingredients) -> list[str]:
    """Return the lines for the folders that volumes come into, with the folders above as the base has them.

    A new volume takes its owner from the folder that it is mounted over.
    """
    user = given.options.user
    paths = sorted({one.path.rstrip("/") for one in given.options.volumes if one.named})
    above = sorted({str(each) for one in paths for each in (PurePosixPath(one), *PurePosixPath(one).parents)})
    told = shlex.join(one.lstrip("/") for one in above if one != "/")
    return [
        *(f"[ -d {shlex.quote(one)} ] || install -d -o {user} -g {user} {shlex.quote(one)}" for one in paths),
        *([f"tar -C / --no-recursion -cf - {told} | tar -C {OUT} -xpf -"] if paths else []),
    ]
