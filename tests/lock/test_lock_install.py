"""Installing a lock for real: by hash, from this place's own indexes, offline from a warm cache."""

# ruff: noqa: E501  (fixtures are arguments, recorded files keep their lines)

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from provenv import lock as lock_room
from provenv.errors import Failure
from provenv.hosts.local import LocalHost
from provenv.lock import explain_failure, installation
from provenv.model.spec import Mirrors
from provenv.pipconf import PipConfiguration

NOTHING = PipConfiguration()
LINUX = f"cp3{sys.version_info[1]}-cp3{sys.version_info[1]}-manylinux_2_28_x86_64"


@pytest.fixture
def install(tmp_path, environment):
    """Install a lock into a new environment and return {module: version} of what it holds."""

    def run(lock, spec, *names, pip=NOTHING, offline=False, number=1):
        host, folder, uv = LocalHost(), tmp_path / f"generation{number}", lock_room.find_uv()
        folder.mkdir()
        made = host.exec(
            (uv, "venv", "-q", "--python", sys.executable, str(folder / "venv")), environment=environment
        )
        assert made.code == 0, made.err
        python = folder / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        command = installation(
            lock,
            spec,
            pip=pip,
            environment=environment,
            uv=uv,
            python=str(python),
            folder=folder,
            offline=offline,
        )
        for path, content in command.files.items():
            host.put(content.encode(), path, mode=0o600)
        done = host.exec(command.argv, environment=command.environment)
        if done.code != 0:
            raise explain_failure(done)
        code = "import importlib, sys; [print(importlib.import_module(n).version) for n in sys.argv[1:]]"
        return host.exec([str(python), "-c", code, *names], environment=environment).out.split()

    return run


@pytest.fixture
def served(loopback, wheel):
    """A default index with a CUDA torch, a mirror of PyTorch's with a CPU one; all small and real."""
    loopback.folders = {
        "simple": [wheel("torch", "2.13.0", ("six",), LINUX), wheel("six", "1.17.0")],
        "whl/cpu": [
            wheel("torch", "2.13.0+cpu", ("six",), LINUX),
            wheel("six", "1.17.0", content="other = 1"),
        ],
    }
    return loopback


def test_a_lock_installs_by_hash_and_then_offline(served, declared, machine, make_lock, install):
    spec = declared("torch", mirrors=Mirrors(pypi=served.url("simple"), torch=served.url("whl")))
    lock = make_lock(spec, machine())
    assert install(lock, spec, "torch", "six") == ["2.13.0+cpu", "1.17.0"]
    served.log.clear()
    assert install(lock, spec, "torch", "six", offline=True, number=2) == ["2.13.0+cpu", "1.17.0"]
    assert served.log == []


def test_offline_without_a_cache_says_so(served, declared, machine, make_lock, install):
    spec = declared("six", mirrors=Mirrors(pypi=served.url("simple")))
    lock = make_lock(spec, machine())
    served.folders.clear()
    with pytest.raises(Failure) as failure:
        install(lock, spec, offline=True)
    assert failure.value.problems[0].code == "PV345"


def test_a_swapped_wheel_is_refused(served, wheel, declared, machine, make_lock, install):
    spec = declared("six", mirrors=Mirrors(pypi=served.url("simple")))
    lock = make_lock(spec, machine())
    served.folders["simple"] = [wheel("six", "1.17.0", content="import os")]
    with pytest.raises(Failure) as failure:
        install(lock, spec)
    assert failure.value.problems[0].code == "PV357"


def test_a_swapped_wheel_in_a_folder_is_refused(
    wheel, loopback, declared, machine, make_lock, install, tmp_path, environment
):
    folder = tmp_path / "wheels"
    folder.mkdir()
    loopback.folders = {"simple": [wheel("six", "1.17.0")]}
    cpu = wheel("torch", "2.13.0+cpu", ("six",), LINUX)
    (folder / cpu.filename).write_bytes(cpu.bytes)
    pip = PipConfiguration(index_url=loopback.url("simple"), find_links=(str(folder),))
    spec = declared("torch")
    lock = make_lock(spec, machine(), pip=pip)
    (folder / cpu.filename).write_bytes(
        wheel("torch", "2.13.0+cpu", ("six",), LINUX, content="import os").bytes
    )
    # else uv takes the right one out of its cache
    environment["UV_CACHE_DIR"] = str(tmp_path / "another-cache")
    with pytest.raises(Failure) as failure:
        install(lock, spec, pip=pip)
    assert failure.value.problems[0].code == "PV357"


def test_a_lock_of_one_mirror_installs_behind_another(
    served, wheel, declared, machine, make_lock, install, tmp_path
):
    made_at = declared("torch", mirrors=Mirrors(pypi=served.url("simple"), torch=served.url("whl")))
    lock = make_lock(made_at, machine())
    served.folders = {"their": served.folders["simple"], "company/cpu": served.folders["whl/cpu"]}
    there = declared("torch", mirrors=Mirrors(torch=served.url("company")))
    pip = PipConfiguration(index_url=served.url("their"))
    assert install(lock, there, "torch", "six", pip=pip) == ["2.13.0+cpu", "1.17.0"]
    # or with the wheel handed in as a folder
    folder = tmp_path / "wheels"
    folder.mkdir()
    cpu = wheel("torch", "2.13.0+cpu", ("six",), LINUX)
    (folder / cpu.filename).write_bytes(cpu.bytes)
    pip = PipConfiguration(index_url=served.url("their"), find_links=(str(folder),))
    assert install(lock, declared("torch"), "torch", pip=pip, number=2) == ["2.13.0+cpu"]


def test_a_folder_with_another_build_does_not_get_between(
    served, wheel, declared, machine, make_lock, install, tmp_path
):
    folder = tmp_path / "wheels"
    folder.mkdir()
    cpu = wheel("torch", "2.13.0+cpu", ("six",), LINUX)
    (folder / cpu.filename).write_bytes(cpu.bytes)
    served.folders["simple"][0] = wheel("torch", "2.13.0", ("six", "nvidia-cuda-runtime==13.0.96"), LINUX)
    served.folders["simple"].append(wheel("nvidia-cuda-runtime", "13.0.96"))
    pip = PipConfiguration(index_url=served.url("simple"), find_links=(str(folder),))
    spec = declared("torch==2.13.*")
    lock = make_lock(spec, machine(("NVIDIA H100", "9.0"), driver="580.65.06"), pip=pip, foreign=True)
    assert install(lock, spec, "torch", pip=pip) == ["2.13.0"]


def test_passwords_are_in_no_argument_and_in_no_file(
    served, declared, machine, make_lock, install, environment
):
    served.logins = {"simple": "me:s3cret", "whl/cpu": "you:0ther"}
    spec = declared(
        "torch", mirrors=Mirrors(torch=served.url("whl", "you:0ther").replace("127.0.0.1", "localhost"))
    )
    pip = PipConfiguration(index_url=served.url("simple", "me:s3cret"))
    lock = make_lock(spec, machine(), pip=pip)
    command = installation(
        lock,
        spec,
        pip=pip,
        environment=environment,
        uv="uv",
        python="python",
        folder=Path("folder"),
        offline=False,
    )
    shown = f"{command.argv} {command.files} {command!r}"
    assert "s3cret" not in shown
    assert "0ther" not in shown
    assert install(lock, spec, "torch", "six", pip=pip) == ["2.13.0+cpu", "1.17.0"]


def test_a_folder_of_the_users_is_installed_editable(served, declared, machine, make_lock, install, tmp_path):
    root = tmp_path / "work"
    (root / "mine").mkdir(parents=True)
    backend = root / "mine" / "backend.py"
    (root / "mine" / "pyproject.toml").write_text(
        '[project]\nname = "mine"\nversion = "1"\n[build-system]\nrequires = []\n'
        'build-backend = "backend"\nbackend-path = ["."]\n'
    )
    backend.write_text(
        "import zipfile, pathlib\n"
        "def get_requires_for_build_editable(config_settings=None): return []\n"
        "def build_editable(folder, config_settings=None, metadata_directory=None):\n"
        "    name = 'mine-1-py3-none-any.whl'\n"
        "    with zipfile.ZipFile(pathlib.Path(folder) / name, 'w') as a:\n"
        "        a.writestr('mine.pth', str(pathlib.Path(__file__).parent))\n"
        "        a.writestr('mine-1.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: mine\\nVersion: 1\\n')\n"
        "        a.writestr('mine-1.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "        a.writestr('mine-1.dist-info/RECORD', 'mine.pth,,\\n')\n"
        "    return name\n"
    )
    (root / "mine" / "mine.py").write_text("version = 'from the folder'\n")
    spec = declared("-e ./mine", "six", root=str(root), mirrors=Mirrors(pypi=served.url("simple")))
    lock = make_lock(spec, machine())
    assert install(lock, spec, "mine", "six") == ["from", "the", "folder", "1.17.0"]
