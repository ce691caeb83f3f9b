"""Container engines: there, reachable for this user, able to hand GPUs on, with room for images."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ... import system
from ...errors import Text, text, verbatim
from ...model.diagnosis import Advice
from ...model.findings import Finding, Gravity
from ...model.outside import Containers
from ...model.services import Engine
from ..ground import Ground
from .common import advice, joined, targets

TOOLKIT = "nvidia-container-toolkit"
SMALL = 10 << 30
"""Bytes: an image with a framework in it takes this much while it is built."""


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what is wrong; of an engine that nobody needs here only that it half works."""
    facts = ground.facts
    assert facts is not None
    wanted = targets(ground, "image")
    working = [one for one in facts.engines if one.reachable]
    if wanted and not facts.engines:
        yield _absent(ground)
        return
    if not working:
        for engine in facts.engines[:1]:
            if wanted or not facts.container.kind:
                yield _broken(ground, engine, "hurts" if wanted else "better")
        return
    if not wanted:
        return
    if facts.nvidia.state == "ready":
        yield from _gpus(ground, working)
    if ground.containers is not None:
        yield from _room(ground.containers)


def _absent(ground: Ground) -> Finding:
    assert ground.facts is not None
    manager = system.manager_of(ground.facts)
    package = (
        {"apt": "docker.io", "pacman": "docker", "apk": "docker"}.get(manager.name, "podman")
        if manager
        else ""
    )
    names = joined(one.name for one in targets(ground, "image"))
    lines = (
        [shlex.join(words) for words in (manager.refresh, (*manager.install, package)) if words]
        if manager
        else []
    )
    return Finding(
        "engine-absent",
        "containers",
        "hurts",
        what=text("doctor.engine.absent", names=names),
        remedies=(advice(text("doctor.engine.install"), *lines, root=bool(manager and manager.root)),),
        cause="docker-daemon-down",
    )


def _broken(ground: Ground, engine: Engine, grave: Gravity) -> Finding:
    assert ground.facts is not None
    detail = engine.detail.lower()
    denied = "permission denied" in detail
    evidence: tuple[Text, ...] = (verbatim(engine.detail),) if engine.detail else ()
    around = ground.containers
    if denied and around is not None:
        group = around.socket_group or "docker"
        member = group in around.groups_listed
        evidence += (text("doctor.engine.socket", path=around.socket or "docker.sock", group=group),)
        return Finding(
            "engine-denied",
            "containers",
            grave,
            what=text("doctor.engine.denied", name=engine.name),
            why=text("doctor.engine.denied.stale", group=group)
            if member
            else text("doctor.engine.denied.why", group=group),
            evidence=evidence,
            remedies=tuple(_let_in(around, group, member=member)),
            subject=engine.name,
            cause="docker-permission",
        )
    late = "timeout" in detail
    return Finding(
        "engine-down",
        "containers",
        grave,
        what=text("doctor.engine.silent" if late else "doctor.engine.down", name=engine.name),
        evidence=evidence,
        remedies=tuple(_started(ground, engine)),
        subject=engine.name,
        cause="docker-permission" if denied else "docker-daemon-down",
    )


def _let_in(around: Containers, group: str, *, member: bool) -> Iterator[Advice]:
    if member:
        yield advice(text("doctor.engine.newgrp"), f"newgrp {shlex.quote(group)}")
        return
    user = shlex.quote(around.user or "$USER")
    yield advice(text("doctor.engine.join"), f"usermod -aG {shlex.quote(group)} {user}", root=True)
    yield advice(text("doctor.engine.newgrp"), f"newgrp {shlex.quote(group)}")


def _started(ground: Ground, engine: Engine) -> Iterator[Advice]:
    facts = ground.facts
    assert facts is not None
    if engine.name == "podman":
        if facts.platform.system == "darwin":
            yield advice(None, "podman machine start")
        else:
            yield advice(text("doctor.engine.why"), "podman info")
    elif facts.container.wsl:
        yield advice(text("doctor.engine.wsl"))
    elif facts.container.kind:
        yield advice(text("doctor.engine.inside"))
    elif facts.platform.system == "darwin":
        yield advice(None, "open -a Docker")
    elif facts.platform.system == "windows":
        yield advice(None, "docker desktop start")
    else:
        yield advice(text("doctor.engine.start"), "systemctl enable --now docker", root=True)
        yield advice(text("doctor.engine.log"), "journalctl -u docker --no-pager -n 30", root=True)


def _gpus(ground: Ground, working: list[Engine]) -> Iterator[Finding]:
    """Yield what keeps this machine's GPUs out of containers, or takes them away later."""
    facts, around = ground.facts, ground.containers
    assert facts is not None
    toolkit = any(tool.name == "nvidia-ctk" for tool in facts.tools)
    for engine in working:
        devices = [one for one in engine.cdi if one.startswith("nvidia.com/")]
        legacy = "nvidia" in engine.runtimes
        if not devices and not legacy:
            yield Finding(
                "engine-without-gpu",
                "containers",
                "hurts",
                what=text("doctor.engine.no_gpu", name=engine.name),
                why=text("doctor.engine.no_gpu.registered") if toolkit else text("doctor.engine.no_gpu.why"),
                evidence=(verbatim(f"{engine.name}: {joined(engine.runtimes)}"),),
                remedies=tuple(_handed_on(ground, engine, toolkit=toolkit)),
                subject=engine.name,
                cause="nvidia-runtime-missing-in-docker",
            )
        if (
            around is not None
            and legacy
            and not devices
            and around.cgroup_driver == "systemd"
            and not around.char_links
        ):
            yield Finding(
                "gpu-lost-on-reload",
                "containers",
                "hurts",
                what=text("doctor.engine.reload"),
                why=text("doctor.engine.reload.why"),
                evidence=(verbatim(f"{engine.name}: CgroupDriver={around.cgroup_driver}"),),
                remedies=(
                    advice(
                        text("doctor.engine.reload.links"),
                        "nvidia-ctk system create-dev-char-symlinks --create-all",
                        root=True,
                    ),
                    advice(
                        text("doctor.engine.reload.cdi"),
                        "nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml",
                        root=True,
                    ),
                ),
                subject=engine.name,
                cause="nvml-container-cgroup",
            )
    driver = facts.nvidia.driver
    for path, written in around.cdi if around is not None and driver else ():
        if written != driver:
            yield Finding(
                "cdi-stale",
                "containers",
                "hurts",
                what=text("doctor.engine.cdi_stale", path=path, written=written, driver=driver or ""),
                why=text("doctor.engine.cdi_stale.why"),
                remedies=(advice(None, f"nvidia-ctk cdi generate --output={shlex.quote(path)}", root=True),),
                subject=path,
                cause="nvidia-runtime-missing-in-docker",
            )


def _handed_on(ground: Ground, engine: Engine, *, toolkit: bool) -> Iterator[Advice]:
    assert ground.facts is not None
    manager = system.manager_of(ground.facts)
    if not toolkit and manager is not None:
        yield advice(
            text("doctor.engine.toolkit"), shlex.join((*manager.install, TOOLKIT)), root=manager.root
        )
    if engine.name == "podman":
        yield advice(
            text("doctor.engine.cdi"), "nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml", root=True
        )
        return
    if engine.rootless:
        config = "$HOME/.config/docker/daemon.json"
        yield advice(
            text("doctor.engine.rootless"),
            f"nvidia-ctk runtime configure --runtime=docker --config={config}",
            "systemctl --user restart docker",
        )
        return
    yield advice(
        text("doctor.engine.register"),
        "nvidia-ctk runtime configure --runtime=docker",
        "systemctl restart docker",
        root=True,
    )


def _room(around: Containers) -> Iterator[Finding]:
    if around.free is None or not around.total or around.free >= SMALL:
        return
    yield Finding(
        "engine-disk-full",
        "containers",
        "hurts",
        what=text("doctor.engine.full", path=around.data_root, free_bytes=around.free),
        why=text("doctor.engine.full.why"),
        remedies=(
            advice(text("doctor.engine.used"), "docker system df"),
            advice(text("doctor.engine.prune"), "docker builder prune", "docker image prune"),
        ),
        subject=around.data_root,
        cause="disk-full",
    )
