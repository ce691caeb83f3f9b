"""uv's words become a problem with its cause and the user's own line; recorded from uv 0.13.9."""

# ruff: noqa: E501  (recorded output keeps its lines)

from __future__ import annotations

import pytest

from provenv.lock.failures import cause, explain_failure
from provenv.model.channel import Completed

FETCH = "error: Failed to fetch: https://mirror.example/simple/six/\n  cause: "
SENDING = (
    FETCH
    + "error sending request for url (https://mirror.example/simple/six/)\n  cause: client error (Connect)\n  cause: "
)
NONE = "error: No solution found when resolving dependencies\n  cause: "
CASES = {
    "dns": (
        SENDING + "dns error\n  cause: failed to lookup address information: Name or service not known",
        "PV350",
    ),
    "refused": (SENDING + "tcp connect error\n  cause: Connection refused (os error 111)", "PV351"),
    "certificate": (SENDING + "invalid peer certificate: UnknownIssuer", "PV352"),
    "login": (
        FETCH + "HTTP status client error (401 Unauthorized) for url (https://mirror.example/simple/six/)",
        "PV353",
    ),
    "proxy": (
        SENDING
        + "tunnel error: failed to create underlying connection\n  cause: tcp connect error\n  cause: Connection refused (os error 111)",
        "PV354",
    ),
    "slow": (FETCH + "operation timed out", "PV355"),
    "server": (
        FETCH + "HTTP status server error (502 Bad Gateway) for url (https://mirror.example/simple/six/)",
        "PV356",
    ),
    "swapped": ("error: Failed to download `six==1.17.0`\n  cause: Hash mismatch for `six==1.17.0`", "PV357"),
    "offline": (
        NONE
        + "Because six was not found in the cache and you require six, we can conclude that your requirements are unsatisfiable.\n\nhint: Packages were unavailable because the network was disabled.",
        "PV345",
    ),
    "missing": (
        NONE
        + "Because numpyy was not found in the package registry and you require numpyy, we can conclude that your requirements are unsatisfiable.",
        "PV341",
    ),
    "version": (
        NONE
        + "Because there is no version of six==2.99 and you require six==2.99, we can conclude that your requirements are unsatisfiable.",
        "PV344",
    ),
    "python": (
        NONE
        + "Because the requested Python version (>=3.11) does not satisfy Python>=3.99 and old==1 depends on Python>=3.99, we can conclude that old==1 cannot be used.",
        "PV342",
    ),
    "conflict": (
        NONE
        + "Because pandas>=2.2 depends on numpy>=1.22 and you require numpy<1.20 and pandas>=2.2, we can conclude that your requirements are unsatisfiable.",
        "PV340",
    ),
    "space": ("error: Failed to write to the cache\n  cause: No space left on device (os error 28)", "PV360"),
    "path": ("error: Distribution not found at: file:///project/nothing", "PV361"),
    "build": ("  × Failed to build `x==1`\n  ├─▶ The build backend returned an error", "PV358"),
    "other": ("error: something new", "PV359"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_cause_has_its_code_and_keeps_the_words(name):
    words, code = CASES[name]
    found = cause(Completed(("uv",), 2, stderr=words.encode()))
    assert found.code == code
    assert found.why.args["text"] == words.removeprefix(NONE).strip()
    if words.startswith(FETCH):
        assert found.what.args["url"] == "https://mirror.example/simple/six/"


@pytest.mark.parametrize(("name", "line"), [("conflict", 3), ("version", 2), ("missing", 4), ("offline", 2)])
def test_the_users_own_line_is_shown(name, line, declared):
    spec = declared("requests", "six==2.99", "numpy<1.20", "numpyy", "pandas>=2.2")
    found = cause(Completed(("uv",), 1, stderr=CASES[name][0].encode()), spec.requirements)
    assert (found.where.file, found.where.line) == ("requirements.txt", line)
    assert found.where.source == spec.requirements[line - 1].text


def test_credentials_and_our_own_scaffolding_stay_out():
    words = FETCH.replace("https://", "https://me:s3cret@") + "403 Forbidden"
    assert "s3cret" not in repr(explain_failure(Completed(("uv",), 2, stderr=words.encode())).problems)
    words = (
        NONE
        + "Because there are no versions of torch and provenv-accelerator depends on torch>=2, we can conclude."
    )
    assert "provenv-accelerator" not in repr(cause(Completed(("uv",), 1, stderr=words.encode())))


def test_a_yanked_version_that_was_asked_for_is_said(declared):
    words = (
        NONE
        + "Because six==1.0 was yanked (reason: broken) and you require six==1.0, we can conclude that your requirements are unsatisfiable."
    )
    found = cause(Completed(("uv",), 1, stderr=words.encode()))
    assert found.hints[-1].text.key == "lock.yanked"
    assert found.hints[-1].text.args == {"name": "six", "version": "1.0"}


def test_time_that_was_up_is_said():
    assert cause(Completed(("uv",), -9, timed_out=True)).code == "PV355"


def test_what_uv_did_before_it_failed_is_no_cause():
    words = "Resolved 3 packages in 1ms\n   Building x @ file:///p\nerror: something new"
    assert cause(Completed(("uv",), 2, stderr=words.encode())).why.args["text"] == "error: something new"


def test_a_long_derivation_keeps_its_beginning_and_its_conclusion():
    rows = [f"         line {number}" for number in range(40)]
    words = (
        NONE
        + "Because a depends on b\n"
        + "\n".join(rows)
        + "\n         And because you require c, we can conclude."
    )
    told = cause(Completed(("uv",), 1, stderr=words.encode())).why.args["text"].splitlines()
    assert len(told) == 10
    assert (told[0], told[4].strip(), told[-1].strip()) == (
        "Because a depends on b",
        "...",
        "And because you require c, we can conclude.",
    )
