"""Why each choice: what was decided, the reason, and what was refused with its reason."""

from __future__ import annotations

from ....model.lock import Choice, Refusal
from ...redact import redact
from ...subjects import subject
from ..context import Context
from ..markup import Html, tag

SHOWN = 3  # refusals that are seen without opening the list


def section(context: Context) -> Html:
    """Return one row a choice; nothing where the lock made none."""
    choices = context.result.lock.choices
    if not choices:
        return Html()
    return context.section(
        "choices", tag("div", [_row(context, choice) for choice in choices], class_="choices")
    )


def _row(context: Context, choice: Choice) -> Html:
    first, rest = choice.refused[:SHOWN], choice.refused[SHOWN:]
    return tag(
        "article",
        tag(
            "div",
            tag("p", subject(choice.subject, context.say), class_="label"),
            tag("h3", redact(choice.value)),
        ),
        tag("p", context.prose(choice.why)),
        tag(
            "div",
            tag("p", context.say("report.choices.refused"), class_="label"),
            _refused(context, first),
            tag(
                "details",
                tag("summary", context.say("report.choices.more", n=len(rest))),
                _refused(context, rest),
            )
            if rest
            else None,
        )
        if first
        else None,
        class_="choice",
    )


def _refused(context: Context, refusals: tuple[Refusal, ...]) -> Html:
    if not refusals:
        return Html()
    return tag(
        "ul",
        [
            tag(
                "li",
                tag("span", "✕", class_="mark", aria_hidden="true"),
                tag(
                    "div", tag("strong", redact(refusal.value)), " ", tag("span", context.prose(refusal.why))
                ),
            )
            for refusal in refusals
        ],
        class_="refusals",
    )
