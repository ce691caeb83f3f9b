"""Turns values into lines of JSON, without the json module: its import would be most of what we cost."""

from _json import encode_basestring_ascii as quoted
from time import time  # as it is now: scripts put others in its place

LONGEST = 2000
_MARKS = {True: "true", False: "false", None: "null"}


def line(kind, **values):
    """Return one line: `k`, `t` (now) and the values, which are words, numbers or lists of them."""
    parts = [f'{{"k":{quoted(kind)},"t":{time():.3f}']
    parts += [f"{quoted(name)}:{encoded(value)}" for name, value in values.items() if value is not None]
    return ",".join(parts) + "}\n"


def encoded(value):
    """Return a value as JSON; not-a-number and infinities as Python's json writes and reads them."""
    if value is True or value is False or value is None:
        return _MARKS[value]
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(encoded(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{quoted(str(key))}:{encoded(one)}" for key, one in value.items()) + "}"
    return quoted(str(value)[:LONGEST])


def number(value):
    """Return a float as JSON."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return float.__repr__(value)
