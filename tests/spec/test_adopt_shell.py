"""Shell scripts, Dockerfiles, YAML and JSON with comments: the readers below the formats."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenv.spec.adopt import yaml_subset
from provenv.spec.adopt.devcontainer import without_comments
from provenv.spec.adopt.dockerfile_stages import is_dockerfile, read_instructions
from provenv.spec.adopt.images import read_image
from provenv.spec.adopt.shell_words import commands, expand
from provenv.spec.adopt.yaml_subset import Mapping, Node, NotUnderstood, Scalar


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a b && c d || e; f | g", ["a b", "c d", "e", "f", "g"]),
        ("pip install 'a b' \"c $X\" d\\ e", ["pip install a b c 1 2 d e"]),
        ("pip install $X", ["pip install 1 2"]),
        ("pip install torch>=2.0 x 2>&1 >/dev/null", ["pip install torch>=2.0 x"]),
        ("a > out b", ["a b"]),
        ("a \\\n  b", ["a b"]),
        ("# nothing\na # rest\n", ["a"]),
        ("if [ -f x ]; then pip install y; fi", ["[ -f x ]", "pip install y"]),
        ("A=1 sudo -E env B=2 pip install x", ["pip install x"]),
        ("(cd x && pip install .)", ["cd x", "pip install .)"]),
        ("for i in a b; do pip install $i; done", ["for i in a b", "pip install $i"]),
        ("a $(b && c) d", ["a $(b && c) d"]),
        ("echo 'a # b'", ["echo a # b"]),
        ("a &", ["a"]),
        ("'unclosed && x", ["unclosed && x"]),
        ("", []),
    ],
)
def test_a_scripts_commands(script: str, expected: list[str]) -> None:
    assert [" ".join(one.words) for one in commands(script, 1, {"X": "1 2"})] == expected


def test_commands_know_their_lines() -> None:
    script = "a && \\\n  b\nc 'x\ny'\nd"
    assert [(one.words[0], one.line) for one in commands(script, 10)] == [
        ("a", 10),
        ("b", 11),
        ("c", 12),
        ("d", 14),
    ]


@given(st.text(max_size=200))
def test_no_script_ends_in_an_error(script: str) -> None:
    assert all(one.words for one in commands(script, 1, {"A": "b"}))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("$A-${A}", "x-x"),
        ("${B:-y}", "y"),
        ("${A:-y}", "x"),
        ("${EMPTY:-y}", "y"),
        ("${EMPTY-y}", ""),
        ("${A:+z}", "z"),
        ("${B:+z}", ""),
        ("$B", "$B"),
        ("a$", "a$"),
    ],
)
def test_variables_are_expanded(words: str, expected: str) -> None:
    assert expand(words, {"A": "x", "EMPTY": ""}) == expected


def test_a_dockerfiles_instructions_with_their_lines() -> None:
    content = "# escape=`\nFROM x AS y\n\nRUN a `\n# comment\n  b\nrun <<EOF\nc\nd\nEOF\nENV A=1\n"
    found = [(one.name, one.rest, one.line) for one in read_instructions(content)]
    assert found == [
        ("FROM", "x AS y", 2),
        ("RUN", "a \\\n\\\n  b", 4),
        ("RUN", "\nc\nd", 7),
        ("ENV", "A=1", 11),
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [("FROM x\n", True), ("# c\nARG A\nFROM x\n", True), ("from x\n", True), ("six\n", False), ("", False)],
)
def test_a_dockerfile_is_known_by_its_first_instruction(words: str, expected: bool) -> None:
    assert is_dockerfile(words) == expected


@pytest.mark.parametrize(
    ("image", "python", "requirements", "accelerator", "version", "system"),
    [
        ("python:3.10-slim", "3.10", (), "", "", ""),
        ("python:3", "", (), "", "", ""),
        ("registry.example/library/python:3.12.1-bookworm", "3.12", (), "", "", "3.11"),
        ("pytorch/pytorch:2.1.0-cuda12.1-cudnn8-runtime", "", ("torch==2.1.0",), "cuda", "12.1", ""),
        ("pytorch/pytorch:1.5-cuda10.1-cudnn7-runtime", "", ("torch==1.5.*",), "cuda", "10.1", ""),
        ("pytorch/pytorch", "", ("torch",), "", "", ""),
        ("nvidia/cuda:11.8.0-devel-ubuntu20.04", "", (), "cuda", "11.8", "3.8"),
        ("nvcr.io/nvidia/cuda:12.4.1-base-ubuntu22.04", "", (), "cuda", "12.4", "3.10"),
        ("nvcr.io/nvidia/pytorch:23.10-py3", "", ("torch",), "cuda", "", ""),
        ("tensorflow/tensorflow:2.14.0-gpu", "", ("tensorflow==2.14.0",), "cuda", "", ""),
        ("tensorflow/tensorflow:latest", "", ("tensorflow",), "", "", ""),
        ("rocm/pytorch:rocm6.0_ubuntu22.04_py3.9_pytorch_2.1.1", "3.9", ("torch==2.1.1",), "rocm", "6.0", ""),
        ("paddlepaddle/paddle:2.6.1-gpu-cuda12.0-cudnn8.9", "", ("paddlepaddle==2.6.1",), "cuda", "12.0", ""),
        ("mcr.microsoft.com/devcontainers/python:1-3.11-bookworm", "3.11", (), "", "", ""),
        ("ubuntu:22.04", "", (), "", "", "3.10"),
        ("debian:bookworm-slim", "", (), "", "", "3.11"),
        ("continuumio/miniconda3", "", (), "", "", ""),
        (
            "hiyouga/pytorch:th2.6.0-cu124-flashattn2.7.4-cxx11abi0-devel",
            "",
            ("torch==2.6.0",),
            "cuda",
            "12.4",
            "",
        ),
        ("someone/thing:cu121", "", (), "cuda", "12.1", ""),
    ],
)
def test_what_an_images_name_tells(
    image: str, python: str, requirements: tuple[str, ...], accelerator: str, version: str, system: str
) -> None:
    found = read_image(image)
    assert (found.python, found.requirements, found.accelerator, found.version) == (
        python,
        requirements,
        accelerator,
        version,
    )
    assert found.system_python == system or not system


def test_an_unknown_image_is_said_to_be_one() -> None:
    assert not read_image("someone/thing:1.0").known
    assert read_image("python:3.12").known


def plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.words
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.entries.items()}
    return [plain(item) for item in node.items]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a: b\nc: 1 # d\n", {"a": "b", "c": "1"}),
        ("a:\n  - x\n  - y=1  # z\n", {"a": ["x", "y=1"]}),
        ("a:\n- x\n- y\nb: c\n", {"a": ["x", "y"], "b": "c"}),
        (
            "a:\n  - pip:\n    - -e git+https://x#egg=y\n    - b\n  - c\n",
            {"a": [{"pip": ["-e git+https://x#egg=y", "b"]}, "c"]},
        ),
        ("a: [x, 'y z', \"w\"]\n", {"a": ["x", "y z", "w"]}),
        ("a: {b: c, d: [e]}\n", {"a": {"b": "c", "d": ["e"]}}),
        ("a: 'it''s'\nb: \"x\\ty\"\n", {"a": "it's", "b": "x\ty"}),
        ("---\na: |\n  x\n  y\nb: c\n", {"a": "x\ny", "b": "c"}),
        ("a:\nb:\n", {"a": "", "b": ""}),
        ("a:\n  b:\n    c: d\n", {"a": {"b": {"c": "d"}}}),
        ("- a\n-\n  - b\n- - c\n  - d\n", ["a", ["b"], ["c", "d"]]),
        ("a: https://x:80/y#z\n", {"a": "https://x:80/y#z"}),
        ("pytorch::x: 1\n", {"pytorch::x": "1"}),
        ("", {}),
    ],
)
def test_yaml_of_environment_files(words: str, expected: object) -> None:
    assert plain(yaml_subset.read(words)) == expected


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("a: *x\n", 1),
        ("a: b\n c: d\n", 2),
        ("a:\n\t- b\n", 2),
        ("a: [b\n", 1),
        ("- a\n  - b\n", 2),
        ("a: 'b\n", 1),
    ],
)
def test_other_yaml_is_refused_with_its_line(words: str, line: int) -> None:
    with pytest.raises(NotUnderstood) as failed:
        yaml_subset.read(words)
    assert failed.value.line == line


@given(st.text(alphabet="ab:- \n[]{},'\"#|&\t", max_size=60))
def test_no_yaml_ends_in_another_error(words: str) -> None:
    refused = 1
    try:
        yaml_subset.read(words)
    except NotUnderstood as error:
        refused = error.line
    assert refused >= 1


def test_deep_yaml_is_refused() -> None:
    with pytest.raises(NotUnderstood):
        yaml_subset.read("- " * 500 + "a\n")
    with pytest.raises(NotUnderstood):
        yaml_subset.read("a: " + "[" * 5000)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ('{"a": 1, // x\n "b": "//no", /* y\n */ "c": [1, 2,],}', {"a": 1, "b": "//no", "c": [1, 2]}),
        ('{"a": "x,}"}', {"a": "x,}"}),
        ('{"a": "\\"//"}', {"a": '"//'}),
    ],
)
def test_json_with_comments(words: str, expected: object) -> None:
    assert json.loads(without_comments(words)) == expected
    assert without_comments(words).count("\n") == words.count("\n")
