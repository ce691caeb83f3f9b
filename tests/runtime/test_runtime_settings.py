"""Settings: defaults, the file, the command line, and one sentence for what does not fit."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from provenv_runtime.settings import settings


@dataclass(frozen=True)
class Chosen:
    """Settings as an example has them."""

    optimizer: Annotated[Literal["sgd", "adamw"], "how the weights are moved"] = "adamw"
    rate: float = 1e-3
    epochs: int = 10
    early_stop: bool = True
    name: str = "a"
    size: Literal[1, 2] = 1


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_line_leads_then_the_file_then_the_class(here):
    (here / "settings.toml").write_text('optimizer = "sgd"\nepochs = 3\nrate = 1\n')
    chosen = settings(Chosen, argv=["--epochs", "5", "--early-stop", "no", "--size", "2"])
    assert chosen == Chosen("sgd", 1.0, 5, early_stop=False, size=2)
    assert isinstance(chosen.rate, float)


def test_without_a_file_the_defaults_hold(here):
    assert settings(Chosen, argv=[]) == Chosen()


def test_another_file_and_options_of_the_programs_own(here):
    (here / "other.toml").write_text("epochs = 2\n")
    parser = argparse.ArgumentParser()
    parser.add_argument("--index", type=int)
    chosen, own = settings(Chosen, parser=parser, argv=["--settings", "other.toml", "--index", "4"])
    assert (chosen.epochs, vars(own)) == (2, {"index": 4})


@pytest.mark.parametrize(
    ("content", "argv", "words"),
    [
        (
            "optimiser = 'sgd'",
            [],
            "settings.toml: there is no setting `optimiser`; did you mean `optimizer`?",
        ),
        ("optimizer = 'adam'", [], "has to be one of sgd, adamw; did you mean `adamw`?"),
        ("epochs = 1.5", [], "`epochs` is 1.5, but has to be a whole number"),
        ("epochs = true", [], "`epochs` is True, but has to be a whole number"),
        ("early_stop = 1", [], "has to be true or false"),
        ("name = 3", [], "has to be text"),
        ("epochs = ", [], "settings.toml: Invalid value"),
        ("", ["--rate", "fast"], "--rate is 'fast', but has to be a number"),
        ("", ["--early-stop", "maybe"], "--early-stop is 'maybe', but has to be true or false"),
        ("", ["--size", "3"], "has to be one of 1, 2"),
        ("", ["--settings", "none.toml"], "none.toml"),
    ],
)
def test_what_does_not_fit_ends_with_one_sentence(here, capsys, content, argv, words):
    (here / "settings.toml").write_text(content + "\n")
    with pytest.raises(SystemExit) as ended:
        settings(Chosen, argv=argv)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_help_names_each_setting_with_its_words_and_its_default(here, capsys):
    with pytest.raises(SystemExit):
        settings(Chosen, argv=["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "--optimizer sgd|adamw how the weights are moved; by default adamw" in said


def test_a_class_that_cannot_be_declared_is_a_mistake_of_its_author():
    @dataclass(frozen=True)
    class Odd:
        """A field that no file can give."""

        sizes: tuple = ()

    @dataclass(frozen=True)
    class Bare:
        """A field without a default."""

        size: int

    for one in (Odd, Bare):
        with pytest.raises(TypeError):
            settings(one, argv=[])
