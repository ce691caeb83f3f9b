"""A package whose setup imports torch: locked, built against the locked torch, installed, and it computes."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from provenv import lock as lock_room
from provenv import pipconf
from provenv.errors import Failure
from provenv.hosts.local import LocalHost
from provenv.lock.folders import name_of
from provenv.lock.isolation import unisolated
from provenv.model.facts import Cpu, Memory
from provenv.pipconf import PipConfiguration

SETUP = """
import torch
from setuptools import setup
from torch.utils.cpp_extension import BuildExtension, CppExtension

setup(
    name="addone",
    version="1.0",
    ext_modules=[CppExtension("addone", ["addone.cpp"], extra_compile_args=["-O0"])],
    cmdclass={"build_ext": BuildExtension},
    install_requires=["torch"],
)
"""
# little is included, so that it compiles in seconds: what it calls lies in torch's libc10
SOURCE = """
#include <Python.h>
#include <c10/core/DeviceType.h>

static PyObject *answer(PyObject *, PyObject *) {
    return PyUnicode_FromString(c10::DeviceTypeName(c10::DeviceType::CUDA, true).c_str());
}
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {nullptr, nullptr, 0, nullptr}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "addone", "", -1, methods};
PyMODINIT_FUNC PyInit_addone(void) { return PyModule_Create(&module); }
"""


def environment_of_machine():
    kept = ("PATH", "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "UV_CACHE_DIR")
    return {name: os.environ[name] for name in kept if name in os.environ}


@pytest.fixture
def torch_folder():
    """A folder with a CPU wheel of torch for this Python, as pip's configuration names one."""
    pattern = f"torch-*+cpu-cp3{sys.version_info[1]}-*.whl"
    for link in pipconf.read(os.environ).find_links:
        if any(Path(link).glob(pattern)):
            return Path(link)
    return pytest.skip("pip's configuration names no folder with a CPU wheel of torch for this Python")


@pytest.fixture
def sources(tmp_path):
    """The package's files, as a folder."""
    folder = tmp_path / "ops"
    folder.mkdir()
    (folder / "setup.py").write_text(SETUP, encoding="utf-8")
    (folder / "addone.cpp").write_text(SOURCE, encoding="utf-8")
    return folder


@pytest.fixture
def archive(sources, tmp_path):
    """A folder of archives with `addone-1.0.tar.gz`."""
    links = tmp_path / "archives"
    links.mkdir()
    with tarfile.open(links / "addone-1.0.tar.gz", "w:gz") as stream:
        for name in ("setup.py", "addone.cpp"):
            stream.add(sources / name, f"addone-1.0/{name}")
        entry = tarfile.TarInfo("addone-1.0/PKG-INFO")
        words = b"Metadata-Version: 2.1\nName: addone\nVersion: 1.0\n"
        entry.size = len(words)
        stream.addfile(entry, io.BytesIO(words))
    return links


def install(lock, spec, facts, pip, tmp_path, environment):
    host, folder, uv = LocalHost(), tmp_path / "generation", lock_room.find_uv()
    folder.mkdir()
    made = host.exec(
        (uv, "venv", "-q", "--python", sys.executable, str(folder / "venv")), environment=environment
    )
    assert made.code == 0, made.err
    python = str(folder / "venv" / "bin" / "python")
    command = lock_room.installation(
        lock,
        spec,
        pip=pip,
        environment=environment,
        uv=uv,
        python=python,
        folder=folder,
        offline=False,
        facts=facts,
    )
    for path, content in command.files.items():
        host.put(content.encode(), path, mode=0o600)
    done = host.exec(command.argv, environment=command.environment)
    assert done.code == 0, done.err
    return python, command


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("g++"), reason="no C++ compiler here")
def test_an_unknown_package_is_built_after_torch_and_against_it(
    torch_folder, archive, declared, machine, make_lock, tmp_path
):
    environment = environment_of_machine()
    spec = replace(declared("torch", "addone", accelerator="cpu"), root=str(tmp_path))
    facts = replace(machine(), cpu=Cpu(logical=8, granted=8.0), memory=Memory(granted=8 << 30))
    pip = PipConfiguration(find_links=(str(archive), str(torch_folder)))
    lock = make_lock(spec, facts, pip=pip, environment=environment)

    assert lock.package("torch").version.endswith("+cpu")
    # 8 cores, but 4 GiB for each compiler
    assert lock.choice("build:addone").value == "2"
    assert {"setuptools", "ninja"} <= {package.name for package in lock.packages}

    python, command = install(lock, spec, facts, pip, tmp_path, environment)
    assert command.environment["MAX_JOBS"] == "2"
    assert "--no-config" not in command.argv
    code = "import torch, addone; print(addone.answer())"
    assert LocalHost().exec([python, "-c", code]).out.strip() == "cuda"


@pytest.mark.slow
@pytest.mark.parametrize("editable", [False, True])
def test_a_folder_of_the_users_own_is_locked_the_same_way(
    editable, torch_folder, sources, declared, machine, make_lock, tmp_path
):
    spec = replace(declared("torch", "./ops", accelerator="cpu"), root=str(tmp_path))
    torch, folder = spec.requirements
    spec = replace(spec, requirements=(torch, replace(folder, name="", editable=editable)))
    pip = PipConfiguration(find_links=(str(torch_folder),))
    lock = make_lock(spec, machine(), pip=pip, environment=environment_of_machine())
    package = lock.package("addone")
    assert (package.origin, package.location, package.editable) == ("directory", "ops", editable)
    assert package.required_by == ("requirements.txt:2",)
    assert lock.choice("build:addone") is not None


@pytest.mark.slow
def test_a_lock_for_another_machine_says_that_it_cant_be_read_here(
    torch_folder, archive, declared, machine, make_lock
):
    pip = PipConfiguration(find_links=(str(archive), str(torch_folder)))
    with pytest.raises(Failure) as caught:
        make_lock(
            declared("torch", "addone", accelerator="cpu"),
            machine(),
            pip=pip,
            environment=environment_of_machine(),
            foreign=True,
        )
    assert caught.value.problems[0].code == "PV358"


def test_the_cache_of_built_wheels_knows_the_torch_and_the_gpus():
    variables = {"PROVENV_TORCH": "2.13.0+cu130", "TORCH_CUDA_ARCH_LIST": "9.0"}
    words = unisolated(["flash-attn"], variables=variables)
    assert 'no-build-isolation-package = ["flash-attn"]' in words
    assert 'flash-attn = { PROVENV_TORCH = "2.13.0+cu130", TORCH_CUDA_ARCH_LIST = "9.0" }' in words


@pytest.mark.parametrize(
    ("file", "content", "name"),
    [
        ("setup.py", "from setuptools import setup\nsetup(name='My_Ops')", "my-ops"),
        ("setup.py", "import setuptools\nNAME = 'ops'\nsetuptools.setup(name=NAME)", "ops"),
        ("setup.py", "setup(name=name())", None),
        ("setup.py", "setup(", None),
        ("setup.cfg", "[metadata]\nname = ops", "ops"),
        ("setup.cfg", "name = ops", None),
        ("pyproject.toml", "[project]\nname = 'ops'", "ops"),
        ("pyproject.toml", "[project", None),
    ],
)
def test_a_folders_name_is_read_without_running_it(file, content, name, tmp_path):
    (tmp_path / file).write_text(content, encoding="utf-8")
    assert name_of(tmp_path) == name
