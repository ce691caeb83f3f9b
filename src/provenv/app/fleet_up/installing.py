"""An environment installed on one host: offline, by hash, read back, and only then marked as whole."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ... import lock as lock_room
from ...errors import Failure, Hint, problem, text, verbatim
from ...lock.platforms import runs_on
from ...model.channel import Command
from ...model.facts import Facts
from ...model.lock import Lock
from ...model.spec import Indexes, Mirrors, Spec
from ...pipconf import PipConfiguration
from ...targets.manifest import MANIFEST, manifest_of
from .collecting import Bundle, Collected
from .guarding import NOT_HELD, guarded
from .places import Place
from .reading_back import read_back
from .sending import Looked, check, look, send
from .standing import WHOLE, lock_of, mark_of, standing
from .there import again, failed, last_words, must, no_room, words

SCARCE = 1 << 16
"""Free bytes with which a disk is as good as full."""
UV_CACHE, PYTHONS, MIRROR = "uv", "pythons", "python-builds"

# the target's folder, the generation's, a build of Python as it was sent and its place below the mirror (or
# nothing), the command: what an earlier attempt left goes
BEGIN = r"""
mkdir -p -- "$1/generations" || exit 1
[ -e "${1%/*}/.gitignore" ] || echo '*' > "${1%/*}/.gitignore" || exit 1
rm -rf -- "$2" && mkdir -- "$2" || exit 1
if [ -n "$3" ]; then mkdir -p -- "${4%/*}" && ln -sf -- "$3" "$4" || exit 1; fi
shift 4
exec "$@"
"""
# a file to write from standard input, the command
WITH_FILE = '(umask 077; cat > "$1") || exit 1; shift; exec "$@"'
# the generation's folder, the manifest's name, the mark's and its words, the guard that must be held still;
# the manifest on standard input
FINISH = rf"""
LC_ALL=C; export LC_ALL
read -r sign < "$1/../../guard/sign" && [ "${{sign%% *}}" = "$5" ] || exit {NOT_HELD}
cd -- "$1" || exit 1
flush() {{ sync -- "$@" 2>/dev/null || sync; }}
cat > "$2" && flush "$2" || exit 1
printf '%s\n' "$4" > ".$3" && flush ".$3" && mv -f -- ".$3" "$3" && flush . ..
"""
TAKE_AWAY = 'rm -rf -- "$1"'


@dataclass(frozen=True)
class Installed:
    """An environment on a host: bytes that had to travel, files and bytes that it has, packages.

    `found` says that it was there already, whole and from the same lock.
    """

    sent: int
    files: int
    bytes: int
    packages: int
    found: bool = False


def install(
    place: Place,
    number: int,
    *,
    spec: Spec,
    lock: Lock,
    facts: Facts,
    collected: Collected,
    on_bytes: Callable[[int], None],
) -> Installed:
    """Install a lock on a host as generation `number`, and mark it as whole once it was read back.

    The project's own files have to be there (its editable packages are built from them). Whoever else works
    on the target there is awaited; one that is whole already, from the same lock, stays as it is. A failure
    leaves nothing that counts. Raises Failure: as the host does; PV1283, PV1284 no room, not allowed; PV1322
    to PV1327 (see `send`, `guarded`, `read_back`): PV1324 a lock that does not run there, PV1325 too little
    space, PV1326 what uv said.
    """
    if not runs_on(lock.platform, facts.platform):
        own = facts.platform
        libc = f"{own.libc} {own.libc_version}".strip() or "?"
        why = text("PV1324.why", locked=lock.platform, machine=own.machine, libc=libc)
        hint = Hint(text("PV1324.hint"), f"provenv lock --on {place.target}")
        raise Failure(problem("PV1324", host=place.name, why=why, hints=(hint,)))
    bundle = collected.hosts[place.name]
    with guarded(place) as guard:
        looked = look(place, number, bundle.files)
        if lock_of(looked.mark) == lock.identity:
            return Installed(0, 0, 0, len(lock.packages), found=True)
        _check_room(place, bundle, looked)
        sent = send(place, [one for one in bundle.files if one.digest in looked.missing], on_bytes)
        folder = place.generation(number)
        steps = _Steps(place, number, spec, facts, bundle, looked.login, guard)
        try:
            try:
                done = _install(steps, lock)
            except Failure as failure:
                # a file in the cache there may not be what its name says: torn by a power cut, say
                torn = check(place, bundle.files) if failure.problems[0].code == "PV1326" else ()
                if not torn:
                    raise
                sent += send(place, torn, on_bytes)
                done = _install(steps, lock)
            return replace(done, sent=sent)
        except BaseException:
            # what failed is told, not that its remains could not be taken away: they don't count
            with suppress(Failure):
                place.host.exec(words(TAKE_AWAY, folder))
            raise


def _install(steps: _Steps, lock: Lock) -> Installed:
    place, folder = steps.place, steps.place.generation(steps.number)
    steps.create()
    steps.install()
    tree = read_back(place, steps.number, steps.facts, again=steps.anew)
    finish = words(FINISH, folder, MANIFEST, WHOLE, mark_of(lock.identity), steps.guard)
    done = place.host.exec(finish, stdin=manifest_of(tree))
    if done.code == NOT_HELD:
        raise Failure(problem("PV1332", host=place.name, why=text("PV1332.why"), hints=again(place.target)))
    must(done, place.name, folder)
    return Installed(0, len(tree), sum(one.size for one in tree.values()), len(lock.packages))


def _check_room(place: Place, bundle: Bundle, looked: Looked) -> None:
    """Make sure that what travels, and what is unpacked from it, has room. Raises Failure PV1325."""
    coming = [one for one in bundle.files if one.digest in looked.missing]
    cache = sum(one.size + one.unpacked for one in coming)
    root = 0 if looked.room.shared else sum(one.unpacked for one in bundle.files)
    for need, free, path in (
        (cache, looked.room.cache, place.cache),
        (root, looked.room.root, place.root),
    ):
        if need > free:
            hint = Hint(text("PV1325.hint"), f"provenv gc --on {place.target}")
            raise Failure(
                problem("PV1325", host=place.name, path=path, need_bytes=need, free_bytes=free, hints=(hint,))
            )


@dataclass(frozen=True)
class _Steps:
    """The commands of one installation on a host."""

    place: Place
    number: int
    spec: Spec
    facts: Facts
    bundle: Bundle
    login: Mapping[str, str]
    guard: str

    def create(self) -> None:
        """Create the empty environment, with the host's own Python or the one that was sent."""
        python = self.bundle.interpreter or self.bundle.lock.python
        sent = offered = ""
        if self.bundle.python is not None:
            sent = posixpath.join(self.place.cache, self.bundle.python.there)
            offered = posixpath.join(self.place.cache, MIRROR, self.bundle.release)
        command = lock_room.venv_command(
            self._spec(),
            pip=PipConfiguration(no_index=True),
            environment=self.login,
            uv=self._uv(),
            python=python,
            path=self.place.venv(self.number),
        )
        more = {} if self.bundle.interpreter else self._with_sent_python()
        folder = self.place.generation(self.number)
        argv = words(BEGIN, self.place.base, folder, sent, offered, *command.argv)
        self._run(Command(argv, {**command.environment, **self._cached(), **more}))

    def install(self) -> None:
        """Install the packages from the files that were sent, each by its hash."""
        command = lock_room.installation(
            self.bundle.lock,
            self._spec(),
            pip=PipConfiguration(no_index=True),
            environment=self.login,
            uv=self._uv(),
            python=self.place.python(self.number),
            folder=Path(self.place.generation(self.number)),
            offline=True,
            facts=self.facts,
        )
        # a folder for each file: what uv unpacks of it is found again by that, from any project
        links = [
            word
            for one in self.bundle.wheels
            for word in ("--find-links", posixpath.join(self.place.cache, posixpath.dirname(one.there)))
        ]
        (first, content), *others = command.files.items()
        for path, more in others:
            self.place.host.put(more.encode(), path, mode=0o600)
        argv = words(WITH_FILE, first, *command.argv, *links)
        self._run(Command(argv, {**command.environment, **self._cached()}), content.encode())

    def anew(self, names: frozenset[str]) -> None:
        """Install once more without what the host's cache of unpacked packages has of these."""
        argv = (self._uv(), "cache", "clean", "--no-config", *sorted(names))
        self._run(Command(argv, {**self.login, **self._cached()}))
        self.create()
        self.install()

    def _spec(self) -> Spec:
        """Return the declared file as it is over there: nothing is fetched, paths begin in another folder."""
        return replace(
            self.spec,
            root=self.place.root,
            requirements=(),
            constraints=(),
            indexes=Indexes(no_index=True),
            mirrors=Mirrors(),
        )

    def _uv(self) -> str:
        return posixpath.join(self.place.cache, self.bundle.uv.there)

    def _cached(self) -> dict[str, str]:
        return {"UV_CACHE_DIR": posixpath.join(self.place.cache, UV_CACHE), "UV_PYTHON_DOWNLOADS": "never"}

    def _with_sent_python(self) -> dict[str, str]:
        return {
            "UV_PYTHON_DOWNLOADS": "automatic",
            "UV_PYTHON_PREFERENCE": "only-managed",
            "UV_PYTHON_INSTALL_DIR": posixpath.join(self.place.cache, PYTHONS),
            "UV_PYTHON_INSTALL_MIRROR": Path(posixpath.join(self.place.cache, MIRROR)).as_uri(),
        }

    def _run(self, command: Command, stdin: bytes = b"") -> None:
        """Run uv there. Raises Failure where it does not end well."""
        done = self.place.host.exec(command.argv, environment=command.environment, stdin=stdin)
        if done.code == 0:
            return
        known = failed(done, self.place.name, self.place.generation(self.number), "PV1326")
        if known.problems[0].code != "PV1326":
            raise known
        # a shell may have no better words for a full disk than `I/O error`
        if standing(self.place).free < SCARCE:
            raise Failure(no_room(self.place.name, self.place.root, last_words(done)))
        told = lock_room.explain_failure(done).problems[0]
        why = told.what if told.code != "PV350" else verbatim(last_words(done))
        raise Failure(problem("PV1326", host=self.place.name, why=why, hints=told.hints))
