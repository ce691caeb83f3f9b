"""The drawings: scales, marks in their places, and images that are PNG."""

from __future__ import annotations

import re
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenv.ui.report.charts import bars
from provenv.ui.report.charts.curves import Chart, Series, curves
from provenv.ui.report.charts.estimates import Estimate, estimates
from provenv.ui.report.charts.heatmap import heatmap
from provenv.ui.report.charts.pixels import png
from provenv.ui.report.figures import loss, moment, percent, scientific, short
from provenv.ui.report.markup import Html, html, prose, tag
from provenv.ui.scale import Scale, decades, spans_decades, steps, whole_steps

FINITE = st.floats(min_value=1e-9, max_value=1e9)


@given(FINITE, FINITE)
def test_steps_are_round_ordered_and_within(one, other):
    low, high = sorted((one, other))
    ticks = steps(low, high)
    assert list(ticks) == sorted(set(ticks))
    assert len(ticks) <= 11
    if high > low * 1.01:
        slack = (high - low) * 1e-6 + 1e-11
        assert all(low - slack <= tick <= high + slack for tick in ticks)


@given(st.integers(1, 100_000), st.integers(0, 100_000))
def test_whole_steps_are_few_and_whole(low, more):
    ticks = whole_steps(low, low + more)
    assert all(low <= tick <= low + more for tick in ticks)
    assert len(ticks) <= 8


@given(FINITE, FINITE)
def test_decades_enclose(one, other):
    low, high = sorted((one, other))
    ticks = decades(low, high)
    assert ticks[0] <= low * 1.000001
    assert ticks[-1] >= high * 0.999999


@pytest.mark.parametrize(
    ("value", "place"), [(1e-3, 0.0), (1e-2, 50.0), (1e-1, 100.0), (1e-9, 0.0), (0.0, 0.0)]
)
def test_logarithmic_places(value, place):
    assert Scale(1e-3, 1e-1, 0, 100, log=True)(value) == pytest.approx(place)


def point(drawing: Html) -> float:
    return float(re.search(r'cx="([\d.]+)"', drawing)[1])


def limit(drawing: Html) -> float:
    return float(re.search(r'd="M([\d.]+) 3v18"', drawing)[1])


@pytest.mark.parametrize(
    ("distance", "tolerance", "side"),
    [
        (1e-9, 1e-6, -1),
        (1e-6, 1e-6, 0),
        (1e-5, 1e-6, 1),
        (0.0, 1e-6, -1),
        (0.0, 0.0, -1),
        (1.0, 0.0, 1),
        (float("inf"), 1e-6, 1),
        (float("nan"), 1e-6, 1),
    ],
)
def test_a_distance_lies_on_its_side_of_the_tolerance(distance, tolerance, side):
    drawing = bars.distance(distance, tolerance, "label", passed=side <= 0)
    difference = point(drawing) - limit(drawing)
    assert (difference > 0.01) - (difference < -0.01) == side


def test_an_interval_lies_around_its_value_and_the_floor_in_its_place():
    rows = [Estimate("ours", 0.985, 0.962, 0.994), Estimate("a baseline", 0.9)]
    drawing = estimates(
        rows, title="t", written=lambda value: f"{value:.1%}", floor=(0.95, "floor"), share=True
    )
    low, high = (float(x) for x in re.findall(r'd="M([\d.]+) \d+v14"', drawing))
    ours, other = (float(x) for x in re.findall(r'cx="([\d.]+)"', drawing))
    limit = float(re.search(r'd="M([\d.]+) 4V\d+" class="limit"', drawing)[1])
    assert other < limit < low < ours < high


@pytest.mark.parametrize("values", [(0.0,), (1.0, 1.0), (-3.0, 4.0), (1e-9, 2e-9), (1e9, 1.0)])
def test_any_values_have_their_places(values):
    rows = [Estimate("a label that is far too long to be written beside a value " * 2, one) for one in values]
    drawing = estimates(rows, title="title", written=str)
    assert all(0 <= float(x) <= 360 for x in re.findall(r'cx="([\d.]+)"', drawing))
    assert "nan" not in drawing
    assert "…" in drawing


@pytest.mark.parametrize(
    "values", [(1.0,), (0.5, 0.5), (1.0, 0.0), (3.0, 0.02, 1e-7), (0.99, 1.0), tuple(range(1, 400))]
)
def test_curves_draw_every_epoch_once(values):
    chart = Chart(
        "title", "epoch", "loss", [Series("training", "first", values)],
        tip=lambda series, epoch: f"epoch {epoch}", written=loss, tick=scientific,
        marked=(1, "best"), log=spans_decades(values),
    )  # fmt: skip
    drawing = curves(chart)
    assert drawing.count('class="dot"') == len(values)
    assert drawing.count("<title>epoch") == len(values)
    assert "nan" not in drawing.lower()
    assert drawing.count('class="grid"') >= 2


def test_labels_of_curves_that_end_together_stand_apart():
    chart = Chart(
        "title", "epoch", "loss",
        [Series("training", "first", (1.0, 0.5)), Series("validation", "second", (1.0, 0.5))],
        tip=lambda series, epoch: "", written=loss, tick=scientific,
    )  # fmt: skip
    places = [
        float(y) for y in re.findall(r'<text x="[\d.]+" y="([\d.]+)" class="(?:first|second)"', curves(chart))
    ]
    assert len(places) == 2
    assert abs(places[0] - places[1]) >= 30


def test_the_heat_map_tells_right_from_wrong_and_leaves_zero_empty():
    drawing = heatmap(
        [[8, 2], [0, 0]], "ab", title="title", down="truth", across="predicted",
        tip=lambda truth, predicted, count: f"{truth}{predicted}: {count}",
    )  # fmt: skip
    assert drawing.count('class="heat"') == 2
    assert 'class="hit strong"' in drawing
    assert 'class="miss"' in drawing
    assert "<title>10: 0</title>" in drawing


def test_long_names_of_classes_stand_upright_and_are_cut():
    names = ["Ankle boot", "a name that is much too long for this"]
    words = {"title": "title", "down": "truth", "across": "predicted"}
    drawing = heatmap([[8, 2], [0, 3]], names, **words, tip=lambda truth, predicted, count: "")
    assert drawing.count("rotate(-90)") == 3
    assert drawing.count(">a name that is …<") == 2
    assert ">Ankle boot<" in drawing


def test_pixels_are_a_png_that_holds_the_ink():
    content = png([[0.0, 1.0, 0.5], [0.25, 0.75, 1.0]])
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, place = {}, 8
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        kind, body = content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack(">I", content[place + 8 + length : place + 12 + length])
        assert checksum == zlib.crc32(kind + body)
        chunks[kind] = body
        place += 12 + length
    assert struct.unpack(">IIBB", chunks[b"IHDR"][:10]) == (3, 2, 8, 4)
    rows = zlib.decompress(chunks[b"IDAT"])
    assert [rows[1:7][1::2], rows[8:14][1::2]] == [bytes([0, 255, 128]), bytes([64, 191, 255])]


@pytest.mark.parametrize(
    ("share", "digits", "words"),
    [
        (0.98513, 1, "98.5%"),
        (1.0, 1, "100%"),
        (0.99999, 1, "99.9%"),
        (0.00001, 1, "<0.1%"),
        (0.0, 0, "0%"),
        (0.5, 0, "50%"),
    ],
)
def test_percentages_never_round_to_certainty(share, digits, words):
    assert percent(share, digits) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (4.33e-10, "4.3e-10"),
        (1e-6, "1e-6"),
        (0.0156, "0.0156"),
        (0, "0"),
        (float("inf"), "∞"),
        (float("nan"), "NaN"),
        (2e9, "2e9"),
    ],
)
def test_small_and_large_numbers(value, words):
    assert scientific(value) == words


def test_times_and_digests():
    assert moment("2026-11-22T10:31:09+08:00") == "2026-11-22 02:31 UTC"
    assert moment("2026-11-22T02:31:09Z") == "2026-11-22 02:31 UTC"
    assert moment("yesterday") == "yesterday"
    assert short("sha256:" + "ab" * 32) == short("ab" * 32) == "abababababab"


@given(st.text())
def test_text_never_becomes_markup(text):
    written = tag("p", text, title=text)
    assert written.count("<") == 2
    assert written.count('"') == 2
    assert written.encode()


def test_markup():
    assert tag("img", alt="x", hidden=True, width=None) == '<img alt="x" hidden>'
    assert (
        tag("text", 1, x=2.50, text_anchor="end", class_="a")
        == '<text x="2.5" text-anchor="end" class="a">1</text>'
    )
    assert html(["<", Html("<b>"), None, 3]) == "&lt;<b>3"
    assert prose("run `a <b>`, then `c`") == "run <code>a &lt;b&gt;</code>, then <code>c</code>"
