"""`mirrors` on a network of our own: how mirrors compare, what is configured, what is written."""

from __future__ import annotations

import json

import pytest

from provenv.app import mirrors as room
from provenv.errors import Failure
from provenv.model.mirrors import Trial
from provenv.spec.presets import Address, Gone, Preset, Presets


@pytest.fixture
def mirrors(monkeypatch, user):
    """Call the use case with presets of the test's own; nothing outside the machine is known to it."""

    def call(presets, *, default="", environment=(), folder=None, **options):
        rows = {
            name: Preset(name, (f"{name}-alias",), {kind: Address(url, "a test", "2026-01-01")})
            for name, (kind, url) in presets.items()
        }
        table = Presets(rows, {"gone": Gone("gone", next(iter(rows)))}, frozenset())
        # the rooms that take the table are imported by their patches: before the table itself is another one
        monkeypatch.setattr("provenv.spec.edit_mirrors.table", lambda: table)
        monkeypatch.setattr("provenv.spec.mirror_names.table", lambda: table)
        monkeypatch.setattr("provenv.spec.presets.table", lambda: table)
        monkeypatch.setattr("provenv.lock.uv_default_index", lambda *_: default)
        monkeypatch.setattr("provenv.lock.python_build", lambda *_: ("3.12.9", "", "2026/cpython.tar.gz"))
        monkeypatch.setattr(room, "PYTORCH", "")
        monkeypatch.setattr(room, "HUB", "")
        monkeypatch.setattr(room, "REGISTRY", "")
        someone = call.user or user()
        call.user = someone
        values = {**someone.environment, **dict(environment)}
        return room.mirrors(folder or someone.root, environment=values, limit=5.0, **options)

    call.user = None
    return call


def brief(result, *fields):
    """Return these fields of each trial."""
    return [tuple(getattr(one, field) for field in fields) for one in result.trials]


@pytest.fixture
def index(company):
    """A site with three indexes of certifi: one is behind."""
    site = company.site()
    for name, version in (("new", "2026.2.1"), ("old", "2025.1.1"), ("locked", "2026.2.1")):
        site.add(name, "certifi", "2024.1.1")
        site.add(name, "certifi", version)
    site.logins["locked"] = "pat:hidden"
    site.hang = {"hang"}
    return site


def test_who_is_fresh_who_is_behind_and_who_does_not_answer(index, company, mirrors):
    presets = {name: ("pypi", index.url(name)) for name in ("hang", "old", "missing", "new", "locked")} | {
        "dead": ("pypi", "http://127.0.0.1:9/simple")
    }
    result = mirrors(presets, kinds=["pypi"])
    told = {one.name: (one.state, one.newest, one.fresh) for one in result.trials}
    assert told == {
        "new": ("reached", "2026.2.1", True),
        "old": ("reached", "2025.1.1", False),
        "missing": ("absent", "", None),
        "locked": ("login", "", None),
        "dead": ("refused", "", None),
        "hang": ("timeout", "", None),
    }
    assert [one.name for one in result.trials][:2] == ["new", "old"]
    assert result.trials[0].seconds >= result.trials[0].first_byte > 0


def test_what_is_configured_is_tried_with_its_login_and_shown_without(index, mirrors, user):
    someone = user()
    someone.write("provenv.toml", f'[mirrors]\npypi = "{index.url("locked", "pat:${PASS}")}"\n')
    mirrors.user = someone
    pip = someone.write("pip.conf", f"[global]\nindex-url = {index.url('new')}\n")
    environment = {"PASS": "hidden", "PIP_CONFIG_FILE": str(pip), "UV_DEFAULT_INDEX": index.url("old")}
    result = mirrors(
        {"other": ("pypi", index.url("old/"))},
        kinds=["pypi"],
        environment=environment,
        default=index.url("missing"),
    )
    told = {one.origin: (one.name, one.state, one.used) for one in result.trials}
    assert told == {
        "file": ("file", "reached", True),
        "uv": ("other", "reached", False),
        "pip": ("pip", "reached", False),
        "default": ("default", "absent", False),
    }
    assert "hidden" not in repr(result)
    assert {login for path, login in index.log if path.startswith("/locked")} == {"pat:hidden"}


def test_torch_mirrors_of_both_layouts(company, mirrors):
    site = company.site()
    site.add("whl", "torch", "2.9.0")
    site.add("whl", "torch", "2.13.0")
    links = b'<a href="torch-2.10.0%2Bcpu-cp311-cp311-linux_x86_64.whl">a</a>'
    site.pages = {"flat/cpu": links, "flat/cpu/torch-2.10.0+cpu-cp311-cp311-linux_x86_64.whl": b"x"}
    result = mirrors(
        {"tree": ("torch", site.url("whl")), "flat": ("torch", site.url("flat/{build}#flat"))},
        kinds=["torch"],
    )
    # the first has no folder for each build: what is asked for is `/whl/cpu/torch/`
    assert dict(brief(result, "name", "state")) == {"tree": "absent", "flat": "reached"}
    assert result.trials[0].newest == "2.10.0+cpu"


def test_other_kinds_are_asked_for_what_is_really_fetched(company, mirrors, monkeypatch, tmp_path):
    site = company.site()
    site.pages = {
        "py/2026/cpython.tar.gz": b"x" * 20_000,
        "hub/openai-community/gpt2/resolve/main/vocab.json": b"{}",
        "apt/debian/dists/trixie/Release": b"Origin: Debian\nDate: Sat, 21 Nov 2026 08:00:00 UTC\n",
    }
    site.status["reg"] = 401
    release = tmp_path / "os-release"
    release.write_text('ID=debian\nVERSION_CODENAME="trixie"\n')
    sources = tmp_path / "sources.list.d"
    sources.mkdir()
    (sources / "debian.sources").write_text(f"Types: deb\nURIs: {site.url('apt/debian')}\nSuites: trixie\n")
    monkeypatch.setattr(room, "OS_RELEASE", release)
    monkeypatch.setattr(room, "APT", (tmp_path / "sources.list", sources))
    presets = {
        "builds": ("python", site.url("py")),
        "models": ("huggingface", site.url("hub")),
        "boxes": ("images", site.url("reg")),
        "system": ("apt", site.url("nothing/{distribution}")),
    }
    result = mirrors(presets, kinds=["python", "huggingface", "images", "apt"])
    told = {(one.kind, one.origin): (one.state, one.newest) for one in result.trials}
    assert told == {
        ("python", "preset"): ("reached", "3.12.9"),
        ("huggingface", "preset"): ("reached", ""),
        ("images", "preset"): ("reached", ""),
        ("apt", "system"): ("reached", "Sat, 21 Nov 2026 08:00:00 UTC"),
        ("apt", "preset"): ("absent", ""),
    }


def test_nothing_reached_is_a_failure_with_its_cause(company, mirrors):
    proxy = company.proxy("pat:secret")
    presets = {name: ("pypi", f"http://{name}.example/simple") for name in ("one", "two")}
    with pytest.raises(Failure) as raised:
        mirrors(presets, kinds=["pypi"], environment={"http_proxy": proxy.url("pat:wrong")})
    (found,) = raised.value.problems
    assert (found.code, found.why.key, found.hints[0].text.key) == (
        "PV780",
        "mirrors.state.proxy.why",
        "mirrors.state.proxy.hint",
    )
    assert [one.state for one in raised.value.data.trials] == ["proxy", "proxy"]
    assert raised.value.data.proxy == f"http://****@localhost:{proxy.port}"


@pytest.mark.parametrize(
    ("options", "written"),
    [({}, '[mirrors]\npreset = "near"\n'), ({"kinds": ["pypi"]}, '[mirrors]\npypi = "near"\n')],
)
def test_use_writes_the_name_and_nothing_else(index, mirrors, user, options, written):
    someone = user()
    before = '# mine\nname = "x"   # keep\nrequirements = ["six"]\n'
    someone.write("provenv.toml", before)
    mirrors.user = someone
    result = mirrors({"near": ("pypi", index.url("new"))}, use="near-alias", **options)
    assert (someone.root / "provenv.toml").read_text() == f"{before}\n{written}"
    assert (result.path, len(result.written), result.findings) == ("provenv.toml", 1, ())
    again = mirrors({"near": ("pypi", index.url("new"))}, use="near", **options)
    assert (again.path, again.written) == ("provenv.toml", ())


def test_use_warns_of_what_it_cannot_reach_and_of_keys_that_win(index, mirrors, user):
    someone = user()
    someone.write("provenv.toml", '[mirrors]\nhuggingface = "https://hub.example"\n')
    mirrors.user = someone
    result = mirrors({"far": ("pypi", "http://127.0.0.1:9/simple")}, use="far")
    assert [(one.code, one.severity) for one in result.findings] == [("PV781", "warning"), ("PV782", "note")]
    assert result.findings[1].what.args["kinds"] == "huggingface"


def test_a_name_that_is_none_is_told_with_the_nearest(index, mirrors):
    for options, code in (
        ({"names": ["naer"]}, "PV180"),
        ({"use": "gone"}, "PV182"),
        ({"use": "near", "kinds": ["torch"]}, "PV181"),
    ):
        with pytest.raises(Failure) as raised:
            mirrors({"near": ("pypi", index.url("new"))}, **options)
        assert [one.code for one in raised.value.problems] == [code]
        assert raised.value.exit_code == 2
    assert index.log == []


def test_use_in_a_folder_that_only_has_a_requirements_file(index, mirrors, user):
    someone = user()
    someone.write("requirements.txt", "six\n")
    mirrors.user = someone
    with pytest.raises(Failure) as raised:
        mirrors({"near": ("pypi", index.url("new"))}, use="near")
    assert raised.value.problems[0].code == "PV185"


def test_the_command_through_a_proxy_that_lets_nothing_pass(company, user):
    """The real table, with every request stopped on this machine."""
    someone, proxy = user(), company.proxy("pat:secret")
    someone.write("provenv.toml", 'name = "x"\n')
    shell = {"HTTPS_PROXY": proxy.url("pat:known"), "HTTP_PROXY": proxy.url("pat:known")}
    told = someone(
        "mirrors", "--kind", "pypi", "--kind", "torch", "--limit", "3", "--json", "tuna", "sjtu", **shell
    )
    document = json.loads(told.stdout)
    assert (told.returncode, document["ok"], [one["code"] for one in document["problems"]]) == (
        1,
        False,
        ["PV780"],
    )
    trials = [(one["kind"], one["name"], one["state"]) for one in document["data"]["trials"]]
    assert sorted(trials) == [
        ("pypi", "sjtu", "proxy"),
        ("pypi", "tsinghua", "proxy"),
        ("torch", "sjtu", "proxy"),
    ]
    assert sorted({path for path, _ in proxy.log}) == [
        "mirror.sjtu.edu.cn:443",
        "pypi.tuna.tsinghua.edu.cn:443",
    ]
    said = someone("mirrors", "tuna", "--limit", "3", "--lang", "zh", **shell)
    assert "代理" in said.stderr + said.stdout
    assert "known" not in told.stdout + told.stderr + said.stdout + said.stderr


def test_a_trial_is_a_value(index, mirrors):
    result = mirrors({"new": ("pypi", index.url("new"))}, kinds=["pypi"])
    assert isinstance(result.trials[0], Trial)
    assert result.limit == 5.0
