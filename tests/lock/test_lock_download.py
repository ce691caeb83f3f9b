"""What is carried to a machine without a network: a file for each package, what builds need, an index."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile

import pytest

from provenv.errors import Failure
from provenv.lock.download import Wanted, again, left_out, manifest, pages, python_key, sources, wanted
from provenv.lock.lines import LEGACY, build_requires
from provenv.model.facts import Platform
from provenv.model.lock import Artifact, Lock, Package

LINUX = Platform("linux", "x86_64", libc="glibc", libc_version="2.31")
MUSL = Platform("linux", "aarch64", libc="musl", libc_version="1.2.4")


def artifact(name: str, digest: str = "0" * 64) -> Artifact:
    return Artifact(name, f"https://x/{name}", size=7, hashes={"sha256": digest} if digest else {})


def lock(*packages: Package) -> Lock:
    return Lock("here", "3.11", "x86_64-manylinux_2_31", packages, (), "1" * 64, uv="0.13.9")


MANY = Package(
    "numpy",
    "2",
    tuple(
        artifact(name)
        for name in (
            "numpy-2.tar.gz",
            "numpy-2-cp311-cp311-manylinux_2_17_x86_64.whl",
            "numpy-2-cp311-cp311-manylinux_2_28_x86_64.whl",
            "numpy-2-cp311-cp311-musllinux_1_2_aarch64.whl",
        )
    ),
)
OLD = Package("old", "1", (artifact("old-1.tar.gz", "2" * 64),))
MINE = Package("mine", "0", origin="directory", location=".")
GIT = Package("tool", "0", origin="vcs", location="git+https://x/tool@abc")


def test_each_package_gives_the_one_file_that_is_installed():
    assert [one.path for one in wanted(lock(MANY, OLD, MINE), LINUX)] == [
        "files/numpy-2-cp311-cp311-manylinux_2_28_x86_64.whl",
        "files/old-1.tar.gz",
    ]
    assert wanted(lock(MANY), MUSL)[0].path.endswith("musllinux_1_2_aarch64.whl")
    assert [one.project for one in sources(wanted(lock(MANY, OLD), LINUX))] == ["old"]
    assert left_out(lock(MANY, MINE, GIT)) == ("mine (.)", "tool (git+https://x/tool@abc)")


def test_a_file_without_a_digest_is_not_carried():
    with pytest.raises(Failure) as failed:
        wanted(lock(Package("a", "1", (artifact("a-1-py3-none-any.whl", ""),))), LINUX)
    assert [(one.code, one.what.args["names"]) for one in failed.value.problems] == [("PV366", "a 1")]


def test_other_addresses_are_found_by_the_digest():
    found = lock(
        Package("old", "1", (Artifact("old-1.tar.gz", "https://mirror/old", hashes={"sha256": "2" * 64}),))
    )
    files = wanted(lock(OLD, MANY), LINUX)
    assert [one.urls[0] for one in again(files, found)] == ["https://mirror/old", files[1].urls[0]]
    assert again(files, found)[0].urls == ("https://mirror/old", "https://x/old-1.tar.gz")


def test_the_pages_are_an_index_with_digests():
    files = (
        *wanted(lock(MANY, OLD), LINUX),
        Wanted("python", "3.11.9", "python/1/x.tar.gz", ("u",), purpose="python"),
    )
    made = pages(files)
    assert set(made) == {"simple/index.html", "simple/numpy/index.html", "simple/old/index.html"}
    assert re.findall(r'href="([^"]+)"', made["simple/index.html"]) == ["numpy/", "old/"]
    assert re.findall(r'href="([^"]+)"', made["simple/old/index.html"]) == [
        f"../../files/old-1.tar.gz#sha256={'2' * 64}"
    ]


def test_the_manifest_says_what_each_file_is():
    files = wanted(lock(OLD), LINUX)
    made = manifest(lock(OLD, MINE), files, {"files/old-1.tar.gz": 7})
    assert (made["schema"], made["uv"], made["left_out"]) == (1, "0.13.9", ["mine (.)"])
    assert made["files"][0]["hashes"] == {"sha256": "2" * 64}


@pytest.mark.parametrize(
    ("platform", "key"),
    [
        (LINUX, "cpython-3.11-linux-x86_64-gnu"),
        (MUSL, "cpython-3.11-linux-aarch64-musl"),
        (Platform("darwin", "arm64"), "cpython-3.11-macos-aarch64-none"),
        (Platform("windows", "AMD64"), "cpython-3.11-windows-x86_64-none"),
    ],
)
def test_a_python_build_is_named_as_uv_names_it(platform, key):
    assert python_key("3.11", platform) == key


def archive(path, files: dict[str, str]) -> None:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as made:
            for name, content in files.items():
                made.writestr(name, content)
        return
    with tarfile.open(path, "w:gz") as made:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            made.addfile(entry, io.BytesIO(content.encode()))


@pytest.mark.parametrize("name", ["a-1.tar.gz", "a-1.zip"])
@pytest.mark.parametrize(
    ("content", "requires"),
    [
        ('[build-system]\nrequires = ["flit-core"]\n', ("flit-core",)),
        ('[build-system]\nrequires = ["hatchling>=1"]\n', ("hatchling>=1", "editables")),
        ("[project]\nname = 'a'\n", LEGACY),
        ("[broken", LEGACY),
        (None, LEGACY),
    ],
)
def test_what_a_source_needs_to_be_built(name, content, requires, tmp_path):
    files = {"a-1/setup.py": "", "a-1/sub/pyproject.toml": "[broken"}
    archive(tmp_path / name, files if content is None else {**files, "a-1/pyproject.toml": content})
    assert build_requires(tmp_path / name) == requires


def test_a_folder_and_what_is_no_archive(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["pdm-backend"]\n')
    assert build_requires(tmp_path) == ("pdm-backend", "editables")
    (tmp_path / "x.tar.gz").write_text("no archive")
    assert build_requires(tmp_path / "x.tar.gz") == LEGACY
