"""What was launched: the command, the code, the environment and its proof, the data, the seeds."""

from __future__ import annotations

from ...redact import redact, variable
from ..figures import moment, short
from ..markup import Html, tag
from ..run_context import RunContext
from ..tables import facts, opened

LONGEST = 200_000
"""Characters of a difference of code that stand on the page."""


def section(context: RunContext) -> Html:
    """Return the chain of digests, and all that was given to the run."""
    record = context.run.record
    return context.section(
        "launched",
        _chain(context),
        facts(
            [
                (context.say("run_page.launched.folder"), redact(record.folder)),
                (context.say("run_page.launched.processes"), str(record.processes)),
                (context.say("run_page.launched.retries"), str(record.retries)),
                (context.say("run_page.launched.began"), moment(record.began)),
                (context.say("run_page.launched.host"), record.host),
                (context.say("run_page.launched.framework"), context.report.seen.progressed.framework),
                (context.say("run_page.launched.branch"), record.code.branch),
                (context.say("run_page.launched.untracked"), str(record.code.untracked or "")),
                ("provenv", record.provenv),
            ]
        ),
        _given(context, "seeds", dict(context.report.seen.seeds)),
        _given(context, "variables", dict(record.variables)),
        _given(context, "data", dict(record.data)),
        _difference(context),
    )


def _chain(context: RunContext) -> Html:
    """Return the links of provenance from the code to the proof that the run stood on."""
    record, report = context.run.record, context.report
    packages = "" if report.packages is None else context.say("report.tile.packages", n=report.packages)
    python = f"Python {report.python}" if report.python else ""
    dirty = context.say("run_page.launched.dirty") if record.code.dirty else ""
    links = [
        ("code", record.code.revision, dirty),
        ("lock", record.lock, packages),
        ("generation", str(record.generation) if record.generation else "", python),
        ("proof", record.proof, ""),
        ("facts", record.facts, ""),
    ]
    shown = [(name, value, more) for name, value, more in links if value]
    return Html(
        tag(
            "ol",
            [
                tag(
                    "li",
                    tag("span", context.say(f"run_page.launched.{name}"), class_="label"),
                    tag("code", short(value) if name != "generation" else f"{record.target}:{value}"),
                    tag("span", more, class_="small"),
                )
                for name, value, more in shown
            ],
            class_="chain",
        )
        + opened(
            context.say("run_page.launched.whole"),
            tag(
                "dl",
                [
                    tag(
                        "div",
                        tag("dt", context.say(f"run_page.launched.{name}")),
                        tag("dd", tag("code", value)),
                    )
                    for name, value, _ in shown
                    if name != "generation"
                ],
                class_="digests",
            ),
        )
    )


def _given(context: RunContext, kind: str, given: dict[str, str]) -> Html:
    if not given:
        return Html()
    title = context.say(f"run_page.launched.{kind}")
    rows = [(tag("code", name), tag("code", variable(name, value))) for name, value in sorted(given.items())]
    return Html(tag("h3", title) + tag("div", facts(rows), class_="given"))


def _difference(context: RunContext) -> Html:
    difference = context.report.difference
    if not difference:
        return Html()
    lines = difference[:LONGEST].splitlines()
    styles = {"+": "added", "-": "taken", "@": "place"}
    drawn = [tag("span", redact(one) + "\n", class_=styles.get(one[:1])) for one in lines]
    summary = context.say("run_page.launched.difference", n=len(lines))
    return opened(summary, tag("pre", drawn, class_="difference", tabindex=0))
