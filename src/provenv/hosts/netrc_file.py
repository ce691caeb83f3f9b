"""The logins of the netrc file, as uv and curl read it."""

from __future__ import annotations

import netrc
import os
from collections.abc import Mapping

from .. import environ


def netrc_logins(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return user name and password for each host of the netrc file; `default` is the host of all others.

    The file is the one that NETRC names, else `.netrc` of the home folder (`_netrc` on Windows).
    One that cannot be read or parsed gives nothing, as it gives uv nothing.
    """
    home = environ.read(environ.HOME, environment) or os.path.expanduser("~")
    named = environ.read(environ.NETRC, environment)
    usual = os.path.join(home, "_netrc" if os.name == "nt" else ".netrc")
    try:
        found = netrc.netrc(named or usual)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return {}
    return {host: (login, password or "") for host, (login, _, password) in found.hosts.items()}
