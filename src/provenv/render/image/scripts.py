"""The two shell scripts that a build works with: one that reaches the network, one that installs packages.

They lie beside uv, in its stage, and get into no image.
"""

from __future__ import annotations

import shlex

from .shell import MOMENT, NETWORK

OUT = "/out"
"""Where a stage puts what it has for the image."""
VENV = "/opt/venv"
PYTHON = f"{VENV}/bin/python"
"""The interpreter of the environment, in the image."""
TOOLS = "/opt/uv/bin"
HERE = "/run/uv"
"""Where a stage that doesn't stand on uv's sees it: what is below /run ends with the step."""
CACHE = "/run/cache"
BEGAN = "/run/began"
INSTALLING = ("type=tmpfs,target=/run", f"type=cache,id=uv,target={CACHE}")
"""The mounts of a step that calls uv."""
_SETTINGS = {
    "SOURCE_DATE_EPOCH": str(MOMENT),
    "UV_CACHE_DIR": CACHE,
    "UV_LINK_MODE": "copy",
    "UV_NO_CONFIG": "1",
    "UV_NO_PROGRESS": "1",
    "UV_PYTHON_DOWNLOADS": "manual",
}


def online(managed: str = "") -> tuple[str, ...]:
    """Return the script that runs a command in the network of whoever builds, with uv's settings.

    `managed` is the folder of uv's own Pythons, where it is one of those.
    """
    python = {"UV_MANAGED_PYTHON": "1", "UV_PYTHON_INSTALL_DIR": managed} if managed else {}
    said = " ".join(f"{name}={shlex.quote(value)}" for name, value in sorted({**_SETTINGS, **python}.items()))
    return ("#!/bin/sh", f"export {said}", *NETWORK, 'exec "$@"')


def install(*, bytecode: bool) -> tuple[str, ...]:
    """Return the script that installs what its options say, into the environment or below $INSTALL_ROOT.

    Nothing stays that another build would have otherwise: no time of its own, and not what uv notes of
    local files, on which no two machines agree. Bytecode is checked by nobody, so that a file's time
    plays no part; packages' own tests get none: nobody runs them there, and they are a quarter of it.
    """
    folder = f'"$INSTALL_ROOT{VENV}"'
    new = f"find {folder} -newer {BEGAN}"
    compiled = (
        f"{new} -name '*.py' ! -path '*/tests/*' -print0 | sort -z"
        f' | xargs -0 -r -n 250 -P "$(nproc)" {PYTHON} -m compileall -qq'
        " --invalidation-mode unchecked-hash || true"
    )
    return (
        "#!/bin/sh",
        "set -e",
        'export PATH="$(dirname "$0"):$PATH"',
        f"touch -d @{MOMENT + 1} {BEGAN}",
        f"online uv pip install --quiet --no-deps --python {PYTHON}"
        f' ${{INSTALL_ROOT:+--prefix {folder}}} "$@"',
        f"{new} -name uv_cache.json -delete",
        f"{new} -name RECORD -exec sed -i '/uv_cache\\.json,/d' {{}} +",
        *((compiled,) if bytecode else ()),
        f"rm -f {folder}/.lock",
        f'find "${{INSTALL_ROOT:-{VENV}}}" -newer {BEGAN} -exec touch -h -d @{MOMENT} {{}} +',
        "# the engine puts files of its own there for as long as a step runs",
        f'[ -n "$INSTALL_ROOT" ] || touch -d @{MOMENT} /opt /etc',
    )


def written(path: str, script: tuple[str, ...], *, heredoc: bool) -> tuple[str, ...]:
    """Return the shell lines that write a script."""
    if heredoc:
        text = "\n".join([f"cat > {path} <<'SCRIPT'", *script, "SCRIPT"])
    else:
        text = f"printf '%s\\n' {' '.join(_single(line) for line in script)} > {path}"
    return (text, f"chmod +x {path}")


def _single(line: str) -> str:
    """Return a shell word in single quotes."""
    return "'" + line.replace("'", "'\\''") + "'"
