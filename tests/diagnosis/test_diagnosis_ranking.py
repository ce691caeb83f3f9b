"""What speaks for a cause, how surely, and what a log of no failure is."""

from __future__ import annotations

import pytest

from provenv.diagnosis.diagnose import diagnose

PATTERN = "[[pattern]]\nid = '{id}'\nregex = '{regex}'\nweight = {weight}\n{more}\n"


def one(id="p", regex="undefined symbol", weight=9, more=""):
    return PATTERN.format(id=id, regex=regex, weight=weight, more=more)


def told(log, *rules):
    return diagnose([log.encode()], rules=rules)


def test_a_lone_strong_match_is_almost_sure(rule):
    found = told("error: undefined symbol: f", rule("abi", one()))
    assert found.candidates[0].weight > 0.9


def test_two_equal_causes_share(rule):
    found = told("error: undefined symbol: f", rule("abi", one()), rule("other", one()))
    assert [round(each.weight, 1) for each in found.candidates] == [0.5, 0.5]
    assert sum(each.weight for each in found.candidates) < 1


def test_a_weak_hint_alone_is_no_answer(rule):
    found = told("error: undefined symbol: f", rule("abi", one(weight=2)))
    assert (found.cause, found.verdict) == (None, "unknown")
    assert [quote.line for quote in found.suspects] == [1]
    assert found.collect


def test_evidence_adds_up_and_counter_evidence_takes_away(rule):
    more = one("hint", "libtorch", 4) + one("against", "rebuilt since", -2)
    abi = rule("abi", one(weight=6) + more)
    plain, hinted, countered = (
        told(log, abi).candidates[0].score
        for log in ("undefined symbol", "undefined symbol in libtorch", "undefined symbol\nrebuilt since")
    )
    assert countered < plain < hinted < 10


def test_what_each_piece_adds_makes_the_score(rule):
    abi = rule("abi", one(weight=6) + one("hint", "libtorch", 4) + one("against", "rebuilt since", -1))
    (found,) = told("undefined symbol in libtorch\nrebuilt since", abi).candidates
    assert found.score == pytest.approx(sum(quote.adds for quote in found.quotes), abs=0.02)
    assert {quote.name for quote in found.quotes} == {"p", "hint", "against"}


def test_a_root_stands_before_its_symptom(rule):
    root = rule("root", one(weight=7), head="over = ['symptom']")
    symptom = rule("symptom", one(weight=9))
    assert told("undefined symbol", symptom, root).cause == "root"


def test_a_line_in_a_warning_or_in_shown_source_counts_less(rule):
    abi = rule("abi", one())
    plain = told("undefined symbol: f", abi).candidates[0].score
    warned = told("UserWarning: undefined symbol: f", abi).candidates[0].score
    shown = told('  File "/a.py", line 3, in f\n    raise Odd("undefined symbol")\n', abi).candidates[0].score
    assert shown < warned < plain


def test_a_line_that_is_known_as_noise_frightens_nobody(rule):
    quiet = rule("none", one("noise", "undefined symbol: f is harmless", 3, "noise = true"))
    assert told("undefined symbol: f is harmless", rule("abi", one()), quiet).cause == "none"


def test_the_direct_cause_counts_as_the_end(rule):
    chain = (
        'Traceback (most recent call last):\n  File "/a.py", line 1, in f\nImportError: undefined symbol\n\n'
        "The above exception was the direct cause of the following exception:\n\n"
        'Traceback (most recent call last):\n  File "/a.py", line 2, in g\nRuntimeError: could not load\n'
    )
    abi, load = rule("abi", one()), rule("load", one(regex="could not load", weight=9))
    assert [each.score for each in told(chain, abi, load).candidates] == [10.35, 10.35]


def test_several_things_at_once_say_more(rule):
    both = rule("abi", one(weight=3) + "[[together]]\nof = ['p', 'log.no-exception']\nweight = 4\n")
    assert told("undefined symbol", both).candidates[0].score == pytest.approx(5.5)


@pytest.mark.parametrize(
    ("log", "nature"),
    [
        ("loading 3 shards\nall is well\n", "quiet"),
        (
            'Traceback (most recent call last):\n  File "/w/a.py", line 3, in f\n    x = 1/0\nIndexError\n',
            "own-code",
        ),
        ("W tensorflow: could not find something\nepoch 3/3 - loss: 0.1\ntraining finished\n", "succeeded"),
    ],
)
def test_a_log_of_no_environment_failure(log, nature, rule):
    signals = (
        "[[signal]]\nname = 'log.own-code'\nweight = 4\n[[signal]]\nname = 'log.succeeded'\nweight = 3\n"
    )
    found = told(log, rule("none", signals))
    assert (found.cause, found.verdict, found.nature) == ("none", "none", nature)


def test_the_own_line_is_named(rule):
    log = (
        'Traceback (most recent call last):\n  File "/w/a.py", line 3, in f\n    x = y[0]\nIndexError: list\n'
    )
    found = told(log, rule("none", "[[signal]]\nname = 'log.own-code'\nweight = 4\n"))
    assert found.place is not None
    assert (found.place.file, found.place.line, found.place.source) == ("/w/a.py", 3, "x = y[0]")
