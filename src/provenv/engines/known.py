"""What engines, builders and registries print when they fail, each with the problem that it means: a table.

Sources: the words of docker 20.10, 26.1 and 28.2, buildx 0.13, podman 4.3 as printed; for the rest moby's
`errdefs` and `distribution/errors.go`, BuildKit's `solver/errdefs`, containers/image's `docker` transport and
the error codes of the distribution specification (opencontainers/distribution-spec, "Error Codes"), 2026-11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

REFERENCE = r"(?P<reference>(?:[\w.-]+(?::\d+)?/)*[\w.-]+(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?)"
PLACE = r"(?P<place>[\w.-]+(?::\d+)?)"


@dataclass(frozen=True)
class Known:
    """One kind of failure: its code, the words that tell it, in what work they do (none: in any).

    Groups of the words fill the message: `reference`, `place` (a registry's address), `path`, `platform`,
    `port`, `name`, `step`.
    """

    code: str
    words: str
    doing: tuple[str, ...] = ()


TABLE: tuple[Known, ...] = (
    # the engine itself
    Known("PV1044", r"permission denied while trying to connect to the docker (?:daemon|API)"),
    Known("PV1044", r"dial unix (?P<path>\S+): connect: permission denied"),
    Known(
        "PV1041", r"cannot connect to the docker daemon at (?P<place>\S+?)\. |is the docker daemon running"
    ),
    Known("PV1046", r"cannot connect to podman|unable to connect to podman"),
    Known("PV1041", r"error during connect: "),
    # the disk before all that follows from it
    Known("PV1050", r"(?:(?:write|mkdir|open|copy|symlink) (?P<path>/\S+?):? )?no space left on device"),
    Known("PV1050", r"disk quota exceeded"),
    # registries
    Known("PV1054", r"toomanyrequests|too many requests|(?:status|code):? 429|pull rate limit"),
    Known("PV1058", r"(?:filesystem layer|image) verification failed for digest|digest (?:mismatch|invalid)"),
    Known("PV1058", r"does(?: not|n't) match (?:\w+ ){0,3}digest|unexpected commit digest"),
    Known("PV1058", r"failed precondition.*digest|digest did not match|manifest verification failed"),
    Known(
        "PV1057", r"server gave HTTP response to HTTPS client|first record does not look like a TLS handshake"
    ),
    Known("PV1056", rf"(?:https://{PLACE}[^\n]*)?(?:tls: failed to verify certificate|x509: certificate)"),
    Known("PV1052", r"no matching manifest for (?P<platform>[\w/]+)"),
    Known(
        "PV1052", r"no (?:match for platform|child with platform|image found in \S+ for architecture) ?\S*"
    ),
    Known("PV1052", r"image with reference \S+ was found but (?:its platform|does not)"),
    Known("PV1052", r"requested image'?s platform \((?P<platform>[\w/]+)\) does not match"),
    Known("PV1052", r"exec format error"),
    Known(
        "PV1053", r"unauthorized: |authentication required|no basic auth credentials|incorrect username or"
    ),
    Known("PV1053", r"401 unauthorized|403 forbidden|(?:status|code):? 40[13]\b|invalid username/password"),
    Known("PV1053", r"requested access to the resource is denied|insufficient_scope|denied: ", ("push",)),
    Known("PV1051", rf"pull access denied for {REFERENCE},? repository does not exist"),
    Known("PV1053", r"\bdenied: |access forbidden"),
    Known(
        "PV1051",
        rf"manifest for {REFERENCE} not found|manifest unknown|name unknown|repository name not known",
    ),
    Known("PV1051", rf"failed to resolve (?:source metadata|reference)[^\n]*: {REFERENCE}: not found"),
    Known("PV1051", rf"{REFERENCE}: not found\b", ("pull",)),
    Known("PV1051", r"requested resource not found|does not resolve to a fully qualified"),
    Known("PV1055", r"50[0234] (?:internal server error|bad gateway|service unavailable|gateway time-?out)"),
    Known("PV1055", r"(?:unexpected|invalid) (?:http )?status[^\n]{0,80}\b50\d\b|status(?: code)?:? 50\d"),
    Known("PV1055", r"error parsing HTTP \d+ response body"),
    Known("PV1055", r"unexpected EOF|: EOF\b|connection reset by peer|broken pipe"),
    Known("PV1055", r"TLS handshake timeout|i/o timeout|context deadline exceeded|request canceled"),
    Known("PV1055", r"client\.timeout exceeded|timeout awaiting response|net/http: timeout"),
    Known("PV1059", rf"lookup {PLACE}[^\n]*(?:server misbehaving|no such|temporary failure)|no such host"),
    Known("PV1059", rf"dial tcp {PLACE}: connect: (?:connection refused|network is unreachable|no route)"),
    # containers
    Known(
        "PV1061",
        r"could not select device driver|unresolvable CDI devices? (?P<name>\S+)|no known GPU vendor",
    ),
    Known(
        "PV1061",
        r"nvidia-container-cli: |(?:unknown|invalid) runtime[^\n]*nvidia|CDI device injection failed",
    ),
    Known("PV1060", r"(?:port is already allocated|address already in use)", ("run",)),
    Known("PV1062", r"the container name \"?/?(?P<name>[\w.-]+)\"? is already in use"),
    Known("PV1062", r"name \"?(?P<name>[\w.-]+)\"? is (?:already )?in use", ("run",)),
    Known("PV1048", r"exec: \\?\"(?P<name>[^\"\\]+)\\?\":? [^\n]*(?:not found|no such file)", ("run",)),
    Known("PV1048", r"executable file `?(?P<name>[^` ]+)`? not found", ("run",)),
    Known(
        "PV1049",
        r"bind source path does not exist: (?P<path>/\S*\w)|statfs (?P<path2>\S+): no such file",
        ("run",),
    ),
    Known(
        "PV1065",
        r"conflict: unable to (?:remove|delete)|image is (?:being )?used by|image used by",
        ("remove",),
    ),
    # what is built
    Known(
        "PV1067",
        r"dockerfile parse error[^\n]*|unknown (?:instruction|flag)[^\n]*|only supports? the --\w+[^\n]*",
        ("build",),
    ),
    Known(
        "PV1068", r"failed to c(?:ompute|alculate)[^\n]*?\"?(?P<path>/[^\s\"]+)\"?:? not found", ("build",)
    ),
    Known("PV1068", r"copier: stat: \"(?P<path>[^\"]+)\": no such file|COPY failed: [^\n]*", ("build",)),
    Known("PV1066", r"exit code:? 137|signal: killed|OOMKilled|exit status 137", ("build", "run")),
    Known(
        "PV1064",
        r"process \"(?P<step>.+?)\" did not complete successfully: exit code: (?P<code>\d+)",
        ("build",),
    ),
    Known("PV1064", r"executor failed running \[(?P<step>.+?)\]: exit code: (?P<code>\d+)", ("build",)),
    Known("PV1064", r"building at STEP \"(?P<step>.+?)\": [^\n]*exit status (?P<code>\d+)", ("build",)),
    # an image of this engine
    Known("PV1063", rf"no such (?:image|object): {REFERENCE}"),
    Known("PV1063", rf"{REFERENCE}: image not known"),
    Known("PV1063", rf"image does not exist locally with the tag: {REFERENCE}"),
    Known("PV1063", r"image not known|unable to find image|no such image"),
)
"""In this order: what comes first wins."""


@cache
def compiled() -> tuple[tuple[Known, re.Pattern[str]], ...]:
    """Return the table with its words compiled."""
    return tuple((one, re.compile(one.words, re.IGNORECASE)) for one in TABLE)
