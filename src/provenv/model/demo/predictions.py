"""`predictions.json`: single things beside what the model said of them, or what a generator made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import text
from .reading import (
    Malformed,
    any_number,
    failure,
    filled,
    number,
    object_of,
    path,
    sequence,
    table,
    whole,
    words,
)

PREDICTIONS_FILE = "outputs/predictions.json"
MOST = 200
"""Samples that are read."""
MOST_SIDE = 512
MOST_SCORES = 200
Value = int | float | str | None


@dataclass(frozen=True)
class Prediction:
    """One thing of the test part, what it is, and what the model said of it.

    A classifier's has the place of its true class and a score in 0..1 for every class; any other has `said`
    beside `truth`. It is shown as `pixels` (rows of ink in 0..1), `text`, `picture` (a PNG below
    `outputs/`), and may have a `sound` (WAV).
    """

    index: int
    truth: Value = None
    scores: tuple[float, ...] = ()
    said: Value = None
    pixels: tuple[tuple[float, ...], ...] = ()
    text: str = ""
    picture: str = ""
    sound: str = ""

    @property
    def predicted(self) -> int:
        """Return the class with the highest score."""
        return max(range(len(self.scores)), key=self.scores.__getitem__)

    @property
    def right(self) -> bool:
        """Return whether a classifier named the true class."""
        return self.predicted == self.truth if self.scores else self.said == self.truth


@dataclass(frozen=True)
class Sample:
    """What a generator made of a prompt: a text, or a sound, with its picture."""

    prompt: str = ""
    text: str = ""
    sound: str = ""
    picture: str = ""


@dataclass(frozen=True)
class Predictions:
    """All that `predictions.json` holds; one of the two is empty."""

    predictions: tuple[Prediction, ...] = ()
    samples: tuple[Sample, ...] = ()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.predictions) + len(self.samples)

    @property
    def files(self) -> tuple[str, ...]:
        """Return the pictures and sounds that are named, each once."""
        named = [name for one in self.predictions for name in (one.picture, one.sound)]
        named += [name for one in self.samples for name in (one.picture, one.sound)]
        return tuple(dict.fromkeys(filter(None, named)))


def read_predictions(content: str) -> Predictions:
    """Return the samples of `predictions.json`.

    Raises Failure (PV712) where one can't be shown, names a class that does not exist or a file elsewhere.
    """
    try:
        data = object_of(content)
        if "samples" in data:
            made = filled(data, "samples")[:MOST]
            return Predictions(
                samples=tuple(_sample(one, f"samples[{place}]") for place, one in enumerate(made))
            )
        given = filled(data, "predictions")[:MOST]
        return Predictions(
            tuple(_prediction(one, f"predictions[{place}]") for place, one in enumerate(given))
        )
    except Malformed as malformed:
        raise failure("PV712", PREDICTIONS_FILE, malformed, "predict") from malformed


def _prediction(data: object, where: str) -> Prediction:
    one = table(data, where)
    scores = _scores(one, where)
    truth = _truth(one, scores, where)
    prediction = Prediction(
        whole(one.get("index"), f"{where}.index"),
        truth,
        scores,
        _value(one.get("predicted"), f"{where}.predicted"),
        _pixels(one, where),
        words(one.get("text", ""), f"{where}.text"),
        *_files(one, where),
    )
    if not (prediction.pixels or prediction.text or prediction.picture or prediction.sound):
        raise Malformed(text("demo.nothing_to_show", field=where))
    return prediction


def _sample(data: object, where: str) -> Sample:
    one = table(data, where)
    picture, sound = _files(one, where)
    made = Sample(
        words(one.get("prompt", ""), f"{where}.prompt"),
        words(one.get("text", ""), f"{where}.text"),
        sound,
        picture,
    )
    if not (made.text or made.sound or made.picture):
        raise Malformed(text("demo.nothing_to_show", field=where))
    return made


def _scores(one: Mapping[str, Any], where: str) -> tuple[float, ...]:
    if one.get("scores") is None and "predicted" in one:
        return ()
    scores = filled(one, "scores", where)
    if len(scores) > MOST_SCORES:
        raise Malformed(text("demo.unexpected", field=f"{where}.scores"))
    # a sum of floats may be a little above one
    return tuple(min(number(score, f"{where}.scores", high=1.000001), 1.0) for score in scores)


def _truth(one: Mapping[str, Any], scores: tuple[float, ...], where: str) -> Value:
    field = f"{where}.truth"
    if not scores:
        return _value(one.get("truth"), field)
    truth = whole(one.get("truth"), field)
    if truth >= len(scores):
        raise Malformed(text("demo.unexpected", field=field))
    return truth


def _value(data: object, field: str) -> Value:
    if data is None or isinstance(data, str):
        return None if data is None else words(data, field, 400)
    return any_number(data, field)


def _pixels(one: Mapping[str, Any], where: str) -> tuple[tuple[float, ...], ...]:
    if one.get("pixels") is None:
        return ()
    field = f"{where}.pixels"
    rows = tuple(
        tuple(number(ink, field) for ink in sequence(row, field, most=MOST_SIDE))
        for row in filled(one, "pixels", where)
    )
    if len(rows) > MOST_SIDE or len({len(row) for row in rows}) != 1 or not rows[0]:
        raise Malformed(text("demo.unexpected", field=field))
    return rows


def _files(one: Mapping[str, Any], where: str) -> tuple[str, str]:
    picture, sound = one.get("picture"), one.get("sound")
    return (
        path(picture, f"{where}.picture", ".png") if picture is not None else "",
        path(sound, f"{where}.sound", ".wav") if sound is not None else "",
    )
