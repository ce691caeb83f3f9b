"""The whole way: a log and, where they are known, the facts of its machine -> Diagnosis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..errors import Place, Text, text
from ..model.diagnosis import Advice, Candidate, Diagnosis, Nature, Quote, Read, Sign, Verdict
from ..model.facts import Facts
from .fitting import PROVENV, fill, fitting
from .index import Index
from .log import Hit, Log
from .machine import adds
from .ranking import Ranked, Weighed, rank
from .reading import shipped
from .rule import Rule
from .scan import scan
from .signals import FAILED, Signals, signals
from .surroundings import Surroundings, surroundings

NONE = "none"
MOST = 5
QUOTES = 12
SUSPECTS = 3
LONGEST_VALUE = 120
LONGEST_LINE = 1000


def diagnose(
    blocks: Iterable[bytes],
    *,
    facts: Facts | None = None,
    rules: Sequence[Rule] | None = None,
    source: str = "",
    project: frozenset[str] | None = None,
) -> Diagnosis:
    """Return what a log says went wrong.

    `project` are the packages that a project of provenv's own asks for, where the log comes from
    one: remedies are provenv's there.
    `blocks` is the log in pieces of any size; it is read once, in constant memory.
    """
    known = tuple(rules) if rules is not None else shipped()
    log = scan(blocks, Index((rule.cause, pattern) for rule in known for pattern in rule.patterns))
    return judge(log, known, facts=facts, source=source, project=project)


def judge(
    log: Log,
    rules: Sequence[Rule],
    *,
    facts: Facts | None = None,
    source: str = "",
    project: frozenset[str] | None = None,
) -> Diagnosis:
    """Return the answer to a log that was scanned with these rules."""
    said = signals(log)
    added = adds(log.text, facts)
    ranked = rank(rules, log, said, added)
    here = surroundings(log.text, facts)
    if project is not None:
        here = replace(here, manager=PROVENV, declared=project)
    candidates = tuple(_candidate(one, said, added, here) for one in ranked[:MOST])
    read = Read(log.lines, log.size, log.binary)
    end = said.ending
    own = end.own if end is not None else None
    place = Place(own.file, own.line, source=own.source or None) if own is not None else None
    exception = f"{end.type}: {end.message}".rstrip(": ")[:300] if end is not None else ""
    nature = _nature(candidates, said)
    if not candidates:
        # a log without any word of a failure is the log of a run that did not fail
        quiet = "log.failed" not in said.names and not log.binary
        return Diagnosis(
            NONE if quiet else None,
            "none" if quiet else "unknown",
            place=place,
            exception=exception,
            nature="quiet" if quiet else "",
            suspects=() if quiet else suspects(log),
            collect=() if quiet else _collect(said),
            read=read,
            source=source,
        )
    first = candidates[0].cause
    verdict: Verdict = "none" if first == NONE else "cause"
    return Diagnosis(first, verdict, candidates, place, exception, nature, read=read, source=source)


def _nature(candidates: Sequence[Candidate], said: Signals) -> Nature:
    """Return what kind of no failure it is, where the first candidate says that it is none."""
    if not candidates or candidates[0].cause != NONE:
        return ""
    held = [one.name for one in candidates[0].signs if one.counts > 0]
    if "log.own-code" in held:
        return "own-code"
    return "succeeded" if "log.succeeded" in held else ""


def suspects(log: Log) -> tuple[Quote, ...]:
    """Return the last lines of a log that speak of a failure: what a person would look at first."""
    found: list[Quote] = []
    lines = (log.tail or log.head).splitlines()
    first = log.lines - len(lines)
    for number in range(len(lines) - 1, -1, -1):
        match = FAILED.search(lines[number][:LONGEST_LINE])
        if match is not None:
            text_of = lines[number][:LONGEST_LINE]
            found.append(
                Quote(
                    first + number + 1, text_of, 0.0, start=match.start(), length=match.end() - match.start()
                )
            )
        if len(found) == SUSPECTS:
            break
    return tuple(reversed(found))


def _candidate(ranked: Ranked, said: Signals, added: Mapping[str, Text], here: Surroundings) -> Candidate:
    rule = ranked.rule
    matched = frozenset(one.name for one in ranked.evidence)
    captured = _captured(ranked.evidence, said)
    values = {**rule.defaults, **captured}
    quotes = [
        _quote(one, one.hit)
        for one in sorted(ranked.evidence, key=lambda one: -abs(one.adds))
        if one.hit is not None
    ]
    signs = [
        Sign(one.name, round(one.counts, 2), round(one.adds, 2)) for one in ranked.evidence if one.hit is None
    ]
    return Candidate(
        cause=rule.cause,
        weight=round(ranked.share, 4),
        score=round(ranked.score, 2),
        what=fill(rule.what, values),
        why=fill(rule.why, values),
        quotes=tuple(quotes[:QUOTES]),
        signs=tuple(signs),
        machine=tuple(added[one.name] for one in rule.signals if one.name in added),
        remedies=fitting(rule.remedies, captured, rule.defaults, here, matched),
        confirm=fitting(rule.confirm, captured, rule.defaults, here, matched),
        references=rule.references,
    )


def _quote(one: Weighed, hit: Hit) -> Quote:
    """Return a hit as it is told: of a very long line only what stands around the match."""
    words = hit.text.rstrip("\r\n")
    cut = max(0, hit.start - LONGEST_LINE // 3) if len(words) > LONGEST_LINE else 0
    return Quote(
        hit.line,
        words[cut : cut + LONGEST_LINE],
        round(one.counts, 2),
        hit.times,
        one.name,
        round(one.adds, 2),
        hit.start - cut,
        hit.length,
    )


def _captured(evidence: Sequence[Weighed], said: Signals) -> dict[str, str]:
    """Return what the heaviest lines captured; a log is a stranger's, so only one printable line of it."""
    captured = [one.hit.captured for one in evidence if one.hit is not None and one.counts > 0]
    captured += [dict(said.captured[one.name]) for one in evidence if one.name in said.captured]
    cleaned = ({name: _clean(value) for name, value in one.items()} for one in reversed(captured))
    return {name: value for one in cleaned for name, value in one.items() if value}


def _clean(value: str) -> str:
    return "".join(char for char in value if char.isprintable())[:LONGEST_VALUE].strip()


def _collect(said: Signals) -> tuple[Advice, ...]:
    wanted = [
        Advice(text("diagnosis.collect.whole_log")),
        Advice(text("diagnosis.collect.facts"), ("provenv facts --json > facts.json",)),
        Advice(text("diagnosis.collect.status"), ("provenv status --deep",)),
    ]
    if said.ending is None:
        wanted.append(Advice(text("diagnosis.collect.verbose")))
    return tuple(wanted)
