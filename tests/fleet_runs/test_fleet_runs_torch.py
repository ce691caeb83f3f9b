"""Training over several hosts: real sshd in namespaces, torch's own agent, hosts that go and come back."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from ssh_hosts import namespace_hosts, wait_until

from .conftest import LIMIT, RUNTIME, Make, World, lay_down

pytestmark = [pytest.mark.root, pytest.mark.slow]
ELASTIC = "min_hosts = 1"
STEADY = 'PACE = "0.2"'


def begun_at(world: World) -> list[tuple[int, int]]:
    """Return for each formation of how many processes it was, and from which step it went on."""
    found = re.findall(r"rank 0 of (\d+) on \S+ from step (\d+)", world.printed)
    return [(int(count), int(step)) for count, step in found]


def here(python: Path, script: Path, processes: int, **variables: str) -> str:
    """Run a script with torchrun alone on this machine; return what it printed."""
    words = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", str(script)]
    environment = {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(RUNTIME), **variables}
    done = subprocess.run([python, *words], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_two_hosts_compute_what_one_process_does(make: Make, torch_python: Path) -> None:
    world = make()
    assert world.run("--", "python", "train.py") == 0, world.printed
    alone = here(torch_python, world.root / "train.py", 1)
    (line,) = (one for one in alone.splitlines() if one.startswith("loss"))
    first = world.record / "1"
    assert line in (first / "rank-0.log").read_text()
    hosts = json.loads((first / "hosts.json").read_text())
    assert sorted(hosts) == ["0", "1"]
    assert sorted(hosts.values()) == ["n1", "n2"]
    (ended,) = world.attempts
    assert [(one["rank"], one["code"]) for one in ended["ranks"]] in ([(0, 0), (1, 0)], [(1, 0), (0, 0)])
    # what is seen from within a script came too
    assert '"k":"step"' in (first / "rank-0.jsonl").read_text().replace(" ", "")
    assert wait_until(lambda: not world.left())


def test_a_link_that_is_down_and_up_again(make: Make) -> None:
    world = make(run=ELASTIC, env=f'{STEADY}\nTOTAL = "400"')
    process = world.begin("train")
    try:
        assert wait_until(lambda: any((world.hosts.folder / "homes" / "kept").glob("step-*")), LIMIT)
        world.hosts.link("n2", "down")
        assert world.says("it goes on with 1 of 2 hosts"), world.printed
        assert wait_until(lambda: len(begun_at(world)) == 2, LIMIT)
        world.hosts.link("n2", "up")
        assert wait_until(lambda: len(begun_at(world)) == 3, LIMIT), world.printed
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == 143, world.printed
    finally:
        world.hosts.link("n2", "up")
        process.kill()
    (two, one, again) = begun_at(world)
    assert [two[0], one[0], again[0]] == [2, 1, 2]
    # where a host is lost the last checkpoint counts; one that is waited for costs no step
    assert 0 == two[1] < one[1] < again[1]
    saved = [int(step) for step in re.findall(r"told to leave: step (\d+) is saved", world.printed)]
    assert again[1] == saved[0]
    assert saved[-1] > again[1]
    assert [one["restarted"] for one in world.attempts] == [True, True, False]
    assert wait_until(lambda: not world.left())


def test_the_head_is_switched_off(make: Make, torch_python: Path) -> None:
    world = make(run="retries = 1", env=f'{STEADY}\nTOTAL = "40"')
    undisturbed = here(torch_python, world.root / "resumed.py", 2, KEPT=str(world.root / "kept"), TOTAL="40")
    process = world.begin("train")
    try:
        assert wait_until(lambda: any((world.hosts.folder / "homes" / "kept").glob("step-*")), LIMIT)
        world.kill("n1")
        assert process.wait(LIMIT) == 0, world.printed
    finally:
        process.kill()
    first, second = begun_at(world)
    assert first == (2, 0)
    assert second[0] == 2
    assert second[1] > 0
    # the same batches and weights as if nothing had happened
    losses = [re.findall(r"loss (\S+) after 40", printed) for printed in (world.printed, undisturbed)]
    assert losses[0] == losses[1] != []
    assert wait_until(lambda: not world.left())


def test_three_hosts_of_which_one_is_switched_off(tmp_path: Path, torch_python: Path) -> None:
    with namespace_hosts(3) as hosts:
        world = lay_down(hosts, tmp_path, torch_python, run="min_hosts = 2", env=f'{STEADY}\nTOTAL = "120"')
        undisturbed = here(torch_python, tmp_path / "resumed.py", 3, KEPT=str(tmp_path / "kept"), TOTAL="120")
        process = world.begin("train")
        try:
            assert wait_until(lambda: any((hosts.folder / "homes" / "kept").glob("step-*")), LIMIT)
            hosts.link("n3", "down")
            world.kill("n3")
            assert wait_until(lambda: len(begun_at(world)) == 2, LIMIT), world.printed
            hosts.link("n3", "up")
            assert process.wait(LIMIT) == 0, world.printed
        finally:
            process.kill()
        three, two, again = begun_at(world)
        assert [three[0], two[0], again[0]] == [3, 2, 3]
        assert 0 == three[1] < two[1] < again[1]
        # whole batches of three, of two, of three: the sums are the same but for their rounding
        losses = [re.findall(r"loss (\S+) after 120", printed) for printed in (world.printed, undisturbed)]
        assert losses[0] == losses[1] != []
        assert wait_until(lambda: not world.left())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_running(make: Make, number: signal.Signals) -> None:
    world = make(env='PACE = "0.2"\nSTEPS = "100000"')
    process = world.begin("--", "python", "train.py")
    try:
        assert world.says("rank 1 of 2"), world.printed
        assert len(world.left()) > 2
        process.send_signal(number)
        assert process.wait(LIMIT) == (130 if number == signal.SIGINT else -number), world.printed
    finally:
        process.kill()
    assert wait_until(lambda: not world.left(), LIMIT), world.left()


def test_a_failure_is_that_of_the_host_it_began_on(make: Make) -> None:
    world = make(env='FAILS = "1"')
    assert world.run("--", "python", "train.py") == 3, world.printed
    assert "rank 1 on `n" in world.printed
    (ended,) = world.attempts
    (first,) = (one for one in ended["ranks"] if one["first"])
    assert (first["rank"], first["code"]) == (1, 3)
    assert wait_until(lambda: not world.left())


def test_a_process_that_does_not_come_is_named(make: Make) -> None:
    world = make(env='HANGS = "1"')
    assert world.run("--stall", "3s", "--", "python", "train.py") == 124, world.printed
    assert "process 1 does not come to" in world.printed, world.printed
    (ended,) = world.attempts
    assert ended["hang"]["code"] == "PV1260"
    assert "train.py" in (world.record / "1" / "stacks-1.txt").read_text()
    assert wait_until(lambda: not world.left())
