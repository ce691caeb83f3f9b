"""uv's words become a problem with its cause and the user's own line; recorded from uv 0.13.9."""

# ruff: noqa: E501  (recorded output keeps its lines)

from __future__ import annotations

import pytest

from provenv.lock.failures.cause import cause, explain_failure
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
    assert cause(Completed(("uv",), -9, timed_out=True)).code == "PV329"


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


GIT = "error: Failed to download and build `{line}`\n  cause: Git operation failed\n  cause: failed to clone into: /home/me/.cache/uv/git-v2/db/fca7\n"
RAN = "  cause: process didn't exit successfully: `/usr/bin/git fetch --force --update-head-ok '{url}' '+HEAD:refs/remotes/origin/HEAD'` (exit status: 128)\n         --- stderr\n"
ADVICE = "         fatal: Could not read from remote repository.\n\n         Please make sure you have the correct access rights\n         and the repository exists."
UNFETCHED = {
    # what uv printed -> key, address, revision, git's own line
    "host": (
        GIT.format(line="x @ git+https://host.example/a/b.git")
        + RAN.format(url="https://host.example/a/b.git")
        + "         fatal: unable to access 'https://host.example/a/b.git/': Could not resolve host: host.example",
        ("PV343", "https://host.example/a/b.git", None, "Could not resolve host"),
    ),
    "certificate": (
        GIT.format(line="x @ git+https://host.example/a/b.git")
        + RAN.format(url="https://host.example/a/b.git")
        + "         fatal: unable to access 'https://host.example/a/b.git/': server certificate verification failed",
        ("PV343", "https://host.example/a/b.git", None, "certificate"),
    ),
    "folder": (
        GIT.format(line="x @ git+file:///a/b.git")
        + RAN.format(url="file:///a/b.git")
        + "         fatal: '/a/b.git' does not appear to be a git repository\n"
        + ADVICE,
        ("PV343", "file:///a/b.git", None, "'/a/b.git' does not appear to be a git repository"),
    ),
    "ssh": (
        GIT.format(line="x @ git+ssh://git@host.example/a/b.git")
        + RAN.format(url="ssh://git@host.example/a/b.git")
        + "         ssh: connect to host host.example port 22: Connection refused\n"
        + ADVICE,
        ("PV343", "ssh://git@host.example/a/b.git", None, "ssh: connect to host host.example port 22"),
    ),
    "branch": (
        GIT.format(line="x @ git+https://host.example/a/b@feature/new")
        + "  cause: failed to fetch branch or tag `feature/new`\n"
        + RAN.format(url="https://host.example/a/b")
        + "         fatal: couldn't find remote ref refs/tags/feature/new",
        ("PV343.revision", "https://host.example/a/b", "feature/new", "couldn't find remote ref"),
    ),
    "commit": (
        GIT.format(line="x @ git+https://host.example/a/b@0123abc")
        + "  cause: failed to fetch commit `0123abc`\n"
        + RAN.format(url="https://host.example/a/b")
        + "         fatal: git upload-pack: not our ref 0123abc\n         fatal: remote error: upload-pack: not our ref 0123abc",
        ("PV343.revision", "https://host.example/a/b", "0123abc", "not our ref 0123abc"),
    ),
    "branch that can't be asked for": (
        GIT.format(line="x @ git+https://host.example/a/b@main")
        + "  cause: failed to fetch branch or tag `main`\n"
        + RAN.format(url="https://host.example/a/b")
        + "         fatal: unable to access 'https://host.example/a/b/': Could not resolve host: host.example",
        ("PV343", "https://host.example/a/b", None, "Could not resolve host"),
    ),
}


@pytest.mark.parametrize("name", UNFETCHED)
def test_what_git_could_not_fetch_is_named_with_gits_own_line(name, declared):
    words, (key, url, revision, said) = UNFETCHED[name]
    spec = declared("six", f"x @ git+{url}")
    found = cause(Completed(("uv",), 1, stderr=words.encode()), spec.requirements)
    assert (found.code, found.what.key) == ("PV343", key)
    assert (found.what.args["url"], found.what.args.get("revision")) == (url, revision)
    assert said in found.why.args["text"]
    assert "\n" not in found.why.args["text"]
    assert found.hints[0].command.startswith("git ls-remote ")
    assert found.where.line == 2
    assert ".cache" not in repr(found)


def test_a_repository_without_a_name_leads_to_its_line(declared):
    words = UNFETCHED["host"][0].replace(
        "Failed to download and build `x @ git+https://host.example/a/b.git`\n  cause: ", ""
    )
    spec = declared("six", "git+https://host.example/a/b.git#subdirectory=python")
    assert cause(Completed(("uv",), 1, stderr=words.encode()), spec.requirements).where.line == 2


def test_git_that_is_not_there_is_to_be_installed():
    words = (
        GIT.format(line="x @ git+https://host.example/a/b@v1")
        + "  cause: Git executable not found. Ensure that Git is installed and available."
    )
    found = cause(Completed(("uv",), 1, stderr=words.encode()))
    assert (found.what.args["url"], found.why.key) == ("https://host.example/a/b", "PV343.absent")
    assert found.hints[0].text.args["apt"] == "git"
