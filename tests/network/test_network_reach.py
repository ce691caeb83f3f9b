"""One address asked from here: what comes, how long it takes, and why it does not come."""

from __future__ import annotations

import os
import threading

import pytest

from provenv import pipconf
from provenv.hosts.reach import Access, access, reach, side_by_side
from provenv.pipconf import PipConfiguration

NOTHING = PipConfiguration()


@pytest.fixture
def site(company):
    made = company.site()
    made.pages = {"page": b"x" * 300_000, "deep/page": b"found"}
    return made


def test_what_comes_is_sampled_and_timed(site):
    part, whole = (reach(site.url("page"), Access(), sample=size) for size in (1 << 16, 1 << 20))
    assert (part.state, part.status, len(part.body), part.whole) == ("reached", 200, 1 << 16, False)
    assert (len(whole.body), whole.whole) == (300_000, True)
    assert 0 < whole.first_byte <= whole.seconds
    assert whole.rate == len(whole.body) / whole.seconds
    assert reach(site.url("deep/page"), Access()).rate is None


@pytest.mark.parametrize(
    ("status", "state"), [(404, "absent"), (403, "login"), (500, "status"), (407, "proxy")]
)
def test_a_refusal_says_which(site, status, state):
    site.status["no"] = status
    found = reach(site.url("no/"), Access())
    assert (found.state, found.status) == (state, status)


def test_what_hangs_or_drips_is_given_up_in_time(site):
    site.hang, site.drip = {"hang"}, {"drip"}
    site.pages["drip/page"] = b"x" * 400
    hung, dripped = (reach(site.url(path), Access(), limit=1.5) for path in ("hang/", "drip/page"))
    assert hung.state == "timeout"
    assert (dripped.state, dripped.whole) == ("reached", False)
    assert 0 < len(dripped.body) < 400


def test_nobody_listens_and_no_such_name(site):
    port = site.port
    assert reach("http://127.0.0.1:9/", Access()).state == "refused"
    assert reach(f"http://name.invalid:{port}/", Access()).state in ("unresolved", "refused")
    assert reach("http://[broken/", Access()).state == "broken"


def test_a_private_authority_is_trusted_when_it_is_named(company):
    site = company.site(tls=True)
    site.pages["page"] = b"secure"
    url = site.url("page")
    refused = reach(url, Access())
    assert (refused.state, refused.status) == ("certificate", 0)
    assert "certificate" in refused.detail
    named = access({"SSL_CERT_FILE": company.ca}, NOTHING)
    by_pip = access({"SSL_CERT_FILE": "/nonexistent"}, PipConfiguration(cert=company.ca))
    unverified = Access(unverified=frozenset({f"localhost:{site.port}"}))
    assert [reach(url, how).body for how in (named, by_pip, unverified)] == [b"secure"] * 3
    assert reach(url, access({"SSL_CERT_FILE": "/nonexistent"}, NOTHING)).state == "certificate"
    assert reach(f"https://localhost:{company.site().port}/", named).state == "certificate"


@pytest.mark.parametrize("tls", [False, True])
def test_a_proxy_gets_its_login_and_the_site_does_not(company, tls):
    site, proxy = company.site(tls=tls), company.proxy("pat:p%40ss")
    site.pages["page"] = b"through"
    how = access(
        {"SSL_CERT_FILE": company.ca, "HTTPS_PROXY": proxy.url(), "http_proxy": proxy.url()}, NOTHING
    )
    assert reach(site.url("page"), how).body == b"through"
    assert [login for _, login in proxy.log] == ["pat:p@ss"]
    assert site.log == [("/page", "")]


def test_a_proxy_that_refuses_is_the_cause(company):
    site, proxy = company.site(tls=True), company.proxy("pat:secret")
    values = {"SSL_CERT_FILE": company.ca}
    wrong = access({**values, "HTTPS_PROXY": proxy.url("pat:wrong")}, NOTHING)
    nobody = access({**values, "ALL_PROXY": "http://127.0.0.1:9"}, NOTHING)
    found = reach(site.url("page"), wrong)
    assert (found.state, "407" in found.detail, "wrong" in repr(found)) == ("proxy", True, False)
    assert reach(site.url("page"), nobody).state == "proxy"


@pytest.mark.parametrize(
    ("entry", "direct"),
    [
        ("localhost", True),
        ("*", True),
        (".example", False),
        ("10.0.0.0/8", False),
        ("a.example,localhost", True),
    ],
)
def test_no_proxy_names_hosts_networks_and_all(company, entry, direct):
    how = access({"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": entry}, NOTHING)
    assert (how.proxy_for("http://localhost:8080/x") is None) is direct


def test_networks_and_domains_are_direct():
    how = Access(proxies={"http": "proxy:1"}, direct="10.0.0.0/8, .example")
    urls = ("http://10.1.2.3/", "http://a.b.example/", "http://11.1.1.1/", "http://badexample/")
    assert [how.proxy_for(url) for url in urls] == [None, None, "http://proxy:1", "http://proxy:1"]


def test_a_login_comes_from_the_address_or_from_netrc(company, user):
    site, someone = company.site(), user()
    site.pages["one/page"], site.logins["one"] = b"in", "pat:p@ss"
    someone.write("~/.netrc", "machine localhost login pat password p@ss\n", 0o600)
    other = someone.write("other", "machine localhost login pat password wrong\n", 0o600)
    plain = access({"HOME": str(someone.home)}, NOTHING)
    assert reach(site.url("one/page", "pat:p%40ss"), Access()).body == b"in"
    assert reach(site.url("one/page"), plain).body == b"in"
    assert reach(site.url("one/page"), access({"NETRC": str(other)}, NOTHING)).state == "login"
    someone.write("~/.netrc", "machine \x00 nonsense", 0o600)
    assert access({"HOME": str(someone.home)}, NOTHING).logins == {}


def test_a_redirect_carries_no_login_elsewhere(company):
    site, elsewhere = company.site(), company.site()
    elsewhere.pages["page"] = b"there"
    site.logins["one"] = "pat:secret"
    site.redirects["one/page"] = elsewhere.url("page")
    found = reach(site.url("one/page", "pat:secret"), Access())
    assert (found.body, elsewhere.log) == (b"there", [("/page", "")])
    assert "secret" not in repr(found)


def test_tasks_run_side_by_side_and_late_ones_are_left_behind():
    never = threading.Event()
    assert side_by_side([lambda: never.wait(30), lambda: "done"], limit=0.5) == [None, "done"]
    never.set()


def test_how_this_place_reaches_the_network_shows_no_secret():
    how = access({"HTTPS_PROXY": "http://u:hidden@p:1", "NETRC": os.devnull}, NOTHING)
    assert "hidden" not in repr(how)
    assert pipconf.redact("u:hidden@proxy.example:8080") == "****@proxy.example:8080"
    assert pipconf.redact("at 10:30 me@home") == "at 10:30 me@home"
