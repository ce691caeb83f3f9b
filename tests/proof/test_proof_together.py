"""One proof of several hosts."""

from __future__ import annotations

from provenv.errors import Hint, text
from provenv.model.evidence import Measure, Outcome
from provenv.proof import together

MENDS = Hint(text("proof.hint.rebuild"), "provenv up --repair")


def passed(name: str, seconds: float = 1.0, **more: object) -> Outcome:
    return Outcome(name, "passed", seconds, text("did"), **more)  # type: ignore[arg-type]  # fields by name


def failed(name: str, evidence: str) -> Outcome:
    return Outcome(name, "failed", 2.0, text("title"), text("why"), evidence=evidence, hints=(MENDS,))


def skipped(name: str) -> Outcome:
    return Outcome(name, "skipped", 0.0, text("title"), text("not here"))


def test_of_figures_the_worst_counts() -> None:
    one = passed("a", measures=(Measure("rate", 9.0, "GB/s"), Measure("round", 1.0, "us")))
    two = passed("a", 3.0, measures=(Measure("rate", 4.0, "GB/s"), Measure("round", 5.0, "us")))
    (found,) = together([("n1", (one,)), ("n2", (two,))])
    assert (found.status, found.seconds) == ("passed", 3.0)
    assert [(one.name, one.value) for one in found.measures] == [("rate", 4.0), ("round", 5.0)]
    near = passed("b", distance=1.0, tolerance=2.0)
    far = passed("b", distance=1.5, tolerance=10.0)
    (found,) = together([("n1", (far,)), ("n2", (near,))])
    assert found.distance == 1.0


def test_one_that_fails_on_any_has_failed_and_names_it() -> None:
    told = [
        ("n1", (passed("a"), passed("b"))),
        ("n2", (failed("a", "second"), skipped("b"))),
        ("n3", (failed("a", "third"), skipped("c"))),
    ]
    one, two, three = together(told)
    assert (one.name, one.status) == ("a", "failed")
    assert one.did.args == {"hosts": "n[2-3]", "n": 2, "count": 3}
    assert one.evidence == "[n2]\nsecond\n[n3]\nthird"
    assert one.hints == (MENDS,)
    # passed where it could be proven, skipped where it could nowhere
    assert (two.name, two.status) == ("b", "passed")
    assert (three.name, three.status) == ("c", "skipped")
