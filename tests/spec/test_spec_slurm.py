"""The forms of a Slurm target's words, and what it says where little is declared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provenv import spec
from provenv.model.slurm import SlurmOptions
from provenv.spec import slurm


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("90", "01:30:00"),
        ("90m", "01:30:00"),
        ("1h30m", "01:30:00"),
        ("2d", "2-00:00:00"),
        ("5:30", "00:05:30"),
        ("12:00:00", "12:00:00"),
        ("2-12", "2-12:00:00"),
        ("2-12:30", "2-12:30:00"),
        ("1-00:00:01", "1-00:00:01"),
    ],
)
def test_a_time_is_as_people_and_as_slurm_write_it(said: str, meant: str) -> None:
    assert slurm.read_time(said) == meant
    assert slurm.read_time(meant) == meant
    assert slurm.shown_time(slurm.seconds_of(said) or 0) == meant


@pytest.mark.parametrize("said", ["", "0", "0m", "soon", "1:2:3:4", "-5", "99999999999", "1.5h"])
def test_what_is_no_time_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        slurm.read_time(said)


@pytest.mark.parametrize(
    ("said", "meant"), [("64G", "64G"), ("64GB", "64G"), ("64GiB", "64G"), ("512m", "512M"), ("2048", "2048")]
)
def test_memory_has_slurms_unit(said: str, meant: str) -> None:
    assert slurm.read_memory(said) == meant


@pytest.mark.parametrize(("said", "count"), [("2048", 2048), ("2G", 2048), ("1T", 1 << 20), ("4096K", 4)])
def test_memory_is_counted_in_megabytes(said: str, count: int) -> None:
    assert slurm.megabytes(said) == count


@pytest.mark.parametrize(
    ("said", "members"),
    [
        ("0-3", (0, 1, 2, 3)),
        ("1,3,5", (1, 3, 5)),
        ("0-9:3%2", (0, 3, 6, 9)),
        ("7", (7,)),
        ("0-999", range(1000)),
    ],
)
def test_an_array_has_members(said: str, members: object) -> None:
    assert slurm.read_array(said) == tuple(members)


@pytest.mark.parametrize("said", ["3-1", "0-1000", "a", "1,,2", "0-600,700-1200", "0-99999999999999", "%2"])
def test_what_is_no_array_or_too_large_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        slurm.read_array(said)


def options(folder: Path, table: str) -> SlurmOptions:
    text = f'name = "digits"\nrequirements = []\n[target.cluster]\nkind = "slurm"\n{table}\n'
    (folder / "provenv.toml").write_text(text)
    declared = spec.load(folder, {})
    return slurm.slurm_options(declared.targets["cluster"])


def test_little_is_enough(tmp_path: Path) -> None:
    assert options(tmp_path, "") == SlurmOptions()


def test_what_is_said_is_slurms_own_words(tmp_path: Path) -> None:
    found = options(
        tmp_path,
        'nodes = 2\ngpus_per_node = 4\ngres = "shard:2"\nmemory = "64GB"\ntime = "12h"\nsignal = 300\n'
        'setup = ["module load cuda"]\nextra = ["--nice=10"]\narray = "0-3%2"',
    )
    assert found.resources == ("gpu:4", "shard:2")
    assert (found.memory, found.time, found.requeues) == ("64G", "12:00:00", slurm.REQUEUES)
    assert (found.setup, found.extra, found.array) == (("module load cuda",), ("--nice=10",), "0-3%2")


def test_without_a_word_before_the_end_nothing_is_put_back(tmp_path: Path) -> None:
    assert options(tmp_path, "requeues = 5").requeues == 0
