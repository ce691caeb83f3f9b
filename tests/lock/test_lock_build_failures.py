"""Why a source could not be built: words recorded from uv 0.13.9 and from compilers, and what is made of them."""

# ruff: noqa: E501  (recorded output keeps its lines)

from __future__ import annotations

import re

import pytest

from provenv.lock.failures.building import failed_build, instead
from provenv.lock.tables import table

HEAD = "error: Failed to build `{}`\n  cause: The build backend returned an error\n  cause: Call to `setuptools.build_meta:__legacy__.build_wheel` failed (exit status: 1)\n\n         [stderr]\n"
CASES = {
    # what the build printed -> key of the reason, what it names, the package to install
    "pkg_resources": (
        "         ModuleNotFoundError: No module named 'pkg_resources'\n\nhint: This error likely indicates",
        "lock.build.module",
        "pkg_resources",
        None,
    ),
    "distutils": (
        "         ModuleNotFoundError: No module named 'distutils'",
        "lock.build.gone",
        "distutils",
        None,
    ),
    "numpy": (
        "         ModuleNotFoundError: No module named 'numpy.distutils'",
        "lock.build.module",
        "numpy",
        None,
    ),
    "gcc": (
        "         error: command 'gcc' failed: No such file or directory",
        "lock.build.need",
        "a C and C++ compiler",
        "build-essential",
    ),
    "gcc with its triplet": (
        "         error: command '/usr/bin/x86_64-linux-gnu-gcc' failed: No such file or directory",
        "lock.build.need",
        "a C and C++ compiler",
        "build-essential",
    ),
    "Python.h": (
        "         src/x.c:1:10: fatal error: Python.h: No such file or directory\n         error: command '/usr/bin/gcc' failed with exit code 1",
        "lock.build.need",
        "Python.h",
        "python3-dev",
    ),
    "nvcc": (
        "         OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root.",
        "lock.build.need",
        "the CUDA toolkit (nvcc)",
        "nvidia-cuda-toolkit",
    ),
    "rust": ("         error: can't find Rust compiler\n", "lock.build.need", "the Rust compiler", "cargo"),
    "cmake": (
        "         FileNotFoundError: [Errno 2] No such file or directory: 'cmake'",
        "lock.build.need",
        "CMake",
        "cmake",
    ),
    "pg_config": (
        "         Error: pg_config executable not found.",
        "lock.build.need",
        "pg_config",
        "libpq-dev",
    ),
    "portaudio": (
        "         src/pyaudio.c:1:10: fatal error: portaudio.h: No such file or directory",
        "lock.build.need",
        "PortAudio",
        "portaudio19-dev",
    ),
    "clang": (
        "         ffi/x.c:2:10: fatal error: 'ffi.h' file not found",
        "lock.build.need",
        "libffi",
        "libffi-dev",
    ),
    "unknown header": (
        "         x.c:1:10: fatal error: frobnicate.h: No such file or directory",
        "lock.build.header",
        "frobnicate.h",
        None,
    ),
    "meson": (
        "         ../meson.build:1:0: ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang']]",
        "lock.build.need",
        "a C and C++ compiler",
        "build-essential",
    ),
    "python 2": (
        "         SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?",
        "lock.build.old",
        "SyntaxError",
        None,
    ),
    "2to3": ("         error in x setup command: use_2to3 is invalid.", "lock.build.old", "use_2to3", None),
    "cython 3": ("         AttributeError: cython_sources", "lock.build.old", "cython_sources", None),
    "compiler": (
        "         src/parser.c:12:3: error: too few arguments to function '_PyLong_AsByteArray'\n         error: command '/usr/bin/gcc' failed with exit code 1",
        "verbatim",
        "too few arguments",
        None,
    ),
    "its own words": (
        "         RuntimeError: we build on Tuesdays only",
        "verbatim",
        "RuntimeError: we build on Tuesdays only",
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_cause_is_found_and_named(name):
    output, key, named, package = CASES[name]
    found = failed_build(HEAD.format("some-thing==1.2.3") + output)
    assert (found.name, found.version) == ("some-thing", "1.2.3")
    assert found.why.key == key
    assert named in " ".join(map(str, found.why.args.values()))
    assert [hint.text.args["apt"] for hint in found.hints] == ([package] if package else [])


def test_a_placeholder_names_the_package_that_is_meant():
    words = HEAD.format("sklearn==0.0.post12") + (
        "         The 'sklearn' PyPI package is deprecated, use 'scikit-learn'\n\n"
        "hint: `sklearn` is often confused for `scikit-learn`. Did you mean to install `scikit-learn` instead?"
    )
    found = failed_build(words)
    assert found.why.args == {"name": "sklearn", "right": "scikit-learn"}
    assert [hint.text.key for hint in found.hints] == ["lock.nearest.instead"]


def test_other_failures_are_no_builds():
    assert failed_build("error: No solution found when resolving dependencies") is None


@pytest.mark.parametrize("row", table("build_needs")["rows"], ids=lambda row: row["need"])
def test_every_row_of_the_table_can_be_used(row):
    assert re.compile(row["pattern"]).search("nothing of this kind was printed") is None
    assert row["apt"]
    assert row["dnf"]


CALL = "error: The build backend returned an error\n  cause: Call to `setuptools.build_meta:__legacy__.build_wheel` failed (exit status: 1)\n         ModuleNotFoundError: No module named 'numpy'"


@pytest.mark.parametrize(
    ("words", "lines", "name", "right"),
    [
        # a line that is an address alone: uv names no package
        (
            CALL,
            ["git+https://host.example/cocodataset/cocoapi.git#subdirectory=PythonAPI"],
            "",
            "pycocotools",
        ),
        (CALL, ["git+https://host.example/me/mine.git"], "", None),
        (
            HEAD.format("pycocotools @ git+https://host.example/cocodataset/cocoapi.git")
            + "         ModuleNotFoundError: No module named 'numpy'",
            [],
            "pycocotools",
            "pycocotools",
        ),
        # another line's repository is not to blame
        (
            HEAD.format("mine @ file:///p") + "         ModuleNotFoundError: No module named 'numpy'",
            ["git+https://host.example/cocodataset/cocoapi.git"],
            "mine",
            None,
        ),
    ],
)
def test_a_source_by_its_address_has_a_cause_and_where_known_a_wheel(words, lines, name, right):
    found = failed_build(words)
    assert (found.name, found.why.key, found.why.args) == (name, "lock.build.module", {"module": "numpy"})
    assert instead(words, lines) == right
