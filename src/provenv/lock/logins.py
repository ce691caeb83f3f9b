"""Logins in addresses of requirements, kept out of files and of other programs' arguments.

Arguments can be read by everybody on a machine, and files outlive their purpose: an address is
handed over without its login, which travels in uv's environment. An archive's stands in the line as
`${NAME}`, which uv fills in itself. git is told by variables (GIT_CONFIG_COUNT, git-config(1)) which
header goes with which address (`http.<url>.extraHeader`), because uv would hand it the whole
address as an argument.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote

from .. import environ
from ..model.spec import Requirement

PREFIX = "PROVENV_LOGIN_"
_ADDRESS = re.compile(r"(?P<git>git\+)?(?P<scheme>https?://)(?P<login>[^\s/@#?]+)@(?P<rest>[^\s;]+)")


def without_login(words: str) -> str:
    """Return a requirement line or an address without the logins of web addresses in it."""
    return _ADDRESS.sub(lambda match: f"{match['git'] or ''}{match['scheme']}{match['rest']}", words)


def handed_over(words: str, requirements: Sequence[Requirement]) -> str:
    """Return a requirement line of the user's as uv gets it: a git address without its login, an archive's
    login as a reference to the variable that `variables` gives for the same requirements.
    """
    names = _names(requirements)

    def refer(match: re.Match[str]) -> str:
        login = "" if match["git"] else f"${{{names[match['login']]}}}@"
        return f"{match['git'] or ''}{match['scheme']}{login}{match['rest']}"

    return _ADDRESS.sub(refer, words)


def found_again(location: str, requirements: Sequence[Requirement]) -> str:
    """Return a lock's address as uv gets it here: with a reference to the login that the user's line has."""
    clean = without_login(location)
    for one in requirements:
        match = _ADDRESS.search(one.text)
        if match and not match["git"] and _bare(without_login(match[0])) == _bare(clean):
            return handed_over(match[0], requirements)
    return clean


def variables(requirements: Sequence[Requirement], environment: Mapping[str, str]) -> dict[str, str]:
    """Return what uv's environment has to have for the requirements' logins: for archives, and for git.

    `environment` fills in `${NAME}`, and its own GIT_CONFIG_COUNT is gone on from.
    """
    expanded = {login: environ.expand(login, environment) for login in _names(requirements)}
    found = {name: expanded[login] for login, name in _names(requirements).items()}
    headers: dict[str, str] = {}
    for match in _matches(requirements):
        if match["git"]:
            user, _, password = expanded[match["login"]].partition(":")
            token = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
            address = f"{match['scheme']}{_bare(match['rest'])}"
            headers[f"http.{address}.extraHeader"] = f"Authorization: Basic {token}"
    if not headers:
        return found
    said = environ.read(environ.GIT_CONFIG_COUNT, environment) or "0"
    count = int(said) if said.isdigit() else 0
    for number, (key, value) in enumerate(headers.items(), count):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {**found, environ.GIT_CONFIG_COUNT.name: str(count + len(headers))}


def _names(requirements: Iterable[Requirement]) -> dict[str, str]:
    """Return a variable's name for each login, the same for the same requirements."""
    logins = dict.fromkeys(match["login"] for match in _matches(requirements))
    return {login: f"{PREFIX}{number}" for number, login in enumerate(logins)}


def _matches(requirements: Iterable[Requirement]) -> list[re.Match[str]]:
    return [match for one in requirements for match in _ADDRESS.finditer(one.text)]


def _bare(address: str) -> str:
    """Return an address without fragment and without a git revision at its end."""
    return re.sub(r"@[^/@]*$", "", address.partition("#")[0])
