"""What differs between a killed training and the same one run straight, and what it is put down to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provenv.runs.exact_accounts import PARTS, Account, Update
from provenv.runs.resume_comparing import compare


def update(number: int, **other: str) -> Update:
    parts = {part: (f"{part}-{number}",) for part in PARTS}
    parts["rates"] = (float(number).hex(),)
    parts["random"] = (f"python:idle-{other.pop('idle', '')}", f"torch:state-{number}")
    parameters = other.pop("parameters", f"parameters-{number}")
    parts.update({name: (value,) if value else () for name, value in other.items()})
    return Update(number, parts, parameters)


def straight(last: int = 8, **other: str) -> Account:
    return Account(1, 0, 0, True, "begun", "empty", tuple(update(n, **other) for n in range(1, last + 1)))


def cut(*updates: Update, begins: int = 3, known: bool = True, optimizer: str = "optimizer-3"):
    first = replace(straight(5, idle="other"), updates=straight(5, idle="other").updates)
    return (first, Account(2, 0, begins, known, f"parameters-{begins}", optimizer, updates))


def following(begins: int = 3, **other: str) -> tuple[Update, ...]:
    """Return the updates of a resumed process, the first one with something else in it."""
    return (update(begins + 1, **other), *(update(n) for n in range(begins + 2, 9)))


def test_equal_bits_are_exact_and_what_was_lost_is_counted():
    found = compare([straight()], cut(*following(idle="third")), [0])
    assert found.verdict == "exact"
    assert [(one.reached, one.resumed, one.lost) for one in found.kills] == [(5, 3, 2)]
    assert {one.part: (one.updates, one.equal) for one in found.parts} == dict.fromkeys(PARTS, (10, 10))
    assert found.gaps == ()


@pytest.mark.parametrize(
    ("other", "gap", "seen"),
    [
        ({"rates": "0x1.0p+1", "weights": "x"}, "scheduler", "2"),
        ({"indices": "indices-9", "losses": "x"}, "order", ""),
        ({"indices": "indices-1", "losses": "x"}, "order", "anew"),
        ({"batches": "x", "losses": "x"}, "augmentation", ""),
        ({"random": "torch:x", "weights": "x"}, "random", "torch"),
        ({"weights": "x"}, "buffers", ""),
        ({"weights": "x", "parameters": "x"}, "other", ""),
        ({"losses": "x", "weights": "x"}, "other", ""),
    ],
)
def test_what_differs_first_is_put_down_to_what_is_not_saved(other, gap, seen):
    found = compare([straight()], cut(*following(**other)), [0])
    assert found.verdict == "differs"
    assert [(one.what, one.seen) for one in found.gaps] == [(gap, seen)]


def test_a_schedule_that_begins_anew_may_show_it_late():
    late = (update(4), update(5), update(6, rates="0x1.0p+1", weights="x"), update(7), update(8))
    found = compare([straight()], cut(*late), [0])
    assert [(one.what, one.seen) for one in found.gaps] == [("scheduler", "2")]


def test_a_batch_without_indices_tells_of_the_order_by_its_content():
    one = straight(indices="")
    resumed = Account(2, 0, 3, True, "parameters-3", "optimizer-3", (update(4, indices="", batches="x"),))
    found = compare([one], (replace(one, updates=one.updates[:5]), resumed), [0])
    assert [gap.what for gap in found.gaps] == ["order"]
    assert next(part for part in found.parts if part.part == "indices").updates == 0


def test_batches_that_were_read_to_pass_over_them_do_not_count():
    over = update(4)
    over = replace(over, parts={**over.parts, "batches": ("passed", "passed", "batches-4")})
    found = compare([straight()], cut(over, *following()[1:]), [0])
    assert found.verdict == "exact"


@pytest.mark.parametrize(("state", "seen"), [("empty", "empty"), ("another", "")])
def test_an_optimizer_that_is_not_the_same(state, seen):
    found = compare([straight()], cut(*following(weights="x", losses="x"), optimizer=state), [0])
    assert next((one.what, one.seen) for one in found.gaps) == ("optimizer", seen)


def test_weights_of_no_moment():
    found = compare([straight()], cut(*following(weights="x"), known=False), [0])
    assert (found.verdict, found.gaps[0].what, found.kills[0].known) == ("differs", "model", False)


def test_who_takes_nothing_up_begins_anew():
    again = tuple(update(n) for n in range(1, 9))
    found = compare([straight()], cut(*again, begins=0), [0])
    assert (found.verdict, [one.what for one in found.gaps]) == ("anew", ["all"])


@pytest.mark.parametrize(
    ("early", "gap"),
    [({"indices": "x"}, "order"), ({"batches": "x"}, "augmentation"), ({"random": "torch:x"}, "random")],
)
def test_what_differs_before_any_kill_can_prove_nothing(early, gap):
    first = replace(straight(5), updates=(update(1, weights="x", **early), *straight(5).updates[1:]))
    found = compare([straight()], (first, cut(*following())[1]), [0])
    assert (found.verdict, [one.what for one in found.gaps]) == ("unrepeatable", [gap])


def test_other_weights_at_the_beginning_can_prove_nothing():
    first = replace(straight(5), known=False, parameters="other")
    found = compare([straight()], (first, cut(*following())[1]), [0])
    assert (found.verdict, found.gaps[0].what) == ("unrepeatable", "model")


def test_without_a_resume_nothing_is_proven():
    found = compare([straight()], (straight(5),), [0])
    assert found.verdict == "differs"
    assert found.kills[0].resumed is None
