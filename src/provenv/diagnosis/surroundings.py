"""Where the log comes from, as far as facts or the log itself say it: what a remedy has to fit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..model.facts import Facts
from .rule import When

FAMILIES: dict[str, str] = {
    **dict.fromkeys(("debian", "ubuntu", "linuxmint", "pop", "raspbian", "kali", "deepin", "uos"), "debian"),
    **dict.fromkeys(
        ("rhel", "centos", "fedora", "rocky", "almalinux", "amzn", "ol", "openeuler", "anolis", "kylin"),
        "rhel",
    ),
    **dict.fromkeys(("opensuse", "opensuse-leap", "opensuse-tumbleweed", "sles", "suse"), "suse"),
    **dict.fromkeys(("arch", "manjaro", "endeavouros"), "arch"),
    "alpine": "alpine",
}
# what pip and uv print of themselves, though seldom by their names
PIP = (
    r"Looking in (?:indexes|links): |Could not find a version that satisfies the requirement|"
    r"THESE PACKAGES DO NOT MATCH THE HASHES|ERROR: Could not install packages due to|"
    r"ERROR: No matching distribution found for|ERROR: ResolutionImpossible|\bpip3? (?:install|download)\b"
)
UV = (
    r"\buv (?:sync|pip|add|run|lock|venv|tool)\b|Using (?:C?Python) [\d.]+ environment at|"
    r"Resolved \d+ packages? in |"
    r"Failed to (?:fetch|download):? `|No solution found when resolving|Hash mismatch for `"
)
SAID: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    (
        "system",
        "windows",
        re.compile(r"\b[A-Z]:\\|\\Users\\|win32|win_amd64|PowerShell|WinError|on Windows\b"),
    ),
    ("system", "darwin", re.compile(r"/Users/\w|darwin|macOS|/opt/homebrew|\.dylib|macosx_")),
    (
        "system",
        "linux",
        re.compile(r"/home/|/usr/lib|linux-gnu|manylinux|Ubuntu|Debian|CentOS|systemd|apt-get"),
    ),
    (
        "family",
        "debian",
        re.compile(r"ubuntu|debian|apt-get|dpkg|/dist-packages/|\bapt (?:install|update)", re.I),
    ),
    ("family", "rhel", re.compile(r"centos|red ?hat|rhel|fedora|rocky|\byum\b|\bdnf\b|openeuler|amzn", re.I)),
    ("family", "alpine", re.compile(r"\bapk (?:add|update)|alpine|musl", re.I)),
    ("family", "suse", re.compile(r"\bzypper\b|opensuse|\bsles\b", re.I)),
    ("family", "arch", re.compile(r"\bpacman\b|archlinux|manjaro", re.I)),
    ("manager", "uv", re.compile(UV)),
    ("manager", "poetry", re.compile(r"\bpoetry\b", re.I)),
    ("manager", "pip", re.compile(PIP)),
    ("manager", "conda", re.compile(r"\bconda\b|mamba|miniforge", re.I)),
    ("manager", "pip", re.compile(r"\bpip3?\b|site-packages", re.I)),
    (
        "container",
        "yes",
        re.compile(r"docker|containerd|kubelet|podman|/workspace/|OCI runtime|root@[0-9a-f]{12}"),
    ),
    ("wsl", "yes", re.compile(r"\bWSL|microsoft-standard|/mnt/c/|/usr/lib/wsl", re.I)),
)


@dataclass(frozen=True)
class Surroundings:
    """Empty or None where nothing says it."""

    system: str = ""
    family: str = ""
    manager: str = ""
    container: bool | None = None
    wsl: bool | None = None
    # what a project of provenv's own asks for, by normalised names
    declared: frozenset[str] = frozenset()


def surroundings(text: str, facts: Facts | None) -> Surroundings:
    """Return what the facts say of the machine, and what the log says where there are no facts."""
    said: dict[str, str] = {}
    for key, value, pattern in SAID:
        if key not in said and pattern.search(text):
            said[key] = value
    if facts is None:
        container = True if "container" in said else None
        wsl = True if "wsl" in said else None
        return Surroundings(
            said.get("system", ""), said.get("family", ""), said.get("manager", ""), container, wsl
        )
    return Surroundings(
        facts.platform.system,
        FAMILIES.get(facts.platform.distribution, ""),
        said.get("manager", ""),
        bool(facts.container.kind),
        facts.container.wsl > 0,
    )


def holds(when: When, here: Surroundings, matched: frozenset[str]) -> bool | None:
    """Return whether a remedy fits; None where it can't be known."""
    if when.pattern and not matched & set(when.pattern):
        return False
    answers: list[bool | None] = []
    for wanted, own in (
        (when.system, here.system),
        (when.family, here.family),
        (when.manager, here.manager),
    ):
        if wanted:
            answers.append((own in wanted) if own else None)
    for asked, there in ((when.container, here.container), (when.wsl, here.wsl)):
        if asked is not None:
            answers.append((asked == there) if there is not None else None)
    if False in answers:
        return False
    return None if None in answers else True
