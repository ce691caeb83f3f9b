"""Locks made for real by uv, against indexes on the loopback that play PyTorch's and the default one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from provenv import pipconf
from provenv.errors import Failure
from provenv.lock import explain, fits, read, write
from provenv.lock.sources import sources_of, torch_sources
from provenv.model.facts import Platform
from provenv.model.spec import Indexes, Mirrors
from provenv.pipconf import PipConfiguration

PYTHON = f"cp3{__import__('sys').version_info[1]}"
LINUX = f"{PYTHON}-{PYTHON}-manylinux_2_28_x86_64"
H100 = ("NVIDIA H100 80GB HBM3", "9.0")
RTX = ("NVIDIA GeForce RTX 5090", "12.0")


@pytest.fixture
def indexes(loopback, wheel):
    """PyTorch's index with cpu, cu126, cu128, cu130; a default index whose torch is CUDA 13.0."""

    def torch(version, *requires):
        return wheel("torch", version, ("six", *requires), LINUX, size=900_000_000, body=False)

    default = [
        torch("2.13.0", "nvidia-cuda-runtime==13.0.96 ; sys_platform == 'linux'", "triton==3.7.1"),
        torch("2.14.0", "nvidia-cuda-runtime==13.0.96 ; sys_platform == 'linux'", "triton==3.7.1"),
        wheel("torchvision", "0.28.0", ("torch==2.13.0",), LINUX, size=8_000_000, body=False),
        wheel(
            "nvidia-cuda-runtime", "13.0.96", tag="py3-none-manylinux_2_28_x86_64", size=2_000_000, body=False
        ),
        wheel("triton", "3.7.1", tag=LINUX, size=190_000_000, body=False),
        wheel("six", "1.17.0"),
        wheel("six", "1.16.0"),
        wheel("lightning", "2.6.0", ("torch>=2.1", "six")),
    ]
    loopback.folders["simple"] = default
    for build, versions in {
        "cpu": ("2.13.0", "2.14.0"),
        "cu126": ("2.13.0",),
        "cu130": ("2.13.0", "2.14.0"),
    }.items():
        loopback.folders[f"whl/{build}"] = [
            *(torch(f"{version}+{build}") for version in versions),
            wheel("torchvision", f"0.28.0+{build}", ("torch==2.13.0",), LINUX, body=False),
            wheel("six", "9.9.9"),
        ]
        loopback.html.add(f"whl/{build}")
    loopback.folders["whl/cu128"] = [torch("2.11.0+cu128")]
    return loopback


@pytest.fixture
def mirrored(indexes):
    """`[mirrors]` that point to the loopback."""
    return Mirrors(pypi=indexes.url("simple"), torch=indexes.url("whl"))


def versions(lock):
    return {package.name: package.version for package in lock.packages}


def test_cpu_is_really_cpu_also_when_torch_is_only_required_by_others(
    indexes, mirrored, declared, machine, make_lock
):
    lock = make_lock(declared("lightning", mirrors=mirrored), machine())
    assert versions(lock) == {"lightning": "2.6.0", "six": "1.17.0", "torch": "2.14.0+cpu"}
    assert lock.choice("accelerator").value == "cpu"
    assert lock.choice("source:torch").value == f"mirror {indexes.url('whl/cpu')}"
    assert indexes.downloads == []


@pytest.mark.parametrize(
    ("gpu", "driver", "requirement", "torch"),
    [
        (H100, "580.65.06", "torch~=2.13.0", "2.13.0+cu130"),
        (H100, "550.54.14", "torch~=2.13.0", "2.13.0+cu126"),
        (RTX, "570.26", "torch", "2.11.0+cu128"),
        (("TITAN Xp", "6.1"), "595.45", "torch", "2.13.0+cu126"),
    ],
)
def test_a_gpu_machine_gets_its_build_from_the_mirror(
    gpu, driver, requirement, torch, mirrored, declared, machine, make_lock
):
    lock = make_lock(declared(requirement, mirrors=mirrored), machine(gpu, driver=driver), foreign=True)
    assert versions(lock)["torch"] == torch
    assert lock.choice("accelerator").value == torch.partition("+")[2]


def test_torchvision_comes_from_the_same_build(mirrored, declared, machine, make_lock):
    lock = make_lock(declared("torchvision", mirrors=mirrored), machine(H100, driver="560.35"), foreign=True)
    assert versions(lock)["torch"] == "2.13.0+cu126"
    assert versions(lock)["torchvision"] == "0.28.0+cu126"
    # the mirror also has six: what does not belong to the family is not taken from there
    assert versions(lock)["six"] == "1.17.0"


def test_the_default_index_is_enough_where_its_build_is_the_wanted_one(indexes, declared, machine, make_lock):
    spec = declared("torch~=2.13.0", mirrors=Mirrors(pypi=indexes.url("simple")))
    lock = make_lock(spec, machine(H100, driver="580.65.06"), foreign=True)
    assert versions(lock)["torch"] == "2.13.0"
    assert versions(lock)["nvidia-cuda-runtime"] == "13.0.96"
    assert lock.choice("accelerator").value == "cu130"
    assert lock.choice("source:torch").value == "default"


def test_a_folder_of_wheels_keeps_an_unbounded_torch_cpu(
    indexes, wheel, declared, machine, make_lock, tmp_path
):
    folder = tmp_path / "wheels"
    folder.mkdir()
    cpu = wheel("torch", "2.13.0+cpu", ("six",), LINUX)
    (folder / cpu.filename).write_bytes(cpu.bytes)
    gpu = wheel("torch", "2.14.0+cu130", ("six",), LINUX)
    (folder / gpu.filename).write_bytes(gpu.bytes)
    pip = PipConfiguration(index_url=indexes.url("simple"), find_links=(str(folder),))
    lock = make_lock(declared("torch"), machine(), pip=pip)
    torch = lock.package("torch")
    assert torch.version == "2.13.0+cpu"
    assert torch.artifacts[0].hashes["sha256"] == cpu.sha256
    assert torch.artifacts[0].size == len(cpu.bytes)
    assert [(one.code, one.what.args["newest"]) for one in lock.findings] == [("PV323", "2.15")]
    # and for a GPU the default index's own build, although the folder has a torch
    lock = make_lock(declared("torch==2.13.*"), machine(H100, driver="580.65.06"), pip=pip, foreign=True)
    assert versions(lock)["torch"] == "2.13.0"


def test_a_folder_alone_gives_its_cpu_build(wheel, declared, machine, make_lock, tmp_path):
    """As behind an air gap: `no-index`, and both builds in the folder."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for one in (
        wheel("torch", "2.13.0+cpu", ("six",), LINUX),
        wheel("torch", "2.13.0+cu130", ("six",), LINUX),
    ):
        (folder / one.filename).write_bytes(one.bytes)
    six = wheel("six", "1.0")
    (folder / six.filename).write_bytes(six.bytes)
    lock = make_lock(
        declared("torch"), machine(), pip=PipConfiguration(no_index=True, find_links=(str(folder),))
    )
    assert versions(lock) == {"torch": "2.13.0+cpu", "six": "1.0"}


def test_a_cuda_build_for_a_cpu_machine_is_the_last_resort_and_its_size_is_said(
    indexes, declared, machine, make_lock, monkeypatch
):
    unreachable = {**table_family(), "index": "http://127.0.0.1:9/whl/{build}"}
    monkeypatch.setattr("provenv.lock.sources.table", lambda name: unreachable)
    spec = declared("torch==2.13.*", mirrors=Mirrors(pypi=indexes.url("simple")))
    lock = make_lock(spec, machine())
    finding = next(one for one in lock.findings if one.code == "PV322")
    assert finding.what.args == {"build": "cu130", "size_bytes": 900_000_000 + 2_000_000 + 190_000_000}
    refused = {refusal.value: refusal.why.key for refusal in lock.choice("source:torch").refused}
    assert refused == {
        "cpu http://127.0.0.1:9/whl/cpu": "lock.torch.unreachable",
        "cpu default": "lock.torch.other_build",
    }
    assert indexes.downloads == []


def table_family():
    from provenv.lock.tables import table

    return table("torch_family")


def test_pytorchs_own_index_is_used_where_it_answers(indexes, declared, machine, make_lock, monkeypatch):
    ours = {**table_family(), "index": indexes.url("whl/{build}")}
    monkeypatch.setattr("provenv.lock.sources.table", lambda name: ours)
    lock = make_lock(declared("torch", mirrors=Mirrors(pypi=indexes.url("simple"))), machine())
    assert versions(lock)["torch"] == "2.14.0+cpu"
    assert lock.choice("source:torch").value == f"public {indexes.url('whl/cpu')}"


def test_no_source_for_the_build_is_a_problem_that_names_what_was_tried(
    indexes, declared, machine, make_lock, monkeypatch
):
    unreachable = {**table_family(), "index": "http://127.0.0.1:9/whl/{build}"}
    monkeypatch.setattr("provenv.lock.sources.table", lambda name: unreachable)
    spec = declared("torch==2.13.*", mirrors=Mirrors(pypi=indexes.url("simple")))
    with pytest.raises(Failure) as failure:
        make_lock(spec, machine(("TITAN Xp", "6.1"), driver="580.65.06"), foreign=True)
    problem = failure.value.problems[0]
    assert (problem.code, problem.what.args["builds"]) == ("PV321", "cu126")
    assert any("127.0.0.1:9" in str(hint.text.args) for hint in problem.hints)
    assert "PV321.hint_cpu" in [hint.text.key for hint in problem.hints]
    # who asked for the CPU build already is not told to
    spec = declared("torch==2.13.*", accelerator="cpu", mirrors=Mirrors(pypi=indexes.url("simple")))
    with pytest.raises(Failure) as failure:
        make_lock(spec, machine(), foreign=True, pip=PipConfiguration(no_index=True))
    problem = failure.value.problems[0]
    assert problem.code == "PV321"
    assert "PV321.hint_cpu" not in [hint.text.key for hint in problem.hints]


def test_indexes_of_pip_are_ranked_as_pip_does_and_the_risk_is_said(
    loopback, wheel, declared, machine, make_lock
):
    loopback.folders = {"public": [wheel("inside", "9.0")], "private": [wheel("inside", "1.0")]}
    pip = PipConfiguration(index_url=loopback.url("public"), extra_index_urls=(loopback.url("private"),))
    lock = make_lock(declared("inside"), machine(), pip=pip)
    assert versions(lock) == {"inside": "9.0"}
    assert [finding.code for finding in lock.findings] == ["PV320"]
    assert lock.choice("index").why.key == "lock.index.pip"


def test_the_declared_mirror_wins_over_pip(loopback, wheel, declared, machine, make_lock):
    loopback.folders = {"mine": [wheel("inside", "1.0")], "theirs": [wheel("inside", "2.0")]}
    pip = PipConfiguration(index_url=loopback.url("theirs"))
    lock = make_lock(declared("inside", mirrors=Mirrors(pypi=loopback.url("mine"))), machine(), pip=pip)
    assert versions(lock) == {"inside": "1.0"}
    lock = make_lock(declared("inside", indexes=Indexes(index_url=loopback.url("mine"))), machine(), pip=pip)
    assert versions(lock) == {"inside": "1.0"}
    assert versions(make_lock(declared("inside"), machine(), pip=pip)) == {"inside": "2.0"}


def test_pips_constraints_and_file_indexes_count(loopback, wheel, declared, machine, make_lock, tmp_path):
    for version in ("1.0", "2.0", "3.0"):
        one = wheel("inside", version)
        folder = tmp_path / "index" / "inside"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / one.filename).write_bytes(one.bytes)
        with (folder / "index.html").open("a") as page:
            page.write(f'<a href="{one.filename}#sha256={one.sha256}">{one.filename}</a>\n')
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("inside<3\n")
    pip = PipConfiguration(index_url=(tmp_path / "index").as_uri(), constraints=(str(constraints),))
    lock = make_lock(declared("inside"), machine(), pip=pip)
    assert versions(lock) == {"inside": "2.0"}
    assert lock.choice("constraints").value == str(constraints)
    assert lock.packages[0].artifacts[0].size == len(wheel("inside", "2.0").bytes)


def test_credentials_open_the_index_and_stay_out_of_everything(loopback, wheel, declared, machine, make_lock):
    loopback.folders = {
        "private": [wheel("inside", "1.0"), wheel("six", "1.0")],
        "whl/cpu": [wheel("torch", "2.13.0+cpu", (), LINUX)],
    }
    loopback.logins = {"private": "me:s3cret", "whl/cpu": "you:0ther"}
    pip = PipConfiguration(index_url=loopback.url("private", "me:s3cret"))
    spec = declared(
        "inside",
        "torch",
        mirrors=Mirrors(torch=loopback.url("whl", "you:0ther").replace("127.0.0.1", "localhost")),
    )
    lock = make_lock(spec, machine(), pip=pip)
    assert versions(lock) == {"inside": "1.0", "torch": "2.13.0+cpu"}
    written = write(lock)
    assert "s3cret" not in written
    assert "0ther" not in written
    with pytest.raises(Failure) as failure:
        make_lock(
            declared("six"), machine(), pip=PipConfiguration(index_url=loopback.url("private", "me:wr0ng"))
        )
    assert failure.value.problems[0].code == "PV353"
    assert "wr0ng" not in repr(failure.value.problems)
    refused = declared(
        "torch", mirrors=Mirrors(pypi=loopback.url("private", "me:s3cret"), torch=loopback.url("whl"))
    )
    with pytest.raises(Failure) as failure:
        make_lock(refused, machine())
    assert failure.value.problems[0].code == "PV353"


def test_pins_stay_until_they_are_moved(indexes, mirrored, declared, machine, make_lock):
    old = make_lock(declared("six<1.17", "lightning", mirrors=mirrored), machine())
    assert versions(old)["six"] == "1.16.0"
    spec = declared("six", "lightning", mirrors=mirrored)
    assert versions(make_lock(spec, machine(), previous=old))["six"] == "1.16.0"
    assert versions(make_lock(spec, machine(), previous=old, upgrade=["lightning"]))["six"] == "1.16.0"
    assert versions(make_lock(spec, machine(), previous=old, upgrade=["six"]))["six"] == "1.17.0"
    assert versions(make_lock(spec, machine(), previous=old, upgrade=()))["six"] == "1.17.0"


def test_the_same_input_makes_the_same_bytes(mirrored, declared, machine, make_lock):
    spec = declared("lightning", mirrors=mirrored)
    assert write(make_lock(spec, machine())) == write(make_lock(spec, machine()))


def test_why_names_the_users_line_and_every_way(mirrored, declared, machine, make_lock):
    spec = declared("lightning", "six", mirrors=mirrored)
    lock = read(write(make_lock(spec, machine())), "pylock.toml")
    explanation = explain("six", lock, spec)
    assert explanation.chains == (
        ("requirements.txt:2", "six"),
        ("requirements.txt:1", "lightning", "six"),
        ("requirements.txt:1", "lightning", "torch", "six"),
    )
    assert [choice.subject for choice in explain("torch", lock, spec).choices] == [
        "accelerator",
        "source:torch",
    ]
    assert explain("accelerator", lock, spec).package is None
    with pytest.raises(Failure) as failure:
        explain("lightnin", lock, spec)
    assert failure.value.problems[0].hints[0].command == "provenv why lightning"


def test_folders_of_the_users_are_locked_by_their_place(mirrored, declared, machine, make_lock, tmp_path):
    root = tmp_path / "elsewhere"
    (root / "libs" / "mine").mkdir(parents=True)
    (root / "libs" / "mine" / "pyproject.toml").write_text(
        '[project]\nname = "mine"\nversion = "1"\ndependencies = ["six"]\n'
    )
    spec = declared("-e ./libs/mine", root=str(root), mirrors=mirrored)
    spec = replace(
        spec, requirements=(replace(spec.requirements[0], text="./libs/mine", name="", editable=True),)
    )
    mine = make_lock(spec, machine()).package("mine")
    assert (mine.origin, mine.location, mine.editable) == ("directory", "libs/mine", True)
    assert mine.required_by == ("requirements.txt:1",)


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        (Platform("linux", "x86_64", libc="glibc", libc_version="2.36"), "x86_64-manylinux_2_36"),
        (Platform("linux", "x86_64", libc="glibc", libc_version="2.30"), "x86_64-manylinux_2_28"),
        (Platform("linux", "x86_64", libc="glibc", libc_version="2.99"), "x86_64-manylinux_2_40"),
        (Platform("linux", "aarch64", libc="glibc", libc_version="2.17"), "aarch64-manylinux_2_17"),
        (Platform("linux", "x86_64", libc="musl", libc_version="1.2"), "x86_64-unknown-linux-musl"),
        (Platform("darwin", "arm64"), "aarch64-apple-darwin"),
        (Platform("windows", "AMD64"), "x86_64-pc-windows-msvc"),
    ],
)
def test_every_platform_can_be_locked_from_here(platform, name, indexes, declared, machine, make_lock):
    lock = make_lock(
        declared("six", mirrors=Mirrors(pypi=indexes.url("simple"))), machine(platform=platform), foreign=True
    )
    assert lock.platform == name
    assert versions(lock) == {"six": "1.17.0"}


def test_a_lock_fits_as_long_as_what_decided_is_the_same(mirrored, declared, machine, make_lock):
    spec = declared("torch", mirrors=mirrored)
    lock = make_lock(spec, machine())
    newer = replace(machine(), platform=Platform("linux", "x86_64", libc="glibc", libc_version="2.39"))
    older = replace(machine(), platform=Platform("linux", "x86_64", libc="glibc", libc_version="2.31"))
    assert fits(lock, spec, machine())
    assert fits(lock, replace(spec, mirrors=Mirrors()), newer)
    assert not fits(lock, spec, older)
    assert not fits(lock, replace(spec, digest="1" * 64), machine())
    assert not fits(lock, spec, machine(H100, driver="595.45"))
    assert fits(replace(lock, inputs={}), spec, older)


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        (["six", "lightning<1"], "PV344", 2),
        (["no-such-package-there"], "PV341", 1),
        (["six<1.17", "six>=1.17"], "PV340", 1),
        (["lightning", "torch<2"], "PV340", 2),
        (["./nothing"], "PV361", None),
    ],
)
def test_contradictions_are_told_in_uvs_words_with_the_users_line(
    lines, code, line, mirrored, declared, machine, make_lock
):
    with pytest.raises(Failure) as failure:
        make_lock(declared(*lines, mirrors=mirrored), machine())
    problem = failure.value.problems[0]
    assert problem.code == code, problem.why
    assert (problem.where.line if problem.where else None) == line
    assert problem.why.key == "verbatim"


def test_a_python_that_a_package_does_not_take_is_said(loopback, wheel, declared, machine, make_lock):
    loopback.folders = {"simple": [wheel("young", "1.0", requires_python=">=3.99")]}
    with pytest.raises(Failure) as failure:
        make_lock(declared("young", mirrors=Mirrors(pypi=loopback.url("simple"))), machine())
    assert failure.value.problems[0].code == "PV342"


@pytest.mark.parametrize(("status", "code"), [(503, "PV356"), (403, "PV353")])
def test_a_server_that_fails_is_named(
    status, code, loopback, wheel, declared, machine, make_lock, environment
):
    loopback.folders, loopback.broken = {"simple": [wheel("six", "1.0")]}, {"simple": status}
    with pytest.raises(Failure) as failure:
        make_lock(
            declared("six", mirrors=Mirrors(pypi=loopback.url("simple"))),
            machine(),
            environment={**environment, "UV_HTTP_RETRIES": "0"},
        )
    assert failure.value.problems[0].code == code


def test_a_dead_index_and_a_dead_proxy_are_different_things(declared, machine, make_lock, environment):
    quick = {**environment, "UV_HTTP_RETRIES": "0"}
    dead = declared("six", mirrors=Mirrors(pypi="http://127.0.0.1:9/simple"))
    with pytest.raises(Failure) as failure:
        make_lock(dead, machine(), environment=quick)
    assert failure.value.problems[0].code == "PV351"
    proxied = declared("six", mirrors=Mirrors(pypi="https://index.invalid/simple"))
    with pytest.raises(Failure) as failure:
        make_lock(proxied, machine(), pip=PipConfiguration(proxy="http://127.0.0.1:9"), environment=quick)
    assert failure.value.problems[0].code == "PV354"


def test_sources_without_an_index_are_folders_alone(declared, tmp_path):
    (tmp_path / "torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl").write_bytes(b"")
    pip = PipConfiguration(no_index=True, find_links=(str(tmp_path),))
    found = torch_sources("cpu", ["2.13"], declared("torch"), sources_of(declared("torch"), pip, {}))
    assert [(one.kind, one.url) for one in found] == [("folder", tmp_path.as_uri())]


# the real indexes of this machine, as pip would use them


def test_small_packages_from_the_real_index(declared, machine, make_lock, environment):
    real = {**os.environ, "UV_CACHE_DIR": environment["UV_CACHE_DIR"]}
    lock = make_lock(declared("six"), machine(), pip=pipconf.read(os.environ), environment=real)
    six = lock.package("six")
    assert six.required_by == ("requirements.txt:1",)
    assert all(len(one.hashes["sha256"]) == 64 for one in six.artifacts)


@pytest.mark.slow
def test_the_real_default_index_gives_cuda_to_an_h100_and_nothing_is_downloaded(
    declared, machine, make_lock, environment
):
    real = {**os.environ, "UV_CACHE_DIR": environment["UV_CACHE_DIR"]}
    facts = machine(H100, driver="580.65.06")
    lock = make_lock(
        declared("torch~=2.13.0"), facts, pip=pipconf.read(os.environ), environment=real, foreign=True
    )
    assert lock.choice("accelerator").value == "cu130"
    assert versions(lock)["torch"].split("+")[0].startswith("2.13.")
    assert sum(name.startswith("nvidia-") for name in versions(lock)) > 8
    size = sum(path.stat().st_size for path in Path(environment["UV_CACHE_DIR"]).rglob("*") if path.is_file())
    assert size < 50 << 20


def test_the_real_wheel_folder_of_pips_configuration_keeps_torch_cpu(
    declared, machine, make_lock, environment
):
    pip = pipconf.read(os.environ)
    folders = [Path(link) for link in pip.find_links if Path(link).is_dir()]
    wheels = [path.name for folder in folders for path in folder.glob(f"torch-*+cpu-{PYTHON}-*.whl")]
    if not wheels:
        pytest.skip("pip's configuration names no folder with a CPU wheel of torch for this Python")
    real = {**os.environ, "UV_CACHE_DIR": environment["UV_CACHE_DIR"]}
    lock = make_lock(declared("torch", "numpy"), machine(), pip=pip, environment=real)
    assert versions(lock)["torch"].endswith("+cpu")
    assert not [name for name in versions(lock) if name.startswith("nvidia-")]
    torch = lock.package("torch").artifacts[0]
    assert torch.filename in wheels
    assert torch.size == (folders[0] / torch.filename).stat().st_size
