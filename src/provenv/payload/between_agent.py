"""Answers what is asked of one host while several find out how they reach each other.

A question and an answer are a line of JSON each, on standard input and output. The first question brings the
token that all hosts share: whoever connects without it gets nothing. It ends with its input, and after
LIFE seconds in any case. Python 3.6 or later, standard library only.
"""

import array
import contextlib
import errno
import json
import os
import selectors
import socket
import statistics
import struct
import sys
import threading
import time

LIFE = 900
AT_ONCE = 256
BLOCK = 1 << 20
PATIENCE = 20.0
STALL, SLOW = 8.0, 20.0
SIOCGIFCONF, SIOCETHTOOL, SIOCGIFMTU, SIOCOUTQ, ETHTOOL_GSET = 0x8912, 0x8946, 0x8921, 0x5411, 1
NAMES = {
    errno.ECONNREFUSED: "refused",
    errno.ETIMEDOUT: "timeout",
    errno.EHOSTUNREACH: "no_route",
    errno.ENETUNREACH: "no_route",
    errno.EHOSTDOWN: "no_route",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.EINVAL: "no_route",
    errno.ECONNRESET: "reset",
}


class Agent:
    """What this host has said and heard; `name` is what the others call it."""

    def __init__(self):
        self.token = b""
        self.name = ""
        self.listeners = {}

    # --- what is here

    def begin(self, token, name, ports):
        """Tell what is known here of addresses; listen on a port of the system's choice, and on `ports`."""
        self.token, self.name = token.encode(), name
        listening = [self.listen(0)]
        for port in ports:
            with contextlib.suppress(OSError):
                listening.append(self.listen(port))
        return {
            "node": socket.gethostname(),
            "resolves": resolved(socket.gethostname()),
            "trap": loopback_line(socket.gethostname()),
            "interfaces": interfaces(),
            "machine": machine(),
            "ports": listening,
            "range": port_range(),
            "firewall": firewall(),
        }

    def listen(self, port):
        """Answer whoever connects to a port, on every address of this host; return the port."""
        listener = opened(port)
        number = listener.getsockname()[1]
        self.listeners[number] = listener
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()
        return number

    def accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        """Serve one connection: the token, a word for what is wanted, then that."""
        with connection, contextlib.suppress(OSError, ValueError):
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            given = exactly(connection, len(self.token) + 1)
            if given[:-1] != self.token:
                return
            if given[-1:] == b"h":
                connection.sendall(json.dumps(self.name).encode() + b"\n")
                connection.recv(1)  # the one who called closes first, so that no port of ours waits
            elif given[-1:] == b"e":
                while True:
                    word = connection.recv(64)
                    if not word:
                        return
                    connection.sendall(word)
            elif given[-1:] == b"s":
                self.sink(connection)

    def sink(self, connection):
        """Take pieces, each with its length before it, until a length of 0; tell how much came."""
        total, began = 0, time.perf_counter()
        space = bytearray(BLOCK)
        while True:
            size = struct.unpack("!I", exactly(connection, 4))[0]
            if size == 0:
                break
            left = size
            while left:
                got = connection.recv_into(space, min(left, BLOCK))
                if not got:
                    return
                left -= got
            total += size
        connection.sendall(struct.pack("!Qd", total, time.perf_counter() - began))
        connection.recv(1)

    # --- what is reached from here

    def connect(self, goals, limit):
        """Try addresses and ports, all at once; tell for each how long it took, or what came instead."""
        found = []
        for start in range(0, len(goals), AT_ONCE):
            found += self.batch(goals[start : start + AT_ONCE], limit)
        return {"found": found}

    def batch(self, goals, limit):
        found = [None] * len(goals)
        waiting = selectors.DefaultSelector()
        deadline = time.monotonic() + limit
        for number, (_, address, port) in enumerate(goals):
            one = Calling(number, address, port, self.token)
            found[number] = one.start(waiting)
        left = sum(one is None for one in found)
        while left and time.monotonic() < deadline:
            for key, _ in waiting.select(max(0.0, deadline - time.monotonic())):
                told = key.data.step(waiting, goals[key.data.number][0])
                if told is not None:
                    found[key.data.number] = told
                    left -= 1
        for key in list(waiting.get_map().values()):
            found[key.data.number] = key.data.late()
        waiting.close()
        return found

    def call(self, address, port, word):
        connection = socket.create_connection((address, port), PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(self.token + word)
        return connection

    def latency(self, address, port, rounds):
        """Send a byte there and back; tell the seconds of the median and the worst round trip."""
        with self.call(address, port, b"e") as connection:
            connection.settimeout(PATIENCE)
            taken = []
            for number in range(rounds + 10):
                began = time.perf_counter()
                connection.sendall(b"x")
                exactly(connection, 1)
                if number >= 10:  # the first ones find routes, neighbours and caches
                    taken.append(time.perf_counter() - began)
        return {"median": statistics.median(taken), "worst": max(taken), "rounds": rounds}

    def bandwidth(self, address, port, seconds, most):
        """Send for so many seconds, or `most` bytes at most; tell how much came, and in what time.

        A line over which nothing comes for STALL seconds has stalled; a slow one is waited for SLOW seconds,
        and what has come by then counts.
        """
        piece = struct.pack("!I", BLOCK) + bytes(BLOCK)
        with self.call(address, port, b"s") as connection:
            connection.settimeout(1.0)
            began = quiet = time.perf_counter()
            sent, came, rest, ending = 0, 0, memoryview(b""), False
            while True:
                now = time.perf_counter()
                if not rest and not ending:
                    ending = sent >= most or now - began >= seconds
                    rest = memoryview(struct.pack("!I", 0) if ending else piece)
                try:
                    if rest:
                        count = connection.send(rest)
                        sent, rest = sent + count, rest[count:]
                        continue
                    total, there = struct.unpack("!Qd", exactly(connection, 16))
                    taken = time.perf_counter() - began
                    return {"bytes": total, "seconds": taken, "there": there, "mss": segment(connection)}
                except socket.timeout:
                    now = time.perf_counter()
                    before, came = came, sent - unacknowledged(connection)
                    quiet = now if came > before else quiet
                    if now - quiet > STALL:
                        return {"stalled": True, "sent": sent, "mss": segment(connection)}
                    if now - began > SLOW:
                        return {"bytes": came, "seconds": now - began, "mss": segment(connection)}

    def now(self):
        return {"now": time.time()}


class Calling:
    """One connection that is tried, with the others."""

    def __init__(self, number, address, port, token):
        self.number, self.address, self.port = number, address, port
        self.token = token
        self.began = time.perf_counter()
        self.socket = None
        self.connected = 0.0
        self.said = b""

    def start(self, waiting):
        try:
            self.socket = socket.socket(family_of(self.address), socket.SOCK_STREAM)
            self.socket.setblocking(False)
            self.began = time.perf_counter()
            code = self.socket.connect_ex((self.address, self.port))
        except OSError as error:
            return self.ended(error.errno)
        if code not in (0, errno.EINPROGRESS):
            return self.ended(code)
        waiting.register(self.socket, selectors.EVENT_WRITE, self)
        return None

    def step(self, waiting, name):
        """Go on; return what came of it once that is known."""
        if not self.connected:
            code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                waiting.unregister(self.socket)
                return self.ended(code)
            self.connected = time.perf_counter() - self.began
            with contextlib.suppress(OSError):
                self.socket.sendall(self.token + b"h")
            waiting.modify(self.socket, selectors.EVENT_READ, self)
            return None
        try:
            piece = self.socket.recv(4096)
        except OSError as error:
            waiting.unregister(self.socket)
            return self.ended(error.errno)
        self.said += piece
        if piece and not self.said.endswith(b"\n"):
            return None
        waiting.unregister(self.socket)
        own = self.socket.getsockname()[0]
        self.socket.close()
        try:
            is_it = json.loads(self.said.decode("utf-8", "replace")) == name
        except ValueError:
            is_it = False
        # another host, or another program, has this address too, as seen from here
        return {"ok": is_it, "how": "" if is_it else "stranger", "seconds": self.connected, "from": own}

    def late(self):
        if self.connected:
            self.socket.close()
            return {"ok": False, "how": "silent", "seconds": self.connected}
        return self.ended(errno.ETIMEDOUT)

    def ended(self, code):
        if self.socket is not None:
            self.socket.close()
        how = NAMES.get(code) or "errno %s" % code
        return {"ok": False, "how": how, "seconds": time.perf_counter() - self.began}


def opened(port):
    """Return a listener on every address, of both families where there are both."""
    for family, address in ((socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0")):
        try:
            listener = socket.socket(family, socket.SOCK_STREAM)
        except OSError:
            continue
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listener.bind((address, port))
            listener.listen(1024)
            return listener
        except OSError:
            listener.close()
            if family == socket.AF_INET:
                raise
    raise OSError(errno.EAFNOSUPPORT, "no sockets")


def exactly(connection, size):
    said = b""
    while len(said) < size:
        piece = connection.recv(size - len(said))
        if not piece:
            raise ConnectionResetError(errno.ECONNRESET, "closed by the other side")
        said += piece
    return said


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def segment(connection):
    """Return the largest segment that TCP sends on a connection, in bytes."""
    try:
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
    except OSError:
        return 0


def unacknowledged(connection):
    """Return how many bytes the other side has not confirmed yet; 0 where the system does not tell."""
    try:
        import fcntl

        return struct.unpack("i", fcntl.ioctl(connection.fileno(), SIOCOUTQ, bytes(4)))[0]
    except (OSError, ImportError):
        return 0


def resolved(name):
    """Return the addresses that a name has for a program on this host."""
    try:
        found = socket.getaddrinfo(name, None, 0, socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(one[4][0] for one in found))


def loopback_line(name):
    """Return the line of /etc/hosts that gives this host's name a loopback address, and its number."""
    try:
        with open("/etc/hosts", encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if name in words[1:] and (words[0].startswith("127.") or words[0] == "::1"):
            return [number, " ".join(words)]
    return None


def machine():
    """Return what two hosts have in common only where they are one machine with one network."""
    found = []
    with contextlib.suppress(OSError):
        with open("/proc/sys/kernel/random/boot_id") as file:
            found.append(file.read().strip())
        found.append(os.readlink("/proc/self/ns/net"))
    return " ".join(found) if len(found) == 2 else socket.gethostname()


def port_range():
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
            return [int(word) for word in file.read().split()]
    except (OSError, ValueError):
        return []


def firewall():
    """Return the tool that most likely keeps this host's firewall; an empty string where none is seen."""
    if os.path.exists("/run/firewalld"):
        return "firewalld"
    try:
        with open("/etc/ufw/ufw.conf") as file:
            if "ENABLED=yes" in file.read().split():
                return "ufw"
    except OSError:
        pass
    for tool in ("nft", "iptables"):
        if any(os.path.exists(os.path.join(folder, tool)) for folder in ("/usr/sbin", "/sbin", "/usr/bin")):
            return tool
    return ""


def interfaces():
    """Return the interfaces that are up: name, addresses, speed in Mbit/s (0: unknown), largest packet."""
    found = {}
    for name, address in [*addresses_v4(), *addresses_v6()]:
        if name not in found:
            found[name] = {"name": name, "addresses": [], "speed": speed(name), "mtu": mtu(name)}
        if address not in found[name]["addresses"]:
            found[name]["addresses"].append(address)
    return list(found.values())


def ask_system(request, content):
    """Ask the kernel about interfaces. Raises OSError where it has no answer."""
    import fcntl  # not on Windows

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return fcntl.ioctl(probe.fileno(), request, content)


def addresses_v4():
    size = 128 * 1024
    space = array.array("B", bytes(size))
    each = 40 if struct.calcsize("P") == 8 else 32
    if not sys.platform.startswith("linux"):
        return [("", address) for address in resolved(socket.gethostname()) if ":" not in address]
    try:
        said = ask_system(SIOCGIFCONF, struct.pack("iP", size, space.buffer_info()[0]))
    except OSError:
        return []
    length = struct.unpack("iP", said)[0]
    content = space.tobytes()
    found = []
    for start in range(0, length, each):
        name = content[start : start + 16].partition(b"\0")[0].decode("utf-8", "replace")
        # a label of an older kind, eth0:1, is no interface of its own
        found.append((name.partition(":")[0], socket.inet_ntoa(content[start + 20 : start + 24])))
    return found


def addresses_v6():
    found = []
    try:
        with open("/proc/net/if_inet6") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    for line in lines:
        words = line.split()
        # scope 0 is global; of temporary (01) and failing or tentative (08, 40) ones none lasts
        if len(words) == 6 and words[3] in ("00", "10") and not int(words[4], 16) & 0x49:
            found.append((words[5], socket.inet_ntop(socket.AF_INET6, bytes.fromhex(words[0]))))
    return found


def speed(name):
    """Return an interface's speed in Mbit/s, as its driver tells it; 0 where it does not."""
    space = array.array("B", struct.pack("I", ETHTOOL_GSET) + bytes(40))
    try:
        ask_system(SIOCETHTOOL, struct.pack("16sP", name.encode()[:15], space.buffer_info()[0]))
        low = struct.unpack_from("H", space, 12)[0]
        high = struct.unpack_from("H", space, 28)[0]
        told = low | high << 16
        return told if 0 < told < 0xFFFFFFFF and told != 0xFFFF else 0
    except (OSError, ImportError):
        return 0


def mtu(name):
    """Return the largest packet that an interface sends, in bytes; 0 where that is not told."""
    try:
        said = ask_system(SIOCGIFMTU, struct.pack("16si12x", name.encode()[:15], 0))
        return struct.unpack_from("i", said, 16)[0]
    except (OSError, ImportError):
        return 0


def answer(agent, question):
    try:
        told = getattr(agent, question.pop("ask"))(**question)
    except OSError as error:
        told = {"error": "%s: %s" % (type(error).__name__, error), "how": NAMES.get(error.errno, "")}
    return told


def main():
    timer = threading.Timer(LIFE, os._exit, (3,))
    timer.daemon = True
    timer.start()
    agent = Agent()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(agent, json.loads(line))) + "\n")
        sys.stdout.flush()
    os._exit(0)


main()
