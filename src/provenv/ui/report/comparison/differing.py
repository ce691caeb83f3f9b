"""What differs in what was given to the runs: command, seeds, variables, data, code, environment."""

from __future__ import annotations

from collections.abc import Sequence

from ....model.comparison import RunPart, RunProperty
from ...redact import redact, variable
from ..figures import short
from ..markup import Html, tag
from ..run_context import ComparisonContext
from ..tables import opened, table

PARTS: tuple[RunPart, ...] = ("launched", "seeds", "variables", "data", "code", "environment", "packages")
DIGESTS = frozenset({"lock", "proof", "facts", "revision", "diff"})
NAMED = frozenset({"seeds", "variables", "data", "packages"})


def section(context: ComparisonContext) -> Html:
    """Return a table of what differs, and below it what is the same."""
    comparison = context.comparison
    differing = [one for part in PARTS for one in comparison.differing if one.part == part]
    same = [one for part in PARTS for one in comparison.properties if one.part == part and not one.differs]
    return context.section(
        "differing",
        _table(context, differing)
        if differing
        else tag("p", context.tell("compare_page.differ_in_nothing"), class_="empty"),
        _locks(context),
        opened(context.say("compare_page.differing.same", n=len(same)), _table(context, same))
        if same
        else None,
    )


def _table(context: ComparisonContext, rows: Sequence[RunProperty]) -> Html:
    return table(
        [context.say("compare_page.differing.what"), *(side.letter for side in context.comparison.sides)],
        [
            [
                tag(
                    "span",
                    tag("span", context.say(f"compare_page.part.{one.part}"), class_="small part")
                    if one.part in NAMED
                    else None,
                    _name(context, one),
                ),
                *_values(context, one),
            ]
            for one in rows
        ],
        label=context.say("compare_page.differing.title"),
        class_="differing",
    )


def _name(context: ComparisonContext, one: RunProperty) -> Html | str:
    return tag("code", one.name) if one.part in NAMED else context.say(f"ui.run_of.{one.name}")


def _values(context: ComparisonContext, one: RunProperty) -> list[Html]:
    """Return the values; where several runs have the same, all but the first point to it by being quiet."""
    seen: set[str | None] = set()
    cells = []
    for value in one.values:
        cells.append(_value(context, one, value, again=one.differs and value in seen))
        seen.add(value)
    return cells


def _value(context: ComparisonContext, one: RunProperty, value: str | None, *, again: bool) -> Html:
    if value is None:
        return tag("span", context.say("ui.diff.untold"), class_="quiet")
    if value == "":
        key = "ui.run_of.unchanged" if one.name == "diff" else "ui.diff.none"
        return tag("span", context.say(key), class_="quiet")
    if value == "changed" and one.name == "diff":
        return tag("span", context.say("ui.run_of.changed"))
    shown = variable(one.name, value) if one.part in ("variables", "seeds") else redact(value)
    is_digest = one.name in DIGESTS and one.part in ("code", "environment")
    if is_digest or (one.part == "data" and value.startswith("sha256:")):
        return tag("code", short(shown), title=shown, class_="quiet" if again else None)
    # a line of a command breaks between its words alone
    words: list[Html | str] = [Html(tag("span", word, class_="word") + " ") for word in shown.split(" ")]
    return tag("code", words, class_="quiet" if again else None)


def _locks(context: ComparisonContext) -> Html:
    """Say whose packages could not be compared."""
    comparison = context.comparison
    lacking = [
        side.letter for side, known in zip(comparison.sides, comparison.locks, strict=False) if not known
    ]
    locks = {value for one in comparison.properties if one.name == "lock" for value in one.values}
    if not lacking or len(locks) < 2:
        return Html()
    return tag(
        "p",
        context.tell("compare_page.differing.no_lock", runs=context.say("ui.comma").join(lacking)),
        class_="small",
    )
