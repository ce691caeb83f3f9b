"""weights-only-unpickle, corrupt-or-lfs-pointer-file: files of weights that the real libraries refuse."""

from __future__ import annotations

import hashlib
from contextlib import closing

import pytest

pytestmark = pytest.mark.slow

SAVE = """
import numpy
import safetensors.numpy
safetensors.numpy.save_file({"w": numpy.ones((64, 64), dtype="float32")}, "model.safetensors")
"""
LOAD = "python -c 'from safetensors.torch import load_file; print(sorted(load_file(\"model.safetensors\")))'"
CHECKPOINT = """
import torch
from net import Net
torch.save({"model": Net(), "epoch": 3}, "checkpoint.pt")
"""
NET = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.head = torch.nn.Linear(2, 1)
"""
RESUME = 'import torch\nprint("epoch", torch.load("checkpoint.pt")["epoch"])\n'


def test_a_whole_model_is_refused_since_torch_2_6(torch):
    torch.write("net.py", NET)
    saved = torch(f"python - <<'END'\n{CHECKPOINT}\nEND")
    assert saved.code == 0, saved.said
    torch.write("resume.py", RESUME)
    torch.repaired("python resume.py", "weights-only-unpickle", prints="epoch 3")


@pytest.mark.parametrize("kept", [0.5, 0.002, 0])
def test_a_download_of_weights_was_cut_off(torch, company, tmp_path, kept):
    """The answer says to fetch it anew and to compare it with what the publisher names: so it is done."""
    saved = torch(f"python - <<'END'\n{SAVE}\nEND")
    assert saved.code == 0, saved.said
    path = torch.root / "model.safetensors"
    whole = path.read_bytes()
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / path.name).write_bytes(whole)
    path.write_bytes(whole[: int(len(whole) * kept)])
    answer = torch.failing(LOAD, "corrupt-or-lfs-pointer-file")
    looked = torch(answer.commands())
    assert looked.code == 0, looked.said
    with closing(company.Company(tmp_path)) as network:
        site = network.site(folders={"hub": tmp_path / "hub"})
        path.unlink()
        fetched = torch.having(NO_PROXY="*")(
            f"curl -sSfO {site.url('hub/model.safetensors')} && sha256sum model.safetensors"
        )
    assert fetched.said.startswith(hashlib.sha256(whole).hexdigest())
    assert torch(LOAD).said == "['w']\n"


@pytest.fixture
def hub(torch, company):
    """A repository with a model in Git LFS, as it is cloned where git-lfs is not set up."""
    for name in ("git", "git-lfs"):
        if torch(f"command -v {name}").code != 0:
            pytest.skip(f"{name} is not installed")
    origin = torch.root / "origin"
    who = "git -c user.name=A -c user.email=a@b.example -c init.defaultBranch=main"
    made = torch(
        f"mkdir origin && cd origin && {who} init -q && git lfs install --local"
        " && git lfs track '*.safetensors'"
        f" && python - <<'END'\n{SAVE}\nEND\n{who} add . && {who} commit -qm model"
    )
    assert made.code == 0, made.said
    cloned = torch(f"GIT_LFS_SKIP_SMUDGE=1 git clone -q {origin} model")
    assert cloned.code == 0, cloned.said
    torch.root = torch.root / "model"
    return torch


def test_a_clone_holds_pointers_instead_of_weights(hub):
    assert (hub.root / "model.safetensors").read_text().startswith("version https://git-lfs")
    hub.repaired(LOAD, "corrupt-or-lfs-pointer-file", holding="git lfs", prints="['w']")


def test_torch_reads_a_pointer(torch):
    digest = hashlib.sha256(b"weights").hexdigest()
    torch.write("model.bin", f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 9223\n")
    torch.failing("python -c 'import torch; torch.load(\"model.bin\")'", "corrupt-or-lfs-pointer-file")
