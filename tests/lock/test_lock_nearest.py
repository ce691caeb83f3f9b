"""What can't be had names the nearest that can: versions, Pythons, names; by a real index on the loopback."""

from __future__ import annotations

import pytest

from provenv import lock
from provenv.errors import Failure, problem, verbatim
from provenv.hosts.local import LocalHost
from provenv.lock.failures.nearest import from_source, with_nearest
from provenv.model.facts import Python
from provenv.model.lock import Artifact, Lock, Package
from provenv.pipconf import PipConfiguration

KNOWN = ("scikit-learn", "scikit-image", "numpy", "torch")


@pytest.fixture
def explain(loopback, wheel, declared, machine, environment, tmp_path, make_lock):
    """Lock for real on an index with these wheels, and return what is said about the failure."""

    def run(wheels, *lines, **more):
        loopback.folders["simple"] = [wheel(*one) for one in wheels]
        pip = PipConfiguration(index_url=loopback.url("simple"))
        spec, facts = declared(*lines, root=str(tmp_path), **more), machine()
        with pytest.raises(Failure) as failed:
            make_lock(spec, facts, pip=pip)
        told = with_nearest(
            failed.value,
            spec,
            facts,
            host=LocalHost(),
            uv=lock.find_uv(),
            pip=pip,
            environment=environment,
            scratch=tmp_path,
            known=KNOWN,
            wrong={"sklearn": "scikit-learn"},
        )
        return told.problems[0]

    return run


def said(found):
    return [(hint.text.key.rpartition(".")[2], dict(hint.text.args)) for hint in found.hints]


def tag(*minors: int, platform: str = "manylinux_2_17_x86_64") -> list[str]:
    return [f"cp3{minor}-cp3{minor}-{platform}" for minor in minors]


def test_no_wheel_for_this_python_names_the_nearest_versions_and_the_nearest_python(explain):
    wheels = [("old", "1.0", (), one) for one in tag(9, 10)]
    wheels += [
        ("old", "0.9", (), "py3-none-any"),
        ("old", "2.0", (), "py3-none-any"),
        ("old", "3.0", (), "py3-none-any"),
    ]
    found = explain(wheels, "old==1.0", python="3.12")
    assert found.code == "PV342"
    assert found.where.line == 1
    assert found.why.args == {"name": "old", "version": "1.0", "pythons": "3.9-3.10", "python": "3.12"}
    assert said(found)[0] == ("versions", {"versions": "`old==0.9`, `old==2.0`", "python": "3.12"})
    assert said(found)[1][1]["python"] == "3.10"


def test_a_python_that_this_machine_has_goes_before_one_to_fetch(explain, machine, monkeypatch):
    wheels = [("old", "1.0", (), one) for one in tag(9, 11)]
    found = explain(wheels, "old==1.0", python="3.13")
    key, arguments = said(found)[-1]
    here = Python(machine().pythons[0].path, machine().pythons[0].version)
    assert (key, arguments["python"]) == (
        ("python_here", "3.11") if here.version.startswith("3.11") else ("python", "3.11")
    )


def test_a_version_that_does_not_exist_names_its_neighbours(explain):
    wheels = [("six", one, (), "py3-none-any") for one in ("1.15", "1.16", "1.18")]
    found = explain(wheels, "six==1.17")
    assert (found.code, found.why.key) == ("PV344", "lock.nearest.no_version")
    assert [(key, arguments["versions"]) for key, arguments in said(found)] == [
        ("versions", "`six==1.16`, `six==1.18`")
    ]


def test_a_package_of_another_system_is_told_with_the_marker(explain):
    found = explain([("pywin", "3", (), "cp311-cp311-win_amd64")], "pywin", python="3.11")
    assert found.why.args["platforms"] == "win_amd64"
    assert said(found) == [("windows", {"requirement": "pywin ; sys_platform == 'win32'"})]


def test_a_slip_of_the_pen_names_what_was_meant(explain):
    near = explain([("numpy", "1", (), "py3-none-any")], "scikit-laern")
    assert (near.code, said(near)[0]) == ("PV341", ("names", {"names": "`scikit-learn`, `scikit-image`"}))
    wrong = explain([("numpy", "1", (), "py3-none-any")], "sklearn")
    assert said(wrong)[0] == ("instead", {"name": "sklearn", "right": "scikit-learn"})


def test_nothing_near_is_said_as_well(explain):
    found = explain([("old", "1.0", (), "cp39-cp39-win_amd64")], "old==1.0", python="3.12")
    assert said(found)[0][0] in ("none", "windows")
    assert not [key for key, _ in said(found) if key == "versions"]


def test_requirements_that_contradict_each_other_are_left_as_uv_tells_them(explain):
    wheels = [("a", "1", ("b<2",)), ("b", "1"), ("b", "2")]
    found = explain(wheels, "a", "b>=2")
    assert found.code == "PV340"
    assert found.hints[0].text.key == "PV340.hint"


def test_a_network_failure_asks_nothing_more(declared, machine, tmp_path, environment):
    failure = Failure(problem("PV351", url="x", why=verbatim("refused")))
    told = with_nearest(
        failure,
        declared("a", root=str(tmp_path)),
        machine(),
        host=LocalHost(),
        uv="/no/uv/is/run",
        pip=PipConfiguration(),
        environment=environment,
        scratch=tmp_path,
    )
    assert told is failure


def test_what_has_to_be_built_is_told_with_the_nearest_wheel(
    loopback, wheel, declared, machine, tmp_path, environment
):
    loopback.folders["simple"] = [wheel("old", "2.0")]
    files = {"old": ("old-1.0.tar.gz",), "new": ("new-1-py3-none-any.whl",), "mine": ()}
    packages = tuple(
        Package(name, "1.0", tuple(Artifact(one) for one in names), origin="index" if names else "directory")
        for name, names in files.items()
    )
    found = from_source(
        Lock("here", "3.11", "", packages, (), ""),
        declared("old==1.0", root=str(tmp_path)),
        machine(),
        host=LocalHost(),
        uv=lock.find_uv(),
        pip=PipConfiguration(index_url=loopback.url("simple")),
        environment=environment,
        scratch=tmp_path,
    )
    assert [(one.code, one.severity, one.what.args["names"]) for one in found] == [
        ("PV349", "warning", "old")
    ]
    assert found[0].hints[0].text.args["versions"] == "`old==2.0`"


def test_an_address_that_can_not_be_built_leads_to_its_line_and_a_wheel(
    declared, machine, tmp_path, environment
):
    words = (
        "cause: Call to `setuptools.build_meta.build_wheel` failed\n"
        "ModuleNotFoundError: No module named 'numpy'"
    )
    failure = Failure(problem("PV358", why=verbatim(words)))
    told = with_nearest(
        failure,
        declared("six", "git+https://host.example/cocodataset/cocoapi.git", root=str(tmp_path)),
        machine(),
        host=LocalHost(),
        uv="/no/uv/is/run",
        pip=PipConfiguration(),
        environment=environment,
        scratch=tmp_path,
    ).problems[0]
    assert (told.where.line, told.why.key) == (2, "lock.build.module")
    assert [(one.text.key, one.text.args) for one in told.hints] == [
        ("lock.build.instead", {"name": "pycocotools"})
    ]
