"""How much speaks for each cause: evidence adds up, counter-evidence subtracts, a root beats its symptoms."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from .log import Hit, Log
from .rule import Rule
from .signals import Signals

# the second, third ... piece of evidence adds less than the first
FADING = 0.5
WARNING = re.compile(
    r"warn(?:ing)?s?\b|^\s*W\d{4}\b|\bW (?:tensorflow|external)/|DeprecationWarning|警告", re.I
)
# source code as poetry, rich and IPython show it: its line's number, then a bar
NUMBERED = re.compile(r"^\W{0,12}(?:[\d.]{1,8}\s{1,8}\W{0,4}\s{0,4})?\d{1,5}\s?[│┃|]\s")
ECHO = re.compile(r"""^\s*File ["'].{1,400}["'], line \d+""")
IN_WARNING = 0.75
IN_ECHO = 0.4
IN_NOISE = 0.15
AT_THE_END = 1.15
# what speaks for a cause that no rule knows
UNKNOWN = 2.0
LEAST = 2.5
SHARPNESS = 1.6
# by how much a root stays above a cause that is only its symptom
STEP = 0.5


@dataclass(frozen=True)
class Weighed:
    """One hit, or one signal: what it counts by itself, and what it adds beside heavier evidence."""

    name: str
    counts: float
    hit: Hit | None = None
    adds: float = 0.0


@dataclass(frozen=True)
class Ranked:
    """A cause with its score, its share of all, and its evidence, the heaviest first."""

    rule: Rule
    score: float
    share: float
    evidence: tuple[Weighed, ...]


def rank(rules: Sequence[Rule], log: Log, said: Signals, machine: Collection[str] = ()) -> list[Ranked]:
    """Return the causes that something speaks for, the likeliest first."""
    noisy = {
        (hit.line, hit.text)
        for rule in rules
        for pattern in rule.patterns
        if pattern.noise
        for hit in log.hits.get(f"{rule.cause}/{pattern.id}", ())
    }
    held = {name for name, hits in log.hits.items() if hits} | set(said.names) | set(machine)
    scored: dict[str, tuple[float, tuple[Weighed, ...]]] = {}
    for rule in rules:
        evidence = _added(_evidence(rule, log, said, noisy, held))
        score = sum(one.adds for one in evidence)
        if score >= LEAST and any(one.counts > 0 for one in evidence):
            scored[rule.cause] = (score, evidence)
    by_cause = {rule.cause: rule for rule in rules}
    scores = _roots_first({cause: score for cause, (score, _) in scored.items()}, by_cause)
    total = math.exp(UNKNOWN / SHARPNESS) + sum(math.exp(score / SHARPNESS) for score in scores.values())
    ranked = [
        Ranked(by_cause[cause], score, math.exp(score / SHARPNESS) / total, scored[cause][1])
        for cause, score in scores.items()
    ]
    return sorted(ranked, key=lambda one: (-one.score, -max(w.counts for w in one.evidence), one.rule.cause))


def _evidence(
    rule: Rule, log: Log, said: Signals, noisy: set[tuple[int, str]], held: set[str]
) -> list[Weighed]:
    found = []
    for pattern in rule.patterns:
        hits = log.hits.get(f"{rule.cause}/{pattern.id}", ())
        best = max(
            ((_role(hit, log, said, noisy) if pattern.weight > 0 else 1.0, hit) for hit in hits),
            key=lambda one: (one[0], one[1].last),
            default=None,
        )
        if best is not None:
            found.append(Weighed(pattern.id, pattern.weight * best[0], best[1]))
    for group in rule.together:
        if all(name in held or f"{rule.cause}/{name}" in held for name in group.names):
            found.append(Weighed("+".join(group.names), group.weight))
    found += [Weighed(one.name, one.weight) for one in rule.signals if one.name in held]
    return found


def _role(hit: Hit, log: Log, said: Signals, noisy: set[tuple[int, str]]) -> float:
    if (hit.line, hit.text) in noisy and not hit.pattern.noise:
        return IN_NOISE
    if NUMBERED.match(hit.text):
        return IN_ECHO
    if ECHO.match(hit.before) and hit.text.startswith("    "):
        return IN_ECHO
    if said.ending is not None and said.ending.says(hit.text):
        return AT_THE_END
    return IN_WARNING if WARNING.search(hit.text) else 1.0


def _added(evidence: Sequence[Weighed]) -> tuple[Weighed, ...]:
    """Return the evidence, the heaviest first, with what each adds; counter-evidence counts fully."""
    share, found = 1.0, []
    for one in sorted(evidence, key=lambda one: -one.counts):
        found.append(replace(one, adds=one.counts * (share if one.counts > 0 else 1.0)))
        share *= FADING
    return tuple(found)


def _roots_first(scores: Mapping[str, float], rules: Mapping[str, Rule]) -> dict[str, float]:
    """Return the scores where no symptom stands above its root, if the root is sure enough by itself."""
    fitted = dict(scores)
    for cause, score in sorted(scores.items(), key=lambda one: -one[1]):
        for symptom in rules[cause].over:
            if symptom in fitted and score >= 2 * LEAST:
                fitted[symptom] = min(fitted[symptom], score - STEP)
    return fitted
