"""What the frameworks' callbacks share: when to save, and where; loaders entered in mid-epoch."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from provenv_runtime.frameworks import Pace, automatic_folder
from provenv_runtime.replay import Replayed


def test_every_so_many_steps():
    pace = Pace(10)
    assert [step for step in range(1, 31) if pace.due(step) and not pace.saved(step, 5.0)] == [10, 20, 30]


def test_a_save_that_had_to_wait_does_not_move_the_next_one():
    pace = Pace(10)
    pace.saved(12, 1.0)
    assert not pace.due(19)
    assert pace.due(20)


def test_without_a_number_saves_take_a_hundredth_of_the_time():
    now = [0.0]
    pace = Pace(None, clock=lambda: now[0])
    saves = []
    for step in range(1, 4001):
        now[0] += 0.5
        if pace.due(step):
            now[0] += 2.0
            pace.saved(step, 2.0)
            saves.append(step)
    assert saves[0] == 120  # a minute
    gaps = {after - before for before, after in pairwise(saves)}
    assert gaps == {400}  # 200 s for 2 s


def test_a_number_below_one():
    with pytest.raises(ValueError, match="at least 1"):
        Pace(0)


@pytest.mark.parametrize(
    ("said", "seen", "folder"),
    [
        (None, None, None),
        (None, "/p/.provenv/runs/7/1/rank-0.jsonl", "/p/.provenv/runs/7/checkpoints"),
        ("off", "/p/.provenv/runs/7/1/rank-0.jsonl", None),
        ("/other", "/p/.provenv/runs/7/1/rank-0.jsonl", "/other"),
        ("/other", None, "/other"),
    ],
)
def test_where_checkpoints_lie_that_nobody_asked_for(monkeypatch, said, seen, folder):
    for name, value in (("PROVENV_CHECKPOINTS", said), ("PROVENV_RUN_SEEN", seen)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    found = automatic_folder()
    assert (str(found) if found else None) == folder


class Shuffled:
    """A loader whose order, and what it adds to each item, come from the random state."""

    def __len__(self):
        return 10

    def __iter__(self):
        order = list(range(10))
        random.shuffle(order)
        for item in order:
            yield item, random.random()


def test_an_epoch_is_entered_where_it_was_left():
    random.seed(5)
    loader = Replayed(Shuffled())
    straight = [list(loader), list(loader)]
    random.seed(5)
    loader = Replayed(Shuffled())
    list(loader)
    iterator = iter(loader)
    before = [next(iterator) for _ in range(4)]
    position, state = loader.state(), random.getstate()

    random.seed(99)
    again = Replayed(Shuffled(), position, at_first=lambda: random.setstate(state))
    assert before + list(again) == straight[1]


def test_a_position_at_an_epochs_end_begins_the_next_one():
    random.seed(5)
    loader = Replayed(Shuffled())
    straight = [list(loader), list(loader)]
    random.seed(5)
    loader = Replayed(Shuffled())
    list(loader)
    position, state = {**loader.state(), "consumed": 0}, random.getstate()
    random.seed(99)
    assert list(Replayed(Shuffled(), position, at_first=lambda: random.setstate(state))) == straight[1]


def test_all_else_is_the_loaders_own():
    loader = Shuffled()
    loader.worker_init_fn = None
    standing = Replayed(loader)
    standing.worker_init_fn = 7
    assert (loader.worker_init_fn, len(standing), hasattr(standing, "state_dict")) == (7, 10, False)
