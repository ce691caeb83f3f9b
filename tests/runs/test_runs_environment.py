"""What a command gets of the shell's variables, and what is said about the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from provenv.model.spec import Mirrors, Spec
from provenv.runs.environment import Prepared, other_environments, prepare, redacted

VENV = "/project/.provenv/here/generations/0007/venv"
Declared = Callable[..., Spec]


def prepared(
    environment: dict[str, str], spec: Spec, *, cores: float = 4.0, processes: int = 1, **more: object
) -> Prepared:
    return prepare(
        environment,
        spec=spec,
        venv=VENV,
        granted_cores=cores,
        processes=processes,
        **more,  # type: ignore[arg-type]  # `others` alone
    )


def test_a_clean_shell_gets_the_environment_and_no_remark(declared: Declared) -> None:
    result = prepared({"PATH": "/usr/bin:/bin", "HOME": "/home/a"}, declared())
    assert result.environment == {
        "PATH": f"{VENV}/bin:/usr/bin:/bin",
        "HOME": "/home/a",
        "VIRTUAL_ENV": VENV,
        "VIRTUAL_ENV_PROMPT": "digits",
        "PYTHONNOUSERSITE": "1",
        "OMP_NUM_THREADS": "4",
        "MKL_NUM_THREADS": "4",
        "OPENBLAS_NUM_THREADS": "4",
        "NUMEXPR_NUM_THREADS": "4",
    }
    assert result.findings == ()
    assert result.set_aside == {}
    assert set(result.added) == set(result.environment) - {"HOME"}


@pytest.mark.parametrize(
    "name", ["LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"]
)
def test_a_stray_path_is_named_and_set_aside(name: str, declared: Declared) -> None:
    result = prepared({"PATH": "/bin", name: "/opt/old"}, declared())
    assert name not in result.environment
    assert result.set_aside == {name: "/opt/old"}
    (finding,) = result.findings
    assert (finding.code, finding.severity) == ("PV601", "note")
    assert finding.what.args == {"names": f"`{name}`", "n": 1}


def test_an_empty_stray_goes_without_a_word(declared: Declared) -> None:
    result = prepared({"PATH": "/bin", "LD_LIBRARY_PATH": ""}, declared())
    assert "LD_LIBRARY_PATH" not in result.environment
    assert (result.set_aside, result.findings) == ({}, ())


def test_conda_and_another_venv_leave_path_and_variables(declared: Declared) -> None:
    shell = {
        "PATH": "/other/bin:/conda/envs/x/bin:/conda/bin:/conda/condabin:/usr/bin",
        "VIRTUAL_ENV": "/other",
        "CONDA_PREFIX": "/conda/envs/x",
        "CONDA_PREFIX_1": "/conda",
        "CONDA_DEFAULT_ENV": "x",
        "CONDA_SHLVL": "2",
        "CONDA_EXE": "/conda/bin/conda",
        "_CE_CONDA": "",
    }
    result = prepared(shell, declared())
    assert result.environment["PATH"] == f"{VENV}/bin:/conda/condabin:/usr/bin"
    assert {name for name in result.environment if "CONDA" in name} == {"CONDA_EXE"}
    assert result.environment["VIRTUAL_ENV"] == VENV
    (finding,) = result.findings
    assert finding.code == "PV602"
    assert finding.what.args == {"paths": "`/conda`, `/conda/envs/x`, `/other`", "n": 3}


def test_environments_that_only_path_shows(declared: Declared, tmp_path: Path) -> None:
    for name, mark in (("tools", "pyvenv.cfg"), ("forge", "conda-meta"), ("usr", "share")):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / mark).touch()
    path = ":".join([f"{tmp_path}/{name}/bin" for name in ("tools", "forge", "usr", "tools")] + ["", "bin"])
    others = other_environments(path)
    assert others == (f"{tmp_path}/tools", f"{tmp_path}/forge")
    result = prepared({"PATH": path}, declared(), others=others)
    assert result.environment["PATH"] == f"{VENV}/bin:{tmp_path}/usr/bin:bin"


@pytest.mark.parametrize("active", [VENV, "/project/.venv"])
def test_the_project_s_own_environment_is_no_stranger(active: str, declared: Declared) -> None:
    result = prepared({"PATH": f"{active}/bin:/bin", "VIRTUAL_ENV": active}, declared())
    assert result.environment["PATH"] == f"{VENV}/bin:/bin"
    assert result.environment["VIRTUAL_ENV"] == VENV
    assert (result.findings, result.set_aside) == ((), {})


def test_declared_variables_win_and_pass_keeps_a_stray(declared: Declared) -> None:
    spec = declared(
        variables={"PYTHONHASHSEED": "0", "LD_PRELOAD": "/lib/ours.so", "PYTHONNOUSERSITE": "0"},
        passed=("LD_LIBRARY_PATH", "HF_TOKEN"),
    )
    shell = {
        "PATH": "/bin",
        "PYTHONHASHSEED": "7",
        "LD_PRELOAD": "/lib/theirs.so",
        "LD_LIBRARY_PATH": "/opt/rocm/lib",
        "HF_TOKEN": "hf_secret",
    }
    result = prepared(shell, spec)
    assert result.environment["PYTHONHASHSEED"] == "0"
    assert result.environment["LD_PRELOAD"] == "/lib/ours.so"
    assert result.environment["LD_LIBRARY_PATH"] == "/opt/rocm/lib"
    assert result.environment["PYTHONNOUSERSITE"] == "0"
    assert result.environment["HF_TOKEN"] == "hf_secret"
    assert result.set_aside == {"LD_PRELOAD": "/lib/theirs.so"}
    assert "hf_secret" not in repr((result.added, result.set_aside, result.findings))


def test_a_missing_name_to_pass_is_a_warning_with_a_command(declared: Declared) -> None:
    (finding,) = prepared({"PATH": "/bin"}, declared(passed=("HF_TOKEN",))).findings
    assert (finding.code, finding.severity) == ("PV603", "warning")
    assert finding.what.args == {"name": "HF_TOKEN"}


@pytest.mark.parametrize(
    ("cores", "processes", "threads"),
    [(8.0, 1, "8"), (8.0, 3, "2"), (2.5, 1, "2"), (0.5, 1, "1"), (2.0, 8, "1"), (4.0, 0, "4")],
)
def test_threads_share_the_granted_cores(
    cores: float, processes: int, threads: str, declared: Declared
) -> None:
    result = prepared({"PATH": "/bin"}, declared(), cores=cores, processes=processes)
    assert {result.environment[f"{library}_NUM_THREADS"] for library in ("OMP", "MKL", "OPENBLAS")} == {
        threads
    }


@pytest.mark.parametrize("declares", [True, False])
def test_the_user_s_own_thread_count_leads(declares: bool, declared: Declared) -> None:
    spec = declared(variables={"OMP_NUM_THREADS": "3"} if declares else {})
    shell = {"PATH": "/bin"} if declares else {"PATH": "/bin", "OMP_NUM_THREADS": "3"}
    result = prepared(shell, spec)
    threads = {name: value for name, value in result.environment.items() if name.endswith("_NUM_THREADS")}
    assert threads == {"OMP_NUM_THREADS": "3"}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("WANDB_API_KEY", "abc", "***"),
        ("HF_TOKEN", "abc", "***"),
        ("PIP_INDEX_URL", "https://me:pw@mirror.example/simple", "https://***@mirror.example/simple"),
        ("PYTHONHASHSEED", "0", "0"),
    ],
)
def test_secrets_are_not_shown(name: str, value: str, shown: str) -> None:
    assert redacted(name, value) == shown


HUB = Mirrors(huggingface="https://mia:${HUB}@hub.example")


@pytest.mark.parametrize(
    ("shell", "more", "endpoint"),
    [
        ({"HUB": "hidden"}, {}, "https://mia:hidden@hub.example"),
        ({"HF_ENDPOINT": "https://shell.example"}, {}, "https://mia:${HUB}@hub.example"),
        ({"HF_ENDPOINT": "https://shell.example"}, {"passed": ("HF_ENDPOINT",)}, "https://shell.example"),
        ({}, {"variables": {"HF_ENDPOINT": "https://env.example"}}, "https://env.example"),
    ],
)
def test_the_hubs_mirror_reaches_the_command(
    shell: dict[str, str], more: dict[str, object], endpoint: str, declared: Declared
) -> None:
    result = prepared({"PATH": "/bin", **shell}, declared(mirrors=HUB, **more))
    assert result.environment["HF_ENDPOINT"] == endpoint
    assert "hidden" not in repr(result.added)
