"""Samples: what the model was shown beside what it said, wrong ones first; or what it made of a prompt."""

from __future__ import annotations

from ....model.demo import Prediction, Sample
from ....model.names_of_metrics import written
from ...width import cells
from ..charts.bars import scores
from ..charts.pixels import address
from ..context import Context
from ..figures import percent
from ..markup import Child, Html, tag
from ..media import picture, sound

SHOWN = 18
BARS = 10
"""Classes that a sample's bars have at most: the highest, and the true one."""


def section(context: Context) -> Html:
    """Return a card for each sample; nothing where there are none."""
    made = context.result.predictions
    if made.samples:
        return context.section(
            "made", tag("div", [_made(context, one) for one in made.samples], class_="made")
        )
    if not made.predictions:
        return Html()
    ordered = sorted(made.predictions, key=lambda one: one.right)[:SHOWN]
    style = "gallery roomy" if any(_is_roomy(context, one) for one in ordered) else "gallery"
    return context.section("samples", tag("div", [_card(context, one) for one in ordered], class_=style))


def _is_roomy(context: Context, one: Prediction) -> bool:
    names = _names(context, len(one.scores))
    return bool(one.text or one.picture or one.sound) or max(map(cells, names), default=0) > 3


def _card(context: Context, sample: Prediction) -> Html:
    verdict = ("right" if sample.right else "wrong") if sample.scores else "measured"
    number = context.say("report.samples.number", index=sample.index)
    return tag(
        "figure",
        tag(
            "div",
            _shown(context, sample),
            tag(
                "figcaption",
                tag(
                    "span", {"right": "✓", "wrong": "✕"}.get(verdict, "·"), class_="mark", aria_hidden="true"
                ),
                tag("span", _verdict(context, sample)),
                tag("span", number, class_="small"),
            ),
        ),
        _bars(context, sample),
        class_=f"card sample {verdict}",
    )


def _shown(context: Context, sample: Prediction) -> list[Child]:
    alt = context.say("report.samples.image", index=sample.index, truth=_truth(context, sample))
    media = context.result.media
    return [
        _pixels(sample, alt),
        picture(media.get(sample.picture), alt),
        tag("blockquote", sample.text, tabindex=0) if sample.text else None,
        sound(media.get(sample.sound), alt),
    ]


def _pixels(sample: Prediction, alt: str) -> Html:
    if not sample.pixels:
        return Html()
    size = {"width": len(sample.pixels[0]), "height": len(sample.pixels)}
    return tag("img", src=address(sample.pixels), alt=alt, class_="ink", **size)


def _truth(context: Context, sample: Prediction) -> str:
    if sample.scores and isinstance(sample.truth, int):
        return _names(context, len(sample.scores))[sample.truth]
    return _value(context, sample.truth)


def _value(context: Context, value: float | str | None) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else written(context.result.evaluation.headline.name, value)


def _verdict(context: Context, sample: Prediction) -> str:
    truth = _truth(context, sample)
    if not sample.scores:
        return context.say("report.samples.said", said=_value(context, sample.said), truth=truth)
    predicted = _names(context, len(sample.scores))[sample.predicted]
    verdict = "right" if sample.right else "wrong"
    return context.say(f"report.samples.{verdict}", truth=truth, predicted=predicted)


def _bars(context: Context, sample: Prediction) -> Html:
    if not sample.scores or not isinstance(sample.truth, int):
        return Html()
    names = _names(context, len(sample.scores))
    kept = range(len(names))
    if len(names) > BARS:
        order = sorted(kept, key=lambda place: -sample.scores[place])[: BARS // 2]
        kept_places = order if sample.truth in order else [*order, sample.truth]
    else:
        kept_places = list(kept)
    values = [sample.scores[place] for place in kept_places]
    shown = [names[place] for place in kept_places]
    told = ", ".join(f"{name} {percent(score)}" for name, score in zip(shown, values, strict=True))
    return scores(values, shown, kept_places.index(sample.truth), told)


def _names(context: Context, count: int) -> tuple[str, ...]:
    classes = context.result.evaluation.classes
    return classes if len(classes) == count else tuple(str(place) for place in range(count))


def _made(context: Context, sample: Sample) -> Html:
    media = context.result.media
    label = sample.prompt or context.say("report.made.sample")
    return tag(
        "figure",
        tag(
            "figcaption",
            tag("span", context.say("report.made.prompt"), class_="label"),
            tag("q", sample.prompt),
        )
        if sample.prompt
        else None,
        tag("blockquote", sample.text, tabindex=0) if sample.text else None,
        picture(media.get(sample.picture), label),
        sound(media.get(sample.sound), label),
        class_="card",
    )
