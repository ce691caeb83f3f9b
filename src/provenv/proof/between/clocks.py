"""Judges how far the hosts' clocks are apart."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

from ...errors import Hint, text
from ...model.evidence import Check, Measure
from ...model.fleet import Clock
from ...model.host_names import ssh
from ..verdict import Verdict, failed, lines, skipped

CLOCK = Check("hosts-clock", "hosts_clock.py", 60.0)
TOLD = 1.0
"""Seconds from which a difference is told: file times and logs of several hosts are out of order then."""
MOST = 10.0
"""Seconds that break a run: in torchrun's rendezvous a host notes its own time every 5 seconds, and the
others take it for gone where that is more than 15 before their own (dynamic_rendezvous.py, `_sanitize`)."""


def judge_clocks(clocks: Mapping[str, Clock]) -> Verdict:
    """Judge the clocks, each told as how far it is ahead of ours; differences count less their error."""
    if len(clocks) < 2:
        return skipped(CLOCK, text("proof.skipped.clocks_untold"))
    # ours is one more witness: of two hosts that differ it tells which is wrong
    middle = statistics.median([0.0, *(one.ahead for one in clocks.values())])
    first, last = (choose(clocks, key=lambda one: clocks[one].ahead) for choose in (min, max))
    apart = clocks[last].ahead - clocks[first].ahead
    error = clocks[last].error + clocks[first].error
    farthest = max(clocks, key=lambda one: abs(clocks[one].ahead - middle))
    evidence = lines([f"{host}: {one.ahead:+.3f} s (+- {one.error:.3f})" for host, one in clocks.items()])
    measures = (Measure("clock.apart", round(apart, 6), "s"), Measure("clock.error", round(error, 6), "s"))
    told = {"apart": _words(apart), "error": _words(error)}
    if apart - error > MOST:
        off = clocks[farthest].ahead - middle
        key = "proof.hosts_clock.ahead" if off > 0 else "proof.hosts_clock.behind"
        why = text(key, host=farthest, off=_words(abs(off)), error=_words(clocks[farthest].error))
        hints = (
            Hint(text("proof.hosts_clock.hint_see"), f"{ssh(farthest)} timedatectl status"),
            Hint(text("proof.hosts_clock.hint_set"), f"{ssh(farthest)} sudo timedatectl set-ntp true"),
        )
        return failed(
            CLOCK, why, evidence=evidence, hints=hints, measures=measures, distance=apart, tolerance=MOST
        )
    did = text("proof.hosts_clock.did", n=len(clocks), within=_words(abs(apart) + error))
    if apart - error > TOLD:
        did = text("proof.hosts_clock.did_apart", **told, host=farthest)
    return Verdict("passed", did, measures=measures, evidence=evidence)


def _words(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"
