"""A lock of another hand on a machine that it was not made for: what is said, and that it still leads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provenv.lock.foreign.adopting import adopt
from provenv.model.facts import Python

H100 = ("NVIDIA H100", "9.0")
TITAN = ("NVIDIA TITAN Xp", "6.1")
HEAD = 'lock-version = "1.0"\ncreated-by = "uv"\nrequires-python = ">=3.10"\n'


def wheel(
    name: str, version: str, index: str = "", tag: str = "py3-none-any", size: int = 1000, marker: str = ""
) -> str:
    lines = [f'name = "{name}"', f'version = "{version}"']
    lines += [f'index = "{index}"'] if index else []
    lines += [f'marker = "{marker}"'] if marker else []
    url = f"https://files.example/{name.replace('-', '_')}-{version.replace('+', '%2B')}-{tag}.whl"
    lines += [f'wheels = [{{ url = "{url}", size = {size}, hashes = {{ sha256 = "{"0" * 64}" }} }}]']
    return "[[packages]]\n" + "\n".join(lines) + "\n"


CPU = wheel("torch", "2.9.0+cpu", "https://download.pytorch.org/whl/cpu")
CU128 = wheel("torch", "2.9.0+cu128", "https://mirror.example/cu128", size=900_000_000)
CU130 = wheel("torch", "2.9.0+cu130", "https://download.pytorch.org/whl/cu130", size=900_000_000)
DEFAULT = wheel("torch", "2.9.0", size=900_000_000) + wheel(
    "nvidia-cuda-runtime-cu12", "12.8.90", size=100_000_000
)
CASES = {
    # lock, GPUs, driver -> codes, build, source
    "CUDA on a CPU machine": (CU128, (), None, ["PV363"], "cu128", "index https://mirror.example/cu128"),
    "default index on a CPU machine": (DEFAULT, (), None, ["PV363"], "cu128", "default"),
    "CPU on a GPU machine": (
        CPU,
        (H100,),
        "580.82",
        ["PV364"],
        "cpu",
        "public https://download.pytorch.org/whl/cpu",
    ),
    "driver too old": (
        CU130,
        (H100,),
        "535.104",
        ["PV365"],
        "cu130",
        "public https://download.pytorch.org/whl/cu130",
    ),
    "capability not covered": (
        CU128,
        (TITAN,),
        "580.82",
        ["PV365"],
        "cu128",
        "index https://mirror.example/cu128",
    ),
    "as it would be chosen": (CPU, (), None, [], "cpu", "public https://download.pytorch.org/whl/cpu"),
    "an older build that runs": (CU128, (H100,), "580.82", [], "cu128", "index https://mirror.example/cu128"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_disagrees_with_the_machine_is_a_finding_with_a_remedy(name, declared, machine):
    content, gpus, driver, codes, build, source = CASES[name]
    facts = machine(*gpus, driver=driver)
    lock = adopt(HEAD + content, "pylock.toml", declared("torch"), facts, target="here")
    assert [one.code for one in lock.findings] == codes
    assert lock.choice("accelerator").value == build
    assert lock.choice("source:torch").value == source
    assert lock.choice("lock").value == "pylock.toml"
    assert lock.inputs == {}
    for finding in lock.findings:
        assert finding.severity == "warning"
        assert finding.why is not None
        assert finding.hints[0].command == "provenv lock --output pylock.provenv.toml"


def test_the_size_of_what_is_of_no_use_is_told(declared, machine):
    lock = adopt(HEAD + DEFAULT, "pylock.toml", declared("torch"), machine(), target="here")
    assert lock.findings[0].what.args["download_bytes"] == 1_000_000_000


def test_what_no_hash_protects_is_named(declared, machine):
    content = (
        HEAD
        + '[[packages]]\nname = "a"\nversion = "1"\nwheels = [{ url = "https://x/a-1-py3-none-any.whl" }]\n'
    )
    lock = adopt(content, "pylock.toml", declared("a"), machine(), target="here")
    assert [(one.code, one.what.args["names"]) for one in lock.findings] == [("PV324", "a")]


def test_dependencies_of_the_lock_tell_why(declared, machine):
    asking = wheel("b", "1").replace("wheels", 'dependencies = [{ name = "a" }]\nwheels')
    lock = adopt(HEAD + wheel("a", "1") + asking, "pylock.toml", declared("b"), machine(), target="here")
    assert lock.package("a").required_by == ("b",)
    assert lock.package("b").required_by == ("requirements.txt:1",)


def test_another_python_of_the_machine_goes_before_building_from_source(declared, machine):
    source = 'sdist = { name = "a-1.tar.gz", url = "https://x/a-1.tar.gz", hashes = { sha256 = "00" } }\n'
    content = HEAD + wheel("a", "1", tag="cp310-cp310-manylinux_2_17_x86_64") + source
    pythons = tuple(Python(f"/usr/bin/python{one[:4]}", one) for one in ("3.13.1", "3.12.2", "3.10.4"))
    facts = replace(machine(), pythons=pythons)
    lock = adopt(content, "uv.lock", declared("a", python=">=3.10"), facts, target="here")
    python = lock.choice("python")
    assert (lock.python, python.value, [one.value for one in python.refused]) == ("3.10", "3.10", ["3.13"])
    assert lock.findings == ()
    pinned = adopt(content, "uv.lock", declared("a", python="3.13"), facts, target="here")
    assert (pinned.python, [one.code for one in pinned.findings]) == ("3.13", ["PV349"])
