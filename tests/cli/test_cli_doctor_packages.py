"""What doctor reads of real environments: made by uv of tiny wheels, broken as pip and conda break them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names of libraries as Linux has them")
OPENCV = {"cv2/__init__.py": "", "cv2/cv2.abi3.so": "x"}


@pytest.fixture
def own(workplace):
    """Return a maker of a project with a `.venv` of the user's own that holds these packages."""

    def make(*packages: str, requires: dict[str, tuple[str, ...]] | None = None, more=None, declared=None):
        place = workplace(declared or 'schema = 1\nname = "project"\nrequirements = []\n')
        for one in packages:
            name, version = one.split("==")
            place.wheel(name, version, "", (requires or {}).get(name, ()), (more or {}).get(name))
        uv = shutil.which("uv", path=os.environ["PATH"]) or str(Path(sys.executable).parent / "uv")
        offline = ("--offline", "--no-config", "--quiet")
        venv = place.root / ".venv"
        commands = [[uv, "venv", *offline, "--python", sys.executable, str(venv)]]
        if packages:
            install = [
                "pip",
                "install",
                *offline,
                "--no-deps",
                "--no-index",
                "--find-links",
                str(place.wheels),
            ]
            commands.append([uv, *install, "--python", str(venv / "bin" / "python"), *packages])
        for command in commands:
            subprocess.run(command, check=True, env=place.environment, cwd=place.wheels)
        return place

    return make


def site(place) -> Path:
    return next((place.root / ".venv").glob("lib/python*/site-packages"))


def told(place, area: str = "packages", **changes: str) -> dict[str, dict]:
    ended = place("doctor", "--json", "--area", area, **changes)
    assert {one["state"] for one in ended.data["checks"]} <= {"done"}, ended.out
    return {one["id"]: one for one in ended.data["findings"]}


FAMILY = "torch-family-mismatch"
APART = [
    (("torch==2.4.0+cpu", "torchvision==0.20.0+cpu"), "torch-family", FAMILY, "torchvision==0.19.*"),
    (("torch==2.13.0+cpu", "torchvision==0.28.0"), "torch-family", FAMILY, "torchvision"),
    (("torch==2.3.0", "torchaudio==2.4.0"), "torch-family", FAMILY, "torchaudio==2.3.*"),
    (("pandas==2.1.0", "numpy==2.1.0"), "numpy-abi", "numpy-abi", "numpy<2"),
    (("jax==0.4.30", "jaxlib==0.5.0"), "jax-family", "jax-jaxlib-mismatch", "jaxlib==0.4.30"),
    (
        ("jaxlib==0.8.0", "jax-cuda12-plugin==0.7.0"),
        *("jax-family", "jax-jaxlib-mismatch", "jax-cuda12-plugin==0.8.0"),
    ),
    (("tensorflow==2.15.0", "keras==3.1.0"), "keras-family", "tf-keras3-legacy", "keras<3"),
    (("tensorflow==2.18.0", "tf-keras==2.16.0"), "keras-family", "tf-keras3-legacy", "tf-keras==2.18.*"),
    (("tensorflow==2.10.0", "protobuf==4.25.0"), "versions-apart", "protobuf-version", "protobuf<3.21"),
    (("torchtext==0.18.0", "torch==2.5.0"), "versions-apart", FAMILY, "torch<2.4"),
]


@pytest.mark.parametrize(
    ("packages", "name", "cause", "requirement"), APART, ids=[one[0][0] for one in APART]
)
def test_packages_that_do_not_belong_together(own, packages, name, cause, requirement):
    place = own(*packages)
    one = told(place)[name]
    assert (one["gravity"] in ("blocks", "hurts"), one["cause"]) == (True, cause)
    (command,) = one["remedies"][0]["commands"]
    assert command.startswith("uv pip install --python ")
    assert requirement in command.replace("'", "").split()


@pytest.mark.parametrize(
    "packages",
    [
        ("torch==2.4.0+cpu", "torchvision==0.19.0+cpu", "torchaudio==2.4.0+cpu"),
        ("torch==2.4.1", "torchvision==0.19.1"),
        ("pandas==2.2.3", "numpy==2.1.0"),
        ("tensorflow==2.18.0", "keras==3.8.0", "tf-keras==2.18.0"),
        ("torch==2.99.0.dev1",),
    ],
)
def test_packages_that_do_belong_together(own, packages):
    assert told(own(*packages)) == {}


def test_two_packages_of_the_same_import(own):
    names = ("opencv-python==4.10.0.84", "opencv-python-headless==4.10.0.84")
    place = own(*names, more={one.split("==")[0]: OPENCV for one in names})
    one = told(place)["same-import"]
    assert one["what"]["args"]["files"] == "cv2"
    assert "opencv-python 4.10.0.84, opencv-python-headless 4.10.0.84" in one["evidence"][0]["text"]


def test_a_package_that_only_requires_its_twin_is_none(own):
    place = own(
        "tensorflow==2.10.0", "tensorflow-intel==2.10.0", requires={"tensorflow": ("tensorflow-intel",)}
    )
    assert "same-import" not in told(place)


def test_what_packages_need_of_each_other(own):
    requires = {
        "delta": ("gamma>=2", "epsilon", "zeta; python_version < '3'", "eta; extra == 'more'", "not a name!"),
        "gamma": ("delta",),
    }
    place = own("delta==1.0", "gamma==1.5", requires=requires)
    one = told(place)["requirements-unmet"]
    assert one["what"]["args"]["names"] == "epsilon, gamma>=2"
    assert [line["args"]["found"] for line in one["evidence"]] == ["-", "1.5"]


def test_records_that_were_torn_left_or_doubled(own):
    place = own("delta==1.0", "gamma==1.0", "epsilon==1.0")
    (site(place) / "delta-1.0.dist-info" / "METADATA").write_text("")
    (site(place) / "~orch").mkdir()
    (site(place) / "~orch-2.0.0.dist-info").mkdir()
    shutil.copytree(site(place) / "gamma-1.0.dist-info", site(place) / "gamma-0.9.dist-info")
    found = told(place)
    assert found["torn-metadata"]["evidence"][0]["text"].endswith("delta-1.0.dist-info")
    (remove,) = found["half-removed-packages"]["remedies"][0]["commands"]
    assert found["installed-twice"]["subject"].endswith("gamma")
    subprocess.run(remove, shell=True, check=True)
    assert "half-removed-packages" not in told(place)


def test_what_nobody_maintains_is_told_of_the_file_and_of_what_is_installed(own):
    declared = 'schema = 1\nname = "project"\nrequirements = [\n  "horovod",\n  "pynvml>=11",\n]\n'
    place = own("gym==0.26.2", "delta==1.0", requires={"delta": ("gym",)}, declared=declared)
    ended = place("doctor", "--json", "--area", "packages")
    found = {one["subject"]: one for one in ended.data["findings"] if one["id"] == "abandoned-package"}
    assert found.keys() == {"horovod", "pynvml", "gym"}
    assert found["horovod"]["evidence"][0]["text"] == "provenv.toml:4: horovod"
    assert "provenv add nvidia-ml-py" in [
        line.replace("'", "") for line in found["pynvml"]["remedies"][0]["commands"]
    ]
    assert found["gym"]["evidence"][0]["text"].endswith("gym 0.26.2 <- delta")


def test_two_openmp_run_times(own):
    libraries = {
        "torch": {"torch/lib/libgomp.so.1": "x"},
        "mkl": {"mkl.libs/libiomp5.so": "x"},
        "faiss-cpu": {"faiss_cpu.libs/libomp-12.so": "x"},
    }
    one = told(own("torch==2.4.0", "mkl==2024.0", more=libraries))["openmp-twice"]
    assert one["gravity"] == "better"
    assert one["what"]["args"]["owners"] == "mkl, torch"


def test_two_openmp_run_times_that_refuse_each_other(own):
    libraries = {"mkl": {"mkl.libs/libiomp5.so": "x"}, "faiss-cpu": {"faiss_cpu.libs/libomp-0f.so.5": "x"}}
    one = told(own("mkl==2024.0", "faiss-cpu==1.9.0", more=libraries))["openmp-twice"]
    assert (one["gravity"], one["cause"]) == ("hurts", "openmp-duplicate")


def test_libraries_that_a_variable_puts_in_front(own, tmp_path):
    place = own(
        "nvidia-cudnn-cu12==9.1.0", more={"nvidia-cudnn-cu12": {"nvidia/cudnn/lib/libcudnn.so.9": "x"}}
    )
    other = tmp_path / "cuda" / "lib64"
    other.mkdir(parents=True)
    for name in ("libcudnn.so.9.0.0", "libnccl.so.2", "libcudart.so.11.0"):
        (other / name).write_text("x")
    path = f"{other}:{site(place)}/nvidia/cudnn/lib:{tmp_path}/gone"
    found = told(place, "loader", LD_LIBRARY_PATH=path)
    one = found["libraries-overridden"]
    assert [line["text"] for line in one["evidence"]] == [f"{other}/libcudnn.so.9.0.0"]
    assert found["search-path-gone"]["evidence"][0]["text"] == f"{tmp_path}/gone"
    assert told(place, "loader") == {}


def test_modules_that_a_variable_puts_in_front(own, tmp_path):
    place = own("delta==1.0")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "delta.py").write_text("")
    path = f"{place.environment['PYTHONPATH']}:{tmp_path / 'mine'}"
    one = told(place, "loader", PYTHONPATH=path)["modules-overridden"]
    assert one["evidence"][0]["text"] == f"PYTHONPATH={tmp_path / 'mine'}: delta"


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"PIP_TARGET": "/opt/packages"}, "variable-left-on"),
        ({"UV_SYSTEM_PYTHON": "1"}, "variable-left-on"),
        ({"CUDA_LAUNCH_BLOCKING": "1"}, "variable-left-on"),
        ({"CUDA_HOME": "/opt/cuda-of-nobody"}, "cuda-home-wrong"),
        ({"PYTHONSTARTUP": "/home/me/start.py"}, "python-led-astray"),
        ({"CONDA_PREFIX": "/opt/conda", "VIRTUAL_ENV": "/tmp/v"}, "environments-stacked"),
        ({"LD_PRELOAD": ""}, None),
        ({"CUDA_LAUNCH_BLOCKING": "0", "PIP_USER": "no"}, None),
    ],
)
def test_variables_that_are_left_on(own, variables, name):
    assert list(told(own(), "loader", **variables)) == ([name] if name else [])


def test_conda_and_pip_in_one_environment(own, tmp_path):
    place = own("numpy==2.1.0")
    conda = tmp_path / "conda"
    shutil.copytree(place.root / ".venv", conda, symlinks=True)
    shutil.rmtree(place.root / ".venv")
    (conda / "conda-meta").mkdir()
    (conda / "conda-meta" / "numpy-1.26.4-py311h64a7726_0.json").write_text("{}")
    (conda / "lib" / "libiomp5.so").write_text("x")
    one = told(place, CONDA_PREFIX=str(conda))["conda-and-pip"]
    assert one["evidence"][0]["args"] == {"name": "numpy", "conda": "1.26.4", "pip": "2.1.0"}


def test_an_environment_that_is_only_switched_to_is_not_judged_beside_the_projects_own(own, tmp_path):
    place = own("delta==1.0")
    other = tmp_path / "other"
    shutil.copytree(place.root / ".venv", other, symlinks=True)
    (next(other.glob("lib/python*/site-packages")) / "~elta").mkdir()
    assert told(place, VIRTUAL_ENV=str(other)) == {}
    shutil.rmtree(place.root / ".venv")
    assert list(told(place, VIRTUAL_ENV=str(other))) == ["half-removed-packages"]


def test_more_threads_than_cores(own):
    place = own()
    one = told(place, "limits", OMP_NUM_THREADS="4096")["more-threads-than-cores"]
    (command,) = one["remedies"][0]["commands"]
    name, _, value = command.removeprefix("export ").partition("=")
    assert "more-threads-than-cores" not in told(place, "limits", **{name: value})
