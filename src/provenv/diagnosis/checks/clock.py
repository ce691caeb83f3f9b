"""Whether the machine's clock is right: by servers' answers, by certificates, by files from the future."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ...errors import Text, text, verbatim
from ...model.diagnosis import Advice
from ...model.findings import Finding
from ..ground import Ground
from .common import advice, day

NOTICED = 300.0
"""Seconds: from here on signatures with a time in them are refused (AWS takes 15 minutes, Kerberos 5)."""
GRAVE = 86400.0
FUTURE = 3600.0


def look(ground: Ground) -> Iterator[Finding]:
    """Yield one finding, with everything that speaks for it."""
    network, evidence = ground.network, list[Text]()
    ahead = network.ahead if network else None
    off = 0.0
    if network is not None and ahead is not None and abs(ahead) > NOTICED:
        off = ahead
        key = "doctor.clock.ahead" if ahead > 0 else "doctor.clock.behind"
        evidence.append(text(key, host=network.clock, by_seconds=abs(ahead)))
    for one in network.asked if network else ():
        # a certificate that is not valid yet: who made it will hardly have done so tomorrow
        if one.begins is not None and time.time() < one.begins and (ahead is None or abs(ahead) > NOTICED):
            off = off or time.time() - one.begins
            evidence.append(text("doctor.clock.not_yet", address=one.address, since=day(one.begins)))
    future = ground.surroundings.future if ground.surroundings else ()
    if ahead is None or abs(ahead) > NOTICED:
        off = off or -max((seconds for _, seconds in future if seconds > FUTURE), default=0.0)
        evidence += [
            text("doctor.clock.file", file=name, by_seconds=seconds)
            for name, seconds in future
            if seconds > FUTURE
        ]
    if evidence:
        yield Finding(
            "clock-wrong",
            "network",
            "blocks" if abs(off) > GRAVE and ahead is not None else "hurts",
            what=text("doctor.clock", now=day(time.time())),
            why=text("doctor.clock.why"),
            evidence=tuple(evidence),
            remedies=tuple(_mended(ground)),
            cause="time-skew-tls",
        )
    elif network is not None:
        yield from _ended(ground)


def _ended(ground: Ground) -> Iterator[Finding]:
    """Yield what a right clock says of servers whose certificates have run out."""
    for one in ground.network.asked if ground.network else ():
        if one.cause == "date" and one.ends is not None and one.ends < time.time():
            yield Finding(
                "tls-expired",
                "network",
                "hurts",
                what=text("doctor.tls.expired", address=one.address, until=day(one.ends)),
                evidence=(verbatim(one.detail or one.address),),
                remedies=(advice(text("doctor.network.mirrors"), "provenv mirrors"),),
                subject=one.address,
                cause="time-skew-tls",
            )


def _mended(ground: Ground) -> Iterator[Advice]:
    facts = ground.facts
    system = facts.platform.system if facts else "linux"
    if facts is not None and facts.container.wsl:
        yield advice(text("doctor.clock.wsl"), "hwclock --hctosys", root=True)
        yield advice(text("doctor.clock.wsl_restart"), "wsl.exe --shutdown")
    elif facts is not None and facts.container.kind:
        yield advice(text("doctor.clock.container"))
    elif system == "darwin":
        yield advice(None, "sntp -sS time.apple.com", root=True)
    elif system == "windows":
        yield advice(None, "w32tm /resync /force", root=True)
    else:
        yield advice(text("doctor.clock.ntp"), "timedatectl set-ntp true", root=True)
        yield advice(text("doctor.clock.chrony"), "chronyc makestep", root=True)
