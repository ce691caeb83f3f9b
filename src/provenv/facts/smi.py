"""What nvidia-smi prints, in each of its layouts: CSV queries, the table, `-L`, `-q`, and its errors."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

MIB = 1 << 20

FIELDS = ("index", "uuid", "name", "compute_cap", "driver_version", "memory.total", "mig.mode.current")
BASIC = ("index", "uuid", "name", "driver_version", "memory.total")
"""Drivers before 450 know no MIG, before 510 no compute capability, and refuse the whole query."""

UNKNOWN = ("", "N/A", "[N/A]", "[NOT SUPPORTED]", "NOT SUPPORTED", "[UNKNOWN ERROR]", "UNKNOWN ERROR", "ERR!")

NO_DEVICES = "no devices were found"
ERRORS = (
    # what nvidia-smi and NVML say when the driver does not answer
    "driver/library version mismatch",
    "failed to initialize nvml",
    "couldn't communicate with the nvidia driver",
    "unable to determine the device handle",
    "gpu is lost",
    "insufficient permissions",
    "gpu access blocked by the operating system",
    "nvidia-smi has failed",
)


@dataclass(frozen=True)
class Card:
    """One GPU as far as one layout tells it; memory in bytes."""

    index: int
    name: str
    uuid: str = ""
    capability: str | None = None
    memory: int | None = None
    mig: str | None = None


@dataclass(frozen=True)
class Said:
    """What one run of nvidia-smi told; `children` are MIG devices: (UUID, index of the GPU)."""

    cards: tuple[Card, ...] = ()
    driver: str | None = None
    cuda: str | None = None
    children: tuple[tuple[str, int], ...] = ()


def known(value: str | None) -> str | None:
    """Return a value of nvidia-smi's, or None for its ways to say that it does not know."""
    value = (value or "").strip()
    return None if value.upper() in UNKNOWN else value


def error(printed: str) -> str:
    """Return the lines in which nvidia-smi says that the driver does not answer; empty if it does."""
    lines = [line.strip() for line in printed.splitlines() if line.strip() and not line.startswith("#")]
    wrong = [number for number, line in enumerate(lines) if any(words in line.lower() for words in ERRORS)]
    return "\n".join(lines[wrong[0] :][:3]) if wrong else ""


def no_devices(printed: str) -> bool:
    """Tell whether nvidia-smi found no device (its exit code is 0 or 6, by version)."""
    return NO_DEVICES in printed.lower()


def query(printed: str, asked: Sequence[str] = FIELDS) -> Said:
    """Read `--query-gpu=... --format=csv`; `asked` are the fields where a header does not name them.

    Values may carry their unit (`81559 MiB`) or not (`nounits`); a row that does not fit is passed over.
    """
    lines = [line for line in printed.splitlines() if line.strip() and not line.startswith("#")]
    names = list(asked)
    cards: list[Card] = []
    driver = None
    for cells in csv.reader(lines, skipinitialspace=True):
        header = [cell.split(" [")[0].strip() for cell in cells]
        if header[0] in ("index", "uuid", "name", "driver_version", "memory.total", "compute_cap"):
            names = header
            continue
        if len(cells) != len(names):
            continue
        row = dict(zip(names, cells, strict=True))
        index, name = row.get("index", str(len(cards))).strip(), known(row.get("name"))
        if name is None or not index.isdigit():
            continue
        driver = driver or known(row.get("driver_version"))
        mig = known(row.get("mig.mode.current"))
        cards.append(
            Card(
                index=int(index),
                name=name,
                uuid=known(row.get("uuid")) or "",
                capability=_capability(row.get("compute_cap")),
                memory=_mebibytes(row.get("memory.total")),
                mig=mig.lower() if mig else None,
            )
        )
    return Said(tuple(cards), driver)


def _capability(value: str | None) -> str | None:
    return value.strip() if value and re.fullmatch(r"\s*\d{1,2}\.\d\s*", value) else None


def _mebibytes(value: str | None) -> int | None:
    match = re.fullmatch(r"\s*(\d+)(?:\s*MiB)?\s*", value or "")
    return int(match[1]) * MIB if match else None


HEAD = re.compile(r"(?:Driver|KMD) Version:\s*(\S+)\s+CUDA (?:UMD )?Version:\s*(\S+)|Driver Version:\s*(\S+)")
CARD = re.compile(
    r"^\|\s*(\d+)\s+(\S.*?)\s+(?:On|Off|N/A|WDDM|TCC|MCDM)\s*\|\s*(?:[0-9A-Fa-f]+:[0-9A-Fa-f]+:|N/A)"
)
"""The GPU of a Jetson is on no bus."""
USAGE = re.compile(r"(?:\d+|N/A)\s*(?:MiB)?\s*/\s*(\d+)\s*MiB")


def table(printed: str) -> Said:
    """Read what plain `nvidia-smi` prints; names may be cut (`NVIDIA A100 80G...`)."""
    head = HEAD.search(printed)
    cards: list[Card] = []
    # the tables of MIG devices and of processes come after that of the GPUs and number their rows likewise
    for line in re.split(r"^\|\s*(?:MIG devices|Processes):", printed, maxsplit=1, flags=re.M)[
        0
    ].splitlines():
        card = CARD.match(line)
        if card:
            cards.append(Card(int(card[1]), card[2]))
        elif cards and line.startswith("|"):
            cards[-1] = _second_rows(cards[-1], line)
    if head is None:
        return Said(tuple(cards))
    return Said(tuple(cards), known(head[1] or head[3]), known(head[2]))


def _second_rows(card: Card, line: str) -> Card:
    columns = [column.strip() for column in line.strip("|").split("|")]
    usage = USAGE.search(columns[1]) if len(columns) > 1 else None
    if usage and card.memory is None:
        return replace(card, memory=int(usage[1]) * MIB)
    if columns[-1] in ("Enabled", "Disabled", "Enabled*", "Disabled*"):
        return replace(card, mig=columns[-1].rstrip("*").lower())
    return card


def listing(printed: str) -> Said:
    """Read `nvidia-smi -L`: whole names and UUIDs, and under each GPU its MIG devices."""
    cards: list[Card] = []
    children: list[tuple[str, int]] = []
    for line in printed.splitlines():
        card = re.match(r"GPU (\d+): (.+?) \(UUID: ([^)]+)\)", line)
        child = re.match(r"\s+MIG .*\(UUID: (MIG-[^)]+)\)", line)
        if card:
            cards.append(Card(int(card[1]), card[2], card[3]))
        elif child and cards:
            children.append((child[1], cards[-1].index))
    return Said(tuple(cards), children=tuple(children))


def log(printed: str) -> Said:
    """Read `nvidia-smi -q`: sections by indentation, one `GPU <bus>` per card."""
    sections = re.split(r"^GPU [0-9A-Fa-f]+:.*$", printed, flags=re.M)
    cards = []
    for index, section in enumerate(sections[1:]):
        name, uuid = _entry(section, "Product Name"), _entry(section, "GPU UUID")
        memory = re.search(r"FB Memory Usage\s*\n\s*Total\s*:\s*(\d+) MiB", section)
        mode = re.search(r"M[Ii][Gg] Mode\s*\n\s*Current\s*:\s*(Enabled|Disabled)", section)
        total = int(memory[1]) * MIB if memory else None
        if name:
            cards.append(Card(index, name, uuid or "", None, total, mode[1].lower() if mode else None))
    return Said(tuple(cards), _entry(sections[0], "Driver Version"), _entry(sections[0], "CUDA Version"))


def _entry(section: str, name: str) -> str | None:
    match = re.search(rf"^\s*{name}\s*:\s*(.+?)\s*$", section, re.M)
    return known(match[1]) if match else None


def read(printed: str) -> Said:
    """Read any of nvidia-smi's layouts but a CSV without its header."""
    if "NVSMI LOG" in printed:
        return log(printed)
    if re.search(r"^GPU \d+: ", printed, re.M):
        return listing(printed)
    found = table(printed)
    return found if found.cards or found.driver else query(printed)
