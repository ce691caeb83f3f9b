"""disk-full: a small file system under the cache, the temporary folder, the project, the checkpoints."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.root]

SAVE = 'python -c \'import numpy; numpy.save("out/data.npy", numpy.zeros(4 << 20)); print("saved")\''
CHECKPOINT = 'import torch\ntorch.save({"w": torch.zeros(8 << 20)}, "out/checkpoint.pt")\nprint("saved")\n'


def test_the_cache_of_the_installer_fills_the_disk(scene, disk):
    with disk(scene.root / "small", "24m") as small:
        user = scene.venv().having(UV_CACHE_DIR=str(small), UV_NO_CONFIG="1")
        (small / "old-wheels").write_bytes(bytes(20 << 20))
        user.failing("uv pip install numpy", "disk-full")


def test_pip_unpacks_into_a_small_temporary_folder(scene, disk):
    with disk(scene.root / "small", "4m") as small:
        user = scene.venv().having(TMPDIR=str(small), PIP_NO_CACHE_DIR="1")
        command = "pip install --quiet numpy && python -c 'import numpy; print(numpy.ones(2).sum())'"
        user.repaired(command, "disk-full", holding="TMPDIR", prints="2.0")


def test_an_array_is_written_to_a_full_disk(torch, disk):
    with disk(torch.root / "out", "16m"):
        torch.failing(SAVE, "disk-full")


def test_a_checkpoint_is_written_to_a_full_disk(torch, disk):
    torch.write("train.py", CHECKPOINT)
    with disk(torch.root / "out", "16m"):
        torch.failing("python train.py", "disk-full")
