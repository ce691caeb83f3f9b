"""nvidia-smi's layouts, as recorded beside the checkout, read one by one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenv.facts import capability, smi
from provenv.facts.smi import Card

MIB = 1 << 20

# file -> driver, CUDA, cards
TABLES = {
    "nvsmi-440-fan-na-power.txt": ("440.95.01", "10.2", [Card(0, "GeForce GT 1030", memory=1998 * MIB)]),
    "nvsmi-450-57-titanxp.txt": ("450.57", "11.0", [Card(0, "TITAN Xp", memory=12196 * MIB)]),
    "nvsmi-461-windows-wddm.txt": ("461.72", "11.2", [Card(0, "GeForce GTX 105...", memory=4096 * MIB)]),
    "nvsmi-470-wsl-smi-older-than-driver.txt": (
        "510.06",
        "11.6",
        [Card(0, "NVIDIA GeForce ...", memory=8192 * MIB)],
    ),
    "nvsmi-510-mig-a100.txt": (
        "510.108.03",
        "11.6",
        [Card(index, "NVIDIA A100 80G...", memory=81920 * MIB, mig="enabled") for index in (0, 1)],
    ),
    "nvsmi-535-mig-h100-memory-na.txt": (
        "535.171.04",
        "12.2",
        [Card(0, "NVIDIA H100 PCIe", memory=None, mig="enabled")],
    ),
    "nvsmi-L-mixed.txt": (
        None,
        None,
        [
            Card(0, "NVIDIA TITAN V", "GPU-3f2a9c10-77de-4b51-9a0e-5c1d2e8f4a66"),
            Card(1, "NVIDIA RTX 5880 Ada Generation", "GPU-a9417b3e-06c5-4d82-8f1b-20e7c39d5b04"),
        ],
    ),
    "nvsmi-err-power-row.txt": (None, None, [Card(1, "Tesla V100-PCIE...", memory=16160 * MIB)]),
    "nvsmi-q-windows-1080ti.txt": (
        "442.92",
        "10.2",
        [Card(0, "GeForce GTX 1080 Ti", "GPU-5b0e7d22-9f41-47c8-b3a6-0d1e2f3a4b5c")],
    ),
    "nvsmi-mig-table-old-layout.txt": (None, None, []),
    "nvsmi-no-devices.txt": (None, None, []),
    "nvsmi-topo-bad-flag.txt": (None, None, []),
    "nvsmi-version-mismatch-new.txt": (None, None, []),
    "nvsmi-version-mismatch-old.txt": (None, None, []),
}


def recorded(shared_cases: Path, name: str) -> str:
    return (shared_cases / "tool-outputs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_layouts_are_told_apart_and_read(shared_cases: Path, name: str) -> None:
    said = smi.read(recorded(shared_cases, name))
    assert (said.driver, said.cuda, list(said.cards)) == TABLES[name]


def test_every_recorded_layout_has_its_test(shared_cases: Path) -> None:
    queries = {"nvsmi-query-csv-noheader-h100-a100.txt", "nvsmi-query-csv-unified-memory-na.txt"}
    known = TABLES.keys() | queries
    assert {path.name for path in (shared_cases / "tool-outputs").glob("nvsmi-*")} <= known


def test_queries_without_a_header_are_read_by_what_was_asked(shared_cases: Path) -> None:
    asked = ("index", "name", "driver_version", "memory.total", "memory.used", "memory.free", "pci.bus_id")
    said = smi.query(recorded(shared_cases, "nvsmi-query-csv-noheader-h100-a100.txt"), asked)
    assert said.driver == "580.173.02"
    assert said.cards == (
        Card(0, "NVIDIA H100 80GB HBM3", memory=81559 * MIB),
        Card(1, "NVIDIA A100 80GB", memory=81920 * MIB),
    )
    said = smi.query(
        recorded(shared_cases, "nvsmi-query-csv-unified-memory-na.txt"), ("name", "memory.total")
    )
    assert said.cards == (Card(0, "NVIDIA GB10", memory=None),)


MISMATCHES = ("nvsmi-version-mismatch-new.txt", "nvsmi-version-mismatch-old.txt")


@pytest.mark.parametrize("name", MISMATCHES)
def test_a_mismatch_is_an_error(shared_cases: Path, name: str) -> None:
    said = smi.error(recorded(shared_cases, name))
    assert said.startswith("Failed to initialize NVML: Driver/library version mismatch")


@pytest.mark.parametrize("name", sorted(TABLES.keys() - set(MISMATCHES)))
def test_all_others_are_none(shared_cases: Path, name: str) -> None:
    assert smi.error(recorded(shared_cases, name)) == ""


def test_no_devices_is_told_apart_from_silence(shared_cases: Path) -> None:
    assert smi.no_devices(recorded(shared_cases, "nvsmi-no-devices.txt"))
    assert not smi.no_devices(recorded(shared_cases, "nvsmi-450-57-titanxp.txt"))


def test_permissions_that_docker_reports_are_an_error(shared_cases: Path) -> None:
    assert "insufficient permissions" in smi.error(
        recorded(shared_cases, "docker-nvml-insufficient-permissions.txt")
    )


@pytest.mark.parametrize(
    ("row", "card"),
    [
        (
            "0, GPU-1, NVIDIA A10, 8.6, 550.54.14, 23028 MiB, [N/A]",
            Card(0, "NVIDIA A10", "GPU-1", "8.6", 23028 * MIB),
        ),
        (
            "3, GPU-1, NVIDIA H100, 9.0, 550.54.14, 81559 MiB, Enabled",
            Card(3, "NVIDIA H100", "GPU-1", "9.0", 81559 * MIB, "enabled"),
        ),
        (
            "0, [Not Supported], Quadro K600, [Not Supported], 470.1, [Not Supported], [Not Supported]",
            Card(0, "Quadro K600"),
        ),
        ("0, GPU-1, NVIDIA GB10, 12.1, 580.95.05, [N/A], [N/A]", Card(0, "NVIDIA GB10", "GPU-1", "12.1")),
        ("0, GPU-1, [Unknown Error], 8.6, 550.54.14, 1 MiB, [N/A]", None),
        ("x, GPU-1, NVIDIA A10, 8.6, 550.54.14, 1 MiB, [N/A]", None),
        ("0, GPU-1, NVIDIA A10", None),
    ],
)
def test_rows_of_a_query(row: str, card: Card | None) -> None:
    header = "index, uuid, name, compute_cap, driver_version, memory.total [MiB], mig.mode.current\n"
    assert smi.query(header + row + "\n").cards == (() if card is None else (card,))


def test_an_old_driver_that_refuses_a_field_gives_nothing() -> None:
    assert smi.read('Field "compute_cap" is not a valid field to query.\n\n') == smi.Said()


def test_mig_devices_belong_to_the_gpu_above_them() -> None:
    printed = (
        "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aa)\n"
        "  MIG 3g.20gb     Device  0: (UUID: MIG-11)\n"
        "  MIG 3g.20gb     Device  1: (UUID: MIG-22)\n"
        "GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bb)\n"
    )
    assert smi.listing(printed).children == (("MIG-11", 0), ("MIG-22", 0))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NVIDIA A10", "8.6"),
        ("NVIDIA A100-SXM4-80GB", "8.0"),
        ("NVIDIA A100 80G...", "8.0"),
        ("NVIDIA A10G", "8.6"),
        ("GeForce GTX 960", "5.2"),
        ("GeForce GTX 960M", "5.0"),
        ("GeForce GTX 105...", "6.1"),
        ("GeForce GTX 96...", None),
        ("NVIDIA GeForce ...", None),
        ("Quadro RTX 6000", "7.5"),
        ("NVIDIA RTX 6000 Ada Generation", "8.9"),
        ("NVIDIA RTX A6000", "8.6"),
        ("NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", "12.0"),
        ("Tesla V100-PCIE...", "7.0"),
        ("NVIDIA GeForce RTX 3050 Ti Laptop GPU", "8.6"),
        ("NVIDIA H100 PCIe MIG 1g.10gb", "9.0"),
        ("NVIDIA GH200 480GB", "9.0"),
        ("Matrox G200", None),
        ("", None),
    ],
)
def test_capability_by_name(name: str, value: str | None) -> None:
    assert capability.look_up(name) == value


def test_capability_by_name_on_the_recorded_machines(shared_cases: Path) -> None:
    cards = 0
    for line in (shared_cases / "machines" / "dev.jsonl").read_text(encoding="utf-8").splitlines():
        for gpu in json.loads(line)["gpus"]:
            if gpu.get("compute_capability"):
                name = gpu["name"].replace(" (cut; 300 W board)", "")
                assert (name, capability.look_up(name)) == (name, gpu["compute_capability"])
                cards += 1
    assert cards > 30


def test_the_table_is_data_with_its_sources() -> None:
    data = json.loads(capability.TABLE.read_text(encoding="utf-8"))
    names = [capability.normal(name) for names in data["capabilities"].values() for name in names]
    assert data["sources"]
    assert data["date"]
    assert len(names) == len(set(names))
