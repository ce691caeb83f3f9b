"""pip's configuration as pip itself reads it, compared with the pips of several Pythons."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from provenv.errors import Failure
from provenv.pipconf import PipConfiguration, digest, read, redact, redacted

PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
PYTHONS = sorted({*PYENV.glob("3.*/bin/python"), Path(sys.executable)})
FIELDS = {
    "index-url": "index_url",
    "extra-index-url": "extra_index_urls",
    "find-links": "find_links",
    "trusted-host": "trusted_hosts",
    "constraint": "constraints",
    "cert": "cert",
    "proxy": "proxy",
}
# name -> files (relative to a fake machine) and variables ({root} is that machine)
CASES = {
    "nothing": ({}, {}),
    "user": ({"home/.config/pip/pip.conf": "[global]\nindex-url = https://user/simple\n"}, {}),
    "legacy is overridden": (
        {
            "home/.pip/pip.conf": "[global]\nindex-url = https://legacy/simple\nproxy = http://p:1\n",
            "home/.config/pip/pip.conf": "[global]\nindex-url = https://user/simple\n",
        },
        {},
    ),
    "install beats global, also of a later file": (
        {
            "xdg/pip/pip.conf": "[install]\nindex-url = https://install/simple\n[download]\ncert = /no\n",
            "home/.config/pip/pip.conf": "[global]\nindex-url = https://user/simple\n",
        },
        {},
    ),
    "machine and user": (
        {
            "xdg/pip/pip.conf": "[global]\ncert = /etc/ca.pem\nfind-links = /one /two\n",
            "home/.config/pip/pip.conf": "[global]\nfind_links =\n    /three\n    https://four/\n",
        },
        {},
    ),
    "variables win": (
        {"home/.config/pip/pip.conf": "[global]\nindex-url = https://user/simple\n"},
        {
            "PIP_INDEX_URL": "https://variable/simple",
            "PIP_EXTRA_INDEX_URL": "https://a/simple https://b/simple",
            "PIP_TRUSTED_HOST": "a b",
            "PIP_CONSTRAINT": "/c.txt",
        },
    ),
    "an empty variable is none": (
        {"home/.config/pip/pip.conf": "[global]\nindex-url = https://user/simple\n"},
        {"PIP_INDEX_URL": ""},
    ),
    "a named file keeps the user's away": (
        {
            "home/.config/pip/pip.conf": "[global]\nindex-url = https://user/simple\nproxy = http://p:1\n",
            "xdg/pip/pip.conf": "[global]\ncert = /etc/ca.pem\n",
            "named.conf": "[global]\nindex-url = https://named/simple\n",
        },
        {"PIP_CONFIG_FILE": "{root}/named.conf"},
    ),
    "a named file that is not there": (
        {"home/.config/pip/pip.conf": "[global]\nindex-url = https://user/simple\n"},
        {"PIP_CONFIG_FILE": "{root}/nothing.conf"},
    ),
    "nothing at all": (
        {"home/.config/pip/pip.conf": "[global]\nindex-url = https://user/simple\n"},
        {"PIP_CONFIG_FILE": os.devnull, "PIP_PROXY": "http://p:2"},
    ),
    "spellings": (
        {"home/.config/pip/pip.conf": "[global]\nEXTRA_INDEX_URL: https://a/simple\n--trusted-host = h\n"},
        {},
    ),
    "per cent signs and comments": (
        {"home/.config/pip/pip.conf": "# mine\n[global]\nindex-url = https://u:p%40ss@host/simple\n; end\n"},
        {},
    ),
}


def ground(case: str, root: Path) -> dict[str, str]:
    """Write a case's files; return its environment."""
    files, variables = CASES[case]
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    (root / "home").mkdir(exist_ok=True)
    whole = {
        "PATH": os.environ["PATH"],
        "HOME": str(root / "home"),
        "XDG_CONFIG_DIRS": str(root / "xdg"),
        "XDG_CONFIG_HOME": str(root / "home" / ".config"),
        "LC_ALL": "C.UTF-8",
    }
    return {**whole, **{name: value.format(root=root) for name, value in variables.items()}}


def asked(python: Path, environment: dict[str, str]) -> dict[str, str]:
    """Return what `pip install` would use, from `pip config list` of that Python."""
    command = [str(python), "-m", "pip", "config", "list"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    entries = {}
    for line in done.stdout.splitlines():
        place, _, value = line.partition("=")
        section, _, name = place.partition(".") if not place.startswith(":env:") else (":env:", "", place[6:])
        # pip 26 lists overridden values too, behind the one that counts
        entries.setdefault((section, name), ast.literal_eval(value))
    options = {}
    for section in ("global", "install", ":env:"):
        options.update(
            {name: value for (there, name), value in entries.items() if there == section and value}
        )
    return options


def plain(configuration: PipConfiguration) -> dict[str, str | tuple[str, ...]]:
    found = {name: getattr(configuration, field) for name, field in FIELDS.items()}
    return {name: value for name, value in found.items() if value}


@pytest.mark.skipif(sys.platform == "win32", reason="the cases are laid out as on Linux and macOS")
@pytest.mark.slow
@pytest.mark.parametrize("python", PYTHONS, ids=[path.parent.parent.name for path in PYTHONS])
@pytest.mark.parametrize("case", CASES)
def test_the_same_as_pip_itself(case, python, tmp_path):
    environment = ground(case, tmp_path)
    told = asked(python, environment)
    expected = {
        name: tuple(value.split()) if isinstance(getattr(PipConfiguration(), FIELDS[name]), tuple) else value
        for name, value in told.items()
        if name in FIELDS
    }
    # /etc/pip.conf of the machine that the tests run on is read by both
    assert plain(read(environment)) == expected


def test_every_case_alone(tmp_path):
    (tmp_path / "a").mkdir()
    environment = ground("variables win", tmp_path / "a")
    configuration = read(environment, root=str(tmp_path / "a"))
    assert configuration.extra_index_urls == ("https://a/simple", "https://b/simple")
    assert configuration.origins["index-url"] == "PIP_INDEX_URL"
    assert configuration.files == (str(tmp_path / "a/home/.config/pip/pip.conf"),)


def test_kinds(tmp_path):
    environment = {
        "HOME": str(tmp_path),
        "PIP_DEFAULT_TIMEOUT": "180",
        "PIP_RETRIES": "3",
        "PIP_NO_INDEX": "yes",
        "PIP_PRE": "0",
        "PIP_NO_BINARY": "a,b c",
    }
    configuration = read(environment, root=str(tmp_path))
    assert (configuration.timeout, configuration.retries) == (180.0, 3)
    assert (configuration.no_index, configuration.pre) == (True, False)
    assert configuration.no_binary == ("a", "b", "c")


def test_the_interpreters_own_file_counts_between_user_and_named(tmp_path):
    environment = ground("user", tmp_path)
    (tmp_path / "prefix").mkdir()
    (tmp_path / "prefix" / "pip.conf").write_text("[global]\nindex-url = https://site/simple\n")
    found = read(environment, prefix=str(tmp_path / "prefix"), root=str(tmp_path))
    assert found.index_url == "https://site/simple"


@pytest.mark.parametrize(
    ("system", "path"),
    [
        ("win32", "roaming/pip/pip.ini"),
        ("win32", "home/pip/pip.ini"),
        ("win32", "data/pip/pip.ini"),
        ("darwin", "home/Library/Application Support/pip/pip.conf"),
        ("darwin", "home/.config/pip/pip.conf"),
        ("darwin", "Library/Application Support/pip/pip.conf"),
        ("linux", "etc/pip.conf"),
        ("linux", "etc/xdg/pip/pip.conf"),
    ],
)
def test_each_system_has_its_places(system, path, tmp_path):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text("[global]\nindex-url = https://here/simple\n")
    environment = {"APPDATA": str(tmp_path / "roaming"), "PROGRAMDATA": str(tmp_path / "data")}
    found = read(environment, home=str(tmp_path / "home"), system=system, root=str(tmp_path))
    assert found.index_url == "https://here/simple"
    assert found.origins == {"index-url": str(tmp_path / path)}


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"[global]\nindex-url\n= https://x\n", "PV250", 2),
        (b"index-url = https://x\n", "PV250", 1),
        (b"[global]\nproxy = a\nproxy = b\n", "PV250", 3),
        (b"[global]\nproxy = \xff\xfe\n", "PV252", None),
        (b"[global]\ntimeout = soon\n", "PV253", None),
        (b"[global]\nno-index = perhaps\n", "PV253", None),
    ],
)
def test_what_pip_could_not_read_either_is_a_problem(content, code, line, tmp_path):
    path = tmp_path / "etc" / "pip.conf"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(Failure) as failure:
        read({"HOME": str(tmp_path)}, system="linux", root=str(tmp_path))
    problem = failure.value.problems[0]
    assert (problem.code, problem.where.file, problem.where.line) == (code, str(path), line)


def test_all_wrong_values_are_told_at_once(tmp_path):
    environment = {"HOME": str(tmp_path), "PIP_TIMEOUT": "x", "PIP_PRE": "maybe", "PIP_RETRIES": "y"}
    with pytest.raises(Failure) as failure:
        read(environment, root=str(tmp_path))
    assert sorted(problem.what.args["option"] for problem in failure.value.problems) == [
        "pre",
        "retries",
        "timeout",
    ]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:s3cret@host:8080/simple", "https://****@host:8080/simple"),
        ("https://token@host/simple", "https://****@host/simple"),
        ("https://host/simple", "https://host/simple"),
        ("https://a:p@ss@host/simple", "https://****@host/simple"),
        ("git+https://me:s3cret@host/r.git@v1", "git+https://****@host/r.git@v1"),
        (
            "failed at https://me:s3cret@host/x (401) and http://a:b@c",
            "failed at https://****@host/x (401) and http://****@c",
        ),
        ("file:///wheels/a+b.whl", "file:///wheels/a+b.whl"),
        ("/wheels", "/wheels"),
    ],
)
def test_nothing_secret_is_shown(url, shown):
    assert redact(url) == shown
    configuration = PipConfiguration(index_url=url, extra_index_urls=(url,), find_links=(url,), proxy=url)
    assert "s3cret" not in repr(redacted(configuration))


def test_the_digest_is_of_what_decides():
    base = PipConfiguration(index_url="https://a/simple", files=("/x",), origins={"index-url": "/x"})
    assert digest(base) == digest(PipConfiguration(index_url="https://a/simple"))
    assert digest(base) != digest(PipConfiguration(index_url="https://b/simple"))


def test_the_digest_follows_a_constraints_file(tmp_path):
    path = tmp_path / "constraints.txt"
    path.write_text("six<2\n")
    configuration = PipConfiguration(constraints=(str(path),))
    before = digest(configuration)
    path.write_text("six<1\n")
    assert digest(configuration) != before
