"""What the tests of the views share: compiled catalogues, samples, and screens that write into strings."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timezone
from pathlib import Path
from types import ModuleType

import pytest

from loading import load
from provenv.ui.context import Context
from provenv.ui.screen import Screen
from provenv.ui.words import Words

HERE = Path(__file__).resolve().parent


SAMPLES = load("ui_samples", HERE / "samples.py")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for fixture, table in (("sample", SAMPLES.CASES), ("sample_problems", SAMPLES.PROBLEMS)):
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, table.values(), ids=table.keys())


@pytest.fixture(scope="session", autouse=True)
def catalogues(repository: Path) -> None:
    """Compile the catalogues of this checkout, as every install does."""
    load("hatch_build", repository / "hatch_build.py").compile_catalogues()


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    return SAMPLES


@pytest.fixture
def context() -> Callable[..., Context]:
    def make(language: str = "en", width: int = 80, **more: object) -> Context:
        return Context(Words(language), width, timezone=timezone.utc, **more)

    return make


class Terminal(io.StringIO):
    """A stream in memory that says it is a terminal, or not, and has an encoding."""

    def __init__(self, is_terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__()
        self._is_terminal = is_terminal
        self._encoding = encoding

    @property
    def encoding(self) -> str:
        return self._encoding

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.fixture
def terminal() -> type[Terminal]:
    return Terminal


@pytest.fixture
def memory_screen() -> Callable[..., Screen]:
    def make(**more: object) -> Screen:
        return Screen(out=Terminal(), err=Terminal(), **more)

    return make
