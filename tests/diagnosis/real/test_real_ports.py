"""port-in-use: a server that was left running holds the port of the next one."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

SERVER = """
import socket
import sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(server.getsockname()[1], flush=True)
server.accept()
"""
RENDEZVOUS = """
import os
import torch.distributed
torch.distributed.init_process_group("gloo")
print("rank", torch.distributed.get_rank(), "of", torch.distributed.get_world_size())
torch.distributed.destroy_process_group()
"""


@pytest.fixture
def left_running(scene):
    """The port of a server of the user's that nobody stopped."""
    scene.write("server.py", SERVER)
    child = subprocess.Popen(
        [sys.executable, str(scene.root / "server.py"), "0"], stdout=subprocess.PIPE, text=True
    )
    yield int(child.stdout.readline())
    child.kill()
    child.wait()
    child.stdout.close()


def test_a_server_finds_its_port_taken(scene, left_running):
    port = left_running
    answer = scene.failing(f"python3 server.py {port}", "port-in-use")
    assert answer.commands()


def test_the_rendezvous_finds_its_port_taken(torch, left_running):
    port = left_running
    torch.write("train.py", RENDEZVOUS)
    user = torch.having(RANK="0", WORLD_SIZE="1", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    user.repaired("python train.py", "port-in-use", holding="MASTER_PORT", prints="rank 0 of 1")
