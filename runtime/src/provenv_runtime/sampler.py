"""The order of the items: a function of (seed, epoch), and a cursor that counts what was consumed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from . import world
from .counters import ORDER, Permutation, augmentation_key
from .errors import Mismatch


class Item(int):
    """An index that carries its augmentation key to wherever the item is made (a worker, say)."""

    key: int

    def __new__(cls, index: int, key: int) -> Item:
        """Return the index with its key."""
        item = super().__new__(cls, index)
        item.key = key
        return item

    def __reduce__(self) -> tuple[type[Item], tuple[int, int]]:
        return Item, (int(self), self.key)


class Sampler:
    """Which items come in which order, for torch's DataLoader or any loop; it can be resumed exactly.

    Without `batch_size` it yields indices (`DataLoader(data, batch_size=64, sampler=sampler)`), with it
    lists of them (`DataLoader(data, batch_sampler=sampler)`). An iteration begins where training stands: at
    the cursor of the epoch. The cursor counts the items that the training loop CONSUMED, over all ranks;
    what workers fetched ahead does not move it: `State.stepped` does, or `advance`. At the end of an epoch
    the next one begins.

    The order of all ranks together depends on (seed, epoch) alone; rank r of w takes each w-th item from its
    own r-th on. Where items do not divide by w, the epoch's first ones come again, so that ranks stay equal.

    Arguments: `length`, the number of items; `seed`; `batch_size` per rank; `shuffle` (else 0, 1, 2...);
    `drop_last`, leave out a last, smaller batch; `keyed`, yield `Item`s, whose `key` is the item's
    augmentation_key in this epoch; `rank` and `world_size`, found by themselves if they are not given.
    """

    def __init__(
        self,
        length: int,
        *,
        seed: int = 0,
        batch_size: int | None = None,
        shuffle: bool = True,
        drop_last: bool = False,
        keyed: bool = False,
        rank: int | None = None,
        world_size: int | None = None,
    ) -> None:
        if length < 1:
            raise ValueError(f"a sampler needs at least one item, not {length}")
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}")
        if (rank is None) != (world_size is None):
            raise ValueError("rank and world_size belong together")
        self.length = length
        self.seed = seed
        self.shuffle = shuffle
        self.keyed = keyed
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.epoch = 0
        self.cursor = 0
        self._place = None if rank is None or world_size is None else (rank, world_size)
        self._consumed_by: int | None = batch_size
        self._drawn: int | None = None
        self._at_first: Callable[[], object] | None = None

    @property
    def rank(self) -> int:
        """The number of this process among those that share the items."""
        return self._place[0] if self._place else world.rank()

    @property
    def world_size(self) -> int:
        """How many processes share the items."""
        return self._place[1] if self._place else world.size()

    def consumed_in(self, batch_size: int | None, drop_last: bool) -> None:
        """Tell how a loader makes batches of this sampler's indices, so that `advance` can count them."""
        if self.batch_size is None:
            self._consumed_by, self.drop_last = batch_size, drop_last

    def at_first(self, call: Callable[[], object] | None) -> None:
        """Have this called once, before the next iteration's first item is drawn."""
        self._at_first = call

    def __len__(self) -> int:
        """Return what a whole epoch yields on this rank, wherever the cursor stands."""
        return self._count(self._share(self.length))

    def _share(self, items: int) -> int:
        return -(-items // self.world_size)

    def _count(self, share: int) -> int:
        if self.batch_size is None:
            return share
        return share // self.batch_size if self.drop_last else -(-share // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        """Yield this rank's indices (or batches) from the cursor to the epoch's end."""
        return self._batches() if self.batch_size is not None else self._items()

    def _batches(self) -> Iterator[list[int]]:
        assert self.batch_size is not None
        batch: list[int] = []
        for item in self._items():
            batch.append(item)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def _items(self) -> Iterator[int]:
        self._settle()
        call, self._at_first = self._at_first, None
        if call is not None:
            call()
        epoch, begin, ranks = self.epoch, self.cursor, self.world_size
        own = range(begin + self.rank, begin + self._share(self.length - begin) * ranks, ranks)
        self._drawn = begin
        for item in self._among(own):
            self._drawn = min(self.length, (self._drawn or 0) + ranks) if self.epoch == epoch else self._drawn
            yield Item(item, augmentation_key(self.seed, epoch, item)) if self.keyed else item

    def _among(self, positions: range) -> Iterator[int]:
        inside = positions[: max(0, -(-(self.length - positions.start) // positions.step))]
        again: Iterable[int] = (place % self.length for place in positions[len(inside) :])
        if not self.shuffle:
            yield from inside
            yield from again
            return
        order = Permutation(self.length, self.seed, self.epoch)
        yield from order.among(inside)
        yield from map(order, again)

    def advance(self, batches: int = 1, *, items: int | None = None) -> None:
        """Move the cursor past what was consumed: batches of each rank, or a number of items of all ranks.

        Raises ValueError if it can't know how many items a batch has, or if more was consumed than drawn.
        """
        if items is not None:
            self._move(items)
            return
        if self._consumed_by is None:
            raise ValueError(
                "the sampler does not know how many items a batch has: make it with batch_size=..., "
                "or give state(loader=...) the DataLoader itself, or call stepped(items=...)"
            )
        for _ in range(batches):
            self._move(self._consumed_by * self.world_size)

    def _move(self, items: int) -> None:
        cursor = min(self.length, self.cursor + items)
        if self._drawn is not None and cursor > self._drawn:
            raise ValueError(
                f"{cursor} items of epoch {self.epoch} were consumed, but only {self._drawn} drawn: "
                "is stepped() called more than once for a batch, or with another batch size?"
            )
        self.cursor = cursor
        self._settle()

    def _settle(self) -> None:
        """Go on to the next epoch if nothing is left of this one (or too little, where that is dropped)."""
        least = self._consumed_by if self.drop_last and self._consumed_by else 1
        if self._share(self.length) < least:
            raise ValueError(
                f"{self.length} items do not fill a batch of each rank, and smaller ones are dropped"
            )
        if self._share(self.length - self.cursor) < least:
            self.epoch, self.cursor = self.epoch + 1, 0
            self._drawn = None if self._drawn is None else 0

    def set_epoch(self, epoch: int) -> None:
        """Begin an epoch, unless it is this one: then the cursor stays where training stands."""
        if epoch != self.epoch:
            self.epoch, self.cursor, self._drawn = epoch, 0, None

    def state_dict(self) -> dict[str, Any]:
        """Return what decides the order from here on; the same on every rank."""
        return {
            "order": ORDER,
            "length": self.length,
            "seed": self.seed,
            "shuffle": self.shuffle,
            "epoch": self.epoch,
            "cursor": self.cursor,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state; the number of ranks may be another. Raises Mismatch for other items."""
        for name, own in (
            ("order", ORDER),
            ("length", self.length),
            ("seed", self.seed),
            ("shuffle", self.shuffle),
        ):
            if state[name] != own:
                raise Mismatch(f"the sampler was saved with {name} {state[name]}, and has {own} now")
        self.epoch, self.cursor, self._drawn = int(state["epoch"]), int(state["cursor"]), None
