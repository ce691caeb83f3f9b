"""Files to the cache of one host: only those that it has not, each known by its sha256."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import IO, cast

from ...errors import Failure, Hint, Problem, problem, text
from ...hosts.fetch import sha256_of
from ...hosts.ssh import SshHost
from ..on_hosts.streams import Channels, Sink
from .environment import LOGIN, read_login
from .places import Place
from .pruning import use_of
from .standing import NEAR, WHOLE
from .store import FILES, File
from .there import failed, must, words

PIECE = 1 << 18
MARK = ".provenv-whole"
TORN, OTHER, WITHOUT_SUM = 75, 76, 77

# the cache, the project's folder, the generation's, its mark, the name under which is kept what it uses (none
# where nothing is to be written);
# lines of `sha256 size name` on standard input
LOOK = (
    NEAR
    + r"""
size() { stat -c %s -- "$1" 2>/dev/null || stat -f %z -- "$1" 2>/dev/null; }
room cache "$1"
room root "$2"
used=
while read -r digest size name; do
  used="$used $digest"
  [ "$(size "$1/files/$digest/$name")" = "$size" ] || printf 'missing %s\n' "$digest"
done
[ ! -f "$3/$4" ] || printf 'mark %s\n' "$(cat "$3/$4")"
# where there is no room for this, there is none for anything: that is told next
[ -z "$5" ] || { mkdir -p -- "$1/uses" && printf '%s\n%s\n' "$3" "$used" > "$1/uses/$5"; } 2>/dev/null
printf '\0'
"""
    + LOGIN
)
SUM = rf"""
if command -v sha256sum >/dev/null 2>&1; then sum() {{ sha256sum; }}
elif command -v shasum >/dev/null 2>&1; then sum() {{ shasum -a 256; }}
elif command -v sha256 >/dev/null 2>&1; then sum() {{ sha256 -q; }}
else exit {WITHOUT_SUM}
fi
"""
# the cache; lines of `sha256 name` on standard input: those that are another content
CHECK = (
    SUM
    + r"""
while read -r digest name; do
  found=$(sum < "$1/files/$digest/$name")
  [ "${found%% *}" = "$digest" ] || printf '%s\n' "$digest"
done
"""
)
# the cache; an archive of `<sha256>/<name>` on standard input: what is not whole never gets its name
TAKE = rf"""
LC_ALL=C; export LC_ALL
cache=$1
mkdir -p -- "$cache/files" || exit 73
stage=$(mktemp -d "$cache/coming.XXXXXX") || exit 73
trap 'cd /; rm -rf -- "$stage"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
{SUM}
cd "$stage" && tar -xopf - || exit 74
[ -e {MARK} ] || exit {TORN}
for digest in */; do
  digest=${{digest%/}}
  for file in "$digest"/*; do
    found=$(sum < "$file")
    [ "${{found%% *}}" = "$digest" ] || {{ echo "$file" >&2; exit {OTHER}; }}
  done
done
sync -f . 2>/dev/null || sync
for digest in */; do
  digest=${{digest%/}}
  # one that is there is damaged, or has come from somebody else meanwhile: this one is right
  [ ! -e "$cache/files/$digest" ] || mv -- "$cache/files/$digest" "$stage/.old.$digest" || exit 1
  mv -- "$digest" "$cache/files/$digest" || exit 1
done
"""


@dataclass(frozen=True)
class Room:
    """Free bytes of a host where the cache and the project's folder are; whether that is one file system."""

    cache: int
    root: int
    shared: bool


@dataclass(frozen=True)
class Looked:
    """What a host has: its free room, and the digests of the files that it lacks.

    `mark` is what the generation's mark says (empty where it has none), `login` the environment of a login.
    """

    room: Room
    missing: frozenset[str]
    mark: str
    login: Mapping[str, str]


def look(place: Place, number: int, files: Iterable[File], *, using: bool = True) -> Looked:
    """Return which of the files a host lacks, its free room, and whether a generation is whole there.

    With `using` it is written down there that the generation needs them: they stay then.
    Raises Failure as the host does, PV1320.
    """
    asked = "".join(f"{one.digest} {one.size} {one.name}\n" for one in files)
    generation = place.generation(number)
    script = words(LOOK, place.cache, place.root, generation, WHOLE, use_of(place, number) if using else "")
    done = place.host.exec(script, stdin=asked.encode())
    must(done, place.name, place.cache)
    rooms: dict[str, tuple[int, str]] = {}
    missing, found = set(), ""
    told, _, login = done.stdout.partition(b"\0")
    for line in told.decode("utf-8", "replace").splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "missing":
            missing.add(rest)
        elif kind == "mark":
            found = rest
        else:
            free, _, device = rest.partition(" ")
            rooms[kind] = (int(free) << 10, device)
    (cache, first), (root, second) = rooms["cache"], rooms["root"]
    return Looked(Room(cache, root, first == second), frozenset(missing), found, read_login(login)[0])


def send(place: Place, files: Iterable[File], on_bytes: Callable[[int], None]) -> int:
    """Bring files into a host's cache, in one stream, all or none; return their bytes.

    `on_bytes` hears of each piece that travels. Raises Failure: as the host does; PV1283, PV1284 where it
    takes no more; PV1322 where what came is not what was sent, PV801 where it has nothing to tell that by.
    """
    whole = {one.digest: one for one in files}
    if not whole:
        return 0
    assert isinstance(place.host, SshHost), "files travel over ssh"
    done = Channels(place.host).feed(
        words(TAKE, place.cache), lambda stream: _write(stream, whole.values(), on_bytes)
    )
    if done.code == WITHOUT_SUM:
        why = text("PV801.why_host", host=place.name)
        raise Failure(problem("PV801", program="sha256sum", why=why))
    if done.code in (TORN, OTHER):
        raise Failure(_other(place, whole, done.err.strip().partition("/")))
    if done.code:
        raise failed(done, place.name, f"{place.cache}/{FILES}")
    return sum(one.size for one in whole.values())


def check(place: Place, files: Iterable[File]) -> tuple[File, ...]:
    """Return the files that a host has under a name that is not theirs: every one is read there.

    Raises Failure as the host does, PV1320.
    """
    known = {one.digest: one for one in files}
    asked = "".join(f"{one.digest} {one.name}\n" for one in known.values())
    done = place.host.exec(words(CHECK, place.cache), stdin=asked.encode())
    must(done, place.name, place.cache)
    return tuple(known[digest] for digest in done.out.split() if digest in known)


def _other(place: Place, files: Mapping[str, File], told: tuple[str, str, str]) -> Problem:
    """Return the problem of a file that arrived as another one; where it is damaged here, it is let go of."""
    digest, _, name = told
    file, why = files.get(digest), None
    if file is not None and f"/{FILES}/{digest}/" in file.path.as_posix() and sha256_of(file.path) != digest:
        file.path.unlink(missing_ok=True)
        why = text("PV1322.why", path=str(file.path))
    hint = Hint(text("PV1322.hint"), f"provenv up --on {place.target}")
    return problem("PV1322", host=place.name, path=name or "-", why=why, hints=(hint,))


class _Counted:
    """A file whose bytes are counted as they are read."""

    def __init__(self, file: IO[bytes], on_bytes: Callable[[int], None]) -> None:
        self._file = file
        self._on_bytes = on_bytes

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._on_bytes(len(block))
        return block


def _write(stream: Sink, files: Iterable[File], on_bytes: Callable[[int], None]) -> None:
    sink = cast("IO[bytes]", stream)
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.GNU_FORMAT, bufsize=PIECE) as archive:
        for one in files:
            member = tarfile.TarInfo(f"{one.digest}/{one.name}")
            member.size, member.mode = one.size, 0o755 if one.executable else 0o644
            with one.path.open("rb") as file:
                archive.addfile(member, cast("IO[bytes]", _Counted(file, on_bytes)))
        archive.addfile(tarfile.TarInfo(MARK), BytesIO())
