"""The sampler: its order belongs to (seed, epoch), its cursor to what was consumed."""

from __future__ import annotations

import pickle

import pytest

from provenv_runtime import Item, Mismatch, Sampler, augmentation_key


def taken(sampler: Sampler, batches: int) -> list[list[int]]:
    """Train so many batches, an iteration for each epoch, as a loop does."""
    found: list[list[int]] = []
    while len(found) < batches:
        for batch in sampler:
            found.append(batch)
            sampler.advance()
            if len(found) == batches:
                break
    return found


def test_an_epoch_has_each_item_once_and_the_next_has_another_order():
    sampler = Sampler(10, seed=7)
    first = list(sampler)
    sampler.set_epoch(1)
    assert sorted(first) == sorted(sampler) == list(range(10))
    assert first != list(sampler)


def test_what_is_fetched_ahead_is_not_consumed():
    sampler = Sampler(100, seed=7, batch_size=10)
    ahead = iter(sampler)
    fetched = [next(ahead) for _ in range(6)]
    sampler.advance()
    sampler.advance()
    again = Sampler(100, seed=7, batch_size=10)
    again.load_state_dict(sampler.state_dict())
    assert next(iter(again)) == fetched[2]


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("cut", range(12))
def test_a_resumed_order_goes_on(cut, drop_last):
    def make() -> Sampler:
        return Sampler(23, seed=1, batch_size=5, drop_last=drop_last)

    straight = taken(make(), 12)
    broken = make()
    begun = taken(broken, cut)
    resumed = make()
    resumed.load_state_dict(broken.state_dict())
    assert begun + taken(resumed, 12 - cut) == straight
    assert all(len(batch) == 5 for batch in straight) is drop_last


@pytest.mark.parametrize("ranks", [1, 2, 3, 5])
def test_the_global_order_is_the_same_for_any_number_of_ranks(ranks):
    samplers = [Sampler(30, seed=4, rank=rank, world_size=ranks) for rank in range(ranks)]
    shares = [list(sampler) for sampler in samplers]
    together = [item for step in zip(*shares, strict=True) for item in step]
    assert together == list(Sampler(30, seed=4))


def test_it_goes_on_with_another_number_of_ranks():
    whole = list(Sampler(24, seed=4))
    two = [Sampler(24, seed=4, batch_size=3, rank=rank, world_size=2) for rank in range(2)]
    first = [taken(sampler, 2) for sampler in two]
    consumed = {item for batches in first for batch in batches for item in batch}
    assert consumed == set(whole[:12])
    assert two[0].state_dict() == two[1].state_dict()
    three = [Sampler(24, seed=4, batch_size=2, rank=rank, world_size=3) for rank in range(3)]
    for sampler in three:
        sampler.load_state_dict(two[0].state_dict())
    rest = {item for sampler in three for batch in taken(sampler, 2) for item in batch}
    assert rest == set(whole[12:])
    assert [sampler.epoch for sampler in three] == [1, 1, 1]


def test_ranks_are_equal_where_items_do_not_divide():
    shares = [list(Sampler(10, seed=4, rank=rank, world_size=4)) for rank in range(4)]
    assert [len(share) for share in shares] == [3, 3, 3, 3]
    assert {item for share in shares for item in share} == set(range(10))
    tiny = [list(Sampler(2, rank=rank, world_size=5)) for rank in range(5)]
    assert [len(share) for share in tiny] == [1] * 5


def test_a_rest_too_small_for_the_new_ranks_is_dropped():
    saved = Sampler(20, batch_size=4, drop_last=True)
    taken(saved, 4)
    ranks = [Sampler(20, batch_size=4, drop_last=True, rank=rank, world_size=2) for rank in range(2)]
    for sampler in ranks:
        sampler.load_state_dict(saved.state_dict())
        assert len(list(sampler)) == 2
        assert sampler.epoch == 1


def test_without_shuffling_items_come_as_they_are():
    assert list(Sampler(5, shuffle=False)) == [0, 1, 2, 3, 4]
    assert list(Sampler(5, shuffle=False, batch_size=2)) == [[0, 1], [2, 3], [4]]


def test_lengths():
    assert len(Sampler(23)) == 23
    assert len(Sampler(23, batch_size=5)) == 5
    assert len(Sampler(23, batch_size=5, drop_last=True)) == 4
    assert len(Sampler(23, batch_size=5, rank=0, world_size=2)) == 3


def test_an_item_carries_its_key_to_a_worker():
    item = next(iter(Sampler(10, seed=7, keyed=True)))
    again = pickle.loads(pickle.dumps(item))  # as the queue to a worker does
    assert isinstance(again, Item)
    assert again == item
    assert again.key == augmentation_key(7, 0, int(item))
    assert list(range(10))[item] == int(item)


def test_set_epoch_keeps_the_cursor_of_the_epoch_that_runs():
    sampler = Sampler(10, batch_size=2)
    taken(sampler, 2)
    sampler.set_epoch(0)
    assert sampler.cursor == 4
    sampler.set_epoch(3)
    assert (sampler.epoch, sampler.cursor) == (3, 0)


def test_more_consumed_than_drawn_is_told():
    sampler = Sampler(100, batch_size=2)
    next(iter(sampler))
    sampler.advance()
    with pytest.raises(ValueError, match="more than once for a batch"):
        sampler.advance()


def test_a_batch_of_unknown_size_is_told():
    sampler = Sampler(100)
    with pytest.raises(ValueError, match="how many items a batch has"):
        sampler.advance()
    sampler.advance(items=7)
    assert sampler.cursor == 7


@pytest.mark.parametrize("other", [{"length": 11}, {"seed": 8}, {"shuffle": False}, {"order": 2}])
def test_another_order_is_refused(other):
    state = Sampler(10, seed=7).state_dict()
    with pytest.raises(Mismatch, match=next(iter(other))):
        Sampler(10, seed=7).load_state_dict({**state, **other})


@pytest.mark.parametrize(
    ("length", "options"),
    [(0, {}), (5, {"batch_size": 0}), (5, {"rank": 1}), (5, {"batch_size": 6, "drop_last": True})],
)
def test_what_makes_no_sense(length, options):
    with pytest.raises(ValueError, match=r"item|batch|belong"):
        list(Sampler(length, **options))
