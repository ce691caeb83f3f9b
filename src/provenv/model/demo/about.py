"""`example.toml`: what an example is about, what its full run has to reach, and what others reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import Failure, Place, Text, bilingual, problem, text
from ...toml_library import tomllib
from .evaluation import TASKS, Better
from .reading import Malformed, any_number, table, whole, words

ABOUT_FILE = "example.toml"


@dataclass(frozen=True)
class Public:
    """A figure for the same task that others published, and where."""

    value: float
    what: Text
    source: str


@dataclass(frozen=True)
class Example:
    """An example as it is offered. `floor` is what the metric of its full run has to reach."""

    name: str
    task: str
    metric: str
    better: Better
    floor: float
    title: Text
    data: Text
    data_bytes: int
    public: Public | None = None

    def reached(self, value: float) -> bool:
        """Tell whether a value of the metric is no worse than the floor."""
        return value >= self.floor if self.better == "higher" else value <= self.floor


def read_about(name: str, content: str) -> Example:
    """Return what `example.toml` of the example `name` says. Raises Failure PV775 where it can't be read."""
    try:
        return _example(name, tomllib.loads(content))
    except (tomllib.TOMLDecodeError, Malformed) as error:
        why = error.why if isinstance(error, Malformed) else text("demo.no_toml", detail=str(error))
        raise Failure(problem("PV775", name=name, where=Place(ABOUT_FILE), why=why)) from error


def _example(name: str, data: Mapping[str, Any]) -> Example:
    task, better = words(data.get("task"), "task", 40), data.get("better")
    if task not in TASKS:
        raise Malformed(text("demo.no_task", value=task, known=", ".join(TASKS)))
    if better not in ("higher", "lower"):
        raise Malformed(text("demo.unexpected", field="better"))
    public = data.get("public")
    return Example(
        name=name,
        task=task,
        metric=words(data.get("metric"), "metric", 80),
        better=better,
        floor=any_number(data.get("floor"), "floor"),
        title=_both(data, "title"),
        data=_both(data, "data"),
        data_bytes=whole(data.get("data_bytes"), "data_bytes"),
        public=None if public is None else _public(table(public, "public")),
    )


def _public(data: Mapping[str, Any]) -> Public:
    source = words(data.get("source"), "public.source", 500)
    if not source.startswith("https://"):
        raise Malformed(text("demo.unexpected", field="public.source"))
    en, zh = (words(data.get(one), f"public.{one}", 400) for one in ("en", "zh"))
    return Public(any_number(data.get("value"), "public.value"), bilingual(en, zh), source)


def _both(data: Mapping[str, Any], field: str) -> Text:
    given = table(data.get(field), field)
    en, zh = (words(given.get(one), f"{field}.{one}", 400) for one in ("en", "zh"))
    return bilingual(en, zh)
