"""Words, figures, and which language is spoken."""

from __future__ import annotations

import pytest

from provenv.errors import Text, text, verbatim
from provenv.ui.units import duration, figure, rate, size
from provenv.ui.words import Words, language


@pytest.mark.parametrize(
    ("requested", "environment", "expected"),
    [
        (None, {}, "en"),
        ("zh", {"LANG": "en_US.UTF-8"}, "zh_CN"),
        ("zh_CN", {}, "zh_CN"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        (None, {"LANG": "zh_TW.UTF-8"}, "zh_CN"),
        (None, {"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh_CN"),
        (None, {"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        (None, {"PROVENV_LANG": "zh", "LC_ALL": "C.UTF-8"}, "zh_CN"),
        (None, {"PROVENV_LANG": "en", "LANG": "zh_CN"}, "en"),
        (None, {"LC_ALL": "", "LANG": "zh_Hans"}, "zh_CN"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_language(requested, environment, expected):
    assert language(requested, environment) == expected


def test_plural_is_chosen_by_n():
    words = Words("en")
    assert words(text("ui.count.errors", n=1)) == "1 error"
    assert words(text("ui.count.errors", n=2)) == "2 errors"
    assert Words("zh_CN")(text("ui.count.errors", n=1)) == "1 个错误"


def test_sizes_and_durations_are_written_by_the_arguments_name():
    assert Words("en")(Text("none", {"total_bytes": 831_000_000, "took_seconds": 83.2, "count": 5})) == (
        "none (total_bytes=831 MB, took_seconds=1 min 23 s, count=5)"
    )


@pytest.mark.parametrize("spoken", ["en", "zh_CN"])
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (text("no.such.key", n=3), "no.such.key (n=3)"),
        (text("no.such.key"), "no.such.key"),
        (verbatim("{not} a placeholder"), "{not} a placeholder"),
        (Text("verbatim", {}), ""),
    ],
)
def test_what_is_missing_never_ends_a_command(spoken, message, expected):
    assert Words(spoken)(message) == expected


def test_a_missing_argument_shows_its_place():
    assert Words("en")(text("ui.about.on", platform="linux")) == "on linux, Python {python}, uv {uv}"


def test_catalogues_that_are_not_compiled_show_keys(tmp_path):
    assert Words("en", tmp_path)(text("ui.count.errors", n=2)) == "ui.count.errors (n=2)"


def test_credentials_in_arguments_are_masked():
    assert Words("en")(verbatim("see https://me:hunter2@host/simple")) == "see https://****@host/simple"


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 KB"),
        (1536, "1.5 KB"),
        (831_000_000, "831 MB"),
        (999_600_000, "1 GB"),
        (2_700_000_000, "2.7 GB"),
        (12_340_000_000, "12 GB"),
        (-5_000_000, "-5 MB"),
        (3e18, "3000 PB"),
    ],
)
def test_size(count, expected):
    assert size(count) == expected


def test_memory_is_counted_in_powers_of_1024():
    assert size(64 * 1024**3, binary=True) == "64 GiB"
    assert size(64 * 1024**2, binary=True) == "64 MiB"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 ms"),
        (0.0384, "38 ms"),
        (0.0999, "0.1 s"),
        (1.44, "1.4 s"),
        (9.96, "10 s"),
        (42.4, "42 s"),
        (59.6, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3599.7, "1 h 00 min"),
        (3780, "1 h 03 min"),
    ],
)
def test_duration(seconds, expected):
    assert duration(seconds) == expected


def test_rate():
    assert rate(38_000_000, 1) == "38 MB/s"
    assert rate(1, 0) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (41.24, "41.2"),
        (1240.4, "1,240"),
        (2.1e-7, "2.1e-07"),
        (0.01, "0.01"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_figure(value, expected):
    assert figure(value) == expected
