"""Whether a training is started again."""

from __future__ import annotations

import pytest

from provenv.runs.mending import CAUSES, CODES, EXCEPTIONS, mending
from provenv.runs.policy import MOST, Ending, GiveUp, Restart, decide


def died(code: int = 1, **fields) -> Ending:
    return Ending("died", code, **{"seconds": 5.0, **fields})


def why(decision) -> str:
    return decision.why.key if decision.why else ""


def test_the_table_knows_every_rule_and_no_other(repository):
    rules = {path.stem for path in (repository / "src/provenv/diagnosis/rules").glob("*.toml")}
    assert CAUSES.keys() == rules


def test_every_word_of_the_tables_is_one():
    assert {*CAUSES.values(), *EXCEPTIONS.values(), *CODES.values()} == {"never", "later", "may"}


@pytest.mark.parametrize(
    ("cause", "exception", "code", "can"),
    [
        ("port-in-use", "OSError", 1, "may"),
        ("collective-timeout", "", 134, "may"),
        ("gpu-hardware-fault", "", 1, "may"),
        ("cuda-oom", "OutOfMemoryError", 1, "later"),
        ("libgl-missing", "ImportError", 1, "never"),
        ("none", "NameError", 1, "never"),
        ("of-the-project-s-own", "", 1, "may"),
        (None, "ModuleNotFoundError", 1, "never"),
        (None, "RuntimeError", 1, "may"),
        (None, "", 2, "later"),
        (None, "", 137, "may"),
        ("host-oom-killed", "", 137, "may"),
        ("host-oom-killed", "MemoryError", 1, "later"),
        (None, "", 127, "never"),
    ],
)
def test_what_another_attempt_can_mend(cause, exception, code, can):
    assert mending(cause, exception, code) == can


def test_what_is_done_is_done():
    assert decide([Ending("done", 0, 9.0)], 5) == GiveUp(None)


@pytest.mark.parametrize("outcome", ["stopped", "preempted", "overdue", "stuck"])
def test_who_was_told_to_leave_is_not_started_again(outcome):
    assert why(decide([Ending(outcome, 143, 9.0)], 5)) == f"runs.why.{outcome}"


def test_a_process_that_somebody_interrupted_is_not_started_again():
    assert why(decide([died(130)], 5)) == "runs.why.interrupted"


def test_a_kill_is_answered_at_once_where_steps_were_made():
    assert decide([died(137, reached=40)], 3).after == 0.0


def test_retries_are_bounded():
    attempts = [died(137, reached=10 * n, began_at=10 * n - 5) for n in range(1, 5)]
    assert all(isinstance(decide(attempts[:n], 3), Restart) for n in (1, 2, 3))
    assert why(decide(attempts, 3)) == "runs.why.used_up"
    assert why(decide([died(137)], 0)) == "runs.why.none_asked"


def test_without_steps_the_wait_doubles_and_ends_somewhere():
    attempts = [died(137, words=f"word {letter}") for letter in "abcdefghijkl"]
    waits = [decide(attempts[:n], 99, jitter=1.0).after for n in range(1, 13)]
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == MOST
    assert decide(attempts[:3], 99, jitter=0.0).after == 2.0


def test_steps_between_let_the_wait_begin_anew():
    attempts = [died(137), died(137, reached=9), died(139)]
    assert decide(attempts, 9).after == 1.0


def test_what_can_never_succeed_is_not_tried_again():
    assert why(decide([died(reached=100, exception="NameError")], 5)) == "runs.why.exception"
    assert why(decide([died(cause="numpy-abi")], 5)) == "runs.why.cause"
    assert why(decide([died(2)], 5)) == "runs.why.code"


def test_memory_that_ran_out_at_once_does_so_again_but_not_after_steps():
    assert why(decide([died(cause="cuda-oom")], 5)) == "runs.why.cause"
    assert isinstance(decide([died(cause="host-oom-killed", reached=9000)], 5), Restart)


def test_the_same_end_twice_is_not_tried_a_third_time():
    assert why(decide([died(words="x"), died(words="x")], 5)) == "runs.why.same"
    assert isinstance(decide([died(137, words="x"), died(137, words="x")], 5), Restart)
    assert why(decide([died(words="x", reached=7), died(words="x", reached=7)], 5)) == "runs.why.same"
    assert isinstance(
        decide([died(words="x", reached=7), died(words="x", began_at=7, reached=9)], 5), Restart
    )
    assert isinstance(decide([died(words="x"), died(words="y")], 5), Restart)
    late = [died(words="x", seconds=600.0), died(words="x", seconds=600.0)]
    assert isinstance(decide(late, 5), Restart)


def test_nothing_is_known_of_two_ends_without_a_word():
    assert isinstance(decide([died(137), died(137)], 5), Restart)


def test_a_hang_is_tried_again():
    assert isinstance(decide([Ending("hung", 124, 99.0, reached=5, exception="NameError")], 1), Restart)
