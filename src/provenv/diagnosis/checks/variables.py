"""Variables that change a program or an installation without being seen."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import text, verbatim
from ...model.findings import Finding, Gravity
from ..ground import Ground
from .advising import advice

SWITCHES: dict[str, Gravity] = {
    "PIP_TARGET": "hurts",
    "PIP_PREFIX": "hurts",
    "PIP_USER": "hurts",
    "PIP_NO_DEPS": "hurts",
    "PIP_NO_BUILD_ISOLATION": "better",
    "UV_SYSTEM_PYTHON": "hurts",
    "UV_NO_CACHE": "better",
    "UV_PROJECT_ENVIRONMENT": "better",
    "UV_NO_BUILD_ISOLATION": "better",
}
OFF = ("", "0", "false", "no")


def look(ground: Ground) -> Iterator[Finding]:
    """Yield the variables that are left on, or lead nowhere."""
    yield from _cuda(ground)
    for name, gravity in SWITCHES.items():
        value = ground.variables.get(name, "")
        if value.lower() not in OFF:
            yield _switch(name, value, gravity)


def _switch(name: str, value: str, gravity: Gravity) -> Finding:
    return Finding(
        "variable-left-on",
        "loader",
        gravity,
        what=text("doctor.variables.on", name=name),
        why=text(f"doctor.variables.{name}"),
        evidence=(verbatim(f"{name}={value}"),),
        remedies=(advice("doctor.search.unset", f"unset {name}"),),
        subject=name,
        cause="env-var-wrong" if gravity == "hurts" else "",
    )


def _cuda(ground: Ground) -> Iterator[Finding]:
    if ground.variables.get("CUDA_LAUNCH_BLOCKING", "") not in OFF:
        yield _switch("CUDA_LAUNCH_BLOCKING", ground.variables["CUDA_LAUNCH_BLOCKING"], "better")
    home = ground.variables.get("CUDA_HOME") or ground.variables.get("CUDA_PATH")
    if (
        home
        and ground.facts is not None
        and not any(
            one.name == "cuda" and one.path.startswith(home.rstrip("/")) for one in ground.facts.toolkits
        )
    ):
        yield Finding(
            "cuda-home-wrong",
            "loader",
            "better",
            what=text("doctor.variables.cuda_home", path=home),
            why=text("doctor.variables.cuda_home.why"),
            evidence=tuple(
                verbatim(f"{one.name} {one.version}: {one.path}")
                for one in ground.facts.toolkits
                if one.name == "cuda"
            ),
            remedies=(advice("doctor.search.unset", "unset CUDA_HOME CUDA_PATH"),),
            subject="CUDA_HOME",
            cause="cuda-home-unset",
        )
