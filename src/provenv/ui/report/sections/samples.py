"""Samples: images beside the model's scores, the wrong ones first and marked."""

from __future__ import annotations

from ....model.demo import Prediction
from ..charts.bars import scores
from ..charts.pixels import address
from ..context import Context
from ..figures import percent
from ..markup import Html, tag

SHOWN = 18


def section(context: Context) -> Html:
    """Return a card for each sample; nothing where there are none."""
    predictions = context.result.predictions
    if not predictions:
        return Html()
    ordered = sorted(predictions, key=lambda one: one.right)[:SHOWN]
    return context.section("samples", tag("div", [_card(context, one) for one in ordered], class_="gallery"))


def _card(context: Context, sample: Prediction) -> Html:
    names = _names(context, len(sample.scores))
    truth, predicted = names[sample.truth], names[sample.predicted]
    verdict = "right" if sample.right else "wrong"
    label = context.say(f"report.samples.{verdict}", truth=truth, predicted=predicted)
    image = tag(
        "img",
        src=address(sample.pixels),
        alt=context.say("report.samples.image", index=sample.index, truth=truth),
        width=len(sample.pixels[0]),
        height=len(sample.pixels),
    )
    return tag(
        "figure",
        tag(
            "div",
            image,
            tag(
                "figcaption",
                tag("span", "✓" if sample.right else "✕", class_="mark", aria_hidden="true"),
                tag("span", label),
                tag("span", context.say("report.samples.number", index=sample.index), class_="small"),
            ),
        ),
        scores(sample.scores, names, sample.truth, _told(names, sample)),
        class_=f"card sample {verdict}",
    )


def _names(context: Context, count: int) -> tuple[str, ...]:
    classes = context.result.evaluation.classes
    return classes if len(classes) == count else tuple(str(place) for place in range(count))


def _told(names: tuple[str, ...], sample: Prediction) -> str:
    return ", ".join(f"{name} {percent(score)}" for name, score in zip(names, sample.scores, strict=True))
