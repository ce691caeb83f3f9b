"""Where a target's things lie on a host with a real sshd, and the environment of commands there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provenv.app.fleet_up.environment import environment_of, login_of
from provenv.app.fleet_up.places import Place, place_of
from provenv.hosts.ssh import SshHost
from provenv.model.facts import Cpu, Facts, Platform
from provenv.model.spec import Spec
from ssh_hosts import SshHosts, loopback_hosts


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHosts]:
    conda = tmp_path_factory.mktemp("conda")
    (conda / "conda-meta").mkdir()
    (conda / "bin").mkdir()
    lines = f'"PATH={conda}/bin:/usr/bin:/bin" "CONDA_PREFIX={conda}" "TWO=a\nb=c" EMPTY='
    with loopback_hosts(1, options=f"SetEnv {lines}".replace("\n", "=")) as found:
        yield found


@pytest.fixture
def host(hosts: SshHosts) -> Iterator[SshHost]:
    one = SshHost("n1", environment=hosts.environment)
    yield one
    one.close()


def test_a_folder_is_absolute_or_at_home(host: SshHost) -> None:
    home = str(Path.home())
    for folder in ("~/a b/it's", "a b/it's", f"{home}/a b/./it's/"):
        place = place_of("n1", host, folder, "pair")
        assert place.root == f"{home}/a b/it's"
    assert place.cache == f"{home}/.cache/provenv"
    assert place.python(7) == f"{home}/a b/it's/.provenv/pair/generations/0007/venv/bin/python"
    assert place.current == f"{home}/a b/it's/.provenv/pair/current"
    assert not (Path.home() / "a b").exists()


def test_a_command_gets_the_login_of_the_host_and_the_environment_of_the_generation(host: SshHost) -> None:
    place = Place("n1", host, "/p", "pair", "/c")
    login, others = login_of(place)
    assert login["TWO"] == "a=b=c"
    assert login["EMPTY"] == ""
    assert login["HOME"] == str(Path.home())
    assert not {"_", "PWD", "SHLVL"} & login.keys()
    assert others == (login["CONDA_PREFIX"],)
    spec = Spec("digits", "/at/home", "f", ("f",), "", variables={"SEED": "0"}, passed=("HF_TOKEN",))
    facts = Facts(Platform("linux", "x86_64"), cpu=Cpu(granted=6.0))
    found = environment_of(place, 3, spec, facts, {"HF_TOKEN": "a\nb"}, processes=2)
    assert found["PATH"] == f"{place.venv(3)}/bin:{login['PATH']}".replace(f":{others[0]}/bin", "")
    assert found["VIRTUAL_ENV"] == place.venv(3)
    assert "CONDA_PREFIX" not in found
    assert (found["SEED"], found["HF_TOKEN"], found["OMP_NUM_THREADS"]) == ("0", "a\nb", "3")
    told = host.exec(["env", "-0"], environment=found).stdout.split(b"\0")
    assert b"HF_TOKEN=a\nb" in told
