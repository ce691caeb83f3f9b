"""The JSON view: one document on stdout that any program can read, in either language."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from provenv.errors import Failure
from provenv.model.codec import from_json
from provenv.model.evidence import Evidence
from provenv.ui.json_view import JsonView, document
from provenv.ui.view import view
from provenv.ui.words import Words


def check(data):
    """Assert the document's form: these keys, in this order, and every Text with its words."""
    assert list(data) == ["provenv", "command", "ok", "data", "problems"]
    assert data["provenv"] == 1
    for problem in data["problems"]:
        assert {"code", "severity", "what", "where", "why", "hints"} <= set(problem)
        assert problem["severity"] in ("error", "warning", "note")
        assert isinstance(problem["what"]["text"], str)
    return data


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_value_is_a_document_and_can_be_read_back(sample, language):
    told = check(json.loads(document("x", True, sample, (), Words(language))))
    assert "hunter2" not in json.dumps(told)
    again = from_json(type(sample), told["data"])
    assert type(again) is type(sample)


def test_a_document_is_written_as_json_writes_it(samples):
    for sample in (
        *samples.CASES.values(),
        {"TOKEN": "hunter2", "deep": {"n": {"TOKEN": "hunter2"}}},
        [],
        {},
    ):
        told = document("x", True, sample, (), Words("en"))
        assert told == json.dumps(json.loads(told), ensure_ascii=False, indent=2)
        assert "hunter2" not in told


def test_a_value_without_secrets_is_read_back_as_it_was(samples):
    for name in ("plan", "evidence-failed", "status-drifted", "history"):
        value = samples.CASES[name]
        data = json.loads(document("x", True, value, (), Words("en")))["data"]
        assert from_json(type(value), data) == value


def test_problems_carry_their_words_in_the_language_asked_for(sample_problems):
    told = check(json.loads(document("up", False, None, sample_problems, Words("zh_CN"))))
    assert told["ok"] is False
    assert told["data"] is None
    assert "hunter2" not in json.dumps(told)


def test_figures_that_json_cannot_write_are_null(samples):
    broken = replace(samples.BROKEN, distance=float("nan"), tolerance=float("inf"))
    told = json.loads(document("prove", False, replace(samples.PROOF, outcomes=(broken,)), (), Words("en")))
    assert told["data"]["outcomes"][0]["distance"] is None
    assert from_json(Evidence, told["data"]).outcomes[0].tolerance is None


def test_a_file_name_that_is_not_text_is_written_as_json(terminal, samples):
    out = terminal()
    made = view(command="edit", json=True, out=out, err=terminal(), environment={})
    made.done(replace(samples.CASES["edit"], path="caf\udce9.toml"))
    assert json.loads(out.getvalue())["data"]["path"] == "caf\udce9.toml"


def test_stdout_is_one_document_and_stderr_is_events(terminal, samples):
    out, err = terminal(), terminal()
    made = view(command="lock", json=True, language="zh", out=out, err=err, environment={})
    assert isinstance(made, JsonView)
    made.progress.note(samples.text("ui.next"))
    made.progress.warn(samples.WARNING)
    made.show(samples.PLAN)
    made.done(samples.CASES["lock-written"], (samples.WARNING,))
    told = check(json.loads(out.getvalue()))
    assert told["ok"] is True
    assert [problem["code"] for problem in told["problems"]] == ["PV601", "PV399"]
    events = [json.loads(one) for one in err.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["note", "warning"]
    assert events[0]["words"]["text"] == "接下来"


def test_a_failure_shows_what_was_found_before_it(terminal, samples):
    out = terminal()
    made = view(command="up", json=True, out=out, err=terminal(), environment={})
    made.failed(Failure(samples.MISSPELT, data=samples.FAILED_PROOF))
    told = check(json.loads(out.getvalue()))
    assert told["ok"] is False
    assert told["data"]["target"] == "here"
    assert [problem["code"] for problem in told["problems"]] == ["PV101"]
