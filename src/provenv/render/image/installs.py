"""The stages of a Dockerfile in which packages are installed: one for each layer, one for the project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from ...errors import Failure, Hint, problem, text
from ...model.image import APP, Layer
from ...model.lock import Package
from .ingredients import Ingredients
from .layers import BUILT, COMPUTE, LARGE, REST, chosen
from .lists import WHEELS, hashed, list_name, torch_index
from .packages import installing, needed
from .python import interpreter
from .scripts import HERE, INSTALLING, OUT, TOOLS
from .shell import SECRETS, comment, run
from .stages import beginning

FEW = 8
"""Up to so many files are mounted one by one, so that a new file does not touch another layer."""
_LISTS = "/run"
_WHY = {
    COMPUTE: "What computes: by far the most bytes, and changed the least.",
    LARGE: "Other libraries of several megabytes each, changed now and then.",
    BUILT: "What has no wheel for this platform is built here: the compilers stay behind in this stage.",
    REST: "Everything else: small, and changed the most.",
}
_STAYS = (
    "It is installed where it stays, since copying so much takes its time: the image goes on from this stage."
)
_BESIDE = (
    "Each further layer has a stage of its own: the builder makes them side by side, and a change in one "
    "leaves the others as they are."
)


def first(given: Ingredients, layers: Sequence[Layer]) -> Layer | None:
    """Return the layer that is installed where it stays: the first, if it leaves no compilers behind.

    None for older builders (those without `COPY --link`): they leave places of mounts behind, with the
    time of the day.
    """
    found = (one for one in layers[:1] if one.name != BUILT)
    return next(found, None) if "link" in given.features else None


def layer_stages(given: Ingredients, layers: Sequence[Layer]) -> list[str]:
    """Return one stage for each layer: they don't wait for each other."""
    return [_layer_stage(given, one, layers) for one in layers]


def project_stage(given: Ingredients, packages: Sequence[Package]) -> str:
    """Return the stage in which the project itself becomes an installed package.

    Raises Failure PV1011 for folders that are not the project's: a build sees nothing but the project.
    """
    if any(map(_outside, packages)):
        hints = (Hint(text("PV1011.hint")), Hint(text("PV1011.hint_wheel")))
        raise Failure(
            *(
                problem("PV1011", name=one.name, path=one.location or "", why=text("PV1011.why"), hints=hints)
                for one in packages
                if _outside(one)
            )
        )
    places = " ".join(sorted({_inside(one) for one in packages}))
    parts = [
        comment(
            "The project's own package, built from its code and not editable: in an image nobody edits "
            "it. A change of the code begins here; the layers above stay as they are."
        ),
        "FROM uv AS project",
        f"COPY --from=code {OUT} /",
        run((f"INSTALL_ROOT={OUT} install {places}",), (*INSTALLING, *SECRETS), heredoc=given.heredoc),
    ]
    return "\n".join(parts)


def _layer_stage(given: Ingredients, layer: Layer, layers: Sequence[Layer]) -> str:
    unisolated = {
        one.subject.partition(":")[2] for one in given.lock.choices if one.subject.startswith("build:")
    }
    alone = sorted(unisolated & {one.name for one in layer.packages})
    stays = first(given, layers)
    wheels = _wheels_of(given, layer)
    mounts = [*INSTALLING, f"type=bind,source={list_name(layer)},target={_LISTS}/{list_name(layer)}"]
    if len(wheels) > FEW:
        mounts.append(f"type=bind,source=wheels,target={WHEELS}")
    else:
        mounts += [f"type=bind,source=wheels/{one},target={WHEELS}/{one}" for one in wheels]
    install = f"INSTALL_ROOT={OUT} install"
    if layer == stays:
        parts = beginning(given, layer.name, _WHY[layer.name], _STAYS)
        mounts.append(f"type=bind,from=uv,source={TOOLS},target={HERE}")
        install = f"{HERE}/install"
    elif layer.name == BUILT:
        parts = _compilers(given, layers, alone=bool(alone))
        if alone and stays:
            mounts.append(f"type=bind,from=uv,source={TOOLS},target={HERE}")
            install = f"INSTALL_ROOT={OUT} {HERE}/install"
    else:
        why = [_WHY[layer.name], *([_BESIDE] if layer in layers[: 2 if stays else 1] else [])]
        parts = [comment(" ".join(why)), f"FROM uv AS {layer.name}"]
    words = [install, *(["--require-hashes"] if hashed(layer) else [])]
    words += [f"--no-build-isolation-package {one}" for one in alone]
    if torch_index(layer, given.lock):
        # each line has its hash, so whichever index has the file is the right one
        words.append("--index-strategy unsafe-best-match")
    words += [f"--find-links {WHEELS}"] if wheels else []
    line = " ".join([*words, f"-r {_LISTS}/{list_name(layer)}"])
    return "\n".join([*parts, run((line,), (*mounts, *SECRETS), heredoc=given.heredoc)])


def _compilers(given: Ingredients, layers: Sequence[Layer], *, alone: bool) -> list[str]:
    """Return the beginning of the stage that builds packages; `alone`: some see what is installed."""
    base, stays = given.base, first(given, layers) if alone else None
    parts = [comment(_WHY[BUILT]), f"FROM {stays.name if stays else 'uv'} AS {BUILT}"]
    if base.manager:
        names = needed(base, "compilers", "git")
        if interpreter(given.lock, base).path.startswith("/usr/bin/"):
            names = (*names, *needed(base, "headers"))
        what = installing(base, names)
        parts.append(run(what.lines, what.mounts, heredoc=given.heredoc))
    if alone:
        parts.append(comment("Compiled against what is installed, which so has to be there first."))
        parts += [f"COPY --from={one.name} {OUT} /" for one in layers if one.name != BUILT and one != stays]
    return parts


def _outside(package: Package) -> bool:
    place = PurePath(package.location or ".")
    return place.is_absolute() or ".." in place.parts or "://" in (package.location or "")


def _inside(package: Package) -> str:
    location = PurePath(package.location or ".").as_posix()
    return APP if location == "." else f"{APP}/{location}"


def _wheels_of(given: Ingredients, layer: Layer) -> list[str]:
    """Return the names of this machine's files that a layer installs."""
    here = {PurePath(one).name for one in given.sources.wheels}
    found = {one.filename for package in layer.packages for one in [chosen(package, given.lock)] if one}
    return sorted(here & found)
