"""What a build is told of this place: indexes and proxies that it can reach, the files that it can't."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from provenv.errors import Failure, Place, text
from provenv.lock import for_build
from provenv.model.lock import Artifact, Choice, Lock, Package
from provenv.model.spec import Mirrors, Requirement, Spec
from provenv.pipconf import PipConfiguration

LOGIN = "alice:planted-5ecret@"
SPEC = Spec("digits", "/p", "provenv.toml", ("provenv.toml",), "d" * 64)


def package(name, *files, url=None):
    hashes = {"sha256": hashlib.sha256(name.encode()).hexdigest()}
    address = "https://files.example/{}" if url is None else url
    return Package(name, "1.0", tuple(Artifact(one, address.format(one), hashes=hashes) for one in files))


def lock(*packages, choices=()):
    return Lock("box", "3.11", "x86_64-manylinux_2_36", packages, choices, "f" * 64, uv="0.13.9")


SIX = package("six", "six-1.0-py3-none-any.whl")


def told(made=None, *, spec=SPEC, pip=None, **environment):
    return for_build(made or lock(SIX), spec, pip=pip or PipConfiguration(), environment=environment)


VARIABLES = {
    "nothing is said": ({}, {}, {}),
    "pip's index, with its login": (
        {"index_url": f"https://{LOGIN}m.example/simple"},
        {},
        dict.fromkeys(("UV_DEFAULT_INDEX", "PIP_INDEX_URL"), f"https://{LOGIN}m.example/simple"),
    ),
    "an index in a folder is out of reach": ({"index_url": "file:///srv/simple"}, {}, {}),
    "several indexes are ranked as pip does": (
        {"extra_index_urls": ("https://x.example/simple", "/srv/simple")},
        {},
        {
            "UV_INDEX": "https://x.example/simple",
            "UV_INDEX_STRATEGY": "unsafe-best-match",
            "PIP_EXTRA_INDEX_URL": "https://x.example/simple",
        },
    ),
    "links": (
        {"find_links": ("https://x.example/wheels", "/opt/wheels")},
        {},
        {"UV_FIND_LINKS": "https://x.example/wheels", "PIP_FIND_LINKS": "https://x.example/wheels"},
    ),
    "a proxy in both spellings": (
        {"proxy": "p.example:3128"},
        {"NO_PROXY": "localhost"},
        {
            **dict.fromkeys(
                ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://p.example:3128"
            ),
            "NO_PROXY": "localhost",
            "no_proxy": "localhost",
        },
    ),
    "what is trusted, and how long to wait": (
        {"trusted_hosts": ("m.example",), "timeout": 60.0, "retries": 7},
        {},
        {
            "UV_INSECURE_HOST": "m.example",
            "PIP_TRUSTED_HOST": "m.example",
            "UV_HTTP_TIMEOUT": "60",
            "PIP_DEFAULT_TIMEOUT": "60",
            "UV_HTTP_RETRIES": "7",
            "PIP_RETRIES": "7",
        },
    ),
    "uv's own variables win": (
        {"index_url": "https://pip.example/simple"},
        {"UV_DEFAULT_INDEX": "https://uv.example/simple", "UV_INDEX_TEAM_PASSWORD": "planted-5ecret"},
        {
            "UV_DEFAULT_INDEX": "https://uv.example/simple",
            "PIP_INDEX_URL": "https://uv.example/simple",
            "UV_INDEX_TEAM_PASSWORD": "planted-5ecret",
        },
    ),
    "nothing of the user's shell": ({}, {"HF_TOKEN": "x", "UV_CACHE_DIR": "/c", "PATH": "/bin"}, {}),
}


@pytest.mark.parametrize(("pip", "environment", "expected"), VARIABLES.values(), ids=VARIABLES)
def test_a_build_is_told_what_it_can_reach(pip, environment, expected):
    assert told(pip=PipConfiguration(**pip), **environment).variables == expected


def test_mirrors_of_the_declared_file_are_expanded():
    mirrors = Mirrors(
        pypi="https://${LOGIN}@m.example/simple",
        python="https://m.example/python",
        apt="https://${LOGIN}@m.example/apt/",
    )
    found = told(spec=Spec(**{**vars(SPEC), "mirrors": mirrors}), LOGIN="alice:planted-5ecret")
    assert found.variables["UV_DEFAULT_INDEX"] == f"https://{LOGIN}m.example/simple"
    assert found.variables["UV_PYTHON_INSTALL_MIRROR"] == "https://m.example/python"
    assert found.apt["debian-security"] == f"https://{LOGIN}m.example/apt/debian-security"
    assert "planted-5ecret" not in repr(found)


def test_the_file_that_will_be_installed_comes_along(tmp_path):
    names = [f"big-1.0-cp3{minor}-cp3{minor}-manylinux_2_17_x86_64.whl" for minor in (10, 11, 12)]
    for name in names:
        (tmp_path / name).touch()
    made = lock(SIX, package("big", *names, url=f"file://{tmp_path}/{{}}"))
    assert told(made).wheels == (str(tmp_path / names[1]),)


def test_a_file_is_found_again_in_this_places_folders(tmp_path):
    (tmp_path / "big-1.0-py3-none-any.whl").touch()
    made = lock(package("big", "big-1.0-py3-none-any.whl", url="file:///elsewhere/{}"))
    found = told(made, pip=PipConfiguration(find_links=(str(tmp_path),)))
    assert found.wheels == (str(tmp_path / "big-1.0-py3-none-any.whl"),)


def test_a_file_that_nobody_has_is_named():
    made = lock(package("big", "big-1.0-py3-none-any.whl", url="file:///elsewhere/{}"))
    with pytest.raises(Failure) as caught:
        told(made)
    (problem,) = caught.value.problems
    assert problem.code == "PV1012"
    assert "`big-1.0-py3-none-any.whl`" in problem.what.args["names"]


def test_torch_comes_from_where_the_lock_says(tmp_path):
    name = "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl"
    torch = Package("torch", "2.13.0+cpu", (Artifact(name, f"https://m.example/whl/cpu/{name}"),))
    accelerator = Choice("accelerator", "cpu", text("x"))
    mirror = Mirrors(torch="https://m.example/whl")
    made = lock(
        torch, choices=(accelerator, Choice("source:torch", "mirror https://m.example/whl/cpu", text("x")))
    )
    found = told(made, spec=Spec(**{**vars(SPEC), "mirrors": mirror}))
    assert found.variables["UV_INDEX"] == "https://m.example/whl/cpu"
    # not where the lock chose the ordinary indexes
    usual = lock(torch, choices=(accelerator, Choice("source:torch", "default default", text("x"))))
    assert "UV_INDEX" not in told(usual).variables
    # and a folder of this place that has the very wheel goes first
    (tmp_path / name).touch()
    here = told(made, pip=PipConfiguration(find_links=(str(tmp_path),)))
    assert here.wheels == (str(tmp_path / name),)


@pytest.mark.parametrize("given", ["pip", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
def test_authorities_are_one_file(tmp_path, given):
    bundle = tmp_path / "ca-certificates.crt"
    bundle.touch()
    place = str(tmp_path if given == "SSL_CERT_DIR" else bundle)
    found = told(pip=PipConfiguration(cert=place)) if given == "pip" else told(**{given: place})
    assert found.certificates == str(bundle)
    assert told(SSL_CERT_FILE=str(tmp_path / "gone")).certificates == ""


def test_a_login_in_an_address_travels_as_a_variable():
    line = f"lib @ https://{LOGIN}host.example/lib-1.0-py3-none-any.whl"
    spec = Spec(**{**vars(SPEC), "requirements": (Requirement(line, "lib", Place("provenv.toml", 3)),)})
    location = "https://host.example/lib-1.0-py3-none-any.whl"
    made = lock(
        Package(
            "lib",
            "1.0",
            (Artifact("lib-1.0-py3-none-any.whl", location),),
            origin="archive",
            location=location,
        )
    )
    found = told(made, spec=spec)
    assert found.addresses == {"lib": "https://${PROVENV_LOGIN_0}@host.example/lib-1.0-py3-none-any.whl"}
    assert found.variables["PROVENV_LOGIN_0"] == "alice:planted-5ecret"
    assert Path(location).name in found.addresses["lib"]


def test_without_any_index_everything_comes_along(tmp_path):
    (tmp_path / SIX.artifacts[0].filename).touch()
    pip = PipConfiguration(no_index=True, find_links=(str(tmp_path),))
    found = told(pip=pip)
    assert found.variables == {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}
    assert found.wheels[0] == str(tmp_path / SIX.artifacts[0].filename)
    assert Path(found.wheels[1]).name == "uv"
