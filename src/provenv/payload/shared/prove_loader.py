"""Where the system's loader would find a library: ld.so(8)'s search, followed without loading anything."""

import os
import struct
import sysconfig

import prove_elf

CACHE = "/etc/ld.so.cache"
CACHE_MAGIC = b"glibc-ld.so.cache1.1"
DEFAULT_FOLDERS = ("/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib")


def read_cache(path=CACHE):
    """Return {soname: [paths]} of glibc's loader cache; empty where there is none."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return {}
    start = content.find(CACHE_MAGIC)
    if start < 0:
        return {}
    found = {}
    try:
        count = struct.unpack_from("=I", content, start + 20)[0]
        for index in range(count):
            key, value = struct.unpack_from("=II", content, start + 48 + index * 24 + 4)
            name, target = (
                content[start + at : content.index(b"\0", start + at)].decode("utf-8", "surrogateescape")
                for at in (key, value)
            )
            found.setdefault(name, []).append(target)
    except (struct.error, ValueError):
        pass  # torn: the default folders are looked through all the same
    return found


class Loader:
    """Finds libraries as the system's loader would, for one kind of machine."""

    def __init__(self, interpreter):
        self.files = {}
        self.cache = read_cache()
        self.program = self.elf(os.path.realpath(interpreter))
        self.musl = self.program is not None and "ld-musl" in self.program.interpreter
        self.library_path = [part for part in os.environ.get("LD_LIBRARY_PATH", "").split(":") if part]
        triplet = sysconfig.get_config_var("MULTIARCH") or ""
        machine = os.uname().machine
        names = dict.fromkeys([triplet, machine + "-linux-gnu"])
        self.defaults = [*DEFAULT_FOLDERS]
        self.defaults += ["%s/%s" % (root, name) for name in names if name for root in ("/lib", "/usr/lib")]
        # what the interpreter has loaded is found by its name alone
        self.loaded = {}
        if self.program is not None:
            self.load(self.program, [self.program])

    def elf(self, path):
        """Return a file's Elf, read once; None where it is none."""
        if path not in self.files:
            try:
                self.files[path] = prove_elf.Elf(path)
            except (OSError, ValueError, struct.error, IndexError):
                self.files[path] = None
        return self.files[path]

    def load(self, file, chain):
        for name in file.needed:
            path = self.find(name, chain)
            if path and name not in self.loaded:
                self.loaded[name] = path
                found = self.elf(path)
                if found is not None:
                    self.load(found, [*chain, found])

    def find(self, name, chain):
        """Return the path of a needed name for the last of `chain` (what loaded it stands before), or ''."""
        if name in self.loaded:
            return self.loaded[name]
        asker = chain[-1]
        if "/" in name:
            return name if self.fits(name) else ""
        folders = []
        if not asker.runpath:
            for file in reversed(chain):
                folders += [] if file.runpath else file.rpath
            folders += [] if self.program is None or self.program.runpath else self.program.rpath
        folders += self.library_path
        folders += asker.runpath
        for folder in folders:
            if self.fits(os.path.join(folder, name)):
                return os.path.join(folder, name)
        for path in self.cache.get(name, ()):
            if self.fits(path):
                return path
        for folder in self.defaults:
            if self.fits(os.path.join(folder, name)):
                return os.path.join(folder, name)
        return ""

    def fits(self, path):
        """Tell whether a file is there that this machine's loader takes."""
        known = path in self.files or os.path.exists(path)
        file = self.elf(path) if known else None
        return file is not None and (self.program is None or file.machine == self.program.machine)
