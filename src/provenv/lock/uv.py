"""How uv is called: which binary, in which environment, with which sources.

`--no-config` always: a `uv.toml` or a `[tool.uv]` somewhere above the project
would change what is resolved without a trace in the lock. What uv has to know
is said by variables, because indexes may carry passwords and arguments are
seen by everyone on a machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlsplit, urlunsplit

from uv import find_uv_bin

from .. import environ
from ..errors import Failure, Hint, problem, text
from ..hosts.netrc_file import netrc_logins
from ..hosts.patience import patience_of
from ..model.channel import Completed, Host
from ..pipconf import PipConfiguration
from .sources import Sources, local_path

PREFIXES = ("UV_", "PIP_", "PYTHON")


def find_uv(environment: Mapping[str, str] | None = None) -> str:
    """Return the path of uv: PROVENV_UV, else the binary of uv's own package, else one on PATH.

    Raises Failure PV310 where there is none.
    """
    named = environ.read(environ.PROVENV_UV, environment)
    if named:
        found = shutil.which(named)
        if found is None:
            raise Failure(problem("PV310", path=named, hints=(Hint(text("PV310.hint")),)))
        return found
    try:
        return str(find_uv_bin())
    except FileNotFoundError:
        found = shutil.which("uv")
        if found is None:
            raise Failure(problem("PV310", path="uv", hints=(Hint(text("PV310.hint")),))) from None
        return found


def uv_environment(environment: Mapping[str, str], pip: PipConfiguration, sources: Sources) -> dict[str, str]:
    """Return the whole environment for a uv process.

    Everything of the user's but what would change a resolution in secret
    (`UV_*` that `environ.UV_KEPT` does not name, `PIP_*`, what other
    environments left behind); pip's proxy, certificates, time limit and
    trusted hosts in uv's own variables, where the user did not set those.
    """
    aside = {variable.name for variable in environ.SET_ASIDE}
    kept = {variable.name for variable in environ.UV_KEPT}
    whole = {
        name: value
        for name, value in environment.items()
        if name in kept or (name not in aside and (not name.startswith(PREFIXES) or _is_login(name)))
    }
    whole["NO_COLOR"] = "1"
    _network(whole, pip)
    logins = netrc_logins(environment) if _share_a_host(sources) else {}
    if sources.default is not None:
        whole["UV_DEFAULT_INDEX"] = _with_login(sources.default, logins)
    if sources.extra:
        whole["UV_INDEX"] = " ".join(_with_login(url, logins) for url in sources.extra)
    remote = [link for link in sources.find_links if local_path(link) is None]
    if remote:
        whole["UV_FIND_LINKS"] = ",".join(remote)
    return whole


def source_arguments(sources: Sources) -> list[str]:
    """Return the arguments that go with the variables; nothing secret is among them."""
    arguments = []
    if sources.no_index:
        arguments.append("--no-index")
    if sources.best_match:
        arguments += ["--index-strategy", "unsafe-best-match"]
    for link in sources.find_links:
        path = local_path(link)
        # uv takes a folder that is not there for an error, pip passes it over
        if path is not None and path.exists():
            arguments += ["--find-links", str(path)]
    for name in sources.no_binary:
        arguments += ["--no-binary", name]
    for name in sources.only_binary:
        arguments += ["--only-binary", name]
    return arguments


def call(
    host: Host,
    uv: str,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: str | None = None,
    limit: float | None = None,
) -> Completed:
    """Run uv and wait for it, as long as its network gives anything; nothing is judged here."""
    argv = [uv, *arguments, "--no-config"]
    patience = None if "--offline" in arguments else patience_of(environment)
    return host.exec(argv, environment=environment, folder=folder, limit=limit, patience=patience)


def uv_version(host: Host, uv: str, environment: Mapping[str, str]) -> str:
    """Return uv's version, such as `0.13.9`; empty where it does not say."""
    words = host.exec([uv, "--version"], environment=environment, limit=30).out.split()
    return words[1] if len(words) > 1 else ""


def uv_default_index(host: Host, uv: str, environment: Mapping[str, str]) -> str:
    """Return the address of the index that uv takes without any configuration, as uv's own help says it."""
    said = host.exec([uv, "help", "pip", "compile"], environment=environment, limit=30).out
    found = re.search(r"default:\s+<(https?://[^>\s]+)>", said)
    return found[1] if found else ""


def python_build(host: Host, uv: str, version: str, environment: Mapping[str, str]) -> tuple[str, str, str]:
    """Return what uv would fetch for a Python version: version, address of the builds, path below it.

    The path is what a mirror of Python builds has below its own address
    (UV_PYTHON_INSTALL_MIRROR in uv's reference). Empty words where uv has no such build.
    """
    argv = [uv, "python", "list", version, "--only-downloads", "--show-urls", "--output-format", "json"]
    plain = {name: value for name, value in environment.items() if name != "UV_PYTHON_INSTALL_MIRROR"}
    done = host.exec([*argv, "--no-config"], environment=plain, limit=30)
    for build in json.loads(done.out) if done.code == 0 else ():
        base, found, path = str(build.get("url", "")).partition("/releases/download/")
        if found and build.get("implementation") == "cpython":
            return str(build["version"]), f"{base}{found}".rstrip("/"), path
    return "", "", ""


def _share_a_host(sources: Sources) -> bool:
    """Tell whether one index has a login in its address and another of the same host has none."""
    hosts = [urlsplit(url).netloc for url in (sources.default or "", *sources.extra)]
    return bool(
        {host for host in hosts if "@" not in host}
        & {host.rpartition("@")[2] for host in hosts if "@" in host}
    )


def _with_login(url: str, logins: Mapping[str, tuple[str, str]]) -> str:
    """Return an index's address with the login that the netrc file has for its host.

    uv would find it there itself, but not where it already knows another login of that host.
    """
    parts = urlsplit(url)
    user, password = logins.get(parts.hostname or "", ("", ""))
    if "@" in parts.netloc or not user:
        return url
    return urlunsplit(
        parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}")
    )


def _is_login(name: str) -> bool:
    return name.startswith("UV_INDEX_") and name.endswith(("_USERNAME", "_PASSWORD"))


def _network(whole: dict[str, str], pip: PipConfiguration) -> None:
    certificates = pip.cert or environ.read(environ.Variable("REQUESTS_CA_BUNDLE"), whole)
    certificates = certificates or environ.read(environ.Variable("CURL_CA_BUNDLE"), whole)
    if certificates and not whole.get("SSL_CERT_FILE"):
        whole["SSL_CERT_DIR" if os.path.isdir(certificates) else "SSL_CERT_FILE"] = certificates
    if pip.cert and os.path.isfile(pip.cert):
        whole["SSL_CERT_FILE"] = pip.cert
    if pip.client_cert:
        whole.setdefault("SSL_CLIENT_CERT", pip.client_cert)
    if pip.proxy:
        proxy = pip.proxy if "://" in pip.proxy else f"http://{pip.proxy}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            whole[name] = proxy
    if pip.keyring_provider in ("import", "subprocess"):
        # uv has no keyring of its own in Python: it runs the program, which asks the same backends
        whole.setdefault("UV_KEYRING_PROVIDER", "subprocess")
    if pip.timeout is not None:
        whole.setdefault("UV_HTTP_TIMEOUT", str(max(1, round(pip.timeout))))
    if pip.retries is not None:
        whole.setdefault("UV_HTTP_RETRIES", str(pip.retries))
    if pip.trusted_hosts:
        trusted = " ".join(host if "*" not in host else host.lstrip("*.") for host in pip.trusted_hosts)
        whole["UV_INSECURE_HOST"] = f"{whole.get('UV_INSECURE_HOST', '')} {trusted}".strip()
