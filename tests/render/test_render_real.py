"""The others' own programs on what was rendered: Jupyter's client, CycloneDX's schema, PyYAML."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import uv

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the interrupt is a signal"),
]

DECLARED = """
schema = 1
name = "notebook"
requirements = ["ipykernel", "packaging"]

[env]
PROVENV_TEST = "declared"
"""
CLIENT = """
import json, os, sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="provenv-notebook", cwd=sys.argv[1])
said = []
def hear(message):
    if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
        said.append(message["content"]["text"])
client.execute_interactive(
    "import json, os, sys; print(json.dumps([sys.prefix, os.getcwd(), os.environ.get('PROVENV_TEST'), "
    "os.environ.get('PYTHONPATH'), os.getpid()]))", output_hook=hear, timeout=60)
client.execute("print('begun', flush=True)\\nimport time\\nwhile True: time.sleep(0.05)")
while True:
    message = client.get_iopub_msg(timeout=60)
    if message["msg_type"] == "stream" and "begun" in message["content"]["text"]:
        break
manager.interrupt_kernel()
ended = client.get_shell_msg(timeout=60)["content"].get("ename")
manager.shutdown_kernel()
print(json.dumps([*json.loads("".join(said)), manager.provisioner is None or manager.is_alive(), ended]))
"""
VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(repr(wrong) if wrong else 0)
"""
LOAD = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))"


def call(argv: list[str], folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PROVENV_LANG": "en", **changes}
    return subprocess.run(
        argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """Return a project with a proven environment that has ipykernel."""
    root = tmp_path_factory.mktemp("notebook")
    (root / "provenv.toml").write_text(DECLARED)
    done = call([sys.executable, "-m", "provenv", "up"], root)
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(scope="module")
def tools(tmp_path_factory) -> str:
    """Return a Python that has what reads the rendered files."""
    folder = tmp_path_factory.mktemp("tools")
    program = uv.find_uv_bin()
    wanted = ["jupyter_client", "cyclonedx-python-lib[json-validation]", "pyyaml"]
    python = str(folder / "venv" / "bin" / "python")
    for argv in (
        ["venv", "venv", "--python", sys.executable],
        ["pip", "install", "--python", python, *wanted],
    ):
        done = call([program, *argv], folder)
        assert done.returncode == 0, done.stderr
    return python


def test_jupyter_runs_a_cell_in_the_current_generation(place, tools, tmp_path):
    data = tmp_path / "jupyter"
    made = call([sys.executable, "-m", "provenv", "render", "jupyter"], place, JUPYTER_DATA_DIR=str(data))
    assert made.returncode == 0, made.stderr
    done = call(
        [tools, "-c", CLIENT, str(tmp_path)], place, JUPYTER_DATA_DIR=str(data), PYTHONPATH="/elsewhere"
    )
    assert done.returncode == 0, done.stderr
    prefix, folder, declared, path, pid, alive, ended = json.loads(done.stdout)
    assert prefix == str(place.resolve() / ".provenv/here/generations/0001/venv")
    assert folder == str(tmp_path)
    assert (declared, path, alive, ended) == ("declared", None, False, "KeyboardInterrupt")
    # the kernel was the process that held the lease, and both are gone
    leases = place / ".provenv/here/generations/0001/leases"
    assert str(pid) in {one.name for one in leases.iterdir()}
    assert not Path(f"/proc/{pid}").exists()


def test_the_bill_of_materials_is_valid(place, tools, tmp_path):
    file = tmp_path / "bom.json"
    made = call([sys.executable, "-m", "provenv", "render", "cyclonedx", "-o", str(file)], place)
    assert made.returncode == 0, made.stderr
    checked = call([tools, "-c", VALIDATE, str(file)], tmp_path)
    assert checked.returncode == 0, checked.stderr
    components = json.loads(file.read_text())["components"]
    assert {one["name"] for one in components} >= {"ipykernel", "packaging"}
    assert sum("licenses" in one for one in components) > len(components) / 2
    broken = file.read_text().replace('"type": "library"', '"type": "nonsense"')
    file.write_text(broken)
    assert call([tools, "-c", VALIDATE, str(file)], tmp_path).returncode != 0


def test_the_environment_file_is_yaml(place, tools, tmp_path):
    file = tmp_path / "environment.yml"
    made = call([sys.executable, "-m", "provenv", "render", "environment.yml", "-o", str(file)], place)
    assert made.returncode == 0, made.stderr
    document = json.loads(call([tools, "-c", LOAD, str(file)], tmp_path).stdout)
    assert list(document) == ["name", "channels", "dependencies", "variables"]
    python, pip, section = document["dependencies"]
    assert python.startswith("python=3.")
    assert pip == "pip"
    assert all("--hash=sha256:" in one for one in section["pip"])
    assert document["variables"] == {"PROVENV_TEST": "declared"}
