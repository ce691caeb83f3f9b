"""A loader that can be entered in mid-epoch: its order is drawn again, what was consumed is passed over.

For loaders whose order comes from random state (torch's `DataLoader(shuffle=True)`), where a `Sampler` of
this library would know the order by itself. What is kept is small: the random state before the epoch's
first draw, and how many batches were consumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from . import randomness
from .optional import loaded

Way = Literal["indices", "data"]
"""How to pass over batches: by indices alone, or reading them (workers' random state is exact too)."""


class Replayed:
    """Stands in for a loader: counts what it yields, and can begin where an earlier process was.

    Everything else is the loader's own. Takes the loader; `position`, what `state` returned in the earlier
    process (None: an epoch begins); `at_first`, called before the first batch, and not before then does the
    first iteration begin: what is restored until then is in force; `way`, how to pass over.
    """

    _OWN = frozenset({"_loader", "_position", "_at_first", "_way", "_consumed", "_began", "_order"})

    def __init__(
        self,
        loader: Any,
        position: Mapping[str, Any] | None = None,
        at_first: Callable[[], None] | None = None,
        way: Way = "indices",
    ) -> None:
        self._loader = loader
        self._position = position
        self._at_first = at_first
        self._way = way
        self._consumed = 0
        self._began: dict[str, Any] | None = None
        self._order = _Order(_index_source(loader))

    def __getattr__(self, name: str) -> Any:
        if name in self._OWN or name in ("state_dict", "load_state_dict"):
            raise AttributeError(name)
        return getattr(self._loader, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._OWN:
            object.__setattr__(self, name, value)
        else:
            setattr(self._loader, name, value)

    def __len__(self) -> int:
        """Return the batches of a whole epoch. Raises TypeError if the loader does not know."""
        return len(self._loader)

    def state(self) -> dict[str, Any]:
        """Return where the epoch stands: batches yielded, random state before it and before its order."""
        own = [one.get_state() for one in self._generators()]
        return {"consumed": self._consumed, "began": self._began, "order": self._order.began, "own": own}

    def __iter__(self) -> Iterator[Any]:
        """Begin an epoch; the first time after a resume, in the midst of the one that was cut off."""
        position, self._position = self._position, None
        call, self._at_first = self._at_first, None
        if call is None and position is None:
            return self._counted(self._begun())
        return self._begun_late(position, call)

    def _begun_late(
        self, position: Mapping[str, Any] | None, call: Callable[[], None] | None
    ) -> Iterator[Any]:
        if call is not None:
            call()
        if position is None or not position["consumed"]:
            if position is not None:
                self._set_generators(position["own"])
            yield from self._counted(self._begun())
            return
        now = randomness.captured()
        iterator = self._again(position)
        randomness.restore(now)
        yield from self._counted(iterator)

    def _begun(self) -> Iterator[Any]:
        self._consumed = 0
        self._began = self._states()
        self._order.arm(self, 0, None)
        return self._opened()

    def _again(self, position: Mapping[str, Any]) -> Iterator[Any]:
        """Begin the epoch with the random state that it began with, and pass over what was consumed."""
        count = int(position["consumed"])
        by_index = self._way == "indices" and self._order.known
        self._restore(position["began"])
        self._order.arm(self, count if by_index else 0, position["order"], eager=by_index)
        self._began = dict(position["began"])
        iterator = self._opened()
        if by_index:
            self._set_generators(self._order.after)
        else:
            for _ in range(count):
                if next(iterator, self) is self:
                    break
        self._consumed = count
        return iterator

    def _opened(self) -> Iterator[Any]:
        name = self._order.name
        if name is None:
            return iter(self._loader)
        fields = vars(self._loader)
        before, fields[name] = fields[name], self._order
        try:
            return iter(self._loader)
        finally:
            fields[name] = before

    def _counted(self, iterator: Iterator[Any]) -> Iterator[Any]:
        for batch in iterator:
            self._consumed += 1
            yield batch

    def _generators(self) -> list[Any]:
        """Return the generators of the loader's own, each once, in an order that is always the same."""
        holders = [self._loader]
        for name in ("batch_sampler", "sampler"):
            holder = getattr(self._loader, name, None)
            holders += [holder, getattr(holder, "sampler", None)]
        found: dict[int, Any] = {}
        for holder in holders:
            generator = getattr(holder, "generator", None)
            if hasattr(generator, "get_state"):
                found[id(generator)] = generator
        return list(found.values())

    def _states(self) -> dict[str, Any]:
        return {"random": randomness.captured(), "own": [one.get_state() for one in self._generators()]}

    def _restore(self, states: Mapping[str, Any]) -> None:
        randomness.restore(states["random"])
        self._set_generators(states["own"])

    def _set_generators(self, states: Sequence[Any]) -> None:
        for generator, state in zip(self._generators(), states, strict=False):
            generator.set_state(state)


class _Order:
    """Stands in for a loader's sampler while an iterator is made: notes random state, passes over batches."""

    def __init__(self, source: tuple[str, Any] | None) -> None:
        self.name: str | None = source[0] if source is not None else None
        self.inner: Any = source[1] if source is not None else ()
        self.began: dict[str, Any] | None = None
        self.after: list[Any] = []
        self._owner: Replayed | None = None
        self._skip = 0
        self._eager = False

    @property
    def known(self) -> bool:
        """Whether the loader draws indices, so that batches can be passed over without reading them."""
        return self.name is not None

    def arm(self, owner: Replayed, skip: int, began: dict[str, Any] | None, eager: bool = False) -> None:
        """Say what the next iteration is: how many to pass over, and the random state that it begins with."""
        self._owner, self._skip, self.began, self._eager = owner, skip, began, eager

    def __getattr__(self, name: str) -> Any:
        if name in ("inner", "name"):
            raise AttributeError(name)
        return getattr(self.inner, name)

    def __len__(self) -> int:
        return len(self.inner)

    def __iter__(self) -> Iterator[Any]:
        if not self._eager or self._owner is None:
            return self._noted()
        if self.began is not None:
            self._owner._restore(self.began)
        iterator: Iterator[Any] = iter(self.inner)  # a loader with workers asks for it twice
        for _ in range(self._skip):
            if next(iterator, self) is self:
                break
        self.after = [one.get_state() for one in self._owner._generators()]
        return iterator

    def _noted(self) -> Iterator[Any]:
        if self.began is not None and self._owner is not None:
            self._owner._restore(self.began)  # the same data is read again, from the same random state
        elif self._owner is not None:
            self.began = self._owner._states()
        yield from self.inner


def _index_source(loader: Any) -> tuple[str, Any] | None:
    """Return the name of the attribute from which a torch DataLoader draws its indices, and what it holds."""
    torch = loaded("torch")
    if torch is None or not isinstance(loader, torch.utils.data.DataLoader):
        return None
    if isinstance(loader.dataset, torch.utils.data.IterableDataset):
        return None
    name = "batch_sampler" if loader.batch_sampler is not None else "sampler"
    return name, getattr(loader, name)
