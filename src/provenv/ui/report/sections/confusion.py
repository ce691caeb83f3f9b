"""What was taken for what: the confusion matrix, and precision and recall of each class."""

from __future__ import annotations

from ..charts.heatmap import heatmap
from ..context import Context
from ..figures import percent
from ..markup import Html, tag
from ..tables import opened, table

BESIDE = 12
"""Classes up to which the table stands beside the matrix."""
TOLD = 200


def section(context: Context) -> Html:
    """Return the heat-map with the classes' figures beside it; nothing where there are no classes."""
    evaluation = context.result.evaluation
    classes = evaluation.classes
    if not evaluation.confusion:
        return Html()

    def tip(truth: int, predicted: int, count: int) -> str:
        key = "report.confusion.hit" if truth == predicted else "report.confusion.miss"
        return context.say(key, truth=classes[truth], predicted=classes[predicted], n=count)

    large = len(classes) > BESIDE
    drawing = heatmap(
        evaluation.confusion,
        classes,
        title=context.say("report.confusion.title"),
        down=context.say("report.confusion.truth"),
        across=context.say("report.confusion.predicted"),
        tip=tip,
    )
    return context.section(
        "confusion",
        tag(
            "div",
            tag("figure", drawing, class_="card scroll wide" if large else "card"),
            tag("div", _classes(context), _mistakes(context)),
            class_="stack" if large else "pair uneven",
        ),
    )


def _classes(context: Context) -> Html:
    evaluation = context.result.evaluation
    rows = zip(evaluation.classes, evaluation.precision, evaluation.recall, evaluation.confusion, strict=True)
    return table(
        [context.say(f"report.confusion.{head}") for head in ("class", "precision", "recall", "count")],
        [[name, _share(precision), _share(recall), sum(row)] for name, precision, recall, row in rows],
        label=context.say("report.confusion.by_class"),
        numbers=range(1, 4),
        class_="compact",
    )


def _share(share: float | None) -> str:
    return "–" if share is None else percent(share)


def _mistakes(context: Context) -> Html:
    """Return the mistakes in words, the most frequent first: the matrix for those who cannot see it."""
    evaluation = context.result.evaluation
    mistakes = sorted(
        (
            (-count, truth, predicted)
            for truth, row in enumerate(evaluation.confusion)
            for predicted, count in enumerate(row)
            if count and truth != predicted
        ),
    )
    if not mistakes:
        return tag("p", context.say("report.confusion.no_mistakes"), class_="small")
    told = [
        context.say(
            "report.confusion.miss",
            truth=evaluation.classes[truth],
            predicted=evaluation.classes[predicted],
            n=-count,
        )
        for count, truth, predicted in mistakes[:TOLD]
    ]
    summary = context.say("report.confusion.mistakes", n=sum(-one[0] for one in mistakes))
    return opened(summary, tag("ul", [tag("li", one) for one in told]))
