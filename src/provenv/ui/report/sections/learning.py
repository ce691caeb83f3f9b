"""How the model learned: loss and headline metric of every epoch, or of every interval of one."""

from __future__ import annotations

from ....model.names_of_metrics import is_share, written
from ...scale import spans_decades
from ...units import duration
from ..charts.curves import Chart, Series, curves
from ..context import Context
from ..figures import loss, scientific
from ..markup import Child, Html, tag
from ..tables import opened, table

ROWS = 200


def section(context: Context) -> Html:
    """Return the charts side by side, and their figures as a table."""
    drawn = [_figure(context, "losses", _losses(context))]
    if all(one.measure is not None for one in context.result.epochs):
        drawn.append(_figure(context, "measures", _measures(context)))
    return context.section("learning", tag("div", drawn, class_="pair"), _table(context))


def _figure(context: Context, key: str, drawing: Html) -> Html:
    caption = context.say(f"report.learning.{key}", name=context.result.epochs[0].name)
    return tag("figure", tag("figcaption", caption), drawing, class_="card")


def _best(context: Context) -> tuple[int, str]:
    best = min(context.result.epochs, key=lambda epoch: epoch.validation_loss)
    return best.number, context.say("report.learning.best", epoch=best.number)


def _losses(context: Context) -> Html:
    epochs = context.result.epochs
    log = spans_decades([value for one in epochs for value in (one.train_loss, one.validation_loss)])
    return curves(
        Chart(
            title=context.say("report.learning.losses", name=""),
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


def _measures(context: Context) -> Html:
    epochs = context.result.epochs
    name = epochs[0].name
    share = is_share(name)
    return curves(
        Chart(
            title=context.say("report.learning.measures", name=name),
            horizontal=context.say("report.learning.epoch"),
            vertical=name,
            series=(
                Series(
                    context.say("report.learning.validation"),
                    "second",
                    [one.measure for one in epochs if one.measure is not None],
                ),
            ),
            tip=lambda series, epoch: context.say(
                "report.learning.tip",
                epoch=epoch,
                name=series.label,
                value=written(name, series.values[epoch - 1]),
            ),
            written=lambda value: written(name, value),
            tick=_share_tick if share else scientific,
            marked=_best(context),
            ceiling=1.0 if share else None,
        )
    )


def _share_tick(share: float) -> str:
    return f"{share:.0%}" if abs(share * 100 - round(share * 100)) < 1e-6 else f"{share:.1%}"


def _table(context: Context) -> Html:
    epochs = context.result.epochs
    name = epochs[0].name
    heads = [context.say(f"report.learning.{one}") for one in ("epoch", "train_loss", "validation_loss")]
    heads += [context.say("report.learning.validation_of", name=name)] if name else []
    heads.append(context.say("report.learning.seconds"))
    apart = max(1, -(-len(epochs) // ROWS))
    rows: list[list[Child]] = [
        [
            one.number,
            loss(one.train_loss),
            loss(one.validation_loss),
            *([written(name, one.measure)] if name and one.measure is not None else []),
            duration(one.seconds),
        ]
        for one in epochs[::apart]
    ]
    label = context.say("report.learning.table")
    return opened(label, table(heads, rows, label=label, numbers=range(len(heads))))
