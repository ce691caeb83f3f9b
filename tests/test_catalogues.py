"""The catalogues: complete in both languages, and exactly what the code says."""

from __future__ import annotations

import ast
import importlib.util
import re
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCE = REPOSITORY / "src" / "provenv"
LANGUAGES = ("en", "zh_CN")

# functions whose first argument is a key
SPEAKERS = {"text", "Text", "problem", "say", "advice"}
# keys that are not words: what another program said
NOT_KEYS = {"verbatim", "bilingual"}
# keys that are made from parts by code that is no f-string in a speaker's first argument
DYNAMIC: tuple[str, ...] = ()
# Chinese texts that rightly hold no Chinese: names, and what is written the same in every language
SAME_IN_CHINESE = re.compile(r"[\W\d_]*|Python|pip|uv|CUDA|JSON|provenv|epoch")
NEED_NO_CHINESE = {
    "spec.init.accelerator",  # the words of the declared file themselves
}


@dataclass(frozen=True)
class Use:
    """A key where the code names it; `pattern` where only parts of it are known."""

    place: str
    pattern: str
    is_whole: bool
    given: frozenset[str] | None


def _hatch_build():
    path = REPOSITORY / "hatch_build.py"
    spec = importlib.util.spec_from_file_location("hatch_build_of_catalogues", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


BUILD = _hatch_build()


def _rooms() -> list[str]:
    folders = [BUILD.CATALOGUES / language for language in LANGUAGES]
    return sorted({path.stem for folder in folders for path in folder.glob("*.po")})


def _keys(catalogue: Catalog) -> dict[str, Message]:
    return {
        message.id[0] if isinstance(message.id, tuple) else message.id: message
        for message in catalogue
        if message.id
    }


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (tuple, list)) else (message.string,)


def _placeholders(message: Message) -> set[str]:
    return {
        name
        for one in _strings(message)
        for _, name, _, _ in string.Formatter().parse(one)
        if name is not None
    }


def _catalogue(language: str) -> dict[str, Message]:
    merged: dict[str, Message] = {}
    for path in (BUILD.CATALOGUES / language).glob("*.po"):
        merged |= _keys(BUILD.read(path, language))
    return merged


def _trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def _named(node: ast.expr) -> Iterator[tuple[str, bool]]:
    """Yield (pattern, whether it is the whole key) for every key that an expression can be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value), True
    elif isinstance(node, ast.IfExp):
        yield from _named(node.body)
        yield from _named(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        parts = [
            re.escape(part.value) if isinstance(part, ast.Constant) else r"[^\s]+" for part in node.values
        ]
        yield "".join(parts), False


def _uses() -> list[Use]:
    found = []
    for path, tree in _trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called not in SPEAKERS:
                continue
            plain = not any(keyword.arg is None for keyword in node.keywords) and called != "Text"
            given = frozenset(keyword.arg for keyword in node.keywords if keyword.arg) if plain else None
            place = f"{path.relative_to(REPOSITORY)}:{node.lineno}"
            found += [Use(place, pattern, whole, given) for pattern, whole in _named(node.args[0])]
    return [use for use in found if use.pattern not in NOT_KEYS]


def _literals() -> set[str]:
    """Return every string of the code: keys also stand in tables."""
    return {
        node.value
        for _, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _patterns_of_f_strings() -> list[re.Pattern[str]]:
    """Return what f-strings can be that begin like a key: a letter, then a dot, before their first gap."""
    patterns = set()
    for _, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                patterns |= {pattern for pattern, _ in _named(node)}
    keyed = [
        pattern
        for pattern in patterns
        if re.match(r"(PV\d|[a-z]+\\\.)", pattern) or pattern.startswith(r"[^\s]+\.")
    ]
    return [re.compile(pattern) for pattern in keyed]


@pytest.mark.parametrize("room", _rooms())
def test_both_languages_have_the_same_keys(room):
    english, chinese = (_keys(BUILD.read(BUILD.CATALOGUES / one / f"{room}.po", one)) for one in LANGUAGES)
    assert english.keys() == chinese.keys()


@pytest.mark.parametrize("room", _rooms())
def test_both_languages_have_the_same_placeholders(room):
    english, chinese = (_keys(BUILD.read(BUILD.CATALOGUES / one / f"{room}.po", one)) for one in LANGUAGES)
    # the number itself may be left to the plural form in one language and be written in the other
    differing = {
        key: (_placeholders(message), _placeholders(chinese[key]))
        for key, message in english.items()
        if key in chinese and _placeholders(message) - {"n"} != _placeholders(chinese[key]) - {"n"}
    }
    assert differing == {}


@pytest.mark.parametrize("room", _rooms())
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_has_all_its_plural_forms(room, language):
    catalogue = BUILD.read(BUILD.CATALOGUES / language / f"{room}.po", language)
    forms = {"en": 2, "zh_CN": 1}[language]
    wrong = [
        key
        for key, message in _keys(catalogue).items()
        if not all(_strings(message)) or (message.pluralizable and len(_strings(message)) != forms)
    ]
    assert wrong == []


def test_no_key_stands_in_two_rooms_and_all_compile(tmp_path):
    written = BUILD.compile_catalogues(into=tmp_path)
    assert [path.name for path in written] == ["en.mo", "zh_CN.mo"]


def test_every_key_that_the_code_names_exists():
    known = _catalogue("en")
    unknown = [
        f"{use.place}: {use.pattern}"
        for use in _uses()
        if not any(re.fullmatch(use.pattern, key) for key in known)
    ]
    assert unknown == []


def test_every_placeholder_is_given():
    known = _catalogue("en")
    missing = []
    for use in _uses():
        if use.is_whole and use.given is not None:
            key = next((key for key in known if re.fullmatch(use.pattern, key)), None)
            lacking = _placeholders(known[key]) - use.given if key else set()
            if lacking:
                missing.append(f"{use.place}: {key} lacks {sorted(lacking)}")
    assert missing == []


def test_every_key_is_used():
    literals, patterns = _literals(), _patterns_of_f_strings()
    unused = [
        key
        for key in _catalogue("en")
        if key not in literals
        and not key.startswith(DYNAMIC or ("\0",))
        and not any(pattern.fullmatch(key) for pattern in patterns)
    ]
    assert unused == []


def test_chinese_texts_are_chinese():
    foreign = []
    for key, message in _catalogue("zh_CN").items():
        for one in _strings(message):
            words = re.sub(r"`[^`]*`|\{[^}]*\}", "", one)
            if key in NEED_NO_CHINESE:
                continue
            if not re.search(r"[\u4e00-\u9fff]", words) and not SAME_IN_CHINESE.fullmatch(words):
                foreign.append(f"{key}: {one}")
    assert foreign == []


def test_english_texts_are_english():
    foreign = [
        key
        for key, message in _catalogue("en").items()
        if re.search(r"[\u3000-\u9fff]", "".join(_strings(message)))
    ]
    assert foreign == []


def test_problems_begin_small_and_end_without_a_full_stop():
    wrong = []
    for key, message in _catalogue("en").items():
        for one in _strings(message) if re.fullmatch(r"PV\d+", key) else ():
            word = one.split()[0] if one.split() else ""
            is_name = (
                not word[:1].isupper() or word.isupper() or any(c.isupper() for c in word[1:]) or "`" in word
            )
            if one.endswith(".") or not (is_name or word in ("Python", "Kubernetes", "Slurm")):
                wrong.append(f"{key}: {one}")
    assert wrong == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.po": 'msgid "k"\nmsgstr "x"\n', "b.po": 'msgid "k"\nmsgstr "y"\n'}, "stands in"),
        ({"a.po": 'msgid "k"\nmsgstr ""\n'}, "is not translated"),
        ({"a.po": '#, fuzzy\nmsgid "k"\nmsgstr "x"\n'}, "is not translated"),
        ({"a.po": 'msgid "k"\nwrong "x"\n'}, "a.po"),
        ({"a.po": b'msgid "k"\nmsgstr "\xff"\n'}, "a.po"),
    ],
)
def test_broken_catalogues_do_not_compile(files, said, tmp_path):
    folder = tmp_path / "catalogues" / "en"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BUILD.CatalogueError, match=said):
        BUILD.compile_catalogues(folder.parent)
    assert list(folder.parent.glob("*.mo")) == []


def test_the_same_sources_give_the_same_bytes(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    BUILD.compile_catalogues(into=first)
    BUILD.compile_catalogues(into=second)
    assert (first / "zh_CN.mo").read_bytes() == (second / "zh_CN.mo").read_bytes()
    assert list(first.glob(".*")) == []
