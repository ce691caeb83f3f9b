"""The network from here: indexes, hub and registry of this project, proxies, authorities, the clock."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from ... import environ, pipconf
from ...diagnosis.ground import Ground
from ...hosts.proxy import tried
from ...hosts.reach import Access, access, side_by_side
from ...model.outside import Addressed, Network, Proxied
from ...pipconf import PipConfiguration, redact
from ..project import Project
from .addresses import Place, ask, places, silent, target_of, whoami
from .authorities import authorities
from .hub import token_of
from .known import known

LIMIT = 1.2
"""Seconds for one address; what is slower than this is as good as silent to somebody who waits for it."""
TOGETHER = 1.5
MOST = 8
"""How many addresses are asked at most."""
LOCAL = ("localhost", "127.0.0.1")
USUAL = "www.python.org:443"


def look(project: Project) -> Ground:
    """Ask everything side by side; nothing where the user said that there is no network (UV_OFFLINE)."""
    variables = project.environment
    pip, about = pipconf.read(variables), known(project)
    how = access(variables, pip)
    offline = (variables.get(environ.UV_OFFLINE.name) or "").lower() in pipconf.TRUE
    asked = [] if offline else list(places(project, about, pip))[:MOST]
    answers = _Answers(asked, [] if offline else list(_proxies(variables, pip)), how)
    hub = next((url for kind, url, _ in asked if kind == "huggingface"), "")
    token = token_of(variables)
    answers.gather(hub if token else "", token)
    return Ground(
        network=Network(
            asked=answers.addressed(),
            proxies=answers.proxied(),
            authorities=tuple(authorities(variables, pip)),
            disagreeing=_disagreeing(variables),
            local_proxied=any(how.proxy_for(f"http://{one}") for one in LOCAL),
            ahead=statistics.median(answers.clocks.values()) if answers.clocks else None,
            clock=next(iter(answers.clocks), ""),
            login=answers.login,
        )
    )


class _Answers:
    """What the threads have brought until their time is up."""

    def __init__(self, asked: list[Place], named: list[tuple[str, str]], how: Access) -> None:
        self._asked = asked
        self._named = named
        self._how = how
        self._addressed: dict[int, Addressed] = {}
        self._proxied: dict[int, Proxied] = {}
        self.clocks: dict[str, float] = {}
        self.login: Literal["", "accepted", "refused"] = ""

    def gather(self, hub: str, token: str) -> None:
        """Ask all of them; who has not answered in time is left behind."""
        tasks: list[Callable[[], None]] = [
            *(lambda n=number: self._address(n) for number in range(len(self._asked))),
            *(lambda n=number: self._proxy(n) for number in range(len(self._named))),
        ]
        if hub:
            tasks.append(lambda: self._whoami(hub, token))
        side_by_side(tasks, limit=TOGETHER)

    def _address(self, number: int) -> None:
        place = self._asked[number]
        answer, ahead = ask(place, self._how, limit=LIMIT)
        if ahead is not None:
            self.clocks[target_of(place[1])] = ahead
        self._addressed[number] = answer

    def _proxy(self, number: int) -> None:
        name, url = self._named[number]
        target = target_of(self._asked[0][1]) if self._asked else USUAL
        self._proxied[number] = tried(name, url, target, limit=LIMIT)

    def _whoami(self, hub: str, token: str) -> None:
        answer = whoami(hub, self._how, token, limit=LIMIT)
        if answer is not None and (answer.state == "reached" or answer.status == 401):
            self.login = "accepted" if answer.state == "reached" else "refused"

    def addressed(self) -> tuple[Addressed, ...]:
        """Return how the addresses answered, in their order."""
        return tuple(
            self._addressed.get(number) or silent(place, self._how)
            for number, place in enumerate(self._asked)
        )

    def proxied(self) -> tuple[Proxied, ...]:
        """Return how the proxies answered, in their order."""
        return tuple(
            self._proxied.get(number) or Proxied(name, redact(url), "timeout")
            for number, (name, url) in enumerate(self._named)
        )


def _proxies(variables: Mapping[str, str], pip: PipConfiguration) -> Iterator[tuple[str, str]]:
    """Yield (variable or file, address) of each proxy, the same address once."""
    seen: set[str] = set()
    named = [
        (name, variables.get(name, ""))
        for variable in environ.PROXIES
        if variable.secret
        for name in (variable.name, variable.name.lower())
    ]
    for name, url in (*named, (pip.origins.get("proxy", "pip"), pip.proxy or "")):
        if url and url not in seen:
            seen.add(url)
            yield name, url


def _disagreeing(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables whose two spellings say different things."""
    both = ((one.name, variables.get(one.name), variables.get(one.name.lower())) for one in environ.PROXIES)
    return tuple(name for name, upper, lower in both if upper and lower and upper != lower)
