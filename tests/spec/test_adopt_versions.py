"""Other tools' version constraints as PEP 440, and the Python that old pins have wheels for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from provenv.spec import adopt
from provenv.spec.adopt import conda_spec, poetry_version
from provenv.spec.adopt.adopted import Item
from provenv.spec.adopt.conda_names import meaning
from provenv.spec.adopt.python_versions import dated, stated

TABLE = json.loads((Path(adopt.__file__).parent / "python_windows.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("words", "name", "specifier", "build"),
    [
        ("numpy", "numpy", "", ""),
        ("numpy=1.2", "numpy", "==1.2.*", ""),
        ("numpy=1.19.2", "numpy", "==1.19.2", ""),
        ("numpy==1.19", "numpy", "==1.19", ""),
        ("numpy=1.19.*", "numpy", "==1.19.*", ""),
        ("numpy =1.19.2=py38_0", "numpy", "==1.19.2", "py38_0"),
        ("numpy 1.19.2 py38_0", "numpy", "==1.19.2", "py38_0"),
        ("numpy 1.19.*", "numpy", "==1.19.*", ""),
        ("numpy >=1.19,<1.20", "numpy", ">=1.19,<1.20", ""),
        ("numpy >= 1.19, < 1.20", "numpy", ">=1.19,<1.20", ""),
        ("numpy!=1.5", "numpy", "!=1.5", ""),
        ("numpy~=1.5", "numpy", "~=1.5", ""),
        ("numpy=1.5|1.6", "numpy", None, ""),
        ("numpy=*", "numpy", "", ""),
        ("openssl=1.1.1l", "openssl", None, ""),
        ("conda-forge::numpy>=1", "numpy", ">=1", ""),
        ("conda-forge/linux-64::numpy", "numpy", "", ""),
        ("numpy[version='>=1.5,<2',build=py38_0]", "numpy", ">=1.5,<2", "py38_0"),
        ("numpy>=1.5.*", "numpy", ">=1.5", ""),
    ],
)
def test_condas_specs(words: str, name: str, specifier: str | None, build: str) -> None:
    found = conda_spec.parse(words)
    assert found is not None
    assert (found.name, conda_spec.specifier(found.version), found.build) == (name, specifier, build)


@pytest.mark.parametrize("words", ["two words here", "", "=1.0", "a b"])
def test_what_is_no_spec_of_condas(words: str) -> None:
    assert conda_spec.parse(words) is None


@pytest.mark.parametrize(
    ("constraint", "specifier"),
    [
        ("*", ""),
        ("", ""),
        ("^1.2.3", ">=1.2.3,<2"),
        ("^1.2", ">=1.2,<2"),
        ("^1", ">=1,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("1.2.*", "==1.2.*"),
        ("1.2.3", "==1.2.3"),
        ("=1.2", "==1.2"),
        (">=1.2,<2.0", ">=1.2,<2.0"),
        (">=1.2 <2.0", ">=1.2,<2.0"),
        ("!=1.5", "!=1.5"),
        ("~=1.5", "~=1.5"),
        ("^1.0 || ^2.0", None),
        ("nonsense", None),
        ("^2.0.0b1", ">=2.0.0b1,<3"),
    ],
)
def test_poetrys_constraints(constraint: str, specifier: str | None) -> None:
    assert poetry_version.specifier(constraint) == specifier


@pytest.mark.parametrize("version", ["1.2.3", "1.9", "2.0", "0.2.3", "0.2.9", "0.3", "0.0.3", "0.0.4"])
@pytest.mark.parametrize("written", ["1.2.3", "0.2.3", "0.0.3"])
def test_a_caret_keeps_the_leftmost_number_that_is_not_zero(written: str, version: str) -> None:
    def kept(release: tuple[int, ...]) -> tuple[int, ...]:
        first = next(number for number, part in enumerate(release) if part)
        return release[: first + 1]

    base, other = Version(written), Version(version)
    padded = (*other.release, 0, 0)[:3]
    expected = other >= base and kept(base.release) == padded[: len(kept(base.release))]
    assert (other in SpecifierSet(str(poetry_version.specifier(f"^{written}")))) == expected


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("pytorch", "package", "torch"),
        ("opencv", "package", "opencv-python"),
        ("py-xgboost", "package", "xgboost"),
        ("librosa", "package", "librosa"),
        ("cudatoolkit", "accelerator", "cuda"),
        ("cuda-nvcc", "accelerator", "cuda"),
        ("cuda-python", "package", "cuda-python"),
        ("cpuonly", "accelerator", "cpu"),
        ("ffmpeg", "system", "ffmpeg"),
        ("gxx_linux-64", "system", "g++"),
        ("r-base", "left", "r"),
        ("_openmp_mutex", "left", "conda"),
        ("libpng", "left", "library"),
        ("libunheardof", "left", "library"),
        ("mkl", "left", "library"),
        ("pip", "left", "installer"),
        ("something-else", "package", "something-else"),
    ],
)
def test_condas_names(name: str, kind: str, words: str) -> None:
    found = meaning(name)
    assert (found.kind, found.words) == (kind, words)


@pytest.mark.parametrize(
    ("requirements", "declared", "python"),
    [
        (["torch==1.7.1"], None, "3.9"),
        (["torch==1.4.0"], None, "3.8"),
        (["tensorflow==1.15"], None, "3.7"),
        (["tensorflow~=2.4.0"], None, "3.8"),
        (["torch<1.13"], None, "3.10"),
        (["torch==2.0.1", "numpy==1.21.0"], None, "3.9"),
        (["torch==1.7.1"], ">=3.6", "3.9"),
        (["torch==1.7.1"], ">=3.6,<3.9", None),
        (["torch==1.7.1"], ">=3.8", "3.9"),
        (["torch==1.7.1"], "3.7", None),
        (["torch"], None, None),
        (["torch>=1.7"], None, None),
        (["torch>=2.5"], None, None),
        (["transformers==4.27.1"], None, "3.11"),
        (["transformers>=4.27.1"], None, None),
        (["unheardof==1.0"], None, None),
        (["torch==999"], None, None),
        (["torch==1.7.1; sys_platform == 'win32'"], None, None),
        (["torch @ https://x.example/torch-1.7.1-py3-none-any.whl"], None, None),
        (["-e ."], None, None),
    ],
)
def test_the_newest_python_that_pins_have_wheels_for(
    requirements: list[str], declared: str | None, python: str | None
) -> None:
    items = [Item(words, f"r.txt:{number}") for number, words in enumerate(requirements, start=1)]
    found, misfits = dated(items, Item(declared, "x:1") if declared else None)
    assert (found.words if found else None) == python
    assert misfits == ()
    if found is not None:
        assert found.note is not None
        assert found.note.args["date"] == TABLE["date"]
        assert found.where.startswith("r.txt:")


def test_pins_that_no_python_fits_together_are_told() -> None:
    items = [Item("torch==1.4.0", "r.txt:1"), Item("numpy==2.3.0", "r.txt:2")]
    found, misfits = dated(items, None)
    assert found is not None
    assert found.words == "3.8"
    assert [one.words for one in misfits] == ["numpy==2.3.0"]


@pytest.mark.parametrize(
    ("words", "python", "noted"),
    [
        ("3.8", "3.8", False),
        ("=3.8", "3.8", False),
        ("3.8.5", "3.8", True),
        ("==3.8.12", "3.8", True),
        ("3.8.*", "3.8", False),
        (">=3.8", ">=3.8", False),
        (">= 3.8, <3.11", ">=3.8,<3.11", False),
        ("nonsense", None, False),
        ("", None, False),
    ],
)
def test_a_stated_python(words: str, python: str | None, noted: bool) -> None:
    found = stated(words, "x:1")
    assert (found.words if found else None) == python
    assert bool(found and found.note) == noted


def test_the_table_of_wheels_is_whole() -> None:
    assert TABLE["source"]
    assert TABLE["date"]
    for name, windows in TABLE["releases"].items():
        versions = [version for group in windows.values() for version in group]
        assert len(versions) == len(set(versions)), name
        for pythons in windows:
            assert all(one.startswith("3.") for one in pythons.split()), name
