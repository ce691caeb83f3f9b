"""Whether virtual machines run with the processor's help: where one is declared, or a right is half given."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ...errors import Text, text, verbatim
from ...model.diagnosis import Advice
from ...model.findings import Finding
from ...model.outside import Virtualisation
from ..ground import Ground
from .common import advice, targets

API = 12
"""The one version of KVM's interface that there has been since 2007."""


def look(ground: Ground) -> Iterator[Finding]:
    """Yield one finding: what is missing first."""
    kvm = ground.virtualisation
    assert kvm is not None
    wanted = targets(ground, "vm")
    half = (
        kvm.exists
        and kvm.group in kvm.groups_listed
        and kvm.group not in kvm.groups_now
        and kvm.user != "root"
    )
    if half and not (wanted and kvm.makes):
        yield _found(
            "kvm-group-stale",
            kvm,
            hurts=bool(wanted),
            what=text("doctor.kvm.stale", group=kvm.group),
            remedies=(advice(text("doctor.engine.newgrp"), f"newgrp {shlex.quote(kvm.group)}"),),
        )
        return
    if not wanted or kvm.makes:
        return
    if not kvm.exists:
        yield _found(
            "kvm-absent",
            kvm,
            what=text("doctor.kvm.absent"),
            why=text("doctor.kvm.slow"),
            remedies=tuple(_switched_on(ground, kvm)),
        )
    elif not kvm.opens:
        group, user = shlex.quote(kvm.group), shlex.quote(kvm.user or "$USER")
        yield _found(
            "kvm-denied",
            kvm,
            what=text("doctor.kvm.denied", group=kvm.group),
            why=text("doctor.kvm.slow"),
            remedies=(
                advice(text("doctor.engine.join"), f"usermod -aG {group} {user}", root=True),
                advice(text("doctor.engine.newgrp"), f"newgrp {group}"),
            ),
        )
    else:
        yield _found(
            "kvm-broken",
            kvm,
            what=text("doctor.kvm.broken"),
            why=text("doctor.kvm.broken.version", version=kvm.version)
            if kvm.version and kvm.version != API
            else text("doctor.kvm.broken.why"),
            remedies=tuple(_switched_on(ground, kvm)),
        )


def _switched_on(ground: Ground, kvm: Virtualisation) -> Iterator[Advice]:
    facts = ground.facts
    virtual = bool(facts and facts.container.virtual)
    if facts is not None and facts.container.wsl:
        yield advice(text("doctor.kvm.wsl"))
        return
    if facts is not None and facts.container.kind and not kvm.exists:
        yield advice(text("doctor.kvm.container"), "docker run --device /dev/kvm ...")
    if virtual and not kvm.capable:
        yield advice(text("doctor.kvm.nested"))
        return
    if kvm.capable:
        yield advice(text("doctor.kvm.module"), "modprobe -a kvm kvm_intel kvm_amd", root=True)
    else:
        yield advice(text("doctor.kvm.firmware"))
    yield advice(text("doctor.kvm.why"), "sh -c 'dmesg | grep -i kvm'", root=True)


def _found(
    name: str,
    kvm: Virtualisation,
    what: Text,
    remedies: tuple[Advice, ...],
    *,
    why: Text | None = None,
    hurts: bool = True,
) -> Finding:
    """Return the finding, with what the node said."""
    return Finding(
        name,
        "virtualisation",
        "hurts" if hurts else "better",
        what=what,
        why=why,
        evidence=(verbatim(f"/dev/kvm: {kvm.error}"),) if kvm.error else (),
        remedies=remedies,
        subject="/dev/kvm",
        cause="libvirt-kvm-permission",
    )
