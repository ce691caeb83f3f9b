"""What a builder says, read into steps: recorded lines of BuildKit and buildah, and what is told of them."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from provenv.engines.building import words
from provenv.engines.progress import (
    Follower,
    counted,
    described,
    labelled,
    place_of,
    shortened,
    without_excerpt,
)
from provenv.engines.steps import Buildah, Plain, RawJson, Step, step_named
from provenv.model.dockerfile import read_instructions
from provenv.model.engine import BuildRequest, Client
from provenv.model.progress import Silent

DOCKERFILE = """\
# the usual
FROM base:1 AS build
RUN echo one && \\
    echo two
# a comment between
RUN --mount=type=secret,id=token,required=true \\
    cat /run/secrets/token \\
    # inside of it
    | wc -c
FROM base:1
ENV A=b
COPY --from=build /x /x
"""
INSTRUCTIONS = tuple(read_instructions(DOCKERFILE))

# buildx 0.13.1 and 0.2x differ in nothing but where lines end
DOCUMENTS = (
    {"vertexes": [{"digest": "sha256:1", "name": "[internal] load metadata for docker.io/library/base:1"}]},
    {
        "vertexes": [
            {"digest": "sha256:2", "name": "[build 1/3] FROM docker.io/library/base:1"},
            {"digest": "sha256:3", "name": "[build 2/3] RUN echo one &&     echo two"},
            {"digest": "sha256:4", "name": "[stage-1 2/2] COPY --from=build /x /x"},
        ]
    },
    {"vertexes": [{"digest": "sha256:2", "name": "x", "started": "a", "completed": "b", "cached": True}]},
    {"vertexes": [{"digest": "sha256:3", "name": "x", "started": "a"}]},
    {"statuses": [{"id": "layer", "vertex": "sha256:3", "current": 10, "total": 40}]},
    {"logs": [{"vertex": "sha256:3", "stream": 2, "data": "b25lCnR3bwo="}]},
    {"vertexes": [{"digest": "sha256:3", "name": "x", "started": "a", "completed": "b", "error": "exit 7"}]},
    {"vertexes": [{"digest": "sha256:4", "name": "x", "error": "context canceled"}]},
)
RAW_NEW = "\n".join(json.dumps(one) for one in DOCUMENTS) + "\nDockerfile:3\n---\nERROR: failed to solve"
RAW_OLD = (
    "\n".join(json.dumps(one, indent=2) for one in DOCUMENTS) + "\nDockerfile:3\n---\nERROR: failed to solve"
)

PLAIN = """\
#1 [internal] load metadata for docker.io/library/base:1
#1 sha256:111
#1 DONE 0.0s

#2 [build 1/3] FROM docker.io/library/base:1
#2 sha256:222
#2 sha256:aaa 10.49MB / 41.94MB 0.3s
#2 CACHED

#3 [build 2/3] RUN echo one &&     echo two
#3 0.061 one
#3 ...

#4 [stage-1 2/2] COPY --from=build /x /x
#4 CANCELED

#3 [build 2/3] RUN echo one &&     echo two
#3 0.071 two
#3 ERROR: exit 7
------
 > [build 2/3] RUN echo one &&     echo two:
------
exit 7
"""

BUILDAH = """\
[1/2] STEP 1/3: FROM base:1 AS build
[1/2] STEP 2/3: RUN echo one &&     echo two
--> Using cache abc
--> abc
[1/2] STEP 3/3: RUN false
one
two
Error: building at STEP "RUN false": while running runtime: exit status 7
"""


def read(reading, said):
    for line in said.splitlines():
        reading.line(line)
    return list(reading.steps.values())


@pytest.mark.parametrize("said", [RAW_OLD, RAW_NEW], ids=["over many lines", "a line each"])
def test_documents_of_rawjson_become_steps(said):
    reading = RawJson()
    metadata, base, run, copy = read(reading, said)
    assert (metadata.words, metadata.counted) == ("load metadata for docker.io/library/base:1", False)
    assert (base.words, base.ended, base.cached) == ("FROM docker.io/library/base:1", True, True)
    assert (run.words, list(run.said), run.error) == (
        "RUN echo one &&     echo two",
        ["one", "two"],
        "exit 7",
    )
    assert run.bytes == (10, 40)
    assert copy.error == "context canceled"
    assert reading.rest == ["Dockerfile:3", "---", "ERROR: failed to solve"]


def test_plain_lines_become_steps_also_where_they_mix():
    reading = Plain()
    metadata, base, run, copy = read(reading, PLAIN)
    assert metadata.ended
    assert not metadata.counted
    assert (base.cached, base.bytes) == (True, (10_490_000, 41_940_000))
    assert (list(run.said), run.error, run.ended) == (["one", "two"], "exit 7", True)
    assert copy.error == "CANCELED"
    assert reading.rest[-1] == "exit 7"


def test_buildah_s_lines_become_steps():
    reading = Buildah()
    base, cached, failed = read(reading, BUILDAH)
    assert base.ended
    assert (cached.words, cached.cached, list(cached.said)) == ("RUN echo one &&     echo two", True, [])
    assert (list(failed.said), failed.error) == (["one", "two"], "while running runtime: exit status 7")
    assert len(reading.rest) == 1


@pytest.mark.parametrize(
    "said", ["{", "{\n}", '{"vertexes": 3}', "#7 x\n#7 sha256:1 9XB / 1MB", "}", "[1/2] STEP"]
)
def test_lines_that_nobody_expects_are_no_failure(said):
    for reading in (RawJson(), Plain(), Buildah()):
        read(reading, said)


class Told(Silent):
    """Records what a task is told."""

    def __init__(self):
        self.advanced, self.said, self.notes = 0.0, [], []

    def task(self, words, total=None, unit="items"):
        return self

    def advance(self, amount):
        self.advanced += amount

    def describe(self, words):
        self.said.append((words.key, dict(words.args)))

    finish = fail = describe

    def note(self, words):
        self.notes.append(words.key)


def test_progress_tells_the_step_that_runs_and_what_failed():
    told = Told()
    follower = Follower(told, told, Plain(), counted(INSTRUCTIONS, every=False))
    for line in PLAIN.splitlines():
        follower.line(line)
    assert told.advanced == 3
    keys = [key for key, _ in told.said]
    assert keys[:2] == ["building.waits.metadata", "building.waits.base"]
    assert (
        "building.waits.base_bytes",
        {"what": "docker.io/library/base:1", "now_bytes": 10_490_000, "of_bytes": 41_940_000},
    ) in told.said
    assert ("building.steps", {"step": "COPY /x /x", "others": 1}) in told.said
    failed = follower.failed()
    assert failed is not None
    assert (failed.said, failed.error) == (("one", "two"), "exit 7")


def test_steps_are_counted_as_each_builder_counts_them():
    # a base once, two RUN, one COPY, the export; buildah: every instruction
    assert counted(INSTRUCTIONS, every=False) == 5
    assert counted(INSTRUCTIONS, every=True) == 6


@pytest.mark.parametrize(
    ("said", "rest", "line"),
    [
        ("RUN echo one &&     echo two", (), 3),
        ("RUN --mount=type=secret,id=token,required=true     cat /run/secrets/token     | wc -c", (), 6),
        ("", ("Dockerfile:12", "---"), 12),
        ("RUN something else", (), None),
        ("", ("Dockerfile:99",), None),
    ],
)
def test_an_instruction_is_found_in_its_file(said, rest, line):
    place = place_of(said, rest, DOCKERFILE, "Dockerfile", INSTRUCTIONS)
    assert (place and place.line) == line


def test_the_builder_s_excerpt_is_no_word_of_its_own():
    said = ("Dockerfile:5", "----", "   5 | >>> RUN x", "----", "ERROR: failed")
    assert without_excerpt(said, "Dockerfile") == ("ERROR: failed",)


def test_an_instruction_is_shown_short_and_without_its_flags():
    long = "RUN --mount=type=secret,id=token --network=none  uv pip install " + "x" * 90
    assert shortened(long).startswith("RUN uv pip install xx")
    assert len(shortened(long)) <= 60
    assert shortened("COPY --from=build --link /a /b") == "COPY /a /b"


NAMES = {
    "[compute 3/4] RUN --mount=type=cache,target=/run/cache install -q a": "compute: RUN install -q a",
    "[uv 1/3] RUN --network=none <<EOF (set -e...)": "uv: RUN",
    "[stage-7 2/7] COPY --link --from=large /out /": "COPY /out /",
    "[2/3] RUN make": "RUN make",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_step_is_told_by_its_stage_and_its_instruction(name):
    assert labelled(step_named(name)) == NAMES[name]


def test_what_is_waited_for_has_words():
    for name in ("load build context", "exporting to image", "sharing credentials for x"):
        assert described([Step(name)]).key.startswith("building.waits.")


CLIENTS = {
    "buildx": Client("/d", "docker", "26.1", "buildx"),
    "rewriting": Client("/d", "docker", "27.0", "buildx", features=frozenset({"timestamps"})),
    "classic": Client("/d", "docker", "20.10", "buildkit"),
    "podman": Client("/p", "podman", "4.3", "buildah"),
}


@pytest.mark.parametrize(
    ("name", "has", "lacks"),
    [
        ("buildx", ["buildx", "--load", "--metadata-file"], ["--timestamp"]),
        ("rewriting", ["type=docker,rewrite-timestamp=true"], ["--load"]),
        ("classic", ["--iidfile"], ["buildx", "--load", "--metadata-file"]),
        ("podman", ["--timestamp", "--format"], ["--load", "buildx"]),
    ],
)
def test_each_builder_gets_the_words_that_it_knows(name, has, lacks):
    request = BuildRequest(
        "/f", network="host", secrets={"ca": "/s/ca"}, arguments={"A": "1"}, labels={"l": "2"}, epoch=1
    )
    given = words(CLIENTS[name], request, "/told")
    assert [one for one in has if one not in given] == []
    assert [one for one in lacks if one in given] == []
    assert "--tag" not in given
    assert given[-1] == "/f"
    assert ("--secret", "id=ca,src=/s/ca") in list(pairwise(given))


def test_a_dockerfile_that_is_not_there_is_said(tmp_path: Path):
    from provenv.engines.building import build
    from provenv.engines.engine import Engine
    from provenv.errors import Failure
    from provenv.hosts.local import LocalHost

    engine = Engine(CLIENTS["classic"], LocalHost(), {})
    with pytest.raises(Failure) as caught:
        build(engine, BuildRequest(str(tmp_path)), Silent())
    assert caught.value.problems[0].code == "PV1076"
