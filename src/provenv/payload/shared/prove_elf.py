"""What a native file says about itself: an ELF file's headers, dynamic section and symbol versions.

System V ABI, "Object Files" and "Dynamic Linking"; symbol versions as in the
Linux Standard Base 5.0, "Symbol Versioning".
"""

import mmap
import os
import struct

PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NEEDED, DT_STRTAB, DT_SONAME, DT_RPATH, DT_RUNPATH = 1, 5, 14, 15, 29
DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM = 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF
VER_FLG_WEAK = 2


class Elf:
    """What a native file says about itself: kind of machine, needed names, paths, versions."""

    def __init__(self, path):
        self.path = path
        self.needed, self.soname, self.interpreter = [], "", ""
        self.rpath, self.runpath = [], []
        self.wanted, self.defined = {}, set()
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            self.read(content)

    def read(self, content):
        if content[:4] != b"\x7fELF":
            raise ValueError("no ELF file")
        self.wide = content[4] == 2
        self.order = "<" if content[5] == 1 else ">"
        machine = struct.unpack_from(self.order + "H", content, 18)[0]
        self.machine = (content[4], content[5], machine)
        place = 32 if self.wide else 28
        table = struct.unpack_from(self.order + ("Q" if self.wide else "I"), content, place)[0]
        size, count = struct.unpack_from(self.order + "HH", content, 54 if self.wide else 42)
        self.loads, dynamic = [], None
        for index in range(count):
            kind, offset, address, length = self.segment(content, table + index * size)
            if kind == PT_LOAD:
                self.loads.append((address, offset, length))
            elif kind == PT_DYNAMIC:
                dynamic = (offset, length)
            elif kind == PT_INTERP:
                self.interpreter = content[offset : offset + length].rstrip(b"\0").decode("utf-8", "replace")
        if dynamic is not None:
            self.read_dynamic(content, *dynamic)

    def segment(self, content, place):
        if self.wide:
            kind, _, offset, address, _, length = struct.unpack_from(self.order + "IIQQQQ", content, place)
        else:
            kind, offset, address, _, length = struct.unpack_from(self.order + "IIIII", content, place)
        return kind, offset, address, length

    def read_dynamic(self, content, offset, length):
        form = self.order + ("qQ" if self.wide else "iI")
        size = struct.calcsize(form)
        tags = {}
        for place in range(offset, offset + length, size):
            tag, value = struct.unpack_from(form, content, place)
            if tag == 0:
                break
            tags.setdefault(tag, []).append(value)
        strings = self.place(tags.get(DT_STRTAB, [0])[0])

        def words(at):
            start = strings + at
            end = content.find(b"\0", start)
            return content[start:end].decode("utf-8", "surrogateescape")

        self.needed = [words(at) for at in tags.get(DT_NEEDED, ())]
        self.soname = words(tags[DT_SONAME][0]) if DT_SONAME in tags else ""
        origin = os.path.dirname(os.path.realpath(self.path))
        for tag, goal in ((DT_RPATH, self.rpath), (DT_RUNPATH, self.runpath)):
            for at in tags.get(tag, ()):
                goal += [expand(part, origin) for part in words(at).split(":") if part]
        if DT_VERNEED in tags:
            self.read_wanted(content, self.place(tags[DT_VERNEED][0]), tags[DT_VERNEEDNUM][0], words)
        if DT_VERDEF in tags:
            self.read_defined(content, self.place(tags[DT_VERDEF][0]), tags[DT_VERDEFNUM][0], words)

    def place(self, address):
        """Return where in the file an address of the loaded image lies."""
        for start, offset, length in self.loads:
            if start <= address < start + length:
                return address - start + offset
        return address

    def read_wanted(self, content, place, count, words):
        for _ in range(count):
            _, number, name, first, following = struct.unpack_from(self.order + "HHIII", content, place)
            versions, entry = [], place + first
            for _ in range(number):
                _, flags, _, version, after = struct.unpack_from(self.order + "IHHII", content, entry)
                if not flags & VER_FLG_WEAK:
                    versions.append(words(version))
                if not after:
                    break
                entry += after
            self.wanted[words(name)] = versions
            if not following:
                break
            place += following

    def read_defined(self, content, place, count, words):
        for _ in range(count):
            _, _, _, _, _, first, following = struct.unpack_from(self.order + "HHHHIII", content, place)
            self.defined.add(words(struct.unpack_from(self.order + "I", content, place + first)[0]))
            if not following:
                break
            place += following


def expand(path, origin):
    """Return a search path with ld.so's own words filled in."""
    return os.path.normpath(path.replace("${ORIGIN}", origin).replace("$ORIGIN", origin))
