"""Installing with consent: who is asked, what is run, and how each refusal ends. The host is scripted."""

from __future__ import annotations

import re

import pytest

from provenv.app.packages import install_packages
from provenv.errors import Failure
from provenv.hosts.fake import Answer, FakeHost
from provenv.model.channel import Completed
from provenv.model.progress import Silent
from provenv.system import MANAGERS

ROOT = (["id", "-u"], "0\n")
USER = (["id", "-u"], "1000\n")
NO_SUDO = (["sudo", "-n", "true"], Completed((), 1, b"", b"sudo: a password is required\n"))
SUDO = (["sudo", "-n", "true"], "")


def lines(host: FakeHost) -> list[str]:
    return [" ".join(call.argv) for call in host.calls if call.argv[0] not in ("id",)]


@pytest.mark.parametrize("manager", [name for name, one in MANAGERS.items() if one.root])
def test_root_runs_the_package_manager_itself(manager: str):
    host = FakeHost.of(ROOT, (["env"], "done\n"))
    install_packages(host, MANAGERS[manager], ["a", "b"], Silent())
    (ran,) = lines(host)
    assert ran.startswith("env LC_ALL=C.UTF-8")
    assert ran.endswith(" ".join([*MANAGERS[manager].install, "a", "b"]))


def test_a_user_goes_through_sudo_that_asks_for_nothing():
    host = FakeHost.of(USER, SUDO, (["sudo", "-n"], ""))
    install_packages(host, MANAGERS["apt"], ["libgl1"], Silent())
    assert lines(host)[-1] == "sudo -n apt-get install --yes --no-install-recommends libgl1"


@pytest.mark.parametrize("sudo", [[NO_SUDO], []], ids=["a password", "no sudo"])
def test_without_the_right_nothing_is_run_and_the_command_is_told(sudo):
    host = FakeHost.of(USER, *sudo)
    with pytest.raises(Failure) as caught:
        install_packages(host, MANAGERS["dnf"], ["libGL"], Silent())
    (problem,) = caught.value.problems
    assert (problem.code, caught.value.exit_code) == ("PV422", 4)
    assert problem.hints[0].command == "sudo dnf install --assumeyes libGL"
    assert not [line for line in lines(host) if "install" in line]


def test_brew_needs_no_root():
    host = FakeHost.of((["env"], ""))
    install_packages(host, MANAGERS["brew"], ["libomp"], Silent())
    assert lines(host) == ["env LC_ALL=C.UTF-8 brew install libomp"]


def test_old_lists_are_fetched_anew_and_it_is_tried_again():
    host = FakeHost(
        [
            Answer(["id"], "0\n"),
            Answer(
                re.compile(r"apt-get install"),
                Completed((), 100, b"", b"E: Unable to locate package\n"),
                times=1,
            ),
            Answer(re.compile(r"apt-get (install|update)"), ""),
        ]
    )
    install_packages(host, MANAGERS["apt"], ["libgl1"], Silent())
    assert [re.search(r"apt-get (\w+)", line)[1] for line in lines(host)] == ["install", "update", "install"]


def test_a_package_manager_that_fails_is_quoted():
    refused = Completed((), 100, b"Reading package lists...\n", b"E: Unable to locate package libfoo9\n")
    host = FakeHost.of(ROOT, (["env"], refused))
    with pytest.raises(Failure) as caught:
        install_packages(host, MANAGERS["apt"], ["libfoo9"], Silent())
    (problem,) = caught.value.problems
    assert problem.code == "PV423"
    assert "Unable to locate package libfoo9" in str(problem.why.args["text"])
