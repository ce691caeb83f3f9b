"""Mirrors of torch's builds in both layouts, and logins that indexes of one host do not share."""

from __future__ import annotations

import sys

import pytest

from provenv.lock import torch_address
from provenv.lock.install import torch_source
from provenv.lock.logins import found_again, handed_over, variables, without_login
from provenv.lock.sources import sources_of
from provenv.lock.uv import uv_environment
from provenv.model.spec import Mirrors
from provenv.pipconf import PipConfiguration

LINUX = f"cp3{sys.version_info[1]}-cp3{sys.version_info[1]}-manylinux_2_28_x86_64"
NOTHING = PipConfiguration()


@pytest.mark.parametrize(
    ("mirror", "build", "expected"),
    [
        ("https://m.example/whl", "cpu", ("https://m.example/whl/cpu", False)),
        ("https://m.example/whl/", "rocm6.4", ("https://m.example/whl/rocm6.4", False)),
        ("https://m.example/whl/cu128", "cu128", ("https://m.example/whl/cu128", False)),
        ("https://m.example/{build}/x", "xpu", ("https://m.example/xpu/x", False)),
        ("https://m.example/wheels#flat", "cpu", ("https://m.example/wheels/cpu", True)),
        ("https://m.example/{build}#flat", "cu126", ("https://m.example/cu126", True)),
    ],
)
def test_the_address_of_a_build(mirror, build, expected):
    assert torch_address(mirror, build) == expected


@pytest.mark.parametrize("said", ["wheels", "wheels/{build}#flat"])
def test_a_mirror_that_lays_wheels_into_one_folder(said, loopback, wheel, declared, machine, make_lock):
    loopback.folders = {
        "simple": [wheel("six", "1.17.0")],
        "wheels/cpu": [wheel("torch", "2.13.0+cpu", ("six",), LINUX)],
    }
    loopback.flat = {"wheels/cpu"}
    spec = declared("torch", mirrors=Mirrors(pypi=loopback.url("simple"), torch=loopback.url(said)))
    lock = make_lock(spec, machine())
    assert lock.package("torch").version == "2.13.0+cpu"
    assert lock.package("six").version == "1.17.0"
    source = torch_source(lock, spec, sources_of(spec, NOTHING, {}))
    assert (source.kind, source.url, source.flat) == ("mirror", loopback.url("wheels/cpu/"), True)


def test_a_mirrors_address_may_name_a_variable(loopback, wheel, declared, machine, make_lock, environment):
    loopback.folders = {"whl/cpu": [wheel("torch", "2.13.0+cpu", (), LINUX)], "simple": []}
    loopback.logins = {"whl/cpu": "pat:hidden"}
    address = loopback.url("whl", "pat:${TORCH_PASSWORD}")
    spec = declared("torch", mirrors=Mirrors(pypi=loopback.url("simple"), torch=address))
    lock = make_lock(spec, machine(), environment={**environment, "TORCH_PASSWORD": "hidden"})
    assert lock.package("torch").version == "2.13.0+cpu"
    assert "hidden" not in repr(lock)


def test_two_logins_on_one_host_one_of_them_in_netrc(
    loopback, wheel, declared, machine, make_lock, environment, tmp_path
):
    loopback.folders = {"one": [wheel("alpha", "1.0")], "two": [wheel("beta", "1.0")]}
    loopback.logins = {"one": "ann:first", "two": "bob:second"}
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login bob password second\n")
    pip = PipConfiguration(
        index_url=loopback.url("one", "ann:first"), extra_index_urls=(loopback.url("two"),)
    )
    lock = make_lock(
        declared("alpha", "beta"), machine(), pip=pip, environment={**environment, "NETRC": str(netrc)}
    )
    assert [one.name for one in lock.packages] == ["alpha", "beta"]


def test_netrc_is_left_to_uv_where_no_host_is_shared(declared, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine a.example login bob password second\n")
    pip = PipConfiguration(
        index_url="https://a.example/simple", extra_index_urls=("https://b.example/simple",)
    )
    sources = sources_of(declared("six"), pip, {})
    whole = uv_environment({"NETRC": str(netrc)}, pip, sources)
    assert whole["UV_DEFAULT_INDEX"] == "https://a.example/simple"
    assert whole["NETRC"] == str(netrc)


@pytest.mark.parametrize(
    ("said", "found"),
    [("subprocess", "subprocess"), ("import", "subprocess"), ("disabled", None), (None, None)],
)
def test_pips_keyring_is_uvs(said, found, declared):
    pip = PipConfiguration(keyring_provider=said)
    sources = sources_of(declared("six"), pip, {})
    assert uv_environment({}, pip, sources).get("UV_KEYRING_PROVIDER") == found
    own = uv_environment({"UV_KEYRING_PROVIDER": "disabled"}, pip, sources)
    assert own["UV_KEYRING_PROVIDER"] == "disabled"


ASKED = (
    "a @ https://pat:${A}@files.example/a-1.0-py3-none-any.whl",
    "g @ git+https://gus:${G}@git.example/o/g.git@v1.0#subdirectory=x",
    "h @ git+https://${G}@git.example/o/h.git",
    "s @ git+ssh://git@git.example/o/s.git",
    "b @ https://pat:${A}@files.example/b-1.0.tar.gz ; python_version > '3'",
    "plain",
)


def test_lines_go_without_their_logins(declared):
    asked = declared(*ASKED).requirements
    assert [handed_over(one.text, asked) for one in asked] == [
        "a @ https://${PROVENV_LOGIN_0}@files.example/a-1.0-py3-none-any.whl",
        "g @ git+https://git.example/o/g.git@v1.0#subdirectory=x",
        "h @ git+https://git.example/o/h.git",
        "s @ git+ssh://git@git.example/o/s.git",
        "b @ https://${PROVENV_LOGIN_0}@files.example/b-1.0.tar.gz ; python_version > '3'",
        "plain",
    ]
    assert without_login(ASKED[0]) == "a @ https://files.example/a-1.0-py3-none-any.whl"


def test_the_logins_travel_in_variables(declared):
    asked = declared(*ASKED).requirements
    found = variables(asked, {"A": "one%40two", "G": "token", "GIT_CONFIG_COUNT": "2"})
    assert found == {
        "PROVENV_LOGIN_0": "pat:one%40two",
        "PROVENV_LOGIN_1": "gus:token",
        "PROVENV_LOGIN_2": "token",
        "GIT_CONFIG_COUNT": "4",
        "GIT_CONFIG_KEY_2": "http.https://git.example/o/g.git.extraHeader",
        "GIT_CONFIG_VALUE_2": "Authorization: Basic Z3VzOnRva2Vu",
        "GIT_CONFIG_KEY_3": "http.https://git.example/o/h.git.extraHeader",
        "GIT_CONFIG_VALUE_3": "Authorization: Basic dG9rZW46",
    }
    assert variables(declared("plain").requirements, {"A": "x"}) == {}


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (
            "https://files.example/a-1.0-py3-none-any.whl",
            "https://${PROVENV_LOGIN_0}@files.example/a-1.0-py3-none-any.whl",
        ),
        ("https://****@files.example/b-1.0.tar.gz", "https://${PROVENV_LOGIN_0}@files.example/b-1.0.tar.gz"),
        (
            "git+https://****@git.example/o/g.git@abc#subdirectory=x",
            "git+https://git.example/o/g.git@abc#subdirectory=x",
        ),
        ("https://other.example/c.whl", "https://other.example/c.whl"),
        ("./libs/x", "./libs/x"),
    ],
)
def test_a_locks_address_finds_its_login_again(location, expected, declared):
    assert found_again(location, declared(*ASKED).requirements) == expected
