"""The whole of what an image is built from: texts, secrets, labels, and the digests over what decides."""

from __future__ import annotations

import hashlib
import json
import shlex
from pathlib import Path, PurePath

from ...errors import Failure, Hint, problem, text
from ...model.image import Recipe
from ..header import header
from .cuda import twice
from .final import code_stage, final_stage
from .ingredients import Ingredients
from .installs import layer_stages, project_stage
from .layers import grouped
from .lists import list_name, list_of
from .packages import apt_sources
from .shell import comment
from .stages import base_stage, system_stage, user_stage, uv_stage

_PRIVATE = ("# source:torch: mirror", "# source:torch: index")
WHAT = "dockerfile"
VERSION = 1


def recipe(given: Ingredients) -> Recipe:
    """Return what the image is built from; see Recipe. Raises Failure PV1011, PV1013-PV1016."""
    layers = grouped(given.lock)
    own = [one for one in given.lock.packages if one.origin == "directory" or one.editable]
    labels = _labels(given)
    _check_variables(given)
    stages = [
        base_stage(given),
        uv_stage(given),
        *([system_stage(given)] if given.options.system else []),
        *([user_stage(given)] if given.options.user else []),
        *layer_stages(given, layers),
        code_stage(given),
        *([project_stage(given, own)] if own else []),
        final_stage(given, layers, labels, project=bool(own)),
    ]
    said = (line for line in header(WHAT, given.lock) if not line.startswith(_PRIVATE))
    head = "\n".join([*said, comment("", *_HEAD)])
    files = {"Dockerfile": "\n\n".join([head, *stages]) + "\n"}
    for layer in layers:
        files[list_name(layer)] = list_of(layer, given.lock, given.spec, given.sources.addresses)
    below = _digest(given, files)
    return Recipe(
        files=files,
        wheels=given.sources.wheels,
        secrets=_secrets(given),
        labels=labels,
        digest=hashlib.sha256(f"{below}\0{given.context.digest}".encode()).hexdigest(),
        below=below,
        findings=twice(given.lock, given.base),
    )


_HEAD = (
    "Build it: docker build -t NAME .",
    "",
    "Behind a mirror, a proxy or authorities of your own (each may be left out):",
    "  --secret id=network,src=FILE   shell: export UV_DEFAULT_INDEX=... PIP_INDEX_URL=... HTTPS_PROXY=...",
    "  --secret id=ca,src=FILE        certificates of authorities (PEM)",
)


def _check_variables(given: Ingredients) -> None:
    wrong = [name for name, value in sorted(given.spec.variables.items()) if "\n" in value or "\r" in value]
    if wrong:
        hint = Hint(text("PV1015.hint"))
        raise Failure(*(problem("PV1015", name=name, hints=(hint,)) for name in wrong))


def _labels(given: Ingredients) -> dict[str, str]:
    said = {
        "org.opencontainers.image.title": given.spec.name,
        "org.opencontainers.image.base.name": given.base.declared,
        "org.opencontainers.image.base.digest": given.base.digest,
        "dev.provenv.target": given.lock.target,
        "dev.provenv.declared": _sha(given.spec.digest),
        "dev.provenv.lock": _sha(given.lock.identity),
        "dev.provenv.facts": _sha(given.lock.inputs.get("facts", "")),
        "dev.provenv.base": given.base.digest or given.base.id,
    }
    return {name: value for name, value in said.items() if value}


def _sha(digest: str) -> str:
    return digest if not digest or ":" in digest else f"sha256:{digest}"


def _secrets(given: Ingredients) -> dict[str, str]:
    found = {}
    lines = [
        f"export {name}={shlex.quote(value)}\n" for name, value in sorted(given.sources.variables.items())
    ]
    if lines:
        found["network"] = "".join(lines)
    apt = apt_sources(given.base, given.sources.apt)
    if apt:
        found["apt"] = apt
    if given.sources.certificates:
        found["ca"] = _authorities(given.sources.certificates)
    return found


def _authorities(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        hint = Hint(text("PV1016.hint"), "pip config get global.cert")
        why = text("PV1016.why", reason=error.strerror or type(error).__name__)
        raise Failure(problem("PV1016", path=path, why=why, hints=(hint,))) from error


def _digest(given: Ingredients, files: dict[str, str]) -> str:
    hashes = {one.filename: dict(one.hashes) for package in given.lock.packages for one in package.artifacts}
    decides = {
        "version": VERSION,
        "files": files,
        "wheels": {
            name: hashes.get(name, {}) for name in sorted(PurePath(one).name for one in given.sources.wheels)
        },
        "base": [given.base.reference, given.base.id],
        "features": sorted(given.features),
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
