"""What a secret looks like, as data (`rules.toml`): a pattern, what has to stand near, what is none."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ..errors import Text, bilingual
from ..toml_library import tomllib

OPTIONS = ("entropy", "mixed", "show", "variable", "binary", "alone", "lines", "head")
LONG = 30
FILE = Path(__file__).with_name("rules.toml")
MACROS: Mapping[str, str] = {
    "<Q>": r"(?:\\{0,3}[\"'`])",
    "<IS>": r"(?:\\{0,3}[\"'`])?\]?(?:\s*:\s*(?:str|String|string|SecretStr))?\s*(?::=|=>|==|[=:])\s*",
}
PLACEHOLDER = re.compile(
    r"(?i)example|sample|placeholder|change[_-]?(?:me|it)|replace|redacted|your[_-]|[_-]your|<|\$\{|\{\{|%\("
    r"|x{5,}|\*{3,}|\.{3,}|0{6,}|1{6,}|a{6,}|12345678|^[a-z]+_?1234$|abcdefg|qwerty|deadbeef"
    r"|test[_-]?(?:key|token|secret|pass)|not[_-]?(?:real|secret)|insecure|foo[_-]?bar"
)
"""What people write where a secret belongs."""
SHORT = re.compile(r"(?i)dummy|fake|lorem|todo|fixme|xxxx|unsafe|not-a-")
"""Words that chance could write into a long secret."""


@dataclass(frozen=True)
class Rule:
    """One kind of secret; see `rules.toml` for what each field means."""

    id: str
    en: str
    zh: str
    keywords: tuple[bytes, ...]
    expression: str
    needs: tuple[bytes, ...] = ()
    entropy: float = 0.0
    mixed: bool = False
    show: int = 0
    variable: str = ""
    files: tuple[str, ...] = ()
    alone: bool = True
    lines: bool = False
    head: bool = False
    binary: bool = True
    allow: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return the compiled expression: compiled when its first keyword is met."""
        expression = self.expression
        for name, means in MACROS.items():
            expression = expression.replace(name, means)
        return re.compile(expression, re.ASCII)

    @property
    def description(self) -> Text:
        """Return what was found, in both languages."""
        return bilingual(self.en, self.zh)

    def reads(self, name: str, *, binary: bool) -> bool:
        """Tell whether a file of this name is read for it."""
        if binary and not self.binary:
            return False
        return not self.files or any(fnmatchcase(name.lower(), one) for one in self.files)

    def is_secret(self, said: str) -> bool:
        """Tell whether what the pattern found is a secret: not a placeholder, a word, a name."""
        if self.entropy and entropy(said) < self.entropy:
            return False
        if self.mixed and not (any(c.isdigit() for c in said) and any(c.isalpha() for c in said)):
            return False
        if not self.head and PLACEHOLDER.search(said) is not None:
            return False
        if len(said) < LONG and SHORT.search(said) is not None:
            return False
        return not any(re.search(one, said) for one in self.allow)


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules that come with provenv, in the order of the file."""
    with FILE.open("rb") as file:
        return tuple(_rule(one) for one in tomllib.load(file)["rule"])


def entropy(said: str) -> float:
    """Return Shannon's entropy of a text, in bits a character."""
    total = len(said)
    return -sum(count / total * math.log2(count / total) for count in Counter(said).values())


def _rule(said: Mapping[str, Any]) -> Rule:
    rest = {key: said[key] for key in OPTIONS if key in said}
    return Rule(
        id=said["id"],
        en=said["en"],
        zh=said["zh"],
        keywords=tuple(one.encode() for one in said["keywords"]),
        expression=said["pattern"],
        needs=tuple(one.encode() for one in said.get("needs", ())),
        files=tuple(said.get("files", ())),
        allow=tuple(said.get("allow", ())),
        **rest,
    )
