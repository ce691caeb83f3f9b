"""`data rm`: fetched sets taken out of the cache; a user's own folder is never touched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...hosts.refused import refused
from ...model.data import DataRemoved, DataSet
from ...targets.remove import discard
from ..project import Project
from .cache import Cache, cache_of, key_of, name_of
from .sets import chosen


def cached(project: Project, names: Sequence[str] = ()) -> tuple[DataSet, ...]:
    """Return the sets that are meant and that lie in the cache, whole or begun. Raises Failure PV1435."""
    cache = cache_of(project)
    return tuple(one for one in chosen(project.spec(), names) if one.is_fetched and _parts(cache, one))


def rm(project: Project, sets: Sequence[DataSet]) -> DataRemoved:
    """Remove these sets from the cache; return what that freed. Raises Failure PV461 and its like."""
    cache, freed = cache_of(project), 0
    for one in sets:
        with cache.held(key_of(one), one.name, project.progress):
            for path in _parts(cache, one):
                try:
                    freed += discard(path)
                except OSError as error:
                    told = refused(error, str(path))
                    if told is None:
                        raise
                    raise told from error
    return DataRemoved(tuple(one.name for one in sets), freed)


def _parts(cache: Cache, one: DataSet) -> list[Path]:
    digests = one.files or {one.origin: one.sha256}
    partial = [cache.partial(digest, name_of(path)).parent for path, digest in digests.items()]
    parts = dict.fromkeys([cache.entry(key_of(one)), cache.making(key_of(one)), *partial])
    return [path for path in parts if path.exists()]
