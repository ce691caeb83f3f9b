"""A distribution that stands in for a declared one is what the checks look at; nothing is missed for it."""

from __future__ import annotations

import pytest

from provenv.errors import Place
from provenv.model.evidence import Check
from provenv.model.spec import Requirement, Spec
from provenv.proof.entry import Given
from provenv.proof.judges.files import judge_dependencies
from provenv.proof.sent import imports

MARKERS = {"python_full_version": "3.12.1", "python_version": "3.12", "sys_platform": "linux"}


def environment(**distributions):
    return {
        "markers": MARKERS,
        "distributions": [
            {
                "name": name.replace("_", "-"),
                "version": version,
                "requires": list(requires),
                "requires_python": "",
            }
            for name, (version, *requires) in distributions.items()
        ],
    }


@pytest.mark.parametrize(
    ("declared", "installed", "status"),
    [
        (
            ["tensorflow"],
            {"tensorflow_cpu": ("2.21.0",), "tf_keras": ("2.21.0", "tensorflow>=2.21")},
            "passed",
        ),
        (["tensorflow>=2.22"], {"tensorflow_cpu": ("2.21.0",)}, "failed"),
        (["tensorflow-cpu"], {"tensorflow": ("2.21.0",)}, "failed"),
        (["xgboost"], {"xgboost": ("3.4.1", "nvidia-nccl-cu13 ; sys_platform == 'linux'")}, "passed"),
        (["hungry"], {"hungry": ("1", "nvidia-nccl-cu13")}, "failed"),
        (["onnxruntime"], {"onnxruntime_gpu": ("1.31.1",), "chromadb": ("1", "onnxruntime>=1.14")}, "passed"),
    ],
)
def test_requirements_are_met_by_what_stands_in(declared, installed, status):
    check = Check("dependencies", "dependencies.py", 10.0, {"declared": declared})
    assert judge_dependencies(check, environment(**installed)).status == status


def test_the_stand_in_is_what_is_imported():
    lines = tuple(Requirement(one, one, Place("r.txt", 1)) for one in ("xgboost", "pandas", "absent"))
    spec = Spec("example", "/", "r.txt", ("r.txt",), "0", requirements=lines)
    given = Given({"xgboost-cpu": "3.4.1", "pandas": "2.3"}, spec)
    assert imports(given)["packages"] == ["xgboost-cpu", "pandas"]
