"""Several mirrors of a kind: the next where one does not answer, said and noted; none is asked before."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from provenv.app.endpoints import answering
from provenv.app.fallbacks import next_mirror
from provenv.app.project import open_project
from provenv.errors import Failure, problem

QUICK = {
    "UV_HTTP_TIMEOUT": "1",
    "UV_HTTP_RETRIES": "0",
    "PROVENV_NETWORK_STALL": "2",
    "PIP_CONFIG_FILE": os.devnull,
}


@pytest.fixture
def pair(user, index):
    """A user whose declared file names two mirrors, and the mirrors."""
    someone, first, second = user(), index(), index()
    someone.environment |= QUICK
    someone.write(
        "provenv.toml",
        f'name = "x"\nrequirements = ["beta"]\n[mirrors]\npypi = ["{first.url}", "{second.url}"]\n',
    )
    return someone, first, second


def told(done):
    document = json.loads(done.stdout)
    return done.returncode, [one["code"] for one in document["problems"]], document


@pytest.mark.parametrize("act", ["half", "portal", "close"])
def test_a_lock_is_made_with_the_next_mirror(act, pair, broken):
    someone, first, second = pair
    first.breaks("*", getattr(broken, act))
    code, codes, document = told(someone("lock", "--json"))
    assert (code, "PV328" in codes) == (0, True), document
    (found,) = [one for one in document["problems"] if one["code"] == "PV328"]
    assert (found["severity"], str(first.port) in found["why"]["text"]) == ("warning", True)
    assert str(second.port) in found["what"]["text"]
    # what was used is noted in the lock, too
    assert second.url in (someone.root / "pylock.toml").read_text()


def test_an_installation_goes_on_with_the_next_mirror(pair, broken):
    someone, first, second = pair
    assert someone("lock").returncode == 0
    assert second.log == []
    shutil.rmtree(someone.environment["UV_CACHE_DIR"])
    first.breaks("/files/*", broken.reset)
    code, codes, _ = told(someone("up", "--json"))
    assert (code, "PV328" in codes) == (0, True)
    assert second.asked("/files/beta*")


def test_a_download_goes_on_with_the_next_mirror(pair, broken):
    someone, first, second = pair
    assert someone("lock").returncode == 0
    first.breaks("/files/*", broken.status(404))
    code, codes, _ = told(someone("lock", "--download", "carried", "--json"))
    assert (code, "PV328" in codes) == (0, True)
    assert (someone.root / "carried" / "MANIFEST.json").is_file()
    assert second.asked("/files/beta*") == 1


def test_where_none_answers_the_last_one_is_the_failure(pair, broken):
    someone, first, second = pair
    first.breaks("*", broken.close)
    second.breaks("*", broken.half)
    code, codes, _ = told(someone("lock", "--json"))
    assert (code, codes[-1], "PV328" in codes) == (1, "PV315", True)


def test_other_bytes_are_no_reason_for_another_mirror(pair, broken):
    someone, first, second = pair
    assert someone("lock").returncode == 0
    shutil.rmtree(someone.environment["UV_CACHE_DIR"])
    first.breaks("/files/beta*", broken.other)
    code, codes, _ = told(someone("up", "--json"))
    assert (code, codes) == (1, ["PV357"])
    assert second.log == []


def test_a_mirror_that_answers_is_the_only_one_that_is_asked(pair):
    someone, _, second = pair
    assert someone("lock").returncode == 0
    assert second.log == []


def test_the_hub_that_answers_is_handed_to_commands(user, index, broken):
    someone, first, second = user(), index(), index()
    first.breaks("*", broken.close)
    hubs = [one.url.removesuffix("/simple/") for one in (first, second)]
    someone.write("provenv.toml", f"[mirrors]\nhuggingface = {json.dumps(hubs)}\n")
    project = open_project(someone.root, environment=someone.environment)
    assert answering(project, project.spec()).mirrors.huggingface == hubs[1]
    someone.write("provenv.toml", f'[mirrors]\nhuggingface = "{hubs[0]}"\n')
    before = len(first.log)
    spec = project.spec()
    assert answering(project, spec) is spec
    assert len(first.log) == before


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://packages.example/simple/a/", "pypi"),
        ("http://torch.example/whl/cpu/torch/", "torch"),
        ("http://files.example/a.whl", "pypi"),
        ("http://extra.example/simple/a/", None),
    ],
)
def test_the_mirror_at_fault_is_known_by_its_address(url, kind, user):
    someone = user()
    someone.write("requirements.txt", "--extra-index-url http://extra.example/simple\nsix\n")
    someone.write(
        "provenv.toml",
        'requirements = { file = "requirements.txt" }\n[mirrors]\n'
        'pypi = ["http://packages.example/simple", "http://b.example"]\n'
        'torch = ["http://torch.example/whl", "http://c.example"]\n',
    )
    project = open_project(someone.root, environment=someone.environment)
    spec = project.spec()
    following = next_mirror(project, spec, Failure(problem("PV351", url=url)))
    if kind is None:
        assert following is None
        return
    assert getattr(following.mirrors, kind) in ("http://b.example", "http://c.example")
    assert following.mirrors.fallbacks[kind] == ()


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ("pypi = []", "PV105", 8),
        ('pypi = ["tuna", "naer"]', "PV180", 17),
        ("pypi = 3", "PV102", 8),
        ('pypi = ["tuna", 3]', "PV102", 17),
        ('apt = ["tuna"]', "PV102", 7),
    ],
)
def test_a_list_that_is_wrong_is_marked_where_it_is(line, code, column, user):
    someone = user()
    someone.write("provenv.toml", f"[mirrors]\n{line}\n")
    project = open_project(someone.root, environment=someone.environment)
    with pytest.raises(Failure) as raised:
        project.spec()
    (found,) = raised.value.problems
    assert (found.code, found.where.line, found.where.column) == (code, 2, column)


def test_names_and_addresses_stand_side_by_side(user):
    someone = user()
    someone.write("provenv.toml", '[mirrors]\npypi = ["tuna", "https://b.example/simple", "aliyun"]\n')
    mirrors = open_project(someone.root, environment=someone.environment).spec().mirrors
    assert "tuna" in mirrors.pypi
    assert mirrors.fallbacks["pypi"][0] == "https://b.example/simple"
    assert "aliyun" in mirrors.fallbacks["pypi"][1]
