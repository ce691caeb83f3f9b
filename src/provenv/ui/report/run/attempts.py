"""The attempts: when each began and ended, who died first, the diagnosis, and the end of the log."""

from __future__ import annotations

from ....errors import Problem
from ....model.diagnosis import Advice, Diagnosis
from ....model.runs import Attempt
from ...redact import redact
from ...units import duration
from ..figures import moment
from ..markup import Child, Html, tag
from ..run_context import RunContext
from ..tables import opened, table


def section(context: RunContext) -> Html:
    """Return the attempts on a line of time, as a table, each one's diagnosis, and the log's end."""
    attempts = context.run.attempts
    return context.section(
        "attempts",
        _timeline(context) if len(attempts) > 1 else None,
        _table(context) if attempts else tag("p", context.tell("run_page.attempts.none"), class_="empty"),
        [_diagnosis(context, one) for one in attempts if one.diagnosis is not None],
        [_hang(context, one.number, one.hang) for one in attempts if one.hang is not None],
        _log(context),
    )


def _timeline(context: RunContext) -> Html:
    """Return a bar for each attempt, below one another, along the run's time."""
    attempts, began = context.run.attempts, context.report.began
    whole = max((at + one.seconds for at, one in zip(began, attempts, strict=False)), default=0.0) or 1.0
    return tag(
        "ol",
        [
            tag(
                "li",
                tag("span", one.number, class_="small"),
                tag(
                    "svg",
                    tag("title", _ended(context, one)),
                    tag("rect", x=0, y=0, width=100, height=6, class_="bed"),
                    tag(
                        "rect",
                        x=at / whole * 100,
                        y=0,
                        width=max(one.seconds / whole * 100, 0.6),
                        height=6,
                        class_="bar",
                    ),
                    class_="meter",
                    viewBox="0 0 100 6",
                    preserveAspectRatio="none",
                    aria_hidden="true",
                ),
                tag("span", duration(one.seconds), class_="number"),
                class_="well" if one.code == 0 else "ill",
            )
            for at, one in zip(began, attempts, strict=False)
        ],
        class_="timeline",
        aria_label=context.say("run_page.attempts.timeline"),
    )


def _ended(context: RunContext, one: Attempt) -> str:
    if one.code == 0:
        return context.say("run_page.attempts.well")
    if one.code > 128:
        return context.say("run_page.attempts.signal", number=one.code - 128, code=one.code)
    return context.say("run_page.attempts.code", code=one.code)


def _table(context: RunContext) -> Html:
    heads = ("number", "began", "took", "ended", "first", "why")
    rows: list[list[Child]] = []
    for one in context.run.attempts:
        first = next((rank for rank in one.ranks if rank.first), None)
        said = [context.prose(one.why)] if one.why is not None else []
        if one.restarted and one.waited:
            said.append(
                tag("p", context.say("run_page.attempts.waited", time=duration(one.waited)), class_="small")
            )
        died = ""
        if first is not None and one.code != 0:
            died = context.say("run_page.attempts.rank", rank=first.rank, seconds=duration(first.seconds))
        rows.append([one.number, moment(one.began), duration(one.seconds), _ended(context, one), died, said])
    return table(
        [context.say(f"run_page.attempts.{head}") for head in heads],
        rows,
        label=context.say("run_page.attempts.title"),
        numbers=(2,),
        class_="attempts",
        styles=["passed" if one.code == 0 else "failed" for one in context.run.attempts],
    )


def _diagnosis(context: RunContext, attempt: Attempt) -> Html:
    found = attempt.diagnosis
    if found is None or (not found.candidates and found.place is None):
        return Html()
    heading = context.say("run_page.attempts.diagnosis", number=attempt.number)
    if not found.candidates or found.verdict == "none":
        return tag("div", tag("h3", heading), tag("p", _own(context, found)), class_="card diagnosis")
    first = found.candidates[0]
    return tag(
        "div",
        tag("h3", heading),
        tag(
            "p",
            tag("strong", context.prose(first.what)),
            " ",
            tag("span", _share(first.weight), class_="small"),
        ),
        tag("p", context.prose(first.why), class_="quiet"),
        [tag("pre", redact(quote.text)) for quote in first.quotes[:2] if quote.counts > 0],
        tag("ul", [tag("li", _advice(context, one)) for one in first.remedies[:3]], class_="hints")
        if first.remedies
        else None,
        class_="card diagnosis",
    )


def _hang(context: RunContext, number: int, found: Problem) -> Html:
    """Return where the processes stood when they came on no more."""
    return tag(
        "div",
        tag("h3", context.say("run_page.attempts.hang", number=number)),
        tag("p", tag("strong", context.prose(found.what))),
        tag("p", context.prose(found.why), class_="quiet") if found.why is not None else None,
        tag("ul", [tag("li", context.prose(one.text)) for one in found.hints if one.text], class_="hints"),
        class_="card diagnosis",
    )


def _own(context: RunContext, found: Diagnosis) -> Html:
    place = found.place
    if place is None:
        return context.tell("run_page.attempts.no_cause")
    where = place.file if place.line is None else f"{place.file}:{place.line}"
    return context.tell("run_page.attempts.own_code", where=where, exception=found.exception)


def _share(weight: float) -> str:
    return f"{weight:.0%}"


def _advice(context: RunContext, advice: Advice) -> list[Html | str]:
    words: list[Html | str] = [context.prose(advice.text), " "] if advice.text is not None else []
    for command in advice.commands:
        words.append(tag("code", redact(command)))
    return words


def _log(context: RunContext) -> Html:
    if not context.report.log:
        return Html()
    summary = context.say("run_page.attempts.log", rank=context.report.rank)
    return opened(summary, tag("pre", redact(context.report.log), class_="log", tabindex=0))
