"""The utilisation (MFU) is told where work and device are known, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loading import load
from provenv.model.tables import table
from provenv.runs.device_peaks import least_seconds
from provenv.runs.observed import observe

made = load("recorded_for_device_peaks", Path(__file__).with_name("recorded.py"))
FACTS = Path(__file__).parents[1] / "facts" / "cases"


def recorded_name(case: str) -> str:
    """Return the first name of a GPU in a recorded machine."""
    return re.search(r"NVIDIA [AH]100[\w -]*?(?= *[\\\\\",|]|  )", (FACTS / case).read_text())[0]


@pytest.mark.parametrize(
    ("device", "kinds", "seconds"),
    [
        (recorded_name("visible-by-the-driver.json"), {"bfloat16": 312e12}, 1.0),
        ("NVIDIA A100-SXM4-40GB", {"tf32": 156e12, "float32": 19.5e12}, 2.0),
        ("NVIDIA A100 80GB PCIe", {"float16": 624e12}, 2.0),
        ("NVIDIA H100 80GB HBM3", {"bfloat16": 989.4e12, "float64": 1e12}, 1.0),
        ("NVIDIA H100 PCIe", {"bfloat16": 756e12}, 1.0),
        # too much of a type without a peak; a part of a device; a processor; nothing done; a stranger
        ("NVIDIA H100 80GB HBM3", {"bfloat16": 900e12, "float8_e4m3fn": 900e12}, None),
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", {"bfloat16": 1e12}, None),
        ("", {"float32": 1e9}, None),
        ("NVIDIA A100-SXM4-40GB", {}, None),
        ("NVIDIA GeForce RTX 4070 Laptop GPU", {"float16": 1e12}, None),
        ("Tesla T4", {"bfloat16": 1e12}, None),
    ],
)
def test_the_least_time_of_a_step(device, kinds, seconds):
    assert least_seconds(kinds, device) == (None if seconds is None else pytest.approx(seconds))


def test_every_row_says_where_it_is_from_and_types_are_in_order():
    for row in table("device_peaks")["rows"]:
        assert row["source"]
        assert row["float16"] >= row.get("tf32", row["float32"]) >= row["float32"]


@pytest.mark.parametrize(("device", "share"), [("NVIDIA A100-SXM4-80GB", 0.4), ("a GPU", None)])
def test_a_run_on_a_known_device_tells_its_utilisation(tmp_path, device, share):
    # a step a second
    work = {"k": "work", "t": made.T0, "flops": 124.8e12, "kinds": {"bfloat16": 124.8e12}, "device": device}
    folder = made.recorded(tmp_path).attempt(1, lines=[work, *made.steps(1, 100)]).folder
    told = observe(folder).progressed.utilisation
    assert told == (None if share is None else pytest.approx(share))
