"""Doctor's checks of accelerators: recorded machines, and environments as their metadata would say them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenv import facts
from provenv.diagnosis.checks import builds, devices
from provenv.diagnosis.ground import Ground
from provenv.model.environment import Environment, Installed
from provenv.model.facts import Facts
from provenv.model.spec import Spec

HERE = Path(__file__).resolve().parent.parent


def machine(name: str) -> Facts:
    """Return a recorded machine, whole or as its probe answered."""
    path = HERE / "machines" / f"{name}.json"
    if path.exists():
        return facts.load(path)
    case = json.loads((HERE / "facts" / "cases" / f"{name}.json").read_text("utf-8"))
    for item in case["document"]["items"].values():
        if isinstance(item.get("out"), list):
            item["out"] = "\n".join(item["out"]) + "\n"
    return facts.read(case["document"])


def environment(*packages: str) -> Environment:
    installed = tuple(Installed(*one.split("==")) for one in packages)
    return Environment("/project/.venv", "project", "3.11.9", installed=installed)


def found(check, name: str, *packages: str, spec: Spec | None = None, **variables: str):
    ground = Ground(
        facts=machine(name), spec=spec, environments=(environment(*packages),), variables=variables
    )
    return list(check.look(ground))


BUILDS = [
    # machine, packages, the finding's id (None: nothing), its gravity
    ("h100-driver550", ("torch==2.13.0+cu130",), "driver-older-than-build", "blocks"),
    ("h100-driver550", ("torch==2.6.0+cu124",), None, ""),
    ("h100-driver580", ("torch==2.13.0+cu130",), None, ""),
    ("driver440", ("torch==2.4.0+cu121",), "driver-older-than-build", "blocks"),
    ("v100-driver535", ("torch==2.11.0+cu128",), "gpu-not-in-build", "blocks"),
    ("v100-driver535", ("torch==2.10.0+cu128",), None, ""),
    ("b200-driver580", ("torch==2.6.0+cu126",), "gpu-not-in-build", "blocks"),
    ("mixed-v100-5090", ("torch==2.11.0+cu128",), "gpu-not-in-build", "hurts"),
    ("h100-driver580", ("torch==2.13.0+cpu",), "cpu-build-beside-gpu", "hurts"),
    ("cpu-amx", ("torch==2.13.0+cpu",), None, ""),
    ("cpu-amx", ("torch==2.13.0+cu130",), "cuda-build-without-gpu", "better"),
    ("cpu-amx", ("torch==2.13.0", "nvidia-cuda-runtime==13.0.96"), "cuda-build-without-gpu", "better"),
    ("h100-driver550", ("jaxlib==0.8.0", "jax-cuda13-pjrt==0.8.0"), "driver-older-than-build", "blocks"),
    ("h100-driver580", ("jax==0.8.0", "jaxlib==0.8.0"), "cpu-build-beside-gpu", "hurts"),
    ("h100-driver580", ("tensorflow==2.20.0",), "cpu-build-beside-gpu", "hurts"),
    ("h100-driver580", ("tensorflow==2.20.0", "nvidia-cudnn-cu12==9.3.0.75"), None, ""),
    ("h100-driver580", ("torch==2.10.0+rocm6.4",), "build-for-other-device", "hurts"),
    ("mi300x", ("torch==2.10.0+rocm6.4",), None, ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "packages", "wanted", "gravity"), BUILDS)
def test_a_build_is_held_against_driver_and_gpu(name, packages, wanted, gravity):
    told = found(builds, name, *packages)
    assert [(one.id, one.gravity) for one in told] == ([(wanted, gravity)] if wanted else [])
    assert all(one.remedies and one.evidence for one in told)


def test_a_cpu_build_that_was_asked_for_is_no_finding():
    spec = Spec("p", "/project", "provenv.toml", ("provenv.toml",), "", accelerator="cpu")
    assert found(builds, "h100-driver580", "torch==2.13.0+cpu", spec=spec) == []


def test_a_cuda_build_that_was_asked_for_blocks_where_no_gpu_is():
    spec = Spec("p", "/project", "provenv.toml", ("provenv.toml",), "", accelerator="cuda")
    (one,) = found(builds, "cpu-amx", "torch==2.13.0+cu130", spec=spec)
    assert (one.id, one.gravity) == ("cuda-build-without-gpu", "blocks")


def test_a_driver_is_updated_as_the_distribution_has_it_and_not_inside_of_a_container():
    (one,) = found(builds, "driver440", "torch==2.4.0+cu121")
    assert any(advice.text and "update" in advice.text.key for advice in one.remedies)
    assert all(advice.root for advice in one.remedies if any("sudo" in line for line in advice.commands))


DEVICES = [
    ("driver-library-mismatch", "gpu-out-of-order", "driver-library-mismatch"),
    ("gpu-without-driver", "gpu-out-of-order", "gpu-driver-not-loaded"),
    ("container-without-device", "gpu-out-of-order", "nvidia-runtime-missing-in-docker"),
    ("driver-without-device", "gpu-out-of-order", "gpu-driver-not-loaded"),
    ("utility-only-container", "gpu-out-of-order", "gpu-driver-not-loaded"),
    ("jetson-no-permission", "gpu-out-of-order", "permission-denied-path"),
    ("intel-laptop-display", None, None),
    ("amd-no-permission", "device-unusable", "permission-denied-path"),
    ("amd-rocm-broken", "device-unusable", "gpu-driver-not-loaded"),
    ("ascend-driver-fails", "device-unusable", "ascend-cann-env"),
    ("h100-driver580", None, None),
    ("cpu-amx", None, None),
    ("mac-m2-pro", None, None),
]


@pytest.mark.parametrize(("name", "wanted", "cause"), DEVICES)
def test_a_device_that_cannot_be_used_is_told_with_its_cause(name, wanted, cause):
    told = [one for one in found(devices, name) if one.id != "gpus-hidden"]
    assert [(one.id, one.cause) for one in told] == ([(wanted, cause)] if wanted else [])
    assert all(one.remedies for one in told)


@pytest.mark.parametrize(
    ("detail", "cause"),
    [
        ("cuInit: 802", "gpu-fabric-manager"),
        ("cuInit: 803", "driver-library-mismatch"),
        ("PCI 10de:2204 nouveau", "gpu-driver-not-loaded"),
        ("Unable to determine the device handle for GPU0: 0000:17:00.0: GPU is lost", "gpu-hardware-fault"),
        ("it could not and couldn't communicate with the NVIDIA driver", "gpu-driver-not-loaded"),
        ("nvidia-smi: timeout", "gpu-driver-not-loaded"),
    ],
)  # fmt: skip
def test_what_the_tools_say_has_a_cause(detail, cause):
    ready = machine("h100-driver580")
    nvidia = type(ready.nvidia)("broken", ready.nvidia.driver, gpus=ready.nvidia.gpus, detail=detail)
    broken = Facts(ready.platform, nvidia=nvidia)
    (one,) = devices.look(Ground(facts=broken))
    assert (one.id, one.cause, one.gravity) == ("gpu-out-of-order", cause, "blocks")


@pytest.mark.parametrize(
    ("name", "visible", "gravity"),
    [("visible-none", "-1", "hurts"), ("visible-until-unknown", None, "hurts")],
)
def test_gpus_that_a_variable_hides(name, visible, gravity):
    ground = Ground(
        facts=machine(name), variables={} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    )
    told = [one for one in devices.look(ground) if one.id == "gpus-hidden"]
    assert [(one.gravity, one.cause) for one in told] == [(gravity, "cuda-visible-devices-wrong")]


@pytest.mark.parametrize("path", sorted((HERE / "machines").glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_machine_is_judged(path):
    ground = Ground(
        facts=facts.load(path), environments=(environment("torch==2.13.0+cu130", "jaxlib==0.8.0"),)
    )
    for one in (*devices.look(ground), *builds.look(ground)):
        assert one.area == "accelerator"
