"""The corpus in three parts that share no near-duplicates and no threads, evenly over its five sources."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from provenv_runtime import data
from provenv_runtime.evaluation import Check, checks
from provenv_runtime.splitting import digest, split

from .errors import EmailsError
from .groups import grouped
from .mail import text_of, thread_of

SOURCES = ("easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2")
CLASSES = ("ham", "spam")
SHARES = {"train": 0.7, "validation": 0.1, "test": 0.2}


@dataclass(frozen=True)
class Mail:
    """A mail's words, its class (an index in CLASSES), where it came from, and the group it belongs to."""

    text: str
    label: int
    source: str
    group: str


@dataclass(frozen=True)
class Corpus:
    """All mails, and which of them are in which part."""

    mails: tuple[Mail, ...]
    parts: dict[str, list[int]]

    def part(self, name: str) -> list[Mail]:
        """Return the mails of one part."""
        return [self.mails[index] for index in self.parts[name]]

    def groups(self) -> dict[str, list[str]]:
        """Return each part's groups: what no two parts may share."""
        return {name: [mail.group for mail in self.part(name)] for name in self.parts}

    def checked(self, confusion: list[list[int]] | None = None, **learned: list[str]) -> list[Check]:
        """Look at the parts; `train=[...]` names the groups that a saved model has learned from."""
        labels = {name: [mail.label for mail in self.part(name)] for name in self.parts}
        keys = {**self.groups(), **learned}
        return checks(keys=keys, labels=labels, confusion=confusion or (), classes=CLASSES)

    @property
    def digest(self) -> str:
        """The identity of the split: by what the mails say, and in which part."""
        return digest({name: [mail.text for mail in self.part(name)] for name in self.parts})

    def told(self) -> str:
        """Return a line about each part for the terminal."""
        lines = []
        for name in self.parts:
            mails = self.part(name)
            sources = Counter(mail.source for mail in mails)
            counted = ", ".join(f"{sources[source]} {source}" for source in SOURCES)
            lines.append(
                f"{name:<10} {len(mails):>5} mails, {len({one.group for one in mails}):>5} groups: {counted}"
            )
        return "\n".join(lines)


def load(most: int = 0, seed: int = 0, folder: Path | None = None) -> Corpus:
    """Read the declared corpus, `most` mails of it (0: all), and split it.

    Raises EmailsError where the folder is not the corpus.
    """
    folder = folder or data("emails")
    paths = [path for source in SOURCES for path in sorted((folder / source).glob("*.json"))]
    if not paths:
        raise EmailsError(f"{folder} holds no mails: {SOURCES[0]}/*.json and so on are looked for there")
    if most:
        paths = sorted(random.Random(seed).sample(paths, min(most, len(paths))))
    texts, sources = [], []
    for path in paths:
        texts.append(_read(path))
        sources.append(path.parent.name)
    roots = grouped(texts, [thread_of(text) for text in texts])
    mails = tuple(
        Mail(text, int(source.startswith("spam")), source, sha256(texts[root].encode()).hexdigest()[:16])
        for text, source, root in zip(texts, sources, roots, strict=True)
    )
    return Corpus(mails, split([mail.group for mail in mails], SHARES, seed=seed, strata=sources))


def _read(path: Path) -> str:
    try:
        # what was not UTF-8 in the mail became a replacement mark when the corpus was made
        return text_of(json.loads(path.read_text(encoding="utf-8"))["text"].encode("utf-8", "replace"))
    except (json.JSONDecodeError, KeyError, UnicodeDecodeError) as error:
        raise EmailsError(f"{path} is no mail of the corpus: {error}") from error
