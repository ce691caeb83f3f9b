"""A Slurm target of the declared file, complete: the forms of its words, and what was not said.

The forms are those of sbatch(1): a time is `minutes`, `minutes:seconds`, `hours:minutes:seconds` or
`days-hours[:minutes[:seconds]]`; people's `90m` and `12h` are taken too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from ..model.slurm import SlurmOptions, Where
from ..model.spec import Target

NAME = r"[A-Za-z0-9_][\w.@-]*"
"""A partition, an account, a quality of service."""
NAMES = rf"{NAME}(?:,{NAME})*"
GPUS = r"(?:[A-Za-z][\w.-]*:)?[1-9]\d*"
GRES = r"[A-Za-z_]\w*(?::[A-Za-z][\w.-]*)?(?::\d+[KkMmGgTt]?)?"
GRES_LIST = rf"{GRES}(?:,{GRES})*"
MEMORY = r"[1-9]\d*[KMGT]?"
ARRAY = r"\d+(?:-\d+(?::\d+)?)?(?:,\d+(?:-\d+(?::\d+)?)?)*(?:%\d+)?"
CONSTRAINT = r"[\w.&|*()\[\]-]+"
NODES = r"[\w.-]+(?:\[[\d,-]+\])?(?:,[\w.-]+(?:\[[\d,-]+\])?)*"
EXTRA = r"--[a-z][a-z0-9-]*(?:=[^\x00-\x1f\x7f]*)?"
OURS = frozenset(
    (
        *("--job-name", "--output", "--error", "--open-mode", "--requeue", "--no-requeue", "--export"),
        *("--parsable", "--wait", "--wrap", "--chdir", "--ntasks", "--ntasks-per-node"),
        *("--partition", "--account", "--qos", "--nodes", "--gpus-per-node", "--gres", "--cpus-per-task"),
        *("--mem", "--time", "--constraint", "--exclude", "--array", "--signal"),
    )
)
"""Options that a script says by itself, or by a key of its own."""
MOST = 1000
"""So many members an array may have here: each is a run of its own."""
REQUEUES = 20
"""How often a run is put back into the queue where nothing is said of it, and it is told before the end."""

_TIME = re.compile(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?")
_WORDS = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")


def read_time(words: str) -> str:
    """Return a limit of time as `[days-]HH:MM:SS`. Raises ValueError for what is none, or no time at all."""
    said, days, hours, minutes, seconds = words.strip(), 0, 0, 0, 0
    spoken, found = _WORDS.fullmatch(said), _TIME.fullmatch(said)
    if said and spoken is not None:
        days, hours, minutes = (int(one or 0) for one in spoken.groups())
    elif found is not None:
        parts = [int(one) for one in found.groups()[1:] if one is not None]
        if found[1] is not None:
            days, (hours, minutes, seconds) = int(found[1]), (*parts, 0, 0, 0)[:3]
        elif len(parts) == 3:
            hours, minutes, seconds = parts
        else:
            minutes, seconds = (*parts, 0)[:2]
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if not 0 < total < 10**9:
        raise ValueError(words)
    return shown_time(total)


def shown_time(seconds: int) -> str:
    """Return seconds as Slurm writes a limit: `[days-]HH:MM:SS`."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return f"{f'{day}-' if day else ''}{hour:02d}:{minute:02d}:{second:02d}"


def seconds_of(time: str) -> int | None:
    """Return the seconds of a limit of time as Slurm shows it; None where there is no limit."""
    try:
        shown = read_time(time)
    except ValueError:
        return None
    days, _, clock = shown.rpartition("-")
    hours, minutes, seconds = (int(one) for one in clock.split(":"))
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds


def read_memory(words: str) -> str:
    """Return memory of one node as `16G`: Slurm's own unit, or people's `16GB`. Raises ValueError."""
    plain = re.sub(r"(?i)(?<=[kmgt])i?b$", "", words.strip()).upper()
    if re.fullmatch(MEMORY, plain) is None:
        raise ValueError(words)
    return plain


def megabytes(memory: str) -> int:
    """Return what `16G` is in the megabytes in which Slurm counts."""
    units = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024**2}
    number = int(memory.rstrip("KMGT"))
    return int(number * units.get(memory[-1], 1))


def read_array(words: str) -> tuple[int, ...]:
    """Return the members of an array: `0-3`, `1,3,5`, `0-9:3`, with `%2` for how many at once.

    Raises ValueError for anything else, or more than MOST.
    """
    if re.fullmatch(ARRAY, words) is None:
        raise ValueError(words)
    found: dict[int, None] = {}
    for part in words.partition("%")[0].split(","):
        low, high, step = re.fullmatch(r"(\d+)(?:-(\d+))?(?::(\d+))?", part).groups()  # type: ignore[union-attr]
        span = range(int(low), int(high or low) + 1, int(step or 1) or 1)
        if not span or len(span) > MOST:
            raise ValueError(words)
        found.update(dict.fromkeys(span))
    if len(found) > MOST:
        raise ValueError(words)
    return tuple(found)


def read_extra(words: str) -> str:
    """Return one more option of sbatch's. Raises ValueError for what is none, or has a key of its own."""
    if re.fullmatch(EXTRA, words) is None or words.partition("=")[0] in OURS:
        raise ValueError(words)
    return words


def slurm_options(target: Target) -> SlurmOptions:
    """Return what `[target.NAME]` says of its cluster; `target.options` were validated by the schema."""
    said = target.options
    signal = said.get("signal")
    told = int(str(signal)) if signal is not None else None
    requeues = said.get("requeues") if told is not None else 0
    return SlurmOptions(
        partition=_word(said, "partition"),
        account=_word(said, "account"),
        qos=_word(said, "qos"),
        nodes=int(str(said.get("nodes") or 1)),
        gpus_per_node=str(said.get("gpus_per_node") or ""),
        gres=_word(said, "gres"),
        cpus_per_task=int(str(said["cpus_per_task"])) if said.get("cpus_per_task") else None,
        memory=read_memory(str(said["memory"])) if said.get("memory") else "",
        time=read_time(str(said["time"])) if said.get("time") else "",
        constraint=_word(said, "constraint"),
        exclude=_word(said, "exclude"),
        array=_word(said, "array"),
        signal=told,
        requeues=int(str(requeues)) if requeues is not None else REQUEUES if told is not None else 0,
        environment=cast(Where, said.get("environment", "shared")),
        node_folder=_word(said, "node_folder"),
        setup=_words(said, "setup"),
        extra=_words(said, "extra"),
    )


def _word(said: Mapping[str, object], key: str) -> str:
    return str(said.get(key) or "")


def _words(said: Mapping[str, object], key: str) -> tuple[str, ...]:
    found = said.get(key) or ()
    return tuple(str(one) for one in found) if isinstance(found, (list, tuple)) else ()
