"""A hunt for secrets: a project that needs nine of them, its life from `init` to `run`, and its failures.

Everything that was written, printed, and handed to other programs as an argument is searched for each
of them, as it is and in the forms that programs give it. Arguments are read off the system calls
(`strace`), so that no short-lived process is missed.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

SECRETS = {
    "index": "idx-7Qm/zu",
    "pip": "pip-3Vr+ko",
    "proxy": "prx-9Lw=te",
    "netrc": "nrc-5Hb_ga",
    "keyring": "krg-2Nd.fi",
    "git": "git-8Xs~po",
    "archive": "arc-4Jc:ru",
    "passed": "hft-6Ty-wo",
    "mirror": "mir-1Pe*ba",
}
KEYRING = """#!/bin/sh
# the answers of `keyring get SERVICE USER`
case "$1 $3" in
  "get kay") cat "$HOME/.keyring-backend" ;;
  *) exit 1 ;;
esac
"""
TRACE = ("strace", "-f", "-qq", "-s", "1000000", "-v", "-e", "trace=execve", "-o")


def forms(secret: str) -> set[bytes]:
    """Return a secret as it is, percent-encoded, and in base64 at each of its three alignments."""
    found = {
        secret.encode(),
        quote(secret, safe="").encode(),
        quote(secret).encode(),
        secret.encode().hex().encode(),
    }
    for lead in range(3):
        coded = base64.b64encode(b"\0" * lead + secret.encode())
        # what its neighbours share a character with is cut off
        found |= {coded[(0, 2, 3)[lead] :][:-4].rstrip(b"=")}
    return {one for one in found if len(one) >= 8}


@dataclass
class Hunt:
    """Where is searched: folders, and what was printed under each command's name."""

    folders: tuple[Path, ...]
    printed: dict[str, bytes]
    traces: Path

    def found(self) -> list[str]:
        """Return every place that holds a secret, with the secret's name."""
        places = []
        for name, secret in SECRETS.items():
            wanted = forms(secret)
            for where, content in (*self._files(), *self.printed.items(), *self._arguments()):
                if any(form in content for form in wanted):
                    places.append(f"{name} in {where}")
        return places

    def _files(self):
        for folder in self.folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.is_symlink():
                    yield str(path), path.read_bytes()

    def _arguments(self):
        for trace in sorted(self.traces.iterdir()):
            for line in trace.read_bytes().splitlines():
                # PID execve("PROGRAM", ["ARGUMENT", ...], ["NAME=VALUE", ...]) = 0
                arguments = line.partition(b'", ["')[2].partition(b'"], [')[0]
                yield f"the arguments of {arguments[:80].decode()}", arguments


@pytest.fixture
def hunting(company, network, user, tmp_path):
    """The project with nine secrets, and a function that runs the program under watch."""
    for program in ("strace", "git", "openssl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    code = {name: quote(secret, safe="") for name, secret in SECRETS.items()}
    site = company.site(tls=True)
    for index, project in (("first", "alpha"), ("second", "beta"), ("third", "gamma"), ("fourth", "delta")):
        site.add(index, project, "1.0")
    site.add("second", "certifi", "2026.1.1")
    site.add("files", "epsilon", "1.0")
    site.folders["git"] = network.repository(tmp_path / "origin")
    site.logins = {
        "first": f"ivy:{SECRETS['index']}",
        "second": f"pat:{SECRETS['pip']}",
        "third": f"nel:{SECRETS['netrc']}",
        "fourth": f"kay:{SECRETS['keyring']}",
        "git": f"gus:{SECRETS['git']}",
        "files": f"art:{SECRETS['archive']}",
    }
    proxy = company.proxy(f"pro:{code['proxy']}")
    someone = user(company.ca)
    port = site.port
    someone.write(
        "provenv.toml",
        f"""name = "hunted"
requirements = [
    {{ file = "requirements.txt" }},
    "tooling @ git+https://gus:${{GIT_PASSWORD}}@localhost:{port}/git/tooling.git",
    "epsilon @ https://art:${{FILE_PASSWORD}}@localhost:{port}/files/files/epsilon-1.0-py3-none-any.whl",
]
[env]
pass = ["HF_TOKEN"]
[mirrors]
huggingface = "https://mia:${{HUB_PASSWORD}}@localhost:{port}/hub"
[prove]
commands = {{ smoke = "python -c 'import alpha, beta, gamma, delta, tooling, epsilon'" }}
""",
    )
    someone.write(
        "requirements.txt",
        f"""--extra-index-url https://ivy:${{INDEX_PASSWORD}}@localhost:{port}/first
--extra-index-url https://localhost:{port}/third
--extra-index-url https://kay@localhost:{port}/fourth
alpha
beta
gamma
delta
""",
    )
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    pip = secrets / "pip.conf"
    pip.write_text(
        f"[global]\nindex-url = https://pat:{code['pip']}@localhost:{port}/second\n"
        f"proxy = {proxy.url()}\nkeyring-provider = subprocess\ncert = {company.ca}\n"
    )
    (secrets / "netrc").write_text(f"machine localhost login nel password {SECRETS['netrc']}\n")
    (secrets / ".keyring-backend").write_text(f"{SECRETS['keyring']}\n")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "keyring").write_text(KEYRING)
    (programs / "keyring").chmod(0o755)
    someone.environment |= {
        "HOME": str(secrets),
        "PATH": f"{programs}:{someone.environment['PATH']}",
        "INDEX_PASSWORD": code["index"],
        "GIT_PASSWORD": code["git"],
        "FILE_PASSWORD": code["archive"],
        "HUB_PASSWORD": code["mirror"],
        "HF_TOKEN": SECRETS["passed"],
        "NETRC": str(secrets / "netrc"),
        "PIP_CONFIG_FILE": str(pip),
    }
    traces = tmp_path / "traces"
    traces.mkdir()
    cache = Path(someone.environment["UV_CACHE_DIR"])
    hunt = Hunt((someone.root, someone.temporary, someone.home, cache), {}, traces)

    def run(*arguments, **changes):
        number = len(hunt.printed)
        watched = (*TRACE, str(traces / f"{number:02}"))
        done = someone(*arguments, before=watched, **changes)
        hunt.printed[f"{number:02} {' '.join(arguments)}"] = done.stdout.encode() + done.stderr.encode()
        return done

    run.user, run.site, run.proxy, run.hunt, run.secrets = someone, site, proxy, hunt, secrets
    return run


def test_the_hunt_finds_what_is_there(tmp_path):
    """A search that finds nothing anywhere would prove nothing."""
    for name, secret in SECRETS.items():
        login = base64.b64encode(f"some-one:{secret}".encode()).decode()
        for number, form in enumerate((secret, quote(secret, safe=""), login, f"x{secret}y")):
            folder = tmp_path / f"{name}{number}"
            folder.mkdir()
            (folder / "file").write_text(f"before {form} after")
            found = Hunt((folder,), {}, folder).found()
            assert [one.split(" ")[0] for one in found] == [name], form


def test_the_hunt_reads_the_arguments_of_every_program(tmp_path):
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "traces" / "00"
    trace.parent.mkdir()
    inner = f"/bin/sh -c 'exec /bin/true {SECRETS['git']}'"
    hidden = {"PATH": "/usr/bin:/bin", "HIDDEN": SECRETS["index"]}
    subprocess.run([*TRACE, str(trace), "sh", "-c", inner + "; true"], check=True, env=hidden)
    found = Hunt((), {}, trace.parent).found()
    assert found
    assert {one.split(" ")[0] for one in found} == {"git"}


@pytest.mark.slow
def test_no_secret_leaves_its_place(hunting):
    done = hunting("up", "--verbose")
    assert done.returncode == 0, done.stderr
    shell = ("run", "--json-file", "run.json", "--", "python", "-c")
    for arguments in (
        ("lock", "--upgrade", "--json"),
        ("plan", "--json"),
        ("prove", "--verbose", "--lang", "zh"),
        ("status", "--json"),
        ("why", "beta", "--json"),
        ("why", "tooling"),
        ("why", "index"),
        ("facts", "--json"),
        ("facts", "--lang", "zh"),
        ("history", "--verbose"),
        (
            *shell,
            "import os; assert os.environ['HF_TOKEN'] and os.environ['HF_ENDPOINT'].startswith('https://mia:')",
        ),
        ("mirrors", "--limit", "3", "--json", "--kind", "pypi", "--kind", "huggingface"),
        ("up", "--repair", "--json"),
    ):
        done = hunting(*arguments)
        assert done.returncode == 0, (arguments, done.stderr)
    assert hunting.hunt.found() == []
    # and every one of them was needed: whoever had asked without it would have been refused
    logins = {login for _, login in hunting.site.log}
    assert set(hunting.site.logins.values()) <= logins
    assert f"pro:{SECRETS['proxy']}" in {login for _, login in hunting.proxy.log}


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_secret_is_in_what_is_said_of_a_failure(hunting, language, network, tmp_path):
    said, strange = {}, tmp_path / "strange" / "ca.pem"
    strange.parent.mkdir()
    network.authority(strange.parent)
    for name, changes in {
        "index": {"INDEX_PASSWORD": "wrong"},
        "git": {"GIT_PASSWORD": "wrong"},
        "archive": {"FILE_PASSWORD": "wrong"},
        "netrc": {"NETRC": "/dev/null"},
        "certificate": {"PIP_CERT": str(strange)},
    }.items():
        done = hunting("up", "--lang", language, "--verbose", **changes)
        assert done.returncode != 0, name
        said[name] = re.findall(r"PV\d+", done.stderr)[:1]
    hunting.user.environment["PIP_CONFIG_FILE"] = str(hunting.secrets / "pip.conf")
    conf = hunting.secrets / "pip.conf"
    conf.write_text(conf.read_text().replace("proxy = http://pro:", "proxy = http://other:"))
    refused = hunting("lock", "--json", "--lang", language)
    said["proxy"] = [one["code"] for one in json.loads(refused.stdout)["problems"]]
    conf.write_text(conf.read_text().replace(f":{hunting.proxy.port}", ":9"))
    unreachable = hunting("lock", "--json", "--lang", language)
    said["unreachable"] = [one["code"] for one in json.loads(unreachable.stdout)["problems"]]
    conf.write_text(conf.read_text().replace("[global]", "[global]\nretries = many"))
    broken = hunting("lock", "--json", "--lang", language)
    said["pip"] = [one["code"] for one in json.loads(broken.stdout)["problems"]]
    assert all(said.values()), said
    assert not any("PV790" in codes for codes in said.values())
    assert hunting.hunt.found() == []


@pytest.mark.slow
def test_a_defect_report_has_no_secret(hunting):
    """A defect in the middle of the work, with everything in the frames around it."""
    hook = hunting.user.temporary / "sitecustomize.py"
    hook.write_text(
        "from provenv.hosts.local import LocalHost\n"
        "usual = LocalHost.exec\n"
        "def broken(self, argv, **more):\n"
        "    if 'compile' in argv:\n"
        "        raise ZeroDivisionError(f'{argv} {more}')\n"
        "    return usual(self, argv, **more)\n"
        "LocalHost.exec = broken\n"
    )
    path = f"{hook.parent}:{hunting.user.environment['PYTHONPATH']}"
    done = hunting("lock", PYTHONPATH=path)
    assert done.returncode == 70, done.stderr
    report = next(hunting.user.temporary.glob("provenv-defect-*.txt"))
    assert "ZeroDivisionError" in report.read_text()
    assert hunting.hunt.found() == []
