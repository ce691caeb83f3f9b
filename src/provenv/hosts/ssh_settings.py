"""What OpenSSH makes of a host by the user's own configuration: `ssh -G`, read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

NOT_SET = ("", "none")
MULTIPLEXING = ("auto", "autoask", "yes", "true", "ask")


@dataclass(frozen=True)
class Settings:
    """The part of ssh_config(5) that decides how ssh is called here.

    `known_as` is the name under which known_hosts has the host; `jump` the way there as `ProxyJump` says
    it, `is_proxied` whether there is any; `multiplexes` whether the user's own connections are shared.
    """

    hostname: str
    port: int = 22
    known_as: str = ""
    jump: str = ""
    is_proxied: bool = False
    has_connect_timeout: bool = False
    has_server_alive: bool = False
    has_remote_command: bool = False
    multiplexes: bool = False


def read_settings(said: str) -> Settings:
    """Return the settings that `ssh -G` printed: a keyword in small letters and its value a line."""
    values: dict[str, str] = {}
    for line in said.splitlines():
        keyword, _, value = line.strip().partition(" ")
        values.setdefault(keyword.lower(), value.strip())
    port = values.get("port", "")
    number = int(port) if port.isdecimal() else 22
    hostname = values.get("hostname", "")
    alias = values.get("hostkeyalias", "")
    # known_hosts has an alias as it is, and a name with another port as [name]:port (sshd(8))
    known = alias if alias not in NOT_SET else hostname if number == 22 else f"[{hostname}]:{number}"
    jump = _said(values, "proxyjump")
    return Settings(
        hostname=hostname,
        port=number,
        known_as=known,
        jump=jump,
        is_proxied=bool(jump or _said(values, "proxycommand")),
        has_connect_timeout=values.get("connecttimeout", "none") not in (*NOT_SET, "0"),
        has_server_alive=values.get("serveraliveinterval", "0") not in (*NOT_SET, "0"),
        has_remote_command=bool(_said(values, "remotecommand")),
        multiplexes=_multiplexes(values),
    )


def _said(values: Mapping[str, str], keyword: str) -> str:
    value = values.get(keyword, "")
    return "" if value.lower() in NOT_SET else value


def _multiplexes(values: Mapping[str, str]) -> bool:
    """Tell whether connections are shared already: by configuration, or by a master that is up."""
    path = _said(values, "controlpath")
    if not path:
        return False
    return values.get("controlmaster", "").lower() in MULTIPLEXING or os.path.exists(os.path.expanduser(path))
