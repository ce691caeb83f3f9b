"""Write the page of the examples: `python docs/make_examples.py`.

What each is about comes from examples/*/example.toml, what it reached and took from examples_measured.json
(`measure_examples.py` makes that), the words around from examples_words.toml. A test fails where
docs/examples.md and docs/examples.zh-CN.md are not what this would write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from provenv.app import examples
from provenv.model.demo import Example
from provenv.model.names_of_metrics import written
from provenv.ui.units import duration, size
from provenv.ui.words import Language, Words

HERE = Path(__file__).resolve().parent
MEASURED = HERE / "examples_measured.json"
PAGES: Mapping[Language, Path] = {"en": HERE / "examples.md", "zh_CN": HERE / "examples.zh-CN.md"}
COLUMNS = ("name", "what", "data", "reaches", "floor", "published", "takes")
UNKNOWN = "–"


def pages() -> dict[Path, str]:
    """Return every page by its path."""
    return {path: "\n".join(page(language)) + "\n" for language, path in PAGES.items()}


def page(language: Language) -> Iterator[str]:
    """Yield the lines of one language's page."""
    own, say = words(language), Words(language)
    known = [examples.about(name) for name in examples.names()]
    measured = read()
    yield from (f"<!-- {own['made']} -->", f"# {own['title']}", "", own["intro"].strip("\n"), "")
    yield from (f"## {own['table_title']}", "")
    yield _row([own[name] for name in COLUMNS])
    yield "|" + "---|" * len(COLUMNS)
    for one in known:
        yield _row(_cells(one, measured.get(one.name), own, say, language))
    yield from ("", own["table_note"].strip("\n"), "", *_devices(measured, own))
    for part in ("start", "report", "write"):
        yield from (f"## {own[f'{part}_title']}", "", own[part].strip("\n"), "")


def read() -> dict[str, Any]:
    """Return what was measured, by the example's name."""
    found: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return found


def words(language: Language) -> dict[str, str]:
    """Return the words of the page."""
    table: dict[str, dict[str, str]] = tomlkit.parse(
        (HERE / "examples_words.toml").read_text(encoding="utf-8")
    ).unwrap()
    return table[language]


def _cells(
    one: Example, found: Mapping[str, Any] | None, own: Mapping[str, str], say: Words, language: Language
) -> list[str]:
    readme = "README.md" if language == "en" else "README.zh-CN.md"
    page_of = readme if (examples.source(one.name) / readme).is_file() else examples.DECLARED
    sign = ">=" if one.better == "higher" else "<="
    public = UNKNOWN
    if one.public is not None:
        public = f"[{written(one.metric, one.public.value)}]({one.public.source}): {say(one.public.what)}"
    return [
        f"[`{one.name}`](../examples/{one.name}/{page_of})",
        say(one.title),
        f"{say(one.data)} ({size(one.data_bytes)})",
        _reached(one, found),
        f"{one.metric} {sign} {written(one.metric, one.floor)}",
        public,
        _taken(found, own),
    ]


def _reached(one: Example, found: Mapping[str, Any] | None) -> str:
    if found is None:
        return UNKNOWN
    value, low, high = (found.get(key) for key in ("value", "low", "high"))
    if low is None or high is None:
        return written(one.metric, value)
    return f"{written(one.metric, value)} ({written(one.metric, low)} – {written(one.metric, high)})"


def _taken(found: Mapping[str, Any] | None, own: Mapping[str, str]) -> str:
    if found is None:
        return UNKNOWN
    told = [duration(found["seconds"])] if found.get("seconds") is not None else []
    told += [size(found["peak_memory"], binary=True)] if found.get("peak_memory") else []
    return own["comma"].join(told) or UNKNOWN


def _devices(measured: Mapping[str, Any], own: Mapping[str, str]) -> Iterator[str]:
    """Yield on what was measured, and when."""
    seen: dict[tuple[str, str], list[str]] = {}
    for name, one in sorted(measured.items()):
        seen.setdefault((str(one["device"]), str(one["date"])), []).append(f"`{name}`")
    for (device, date), names in seen.items():
        yield own["measured"].format(names=own["comma"].join(names), device=device, date=date)
    if seen:
        yield ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


if __name__ == "__main__":
    for path, content in pages().items():
        path.write_text(content, encoding="utf-8")
