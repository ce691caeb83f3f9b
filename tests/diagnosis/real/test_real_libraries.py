"""glibc-too-old, gpu-driver-not-loaded, torch-family-mismatch: compiled files that do not fit here."""

from __future__ import annotations

import sys
import sysconfig
import zipfile

import pytest

pytestmark = pytest.mark.slow

MODULE = """
#include <Python.h>
int strange(void);
static PyObject *call(PyObject *self, PyObject *none) { return PyLong_FromLong(strange()); }
static PyMethodDef methods[] = {{"call", call, METH_NOARGS, ""}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "NAME", NULL, -1, methods};
PyMODINIT_FUNC PyInit_NAME(void) { return PyModule_Create(&module); }
"""
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
TAG = f"cp{sys.version_info[0]}{sys.version_info[1]}"


def compiled(scene, name: str, library: str, versions: str = "") -> bytes:
    """Compile a module that needs `strange` of a library with that name; return its file's content.

    `versions` is a version script of the linker: what the symbol is called there.
    """
    include = sysconfig.get_path("include")
    scene.write("strange.c", "int strange(void) { return 1; }\n")
    scene.write("versions", versions)
    scene.write(f"{name}.c", MODULE.replace("NAME", name))
    script = "-Wl,--version-script=versions" if versions else ""
    made = scene(
        f"gcc -shared -fPIC -nostdlib {script} -Wl,-soname,{library} -o libstrange.so strange.c"
        f" && gcc -shared -fPIC -I{include} -o {name}{SUFFIX} {name}.c -L. -lstrange"
    )
    assert made.code == 0, made.said
    return (scene.root / f"{name}{SUFFIX}").read_bytes()


def wheel(folder, name: str, version: str, files: dict[str, bytes], tag: str = "py3-none-any") -> None:
    """Write a wheel of these files."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(),
    }
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"]))


def test_a_wheel_for_a_newer_system_was_put_in(alone, compiler):
    """As where an environment is filled on another machine, or for a platform that this one is not."""
    content = compiled(alone, "fastlog", "libc.so.6", "GLIBC_2.99 { strange; };")
    folder = alone.root / "wheels"
    newer, older = (f"{TAG}-{TAG}-manylinux_2_99_x86_64", f"{TAG}-{TAG}-manylinux2014_x86_64")
    wheel(folder, "fastlog", "2.0", {f"fastlog{SUFFIX}": content}, newer)
    wheel(folder, "fastlog", "1.0", {"fastlog.py": b"def call():\n    return 1\n"}, older)
    user = alone.having(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(folder))
    user.write("provenv.toml", 'schema = 1\nname = "p"\nrequirements = ["fastlog"]\n')
    up = user("rm fastlog*.so && provenv up --quiet")
    assert up.code == 0, up.said
    forced = user(
        "uv pip install --quiet --python .venv/bin/python --no-index --find-links wheels"
        " --python-platform x86_64-manylinux_2_99 --reinstall fastlog==2.0"
    )
    if forced.code != 0:
        # what uv has no name for is unpacked by hand
        forced = user(
            "cd .venv/lib/python3*/site-packages && rm -rf fastlog* && unzip -q $OLDPWD/wheels/fastlog-2.0-*"
        )
    assert forced.code == 0, forced.said
    command = ".venv/bin/python -c 'import fastlog; print(fastlog.call())'"
    user.repaired(command, "glibc-too-old", holding="provenv lock", prints="1\n")


def test_a_build_for_cuda_on_a_machine_without_a_driver(scene, torch_build, compiler):
    """A stand-in for the CUDA build, linked with the driver's library and the real CPU build."""
    if scene("ldconfig -p | grep -q libcuda.so.1").code == 0:
        pytest.skip("this machine has NVIDIA's driver")
    content = compiled(scene, "_C", "libcuda.so.1")
    number, real = torch_build
    release, folder = number.partition("+")[0], scene.root / "wheels"
    files = {"torch/__init__.py": b"from torch import _C\n", f"torch/_C{SUFFIX}": content}
    wheel(folder, "torch", f"{release}+cu130", files, f"{TAG}-{TAG}-manylinux_2_28_x86_64")
    user = scene.venv()
    installed = user(
        f"rm _C*.so && pip install --quiet --no-index --no-deps --find-links wheels torch=={release}+cu130"
    )
    assert installed.code == 0, installed.said
    user = user.having(PIP_FIND_LINKS=f"{folder} {real}")
    user.write("provenv.toml", f'schema = 1\nname = "p"\nrequirements = ["torch=={release}"]\n')
    answer = user.failing("python -c 'import torch; print(torch.__version__)'", "gpu-driver-not-loaded")
    script = answer.commands("provenv up")
    done = user(f"{script}\nprovenv run -- python -c 'import torch; print(torch.__version__)'")
    assert (done.code, done.said.splitlines()[-1]) == (0, number), done.said


# what stands in for the torchvision that fits: its operator, without its code
VISION = b"""
import torch
library = torch.library.Library("torchvision", "FRAGMENT")
library.define("nms(Tensor boxes, Tensor scores, float limit) -> Tensor")
"""
DETECT = "python -c 'import torch, torchvision; print(torch.ops.torchvision.nms)'"


def test_torchvision_is_from_another_build_than_torch(scene, torch_build):
    """PyPI's real torchvision, made for CUDA, beside torch's CPU build: nobody looked at both."""
    number, folder = torch_build
    user = scene.venv(f"torch=={number}", "numpy", "pillow")
    put = user("pip install --quiet --no-deps torchvision")
    if put.code != 0:
        pytest.skip(f"no torchvision can be had here: {put.said[-300:]}")
    wheels = scene.root / "wheels"
    wheel(wheels, "torchvision", "9999.0+cpu", {"torchvision/__init__.py": VISION})
    wheel(wheels, "torchaudio", "9999.0+cpu", {"torchaudio/__init__.py": b""})
    # a company's folder: torch's CPU build, and siblings of the same build
    offered = user.having(PIP_FIND_LINKS=f"{wheels} {folder}", PIP_CONSTRAINT="", PIP_NO_INDEX="0")
    (scene.root / "pins.txt").write_text(f"torch=={number}\n")
    offered = offered.having(PIP_CONSTRAINT=str(scene.root / "pins.txt"))
    offered.repaired(DETECT, "torch-family-mismatch", holding="pip install", prints="nms")
