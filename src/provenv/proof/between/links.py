"""Judges TCP's round trips and rates from each host to the next, round the ring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import Argument, Hint, text
from ...model.evidence import Check, Measure
from ...model.host_names import ssh
from ...model.meeting import Meeting
from ..verdict import Raw, Verdict, failed, lines, skipped

NETWORK = Check("hosts-network", "hosts_network.py", 120.0)
SHOWN = 8
"""So many links have figures of their own; of more only the median and the worst are shown."""
HEADERS = 40
"""Bytes of IPv4's and TCP's headers, without options."""


@dataclass(frozen=True)
class Link:
    """From one host to the next: what its script told, {} where that was not asked."""

    source: str
    goal: str
    latency: Raw
    bandwidth: Raw

    @property
    def name(self) -> str:
        """Return what the link's figures are called."""
        return f"{self.source}-{self.goal}"

    @property
    def rate(self) -> float:
        """Return bytes a second."""
        return float(self.bandwidth["bytes"]) / max(float(self.bandwidth["seconds"]), 1e-9)


def judge_links(meeting: Meeting, links: Sequence[Link]) -> Verdict:
    """Tell round trips and rate of every link; one over which nothing comes has failed.

    A figure is no failure: what is slow is shown beside the link's own speed.
    """
    if not links:
        return skipped(NETWORK, text("proof.skipped.hosts_unreached"))
    broken = [one for one in links if "median" not in one.latency or "bytes" not in one.bandwidth]
    if broken:
        return _broken(meeting, broken)
    slowest = min(links, key=lambda one: one.rate)
    farthest = max(links, key=lambda one: float(one.latency["median"]))
    speed = _speed(meeting, slowest)
    told: dict[str, Argument] = {
        "n": len(links),
        "latency": _short(float(farthest.latency["median"])),
        "worst": _short(max(float(one.latency["worst"]) for one in links)),
        "rate": rate_words(slowest.rate),
        "source": slowest.source,
        "goal": slowest.goal,
    }
    evidence = lines([_described(one) for one in links])
    did = text("proof.hosts_network.did", **told)
    if speed:
        share = {"share": f"{slowest.rate * 8 / speed:.0%}", "speed": f"{speed / 1e9:g} Gbit/s"}
        did = text("proof.hosts_network.did_of", **told, **share)
    return Verdict("passed", did, measures=_measures(links), evidence=evidence)


def _measures(links: Sequence[Link]) -> tuple[Measure, ...]:
    if len(links) <= SHOWN:
        return tuple(
            measure
            for one in links
            for measure in (
                Measure(f"latency.{one.name}", round(float(one.latency["median"]) * 1e6, 1), "us"),
                Measure(f"latency.worst.{one.name}", round(float(one.latency["worst"]) * 1e6, 1), "us"),
                Measure(f"bandwidth.{one.name}", round(one.rate / 1e6, 1), "MB/s"),
            )
        )
    farthest = max(links, key=lambda one: float(one.latency["median"]))
    slowest = min(links, key=lambda one: one.rate)
    middle = sorted(links, key=lambda one: one.rate)[len(links) // 2]
    return (
        Measure(f"latency.{farthest.name}", round(float(farthest.latency["median"]) * 1e6, 1), "us"),
        Measure(f"bandwidth.{slowest.name}", round(slowest.rate / 1e6, 1), "MB/s"),
        Measure("bandwidth.median", round(middle.rate / 1e6, 1), "MB/s"),
    )


def _broken(meeting: Meeting, broken: Sequence[Link]) -> Verdict:
    told = lines([f"{one.source} -> {one.goal}: {_error(one)}" for one in broken])
    first = broken[0]
    pair = {"source": first.source, "goal": first.goal}
    if first.bandwidth.get("stalled") and "median" in first.latency:
        source, goal = meeting.member(first.source), meeting.member(first.goal)
        largest = source.interface.mtu or int(first.bandwidth.get("mss") or 0) + HEADERS
        command = f"{ssh(source.host)} ping -c 3 -M do -s {largest - 28} {goal.address}"
        lower = f"{ssh(source.host)} sudo ip link set {source.interface.name} mtu 1400"
        why = text("proof.hosts_network.stalled", **pair, size=largest)
        hints = (
            Hint(text("proof.hosts_network.hint_size", size=largest), command),
            Hint(text("proof.hosts_network.hint_mtu"), lower),
        )
        return failed(NETWORK, why, evidence=told, hints=hints)
    return failed(NETWORK, text("proof.hosts_network.broken", **pair, said=_error(first)), evidence=told)


def _error(link: Link) -> str:
    said = link.latency.get("error") or link.bandwidth.get("error")
    return str(said) if said else "stalled" if link.bandwidth.get("stalled") else "-"


def _speed(meeting: Meeting, link: Link) -> float:
    """Return the speed of a link in bit/s: that of its slower end; 0 where neither tells."""
    ends = (meeting.member(link.source).interface.speed, meeting.member(link.goal).interface.speed)
    return min((one for one in ends if one), default=0.0)


def _described(link: Link) -> str:
    median, worst = _short(float(link.latency["median"])), _short(float(link.latency["worst"]))
    return f"{link.source} -> {link.goal}: {median}, {worst}; {rate_words(link.rate)}"


def _short(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} us"


def rate_words(rate: float) -> str:
    """Return bytes a second as they are said."""
    return f"{rate / 1e9:.3g} GB/s" if rate >= 1e9 else f"{rate / 1e6:.3g} MB/s"
