"""Provenance: the digests that name what was declared, locked, known and proven."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from ....model.codec import to_json
from ....model.evidence import Evidence
from ..context import Context
from ..figures import moment, short
from ..markup import Html, tag

CHAIN = ("spec", "facts", "lock", "proof")


def section(context: Context) -> Html:
    """Return the chain as boxes with the start of each digest, and all digests whole below."""
    known = dict(digests(context))
    chain = [name for name in CHAIN if known.get(name)]
    return context.section(
        "provenance",
        tag(
            "ol",
            [
                tag(
                    "li",
                    tag("span", context.say(f"report.provenance.{name}"), class_="label"),
                    tag("code", short(known[name])),
                    tag("span", _what(context, name), class_="small"),
                )
                for name in chain
            ],
            class_="chain",
        ),
        tag(
            "details",
            tag("summary", context.say("report.provenance.whole")),
            tag(
                "dl",
                [
                    tag("div", tag("dt", _label(context, name)), tag("dd", tag("code", value)))
                    for name, value in known.items()
                    if value
                ],
                class_="digests",
            ),
        ),
    )


def digests(context: Context) -> Iterator[tuple[str, str]]:
    """Yield name and sha256 of each link; those of the proof's receipt lead where both name one."""
    result = context.result
    receipt = dict(result.up.evidence.digests) if result.up.evidence else {}
    yield "spec", receipt.pop("spec", "") or result.spec.digest
    yield "facts", receipt.pop("facts", "") or result.lock.inputs.get("facts", "")
    yield "lock", receipt.pop("lock", "") or result.lock.identity
    yield "proof", receipt_digest(result.up.evidence) if result.up.evidence else ""
    yield from receipt.items()


def receipt_digest(evidence: Evidence) -> str:
    """Return the sha256 of the receipt as canonical JSON (sorted keys, no spaces, UTF-8)."""
    canonical = json.dumps(to_json(evidence), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _label(context: Context, name: str) -> str:
    return context.say(f"report.provenance.{name}") if name in CHAIN else name


def _what(context: Context, name: str) -> str:
    result = context.result
    if name == "spec":
        return result.spec.file
    if name == "lock":
        return context.say("report.tile.packages", n=len(result.lock.packages))
    if name == "facts":
        return f"{result.facts.platform.system} {result.facts.platform.machine}"
    return moment(result.up.evidence.started) if result.up.evidence else ""
