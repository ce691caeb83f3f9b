"""An index that breaks in every way: the right cause is said, in time, and nothing wrong is installed.

Each case is a row: what the index does, and how `lock`, `up` and `lock --download` end by it. No case
measures time: that a command ended at all, under a guard that is far away, is what its deadline is for.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PAGE, FILE = "/simple/beta/", "/files/beta-1.0*"
QUICK = {
    "UV_HTTP_TIMEOUT": "1",
    "UV_HTTP_RETRIES": "1",
    "PROVENV_NETWORK_STALL": "2",
    "PIP_CONFIG_FILE": os.devnull,
    "NO_PROXY": "",
}
MOST_REQUESTS = 40
"""Of one path in one command: uv's attempts and redirects, ours, and one question more."""
Ending = tuple[int, str]
FINE: Ending = (0, "")


@dataclass(frozen=True)
class Case:
    """One way to break: what `lock` says of a broken page, `up` and `--download` of a broken file.

    `timeout` is uv's own for one request: far away where it would race with patience.
    """

    act: str
    lock: Ending
    up: Ending
    download: Ending
    timeout: str = "1"


CASES = {
    "500": Case("status(500)", (1, "PV356"), (1, "PV356"), (1, "PV356")),
    "502": Case("status(502)", (1, "PV356"), (1, "PV356"), (1, "PV356")),
    "503": Case("status(503)", (1, "PV356"), (1, "PV356"), (1, "PV356")),
    "503 in a second": Case("status(503, Retry_After='1')", (1, "PV356"), (1, "PV356"), (1, "PV356")),
    "503 in an hour": Case("status(503, Retry_After='3600')", (1, "PV356"), (1, "PV356"), (1, "PV356")),
    "429": Case("status(429, Retry_After='1')", (1, "PV356"), (1, "PV356"), (1, "PV356")),
    "half": Case("half", (1, "PV315"), (1, "PV315"), (1, "PV315")),
    "hangs up": Case("close", (1, "PV351"), (1, "PV351"), (1, "PV351")),
    "resets": Case("reset", (1, "PV351"), (1, "PV351"), (1, "PV351")),
    "no HTTP": Case("garbage", (1, "PV315"), (1, "PV315"), (1, "PV315")),
    "login page": Case("portal", (1, "PV314"), (1, "PV314"), (1, "PV367")),
    "cut short": Case("truncated", (1, "PV315"), (1, "PV357"), (1, "PV367")),
    "cut short, JSON": Case("truncated_json", (1, "PV315"), (1, "PV357"), (1, "PV367")),
    "other bytes": Case("other", FINE, (1, "PV357"), (1, "PV367")),
    "more bytes": Case("longer", FINE, (1, "PV357"), (1, "PV367")),
    "circle": Case("moved('{path}')", (1, "PV313"), (1, "PV313"), (1, "PV313")),
    "401": Case("status(401)", (4, "PV353"), (4, "PV353"), (4, "PV353")),
    "403": Case("status(403)", (4, "PV353"), (4, "PV353"), (4, "PV353")),
    "404": Case("status(404)", (1, "PV341"), (1, "PV326"), (1, "PV326")),
    "410": Case("status(410)", (1, "PV326"), (1, "PV326"), (1, "PV326")),
    "407": Case("status(407)", (4, "PV325"), (4, "PV325"), (4, "PV325")),
    "nothing": Case("nothing", (1, "PV316"), (1, "PV316"), (1, "PV355"), timeout="60"),
    "a byte a second": Case("slow_body", (1, "PV316"), (1, "PV316"), (1, "PV316")),
    "a byte a second from the first": Case(
        "slow_head", (1, "PV316"), (1, "PV316"), (1, "PV355"), timeout="60"
    ),
}
IN_EVERY_RUN = {
    "lock": tuple(one for one in CASES if one not in ("502", "503", "503 in a second", "429", "410")),
    "up": ("half", "login page", "other bytes", "circle", "404", "a byte a second"),
    "download": ("503 in an hour", "half", "other bytes", "401"),
}


def behaviour(broken, act):
    """Return the behaviour that a row names: of the index's module, made with the values in brackets."""
    name, bracket, rest = act.partition("(")
    made = getattr(broken, name)
    if not bracket:
        return made
    call = ast.parse(f"f({rest}", mode="eval").body
    named = {one.arg: ast.literal_eval(one.value) for one in call.keywords}
    return made(*map(ast.literal_eval, call.args), **named)


def rows(command):
    usual = IN_EVERY_RUN[command]
    for name in CASES:
        yield pytest.param(name, marks=() if name in usual else pytest.mark.long, id=name)


@pytest.fixture
def project(user, index):
    """A user in a project that wants `beta`; called, it gives exit code, first problem and document."""

    class Project:
        def __init__(self) -> None:
            self.user, self.index = user(), index()
            self.declare(self.index.url)
            self.user.environment |= QUICK

        def declare(self, *urls, extra="") -> None:
            mirror = json.dumps(urls[0] if len(urls) == 1 else list(urls))
            self.user.write(
                "provenv.toml", f'name = "x"\nrequirements = ["beta"]\n{extra}[mirrors]\npypi = {mirror}\n'
            )

        def __call__(self, *arguments, **changes):
            done = self.user(*arguments, "--json", **changes)
            assert "Traceback" not in done.stderr
            document = json.loads(done.stdout)
            errors = [one for one in document["problems"] if one["severity"] == "error"]
            return done.returncode, errors[0]["code"] if errors else "", document

        def lock(self) -> None:
            assert self("lock")[0] == 0
            # what was fetched for the lock's sake is forgotten: files are fetched again
            shutil.rmtree(self.user.environment["UV_CACHE_DIR"])
            self.index.log.clear()

        @property
        def state(self) -> Path:
            return self.user.root / ".provenv" / "here"

    return Project()


def unbuilt(project):
    """Tell whether nothing of a failed `up` is left: no generation, no switch."""
    generations = project.state / "generations"
    return not os.path.lexists(project.state / "current") and not (
        generations.is_dir() and any(generations.iterdir())
    )


@pytest.mark.parametrize("name", list(rows("lock")))
def test_lock(name, project, broken):
    case = CASES[name]
    project.index.breaks(PAGE, behaviour(broken, case.act))
    exit_code, code, document = project("lock", UV_HTTP_TIMEOUT=case.timeout)
    assert (exit_code, code) == case.lock, document["problems"]
    assert (project.user.root / "pylock.toml").exists() == (case.lock == FINE)
    assert project.index.asked(PAGE) <= MOST_REQUESTS
    if case.lock != FINE and code != "PV341":
        # the evidence: which address, and what it answered
        assert f"127.0.0.1:{project.index.port}{PAGE}" in document["problems"][0]["what"]["text"]
        assert document["problems"][0]["why"]["text"]


@pytest.mark.parametrize("name", list(rows("up")))
def test_up(name, project, broken):
    case = CASES[name]
    project.lock()
    project.index.breaks(FILE, behaviour(broken, case.act))
    exit_code, code, document = project("up", UV_HTTP_TIMEOUT=case.timeout)
    assert (exit_code, code) == case.up, document["problems"]
    assert unbuilt(project)
    assert project.index.asked(FILE) <= MOST_REQUESTS
    assert str(project.index.port) in json.dumps(document["problems"])


@pytest.mark.parametrize("name", list(rows("download")))
def test_download(name, project, broken):
    case = CASES[name]
    project.lock()
    project.index.breaks(FILE, behaviour(broken, case.act))
    exit_code, code, document = project("lock", "--download", "carried")
    assert (exit_code, code) == case.download, document["problems"]
    carried = project.user.root / "carried"
    assert not (carried / "MANIFEST.json").exists()
    assert not list(carried.glob("files/beta*.whl"))
    assert project.index.asked(FILE) <= MOST_REQUESTS


@pytest.mark.parametrize(
    ("command", "act"),
    [("lock", "status(503)"), ("up", "reset"), ("lock --download carried", "half")],
)
def test_what_breaks_once_is_asked_again(command, act, project, broken):
    if command != "lock":
        project.lock()
    project.index.breaks(FILE if command != "lock" else PAGE, behaviour(broken, act), broken.sound)
    exit_code, code, document = project(*command.split())
    assert (exit_code, code) == FINE, document["problems"]


def test_a_pause_that_the_server_asks_for_is_kept(project, broken):
    project.lock()
    project.index.breaks(FILE, broken.status(503, Retry_After="1"), broken.sound)
    assert project("lock", "--download", "carried")[:2] == FINE
    assert project.index.asked(FILE) == 2


def test_a_redirect_to_another_host_is_followed(project, index, broken):
    other = index()
    project.index.breaks("/files/*", broken.moved(other.url.replace("/simple/", "{path}")))
    assert project("up")[:2] == FINE
    assert other.asked(FILE)


def test_metadata_that_disagrees_with_the_wheel_is_found_by_the_proof(project):
    """The index says that `beta` needs nothing; the wheel says that it needs `alpha`."""
    wheel = next(one for one in project.index.wheels if one.startswith("beta"))
    project.index.metadata[wheel] = b"Metadata-Version: 2.1\nName: beta\nVersion: 1.0\n"
    exit_code, code, _ = project("up")
    assert (exit_code, code) == (3, "PV720")
    assert not os.path.lexists(project.state / "current")


def test_the_generation_that_works_stays(project, broken):
    assert project("up")[:2] == FINE
    before = os.readlink(project.state / "current")
    project.user.write(
        "provenv.toml", (project.user.root / "provenv.toml").read_text().replace("beta", "gone")
    )
    project.index.breaks("/simple/gone/", broken.half)
    exit_code, code, _ = project("up")
    assert (exit_code, code) == (1, "PV315")
    assert os.readlink(project.state / "current") == before
    assert len(list((project.state / "generations").iterdir())) == 1
    ran = project.user("run", "--", "python", "-c", "import alpha, beta; print(beta.version)")
    assert ran.stdout.strip() == "1.0"


@pytest.mark.parametrize("command", ["lock", "up", "lock --download carried"])
def test_ctrl_c_ends_it_in_the_middle_of_a_hang(command, project, broken):
    """Nothing but the interrupt can end it: every limit is far away."""
    if command != "lock":
        project.lock()
    project.index.breaks(FILE if command != "lock" else PAGE, broken.nothing)
    patient = {"UV_HTTP_TIMEOUT": "900", "PROVENV_NETWORK_STALL": "900"}
    process = subprocess.Popen(
        [sys.executable, "-m", "provenv", *command.split()],
        cwd=project.user.root,
        env={**project.user.environment, **patient},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    asked = project.index.reached.wait(120)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert asked
    assert process.returncode == 130, said
    assert unbuilt(project)


@pytest.mark.parametrize(("value", "code"), [("soon", "PV808"), ("-1", "PV808")])
def test_a_limit_that_is_none_is_refused(value, code, project):
    exit_code, found, _ = project("lock", PROVENV_NETWORK_STALL=value)
    assert (exit_code, found) == (2, code)


def test_all_the_time_there_is_can_be_limited(project, broken):
    project.index.breaks(PAGE, broken.nothing)
    exit_code, code, _ = project(
        "lock", PROVENV_NETWORK_STALL="0", PROVENV_NETWORK_LIMIT="1", UV_HTTP_TIMEOUT="900"
    )
    assert (exit_code, code) == (1, "PV329")


# certificates


@pytest.mark.parametrize(
    ("subject", "dates", "trusted", "ending"),
    [
        ("IP:127.0.0.1", (), True, FINE),
        ("IP:127.0.0.1", (), False, (1, "PV352")),
        ("IP:127.0.0.1", ("-startdate", "200101000000Z", "-enddate", "200201000000Z"), True, (1, "PV317")),
        ("IP:127.0.0.1", ("-startdate", "400101000000Z", "-enddate", "410101000000Z"), True, (1, "PV317")),
        ("DNS:other.example", (), True, (1, "PV318")),
    ],
    ids=["trusted", "unknown", "expired", "not yet valid", "another host"],
)
@pytest.mark.parametrize("named", ["SSL_CERT_FILE", "PIP_CERT"])
def test_certificates(
    subject, dates, trusted, ending, named, project, index, network, certificates, tmp_path
):
    authority = tmp_path / "authority"
    shutil.copytree(certificates, authority)
    project.declare(index(network.signed(authority, "own", subject, *dates)).url)
    exit_code, code, document = project("lock", **({named: str(authority / "ca.pem")} if trusted else {}))
    assert (exit_code, code) == ending, document["problems"]


def test_plain_http_where_tls_was_asked_for(project):
    project.declare(project.index.url.replace("http://", "https://"))
    exit_code, code, document = project("lock")
    assert (exit_code, code) == (1, "PV319"), document["problems"]


# proxies, names, ways


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Yield a port on which nobody listens: it is taken, so that nobody else begins to meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def test_a_dead_proxy(project, closed_port):
    project.declare("http://index.example/simple/")
    exit_code, code, _ = project("lock", HTTP_PROXY=f"http://127.0.0.1:{closed_port}")
    assert (exit_code, code) == (1, "PV354")


def test_a_proxy_that_hangs(project, index, broken):
    proxy = index()
    proxy.breaks("*", broken.nothing)
    project.declare("https://index.example/simple/")
    exit_code, code, document = project("lock", HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
    assert (exit_code, code) in ((1, "PV354"), (1, "PV316")), document["problems"]


@pytest.mark.parametrize(
    ("login", "ending"), [("", (4, "PV325")), ("pat:wrong", (4, "PV325")), ("pat:secret", FINE)]
)
@pytest.mark.parametrize("tls", [False, True])
def test_a_proxy_that_wants_a_login(login, ending, tls, project, index, company, network, certificates):
    proxy = company.proxy("pat:secret")
    made = index((str(certificates / "site.pem"), str(certificates / "site.key"))) if tls else index()
    project.declare(made.url.replace("127.0.0.1", "localhost"))
    shell = {"SSL_CERT_FILE": company.ca, "HTTPS_PROXY": proxy.url(login), "HTTP_PROXY": proxy.url(login)}
    exit_code, code, document = project("lock", **shell)
    assert (exit_code, code) == ending, document["problems"]
    assert "wrong" not in json.dumps(document)


def test_a_name_that_no_server_knows(project):
    project.declare("http://index.invalid/simple/")
    exit_code, code, _ = project("lock")
    assert (exit_code, code) == (1, "PV350")


def test_nobody_listens(project, closed_port):
    project.declare(f"http://127.0.0.1:{closed_port}/simple/")
    exit_code, code, _ = project("lock")
    assert (exit_code, code) == (1, "PV351")


@pytest.mark.parametrize("host", ["index.example", "192.0.2.1"])
def test_a_machine_without_any_network(host, project):
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces here")
    project.declare(f"http://{host}/simple/")
    done = project.user("lock", "--json", before=("unshare", "-rn"))
    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert document["problems"][0]["code"] in ("PV350", "PV351")


def test_a_dead_extra_index_is_named_with_what_helps(project, closed_port):
    dead = f"http://127.0.0.1:{closed_port}/simple"
    project.user.write("requirements.txt", f"--extra-index-url {dead}\nbeta\n")
    project.user.write(
        "provenv.toml",
        f'requirements = {{ file = "requirements.txt" }}\n[mirrors]\npypi = "{project.index.url}"\n',
    )
    exit_code, code, document = project("lock")
    (found,) = [one for one in document["problems"] if one["severity"] == "error"]
    assert (exit_code, code) == (1, "PV351")
    assert dead in found["what"]["text"]
    assert any("extra-index-url" in one["text"]["text"] for one in found["hints"] if one["text"])
