"""What doctor finds of the network: real indexes, proxies, authorities and clocks on the loopback."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from provenv.app.looks import network as look
from provenv.app.project import Project
from provenv.diagnosis.checks import clock
from provenv.diagnosis.checks import network as check
from provenv.hosts.certificate import from_pem
from provenv.hosts.proxy import tried
from provenv.model.findings import Finding

DEAD = "http://127.0.0.1:9"
HIDDEN = "verysecret"


@pytest.fixture
def site(company):
    made = company.site()
    made.add("simple", "certifi", "1.0")
    return made


@pytest.fixture
def found(tmp_path: Path) -> Callable[..., list[Finding]]:
    """Return what the checks find in a project with these variables."""

    def look_at(index: str, *, requirements: str = "", target: str = "", **variables: str) -> list[Finding]:
        (tmp_path / "provenv.toml").write_text(
            f'schema = 1\nname = "p"\nrequirements = [{requirements}]\n{target}'
        )
        own = {
            "HOME": str(tmp_path),
            "PATH": "",
            "UV_DEFAULT_INDEX": index,
            "PIP_CONFIG_FILE": "/dev/null",
            **variables,
        }
        project = Project(tmp_path, tmp_path, environment=own)
        ground = replace(look.look(project), variables=own, spec=project.spec())
        return [*check.look(ground), *clock.look(ground)]

    return look_at


def ids(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(one.id, one.what.key) for one in findings]


def test_an_index_that_answers_is_nothing_to_tell(site, found):
    assert found(site.url("simple")) == []
    assert [path for path, _ in site.log] == ["/simple/certifi/"]


def test_an_index_without_the_page_that_is_asked_for_is_reached_as_well(company, found):
    site = company.site()
    site.add("simple", "alpha", "1.0")
    assert found(site.url("simple")) == []


def test_an_index_that_nobody_serves_is_told_with_its_address(found):
    (one,) = found(f"http://me:{HIDDEN}@127.0.0.1:9/simple")
    assert (one.id, one.gravity, one.cause) == ("address-unreachable", "blocks", "registry-unreachable")
    assert one.remedies[-1].commands == ("provenv mirrors --kind pypi",)
    assert HIDDEN not in repr(one)


def test_an_index_that_hangs_costs_no_more_than_the_limit(site, found):
    site.hang = {"simple"}
    (one,) = found(site.url("simple"))
    assert one.evidence[0].key == "doctor.network.state.timeout"


def test_an_index_that_wants_a_login_says_where_to_write_it(site, found):
    site.logins["simple"] = "me:right"
    (one,) = found(site.url("simple", login=f"me:{HIDDEN}"))
    assert (one.id, one.cause) == ("index-login", "registry-unreachable")
    assert HIDDEN not in repr(one)
    assert found(site.url("simple", login="me:right")) == []


def test_nothing_that_answers_is_one_finding_not_many(found):
    mirrors = '[mirrors]\ntorch = "http://127.0.0.2:9/whl"\nhuggingface = "http://127.0.0.3:9"\n'
    (one,) = found("http://127.0.0.1:9/simple", requirements='"transformers"', target=mirrors)
    assert one.id == "offline"
    assert len(one.evidence) == 3


def test_nothing_is_asked_where_the_user_said_that_there_is_no_network(site, found):
    assert found(site.url("simple"), UV_OFFLINE="1") == []
    assert site.log == []


def test_a_proxy_that_nobody_runs_is_told_once_and_what_follows_from_it_not_at_all(site, found):
    (one,) = found(site.url("simple"), http_proxy=DEAD, NO_PROXY="localhost.example")[:1]
    assert (one.id, one.gravity, one.what.key) == ("proxy-failing", "blocks", "doctor.proxy.refused")
    assert one.remedies[-1].commands == ("unset http_proxy",)
    assert {one.id for one in found(site.url("simple"), http_proxy=DEAD)} == {
        "proxy-failing",
        "proxy-for-localhost",
    }


def test_a_proxy_that_wants_another_login_is_known_by_407(company, site, found):
    proxy = company.proxy("me:right")
    wrong = f"http://me:{HIDDEN}@localhost:{proxy.port}"
    (one, local) = found(site.url("simple"), HTTP_PROXY=wrong)
    assert (one.what.key, one.subject) == ("doctor.proxy.login", "HTTP_PROXY")
    assert local.id == "proxy-for-localhost"
    assert HIDDEN not in repr(one)
    assert ids(found(site.url("simple"), HTTP_PROXY=proxy.url())) == [
        ("proxy-for-localhost", "doctor.proxy.localhost")
    ]


def test_a_plain_proxy_that_is_named_with_https_is_told_with_its_repair(company, site, found):
    proxy = company.proxy()
    one = found(site.url("simple"), HTTPS_PROXY=f"https://localhost:{proxy.port}")[0]
    assert one.what.key == "doctor.proxy.plain"
    assert one.remedies[0].commands == ('export HTTPS_PROXY="http://${HTTPS_PROXY#*://}"',)


@pytest.mark.parametrize(
    ("address", "state"),
    [
        ("http://", "malformed"),
        ("ftp://127.0.0.1:21", "malformed"),
        ("http://127.0.0.1:port", "malformed"),
        ("http://name.invalid:8080", "unresolved"),
        (DEAD, "refused"),
        ("socks5://127.0.0.1:9", "refused"),
    ],
)
def test_what_is_wrong_with_a_proxy_has_a_name(address, state):
    assert tried("HTTP_PROXY", address, "localhost:80", limit=30.0).state == state


def test_two_spellings_that_disagree_and_localhost_through_the_proxy(company, site, found):
    one, two = company.proxy(), company.proxy()
    findings = found(site.url("simple"), HTTP_PROXY=one.url(), http_proxy=two.url(), requirements='"gradio"')
    assert [(one.id, one.gravity) for one in findings] == [
        ("proxy-spellings", "hurts"),
        ("proxy-for-localhost", "hurts"),
    ]
    kept = found(site.url("simple"), HTTP_PROXY=one.url(), NO_PROXY="localhost,127.0.0.1")
    assert kept == []


def test_an_authority_that_is_not_trusted_is_told_with_its_name(company, found):
    site = company.site(tls=True)
    site.add("simple", "certifi", "1.0")
    (one,) = found(site.url("simple"))
    assert (one.id, one.cause, one.subject) == ("tls-untrusted", "proxy-or-ca", "Example Company CA")
    assert [advice.root for advice in one.remedies] == [False, True, False]
    assert found(site.url("simple"), SSL_CERT_FILE=company.ca) == []


@pytest.mark.parametrize(
    ("content", "state"),
    [(None, "missing"), ("no certificate", "no_certificate"), ("", "no_certificate")],
)
def test_a_file_of_authorities_that_leads_nowhere(site, found, tmp_path, content, state):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    findings = found(site.url("simple"), REQUESTS_CA_BUNDLE=str(path))
    assert ids(findings) == [("ca-file", f"doctor.ca.{state}")]


def test_authorities_that_have_all_expired(network, certificates, site, found, tmp_path):
    old = network.signed(
        certificates, tmp_path.name, "DNS:old", "-startdate", "200101000000Z", "-enddate", "200201000000Z"
    )
    (one,) = found(site.url("simple"), GIT_SSL_CAINFO=old[0])
    assert (one.what.key, one.gravity) == ("doctor.ca.expired", "hurts")
    (read,) = from_pem(Path(old[0]).read_bytes())
    assert (read.issuer, formatdate(read.ends, usegmt=True)) == (
        "Example Company CA",
        "Sat, 01 Feb 2020 00:00:00 GMT",
    )


class _Clock(BaseHTTPRequestHandler):
    ahead = 0.0

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate((timestamp or time.time()) + self.ahead, usegmt=True)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Callable[..., str]]:
    """Return a maker of servers whose clock is so many seconds ahead of ours."""
    started = []

    def make(ahead: float, certificate: tuple[str, str] | None = None) -> str:
        handler = type("Handler", (_Clock,), {"ahead": ahead})
        made = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            made.socket = context.wrap_socket(made.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        started.append(made)
        return f"http{'s' if certificate else ''}://localhost:{made.server_port}/simple"

    yield make
    for one in started:
        one.shutdown()
        one.server_close()


@pytest.mark.parametrize(
    ("ahead", "key", "gravity"),
    [(7200.0, "doctor.clock.behind", "hurts"), (-200_000.0, "doctor.clock.ahead", "blocks")],
)
def test_a_clock_is_compared_with_the_server(server, found, ahead, key, gravity):
    (one,) = found(server(ahead))
    assert (one.id, one.gravity, one.evidence[0].key) == ("clock-wrong", gravity, key)
    assert one.evidence[0].args["by_seconds"] == pytest.approx(abs(ahead), abs=30)


def test_a_clock_that_is_right_is_nothing_to_tell(server, found):
    assert found(server(20.0)) == []


def test_a_certificate_from_tomorrow_speaks_against_the_clock(network, certificates, server, found, tmp_path):
    later = network.signed(
        certificates,
        tmp_path.name,
        "DNS:localhost",
        "-startdate",
        "400101000000Z",
        "-enddate",
        "410101000000Z",
    )
    (one,) = found(server(0.0, later), SSL_CERT_FILE=str(certificates / "ca.pem"))
    assert (one.id, one.evidence[0].key) == ("clock-wrong", "doctor.clock.not_yet")


def test_a_token_is_shown_to_the_hub_alone_and_a_refusal_is_known(company, found, tmp_path):
    hub = company.site(status={"api": 401})
    own = {"HF_ENDPOINT": hub.url("").rstrip("/"), "HF_TOKEN": f"hf_{HIDDEN}"}
    project_environment = {
        "HOME": str(tmp_path),
        "UV_DEFAULT_INDEX": hub.url("simple"),
        "PIP_CONFIG_FILE": "/dev/null",
    }
    (tmp_path / "provenv.toml").write_text('schema = 1\nname = "p"\nrequirements = ["transformers"]\n')
    ground = look.look(Project(tmp_path, tmp_path, environment={**project_environment, **own}))
    assert ground.network is not None
    assert ground.network.login == "refused"
    assert HIDDEN not in repr(ground)
    assert "/api/whoami-v2" in [path for path, _ in hub.log]


def test_the_command_tells_all_of_it_in_time_and_without_secrets(company, user):
    somebody = user()
    somebody.write("provenv.toml", 'schema = 1\nname = "p"\nrequirements = ["alpha"]\n')
    proxy = company.proxy("me:right")
    wrong = f"http://me:{HIDDEN}@localhost:{proxy.port}"
    done = somebody(
        "doctor",
        "--area",
        "network",
        "--json",
        HTTP_PROXY=wrong,
        UV_DEFAULT_INDEX="http://localhost:9/simple",
    )
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert "proxy-failing" in [one["id"] for one in told["data"]["findings"]]
    assert HIDDEN not in done.stdout + done.stderr
