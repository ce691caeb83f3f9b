"""How the model learned: loss and accuracy of every epoch."""

from __future__ import annotations

from ...scale import spans_decades
from ...units import duration
from ..charts.curves import Chart, Series, curves
from ..context import Context
from ..figures import loss, percent, scientific
from ..markup import Html, tag


def section(context: Context) -> Html:
    """Return two charts side by side, and their figures as a table."""
    return context.section(
        "learning",
        tag(
            "div",
            tag(
                "figure",
                tag("figcaption", context.say("report.learning.losses")),
                _losses(context),
                class_="card",
            ),
            tag(
                "figure",
                tag("figcaption", context.say("report.learning.accuracies")),
                _accuracies(context),
                class_="card",
            ),
            class_="pair",
        ),
        _table(context),
    )


def _best(context: Context) -> tuple[int, str]:
    best = min(context.result.epochs, key=lambda epoch: epoch.validation_loss)
    return best.number, context.say("report.learning.best", epoch=best.number)


def _losses(context: Context) -> Html:
    epochs = context.result.epochs
    log = spans_decades([value for one in epochs for value in (one.train_loss, one.validation_loss)])
    return curves(
        Chart(
            title=context.say("report.learning.losses"),
            horizontal=context.say("report.learning.epoch"),
            vertical=context.say("report.learning.loss_axis_log" if log else "report.learning.loss_axis"),
            series=(
                Series(context.say("report.learning.train"), "first", [one.train_loss for one in epochs]),
                Series(
                    context.say("report.learning.validation"),
                    "second",
                    [one.validation_loss for one in epochs],
                ),
            ),
            tip=lambda series, epoch: context.say(
                "report.learning.tip", epoch=epoch, name=series.label, value=loss(series.values[epoch - 1])
            ),
            written=loss,
            tick=scientific,
            marked=_best(context),
            log=log,
        )
    )


def _accuracies(context: Context) -> Html:
    accuracies = [one.validation_accuracy for one in context.result.epochs]
    return curves(
        Chart(
            title=context.say("report.learning.accuracies"),
            horizontal=context.say("report.learning.epoch"),
            vertical=context.say("report.learning.accuracy_axis"),
            series=(Series(context.say("report.learning.validation"), "second", accuracies),),
            tip=lambda series, epoch: context.say(
                "report.learning.tip", epoch=epoch, name=series.label, value=percent(series.values[epoch - 1])
            ),
            written=percent,
            tick=lambda share: (
                f"{share:.0%}" if abs(share * 100 - round(share * 100)) < 1e-6 else f"{share:.1%}"
            ),
            marked=_best(context),
            ceiling=1.0,
        )
    )


def _table(context: Context) -> Html:
    heads = ("epoch", "train_loss", "validation_loss", "validation_accuracy", "seconds")
    return tag(
        "details",
        tag("summary", context.say("report.learning.table")),
        tag(
            "div",
            tag(
                "table",
                tag(
                    "thead",
                    tag(
                        "tr",
                        [
                            tag("th", context.say(f"report.learning.{head}"), scope="col", class_="number")
                            for head in heads
                        ],
                    ),
                ),
                tag(
                    "tbody",
                    [
                        tag(
                            "tr",
                            tag("th", one.number, scope="row", class_="number"),
                            tag("td", loss(one.train_loss), class_="number"),
                            tag("td", loss(one.validation_loss), class_="number"),
                            tag("td", percent(one.validation_accuracy), class_="number"),
                            tag("td", duration(one.seconds), class_="number"),
                        )
                        for one in context.result.epochs
                    ],
                ),
            ),
            class_="scroll",
            tabindex=0,
            role="region",
            aria_label=context.say("report.learning.table"),
        ),
    )
