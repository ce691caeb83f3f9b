"""The files that the example leaves: what is whole is read, anything else is a Failure with its place."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenv.errors import Failure
from provenv.model.demo import (
    Refused,
    media,
    read_about,
    read_epochs,
    read_evaluation,
    read_gallery,
    read_predictions,
)
from provenv.model.demo.media import LARGEST

DATA = Path(__file__).with_name("data")
READERS = {
    "PV710": read_epochs,
    "PV711": read_evaluation,
    "PV712": read_predictions,
    "PV774": read_gallery,
}


def recorded(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def test_epochs_of_a_real_run():
    epochs = read_epochs(recorded("metrics.jsonl"))
    assert [epoch.number for epoch in epochs] == list(range(1, len(epochs) + 1))
    assert epochs[-1].train_loss < epochs[0].train_loss / 100
    assert max(epoch.measure for epoch in epochs) > 0.98
    assert {epoch.name for epoch in epochs} == {"accuracy"}


def test_evaluation_of_a_real_run():
    evaluation = read_evaluation(recorded("evaluation.json"))
    assert evaluation.count == 269
    head = evaluation.headline
    assert evaluation.correct == round(head.value * evaluation.count)
    assert head.low < head.value < head.high
    assert evaluation.split == {"train": 1258, "validation": 270, "test": 269}
    assert [one.name for one in evaluation.baselines] == [
        "always the most frequent digit",
        "the nearest mean image",
    ]
    assert all(one.ok for one in evaluation.checks)
    assert len(evaluation.confusion) == len(evaluation.classes) == 10


def test_predictions_of_a_real_run():
    predictions = read_predictions(recorded("predictions.json")).predictions
    assert {one.right for one in predictions} == {True, False}
    assert all(len(one.pixels) == 8 and len(one.scores) == 10 for one in predictions)
    wrong = next(one for one in predictions if not one.right)
    assert wrong.scores[wrong.predicted] > wrong.scores[wrong.truth]


LINE = {"epoch": 1, "train_loss": 1.0, "validation_loss": 0.5, "validation_accuracy": 0.9, "seconds": 0.2}


@pytest.mark.parametrize(
    ("lines", "number", "why"),
    [
        ([], None, "demo.empty"),
        ([json.dumps(LINE), json.dumps(LINE)], 2, "demo.out_of_order"),
        ([json.dumps({**LINE, "epoch": 2})], 1, "demo.out_of_order"),
        ([json.dumps(LINE), '{"epoch": 2, "train_lo'], 2, "demo.no_json"),
        (["[1, 2]"], 1, "demo.no_object"),
        ([json.dumps({**LINE, "validation_accuracy": float("inf")})], 1, "demo.out_of_range"),
        ([json.dumps({**LINE, "train_loss": -0.1})], 1, "demo.out_of_range"),
        ([json.dumps({**LINE, "train_loss": float("nan")})], 1, "demo.out_of_range"),
        ([json.dumps({**LINE, "train_loss": "low"})], 1, "demo.unexpected"),
        ([json.dumps({**LINE, "seconds": True})], 1, "demo.unexpected"),
        ([json.dumps({key: value for key, value in LINE.items() if key != "seconds"})], 1, "demo.unexpected"),
    ],
)
def test_torn_or_wrong_epochs_are_named_by_their_line(lines, number, why):
    with pytest.raises(Failure) as failed:
        read_epochs("\n".join(lines))
    found = failed.value.problems[0]
    assert (found.code, found.where.line, found.why.key) == ("PV710", number, why)
    assert found.hints[0].command == "provenv run train"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"count": 0}, "demo.out_of_range"),
        ({"count": 270}, "demo.contradiction"),
        ({"schema": 2}, "demo.unexpected"),
        ({"task": "poetry"}, "demo.no_task"),
        ({"metrics": []}, "demo.unexpected"),
        ({"metrics": [{"name": "accuracy", "value": 0.5}]}, "demo.contradiction"),
        ({"metrics": [{"name": "a", "value": 0.5, "low": 0.6, "high": 0.7}]}, "demo.contradiction"),
        ({"metrics": [{"name": "a", "value": 0.5, "low": 0.4}]}, "demo.contradiction"),
        ({"metrics": [{"name": "a", "value": float("nan")}]}, "demo.out_of_range"),
        ({"metrics": [{"name": "a", "value": 1, "better": "best"}]}, "demo.unexpected"),
        ({"baselines": [{"name": "b"}]}, "demo.unexpected"),
        ({"split": {"train": -1}}, "demo.unexpected"),
        ({"checks": [{"name": "c", "ok": 1, "said": "s"}]}, "demo.unexpected"),
        ({"parameters": 1.5}, "demo.unexpected"),
        ({"seconds": -1}, "demo.out_of_range"),
        ({"classes": ["0", "1"]}, "demo.unexpected"),
        ({"confusion": [[1]]}, "demo.unexpected"),
        ({"recall": [1.0]}, "demo.unexpected"),
        ({"precision": None}, "demo.unexpected"),
    ],
)
def test_an_evaluation_that_contradicts_itself_is_refused(change, why):
    with pytest.raises(Failure) as failed:
        read_evaluation(json.dumps({**json.loads(recorded("evaluation.json")), **change}))
    assert failed.value.problems[0].code == "PV711"
    assert failed.value.problems[0].why.key == why


SAMPLE = {"index": 3, "truth": 1, "scores": [0.2, 0.8], "pixels": [[0.0, 1.0], [0.5, 0.25]]}


@pytest.mark.parametrize(
    "change",
    [
        {"truth": 2},
        {"truth": -1},
        {"scores": []},
        {"scores": None},
        {"scores": [2.0, 0.0]},
        {"pixels": [[0.0], [0.0, 1.0]]},
        {"pixels": None},
        {"index": "3"},
        {"picture": "../model.png"},
        {"picture": "/etc/passwd.png"},
        {"picture": "C:/windows.png"},
        {"picture": "a/../../b.png"},
        {"picture": "a\\b.png"},
        {"picture": "page.html"},
        {"sound": "sounds/a.mp3"},
        {"text": 3},
    ],
)
def test_a_sample_that_cannot_be_shown_is_refused(change):
    assert read_predictions(json.dumps({"predictions": [SAMPLE]})).predictions[0].right
    with pytest.raises(Failure) as failed:
        read_predictions(json.dumps({"predictions": [{**SAMPLE, **change}]}))
    assert failed.value.problems[0].code == "PV712"


def test_texts_sounds_and_measured_values_are_samples_too():
    given = [
        {"index": 0, "truth": 0, "scores": [0.9, 0.1], "text": "dear sir" * 2000},
        {"index": 1, "truth": 1, "scores": [0.9, 0.1], "sound": "sounds/1.wav", "picture": "pictures/1.png"},
        {"index": 2, "truth": 3.5, "predicted": 3.25, "text": "left-pad"},
    ]
    read = read_predictions(json.dumps({"predictions": given}))
    letter, sound, measured = read.predictions
    assert (len(letter.text), letter.text[-1]) == (4000, "…")
    assert read.files == ("pictures/1.png", "sounds/1.wav")
    assert (measured.truth, measured.said, measured.scores) == (3.5, 3.25, ())
    assert [one.right for one in (letter, sound)] == [True, False]


def test_what_a_generator_made_is_read():
    made = [{"prompt": "ROMEO:", "text": "O me"}, {"sound": "sounds/a.wav", "picture": "pictures/a.png"}]
    read = read_predictions(json.dumps({"samples": made}))
    assert (len(read), read.predictions) == (2, ())
    assert [one.prompt for one in read.samples] == ["ROMEO:", ""]
    for bad in ({"prompt": "ROMEO:"}, {"text": 3}, {"sound": "../a.wav"}):
        with pytest.raises(Failure):
            read_predictions(json.dumps({"samples": [bad]}))


PIECE = {"file": "pictures/a.png", "title": {"en": "where it looks", "zh": "关注区域"}}


def test_the_gallery_has_titles_in_both_languages():
    (piece,) = read_gallery(json.dumps({"pictures": [PIECE], "sounds": []}))
    assert (piece.kind, piece.file, piece.title.args["zh_CN"]) == ("picture", "pictures/a.png", "关注区域")


@pytest.mark.parametrize(
    "change", [{"file": "../a.png"}, {"file": "a.svg"}, {"title": "where"}, {"title": {"en": "where"}}]
)
def test_a_piece_that_lies_elsewhere_or_has_no_title_is_refused(change):
    with pytest.raises(Failure) as failed:
        read_gallery(json.dumps({"pictures": [{**PIECE, **change}]}))
    assert failed.value.problems[0].code == "PV774"


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 20, 10) + b"\x08\x02\0\0\0crc!"
WAV = b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + b"\0" * 28


def test_pictures_and_sounds_are_known_by_their_first_bytes():
    assert (media("a.png", PNG).kind, media("a.png", PNG).width, media("a.png", PNG).height) == (
        "png",
        20,
        10,
    )
    assert media("a.wav", WAV).kind == "wav"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.png", b"<svg onload='x'/>", "demo.media.no_png"),
        ("a.png", PNG[:20], "demo.media.no_png"),
        ("a.png", PNG.replace(struct.pack(">I", 20), struct.pack(">I", 1 << 20)), "demo.media.no_png"),
        ("a.png", WAV, "demo.media.no_png"),
        ("a.wav", PNG, "demo.media.no_wav"),
        ("a.wav", WAV[:20], "demo.media.no_wav"),
        ("a.png", PNG + b"\0" * LARGEST, "demo.media.large"),
    ],
)
def test_what_is_no_picture_or_sound_is_refused(name, content, why):
    with pytest.raises(Refused) as refused:
        media(name, content)
    assert refused.value.why.key == why


def test_all_pictures_together_are_bounded():
    with pytest.raises(Refused) as refused:
        media("a.png", PNG, room=len(PNG) - 1)
    assert refused.value.why.key == "demo.media.many"


ABOUT = """
task = "generation"
metric = "distance"
better = "lower"
floor = 1.5
data_bytes = 12
[title]
en = "Sounds"
zh = "声音"
[data]
en = "prompts"
zh = "提示音"
[public]
value = 1.2
en = "a paper"
zh = "论文"
source = "https://example.org/paper"
"""


def test_what_an_example_is_about():
    example = read_about("audio", ABOUT)
    assert (example.task, example.floor, example.public.value) == ("generation", 1.5, 1.2)
    assert example.reached(1.5)
    assert not example.reached(1.6)
    assert read_about("audio", ABOUT.partition("[public]")[0]).public is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"generation"', '"poetry"'),
        ('"lower"', '"best"'),
        ("1.5", '"low"'),
        ("https://", "javascript:"),
        ('zh = "声音"', ""),
        ("[data]", "[data"),
    ],
)
def test_an_example_that_does_not_say_what_it_is_about_is_refused(old, new):
    with pytest.raises(Failure) as failed:
        read_about("audio", ABOUT.replace(old, new, 1))
    assert failed.value.problems[0].code == "PV775"


@pytest.mark.parametrize("code", READERS)
@pytest.mark.parametrize(
    "content",
    [
        "",
        "\0",
        '{"predictions": 1, "pictures": 1}',
        "null",
        "[" * 100_000,
        '{"predictions": [[]], "pictures": [[]]}',
        "\ud800",
    ],
)
def test_hostile_content_is_a_failure(code, content):
    with pytest.raises(Failure) as failed:
        READERS[code](content)
    assert failed.value.problems[0].code == code


INNER = [*LINE, *SAMPLE, *PIECE, "name", "value", "prompt"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*LINE, *SAMPLE, *PIECE, "name", "value", "prompt"]), inner, max_size=6
        )
    ),
    max_leaves=12,
)
KEYS = (
    "schema",
    "task",
    "of",
    "count",
    "metrics",
    "baselines",
    "split",
    "checks",
    "samples",
    "pictures",
    "sounds",
    "classes",
    "confusion",
    "precision",
    "recall",
    "predictions",
    *LINE,
)


@pytest.mark.parametrize("code", READERS)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_random_documents_give_a_value_or_a_failure(code, data):
    content = json.dumps(data)
    assert outcome(code, content) == outcome(code, content)


def outcome(code: str, content: str) -> object:
    try:
        return READERS[code](content)
    except Failure as failure:
        return [found.code for found in failure.problems] == [code] or pytest.fail("another code")
