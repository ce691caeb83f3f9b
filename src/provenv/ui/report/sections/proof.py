"""The proof: what each check did, how far it was from its reference, and what the place can do."""

from __future__ import annotations

from collections.abc import Sequence

from ....errors import Hint
from ....model.evidence import Evidence, Measure, Outcome
from ...redact import redact
from ...units import duration, figure
from ..charts.bars import distance, meter
from ..context import Context
from ..figures import moment, scientific
from ..markup import Child, Html, prose, tag

MARKS = {"passed": "✓", "failed": "✕", "skipped": "–"}


def section(context: Context) -> Html:
    """Return verdict, checks and figures; where nothing was built, that the earlier proof holds."""
    evidence = context.result.up.evidence
    if evidence is None:
        generation = context.result.up.generation
        return context.section(
            "proof",
            tag(
                "p", context.tell("report.proof.held", number=generation.number, made=moment(generation.made))
            ),
        )
    return context.section(
        "proof",
        _verdict(context, evidence),
        tag(
            "table",
            tag(
                "thead",
                tag(
                    "tr",
                    [
                        tag(
                            "th",
                            context.say(f"report.proof.{head}"),
                            scope="col",
                            class_="number" if head == "time" else None,
                        )
                        for head in ("check", "distance", "time")
                    ],
                ),
            ),
            tag("tbody", [_row(context, outcome) for outcome in evidence.outcomes]),
            class_="checks",
        ),
        _measures(context, evidence.outcomes),
    )


def _verdict(context: Context, evidence: Evidence) -> Html:
    counts = [
        tag("span", tag("b", MARKS[status], aria_hidden="true"), " ", words, class_=f"count {status}")
        for status, n in ((one, evidence.count(one)) for one in ("passed", "failed", "skipped"))
        if n or status == "passed"
        for words in [context.say(f"report.tile.{status}", n=n)]
    ]
    took = context.say("report.proof.took", took_seconds=evidence.seconds)
    return tag("p", counts, tag("span", took, class_="quiet"), class_="verdict")


def _row(context: Context, outcome: Outcome) -> Html:
    status = context.say(f"report.proof.{outcome.status}")
    return tag(
        "tr",
        tag(
            "th",
            tag(
                "div",
                tag(
                    "span", MARKS[outcome.status], class_="mark", role="img", aria_label=status, title=status
                ),
                tag("div", tag("span", context.prose(outcome.did), class_="did"), _details(context, outcome)),
                class_="marked-line",
            ),
            scope="row",
        ),
        tag("td", _distance(context, outcome), class_="far"),
        tag("td", duration(outcome.seconds) if outcome.status != "skipped" else "", class_="number"),
        class_=outcome.status,
    )


def _details(context: Context, outcome: Outcome) -> Html:
    parts: list[Child] = [tag("code", outcome.name, class_="small name")]
    if outcome.why:
        parts.append(tag("p", context.prose(outcome.why), class_="why"))
    if outcome.evidence and outcome.status == "failed":
        parts.append(tag("pre", redact(outcome.evidence), tabindex=0))
    if outcome.hints:
        parts.append(tag("ul", [_hint(context, hint) for hint in outcome.hints], class_="hints"))
    return Html("".join(part for part in parts if isinstance(part, Html)))


def _hint(context: Context, hint: Hint) -> Html:
    return tag(
        "li",
        prose(context.words(hint.text)) if hint.text else None,
        " " if hint.text and hint.command else None,
        tag("code", redact(hint.command)) if hint.command else None,
    )


def _distance(context: Context, outcome: Outcome) -> Html:
    if outcome.distance is None or outcome.status == "skipped":
        return Html()
    if outcome.tolerance is None:
        return tag("span", scientific(outcome.distance), class_="small")
    exact = outcome.distance == 0
    label = context.say(
        "report.proof.exact" if exact else "report.proof.far",
        distance=scientific(outcome.distance),
        tolerance=scientific(outcome.tolerance),
    )
    bar = distance(outcome.distance, outcome.tolerance, label, passed=outcome.status == "passed")
    return Html(bar + tag("span", label, class_="small"))


def _measures(context: Context, outcomes: Sequence[Outcome]) -> Html:
    """Return the rates that the checks measured, those of one unit on one scale.

    Shares in per cent are left out: they say how well something learned, not what the place can do.
    """
    taken = [one for outcome in outcomes for one in outcome.measures if one.unit != "%"]
    if not taken:
        return Html()
    most = {one.unit: max(other.value for other in taken if other.unit == one.unit) for one in taken}
    alone = {unit for unit in most if sum(one.unit == unit for one in taken) == 1}
    return Html(
        tag("h3", context.say("report.proof.measures"))
        + tag("p", context.tell("report.proof.measures_meaning"), class_="intro")
        + tag(
            "dl",
            [_measure(one, None if one.unit in alone else one.value / most[one.unit]) for one in taken],
            class_="measures",
        )
    )


def _measure(measure: Measure, share: float | None) -> Html:
    return tag(
        "div",
        tag("dt", tag("code", measure.name)),
        tag("dd", tag("strong", figure(measure.value)), " ", tag("span", measure.unit), meter(share)),
    )
