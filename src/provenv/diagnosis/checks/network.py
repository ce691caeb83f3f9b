"""Whether this project's indexes, hub and registry can be reached, and what stands in the way."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from urllib.parse import urlsplit

from ...errors import Text, text, verbatim
from ...model.diagnosis import Advice
from ...model.findings import Finding, Gravity
from ...model.outside import Addressed, Network, Proxied
from ..ground import Ground
from .advising import wanted
from .common import advice, building, joined

UNREACHED = ("unresolved", "refused", "timeout", "proxy")
SLOW = 1.0
"""Seconds until the first byte, from which another mirror is worth a thought."""
# who signs for companies and for programs that look into TLS, as their certificates name them
INTERCEPTORS = (
    *("zscaler", "netskope", "palo alto", "fortinet", "fortigate", "blue coat", "bluecoat", "symantec"),
    *("cisco umbrella", "forcepoint", "websense", "sophos", "check point", "checkpoint", "mcafee", "skyhigh"),
    *(
        "kaspersky",
        "eset",
        "avast",
        "bitdefender",
        "mitmproxy",
        "charles proxy",
        "fiddler",
        "burp",
        "portswigger",
    ),
    *("sangfor", "深信服", "proxy", "firewall", "gateway", "interception", "inspection", "untrusted"),
)
SERVING = frozenset(
    (
        *(
            "gradio",
            "gradio-client",
            "streamlit",
            "jupyter",
        ),
        *(
            "jupyterlab",
            "notebook",
            "ray",
            "vllm",
        ),
        *(
            "ollama",
            "mlflow",
            "tensorboard",
            "xinference",
        ),
        *(
            "langchain",
            "openai",
            "sglang",
            "chromadb",
        ),
    )
)


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what stands in the way; what follows from something else is not told again."""
    network = ground.network
    assert network is not None
    yield from _proxies(ground, network)
    yield from _authorities(ground, network)
    yield from _addresses(ground, network)


def _proxies(ground: Ground, network: Network) -> Iterator[Finding]:
    in_use = {one.through for one in network.asked if one.through}
    for proxy in network.proxies:
        if proxy.state == "answers":
            continue
        grave: Gravity = building(ground) if proxy.address in in_use else "hurts"
        yield Finding(
            "proxy-failing",
            "network",
            grave,
            what=text(f"doctor.proxy.{proxy.state}", variable=proxy.variable, address=proxy.address),
            why=text(f"doctor.proxy.{proxy.state}.why") if proxy.state in ("plain", "login") else None,
            evidence=(verbatim(f"{proxy.address}: {proxy.detail}"),) if proxy.detail else (),
            remedies=tuple(_mended(ground, proxy)),
            subject=proxy.variable,
            cause="proxy-or-ca",
        )
    for name in network.disagreeing:
        yield Finding(
            "proxy-spellings",
            "network",
            "hurts",
            what=text("doctor.proxy.spellings", upper=name, lower=name.lower()),
            why=text("doctor.proxy.spellings.why"),
            remedies=(advice(text("doctor.proxy.spellings.mend"), f'export {name}="${name.lower()}"'),),
            subject=name,
            cause="proxy-or-ca",
        )
    if network.local_proxied:
        serving = sorted(wanted(ground) & SERVING)
        yield Finding(
            "proxy-for-localhost",
            "network",
            "hurts" if serving else "better",
            what=text("doctor.proxy.localhost"),
            why=text("doctor.proxy.localhost.why", names=joined(serving) or "gradio, ray, ollama"),
            remedies=(
                advice(
                    None,
                    'export NO_PROXY="localhost,127.0.0.1,::1${NO_PROXY:+,$NO_PROXY}" no_proxy="$NO_PROXY"',
                ),
            ),
            subject="NO_PROXY",
            cause="proxy-or-ca",
        )


def _mended(ground: Ground, proxy: Proxied) -> Iterator[Advice]:
    if not proxy.variable.isidentifier():
        yield advice(text("doctor.proxy.in_file", file=proxy.variable), "pip config debug")
        return
    if proxy.state == "plain":
        # the value may carry a login: it is rewritten, not shown
        name = proxy.variable
        yield advice(text("doctor.proxy.plain.mend"), f'export {name}="http://${{{name}#*://}}"')
        return
    if proxy.state == "login":
        yield advice(text("doctor.proxy.login.mend", variable=proxy.variable))
        return
    host = urlsplit(proxy.address if "://" in proxy.address else f"http://{proxy.address}")
    if proxy.state in ("refused", "timeout") and host.hostname in ("localhost", "127.0.0.1"):
        yield advice(text("doctor.proxy.local_off"))
    names = [one for one in (proxy.variable.upper(), proxy.variable.lower()) if one in ground.variables]
    yield advice(text("doctor.proxy.unset"), f"unset {' '.join(dict.fromkeys(names or [proxy.variable]))}")


def _authorities(ground: Ground, network: Network) -> Iterator[Finding]:
    for one in network.authorities:
        if one.state == "good":
            continue
        others = one.variable in ("GIT_SSL_CAINFO", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
        evidence = [verbatim(f"{one.variable}={one.path}"), *(verbatim(name) for name in one.expired)]
        known = next((other for other in network.authorities if other.state == "good"), None)
        mended = (
            advice(
                text("doctor.ca.as", other=known.variable), f"export {one.variable}={shlex.quote(known.path)}"
            )
            if known is not None and one.variable.isidentifier()
            else advice(text("doctor.ca.unset"), f"unset {one.variable}")
            if one.variable.isidentifier()
            else advice(text("doctor.proxy.in_file", file=one.variable), "pip config debug")
        )
        yield Finding(
            "ca-file",
            "network",
            "hurts" if others else building(ground),
            what=text(f"doctor.ca.{one.state.replace('-', '_')}", variable=one.variable, path=one.path),
            why=text("doctor.ca.why"),
            evidence=tuple(evidence),
            remedies=(mended,),
            subject=one.variable,
            cause="proxy-or-ca",
        )


def _addresses(ground: Ground, network: Network) -> Iterator[Finding]:
    dead = {one.address for one in network.proxies if one.state != "answers"}
    asked = [one for one in network.asked if one.through not in dead]
    broken = any(one.state in ("missing", "unreadable", "no-certificate") for one in network.authorities)
    untrusted = [one for one in asked if one.state == "certificate" and one.cause != "date"]
    if untrusted and not (broken and all(not one.issuer for one in untrusted)):
        yield _untrusted(ground, untrusted)
    unreached = [one for one in asked if one.state in UNREACHED]
    if _offline(asked, unreached):
        yield _nothing(ground, unreached)
        unreached = []
    for one in unreached:
        yield _unreached(ground, one)
    for one in asked:
        if one.state == "login" and one.kind in ("pypi", "extra", "torch"):
            yield _login(ground, one)
        elif one.state in ("status", "broken"):
            yield _unreached(ground, one)
        elif one.state == "reached" and one.seconds is not None and one.seconds > SLOW:
            yield _slow(one)


def _offline(asked: list[Addressed], unreached: list[Addressed]) -> bool:
    """Tell whether the network as a whole is away: nothing answers, and it is not one private host alone."""
    hosts = {urlsplit(one.address).hostname for one in unreached}
    return len(unreached) == len(asked) > 0 and (len(hosts) > 1 or unreached[0].origin == "default")


def _nothing(ground: Ground, unreached: list[Addressed]) -> Finding:
    return Finding(
        "offline",
        "network",
        "better" if ground.generation is not None else "hurts",
        what=text("doctor.network.offline"),
        why=text("doctor.network.offline.why"),
        evidence=tuple(_said(one) for one in unreached),
        remedies=(advice(text("doctor.network.offline.mirrors"), "provenv mirrors"),),
        cause="registry-unreachable",
    )


def _unreached(ground: Ground, one: Addressed) -> Finding:
    hub = one.kind == "huggingface"
    grave: Gravity = "hurts" if hub or one.kind in ("extra", "images") else building(ground)
    kinds = "huggingface" if hub else "images" if one.kind == "images" else one.kind.replace("extra", "pypi")
    host = urlsplit(one.address)
    plain = f"{host.scheme}://{host.hostname}{f':{host.port}' if host.port else ''}/"
    return Finding(
        "address-unreachable",
        "network",
        grave,
        what=text(f"doctor.network.unreached.{one.kind}", address=one.address),
        evidence=(_said(one),),
        remedies=(
            advice(text("doctor.network.try"), f"curl --head --max-time 10 {shlex.quote(plain)}"),
            advice(text("doctor.network.mirrors"), f"provenv mirrors --kind {kinds}"),
        ),
        subject=one.address,
        cause="hf-hub-unreachable"
        if hub
        else "k8s-image-pull"
        if one.kind == "images"
        else "registry-unreachable",
    )


def _login(ground: Ground, one: Addressed) -> Finding:
    host = urlsplit(one.address).hostname or ""
    return Finding(
        "index-login",
        "network",
        building(ground),
        what=text("doctor.network.login", address=one.address),
        why=text("doctor.network.login.why"),
        evidence=(_said(one),),
        remedies=(advice(text("doctor.network.login.netrc", host=host)),),
        subject=one.address,
        cause="registry-unreachable",
    )


def _slow(one: Addressed) -> Finding:
    return Finding(
        "address-slow",
        "network",
        "better",
        what=text("doctor.network.slow", address=one.address, took_seconds=one.seconds or 0.0),
        evidence=(_said(one),),
        remedies=(advice(text("doctor.network.mirrors"), "provenv mirrors"),),
        subject=one.address,
    )


def _untrusted(ground: Ground, found: list[Addressed]) -> Finding:
    issuers = list(dict.fromkeys(one.issuer for one in found if one.issuer))
    known = any(mark in one.lower() for one in issuers for mark in INTERCEPTORS)
    # one authority that signs for hosts that have nothing to do with each other stands between them and us
    between = known or (len(issuers) == 1 and len({urlsplit(one.address).hostname for one in found}) > 1)
    if any(one.cause == "plain" for one in found):
        what = text("doctor.tls.plain", addresses=joined(one.address for one in found))
    elif any(one.cause == "host" for one in found) and not between:
        what = text("doctor.tls.host", addresses=joined(one.address for one in found))
    else:
        what = text("doctor.tls.untrusted", addresses=joined(one.address for one in found))
    return Finding(
        "tls-untrusted",
        "network",
        building(ground),
        what=what,
        why=text("doctor.tls.between") if between else text("doctor.tls.why"),
        evidence=(
            *(_said(one) for one in found),
            *(text("doctor.tls.issuer", issuer=one) for one in issuers),
        ),
        remedies=tuple(_trusted(ground)),
        subject=issuers[0] if issuers else found[0].address,
        cause="proxy-or-ca",
    )


def _trusted(ground: Ground) -> Iterator[Advice]:
    """Yield how a company's authority is made known: to the system, then to programs with their own."""
    family = ground.facts.platform.distribution if ground.facts else ""
    system = ground.facts.platform.system if ground.facts else "linux"
    yield advice(text("doctor.tls.ask"))
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    if system == "darwin":
        keychain = "/Library/Keychains/System.keychain"
        yield advice(
            text("doctor.tls.install"),
            f"security add-trusted-cert -d -r trustRoot -k {keychain} company-ca.crt",
            root=True,
        )
        return
    if system == "windows":
        yield advice(text("doctor.tls.install"), "certutil -addstore -f ROOT company-ca.crt", root=True)
        yield advice(text("doctor.tls.uv"), "$env:UV_SYSTEM_CERTS = 1")
        return
    if family in ("rhel", "fedora", "centos", "rocky", "almalinux", "amzn", "ol", "openEuler", "anolis"):
        bundle = "/etc/pki/tls/certs/ca-bundle.crt"
        commands = ("cp company-ca.crt /etc/pki/ca-trust/source/anchors/", "update-ca-trust")
    else:
        commands = ("cp company-ca.crt /usr/local/share/ca-certificates/", "update-ca-certificates")
    yield advice(text("doctor.tls.install"), *commands, root=True)
    yield advice(text("doctor.tls.name"), f"export SSL_CERT_FILE={bundle} REQUESTS_CA_BUNDLE={bundle}")


def _said(one: Addressed) -> Text:
    """Return one line about an address: how it answered, when, through what."""
    return text(
        f"doctor.network.state.{one.state}",
        address=one.address,
        detail=one.detail or str(one.status or ""),
        took_seconds=one.seconds or 0.0,
    )
