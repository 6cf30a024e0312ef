#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Descriptors that are passed to the program, and the same done to the reference

    test_fds.py PROGRAM

TAP on stdout.  A scenario is a generator that tells what it sees; what it sees of our program has to be what it sees of
the reference (qemu-system-x86_64), where there is one.  Its monitor is the program's on a listening socket that is
passed, as libvirt does it.  Descriptors are told by the files that they are of.
"""

import array
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from qtest import PATIENCE_S, Refused

REFERENCE = "qemu-system-x86_64"


class Passed:
    """A program with a monitor on a passed listener; `files` are passed by those names in options, as {name}."""

    def __init__(self, program, options=(), machine="none", stopped=False, files=()):
        self.folder = tempfile.mkdtemp(prefix="rhea-fds-")
        self.own = {}
        path = os.path.join(self.folder, "monitor")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(1)
            numbers = {name: self.open(name, flags) for name, flags in files}
            options = [o.format(**numbers) for o in options]
            self.process = subprocess.Popen(
                [program, "-M", machine, "-nodefaults", "-display", "none", "-accel", "tcg", *(["-S"] if stopped else []),
                 "-chardev", "socket,id=monitor,fd=%d,server=on,wait=off" % listener.fileno(),
                 "-mon", "chardev=monitor,mode=control", *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                pass_fds=[listener.fileno(), *numbers.values()])
        self.path = path
        try:
            self.connect()
        except (Refused, OSError):
            self.close()
            raise Refused("no monitor: " + self.err.decode(errors="replace")) from None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def open(self, name, flags=os.O_RDWR):
        """A descriptor of a file in the test's folder, the same one for the same name and flags."""
        if (name, flags) not in self.own:
            self.own[name, flags] = os.open(os.path.join(self.folder, name), flags | os.O_CREAT, 0o600)
        return self.own[name, flags]

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(self.path)
        self.stream = self.socket.makefile("r")
        self.message()
        self.ask("qmp_capabilities")

    def disconnect(self):
        """Until the program knows of it: its end of the connection is gone."""
        ends = sum(what.startswith("socket:") for _, what in self.all_fds())
        self.stream.close()
        self.socket.close()
        self.await_fds(lambda fds: sum(what.startswith("socket:") for _, what in fds) < ends)

    def close(self):
        if hasattr(self, "socket"):
            self.socket.close()
        self.process.terminate()
        try:
            self.err = self.process.communicate(timeout=PATIENCE_S)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.err = self.process.communicate()[1]
        for fd in self.own.values():
            os.close(fd)
        shutil.rmtree(self.folder, ignore_errors=True)

    def message(self):
        line = self.stream.readline()
        if not line:
            raise Refused("the connection ends")
        return json.loads(line)

    def send(self, *lines, fds=()):
        control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.socket.sendmsg([line.encode() for line in lines], control)

    def request(self, command, arguments):
        arguments = {key.replace("_", "-"): value for key, value in arguments.items()}
        return json.dumps({"execute": command, "arguments": arguments})

    def reply(self):
        while True:
            reply = self.message()
            if "event" not in reply:
                return reply

    def ask(self, command, fds=(), **arguments):
        """The value returned, or the error's words."""
        self.send(self.request(command, arguments), fds=fds)
        reply = self.reply()
        return reply["return"] if "return" in reply else reply["error"]["desc"]

    def all_fds(self):
        found = []
        for fd in os.listdir("/proc/%d/fd" % self.process.pid):
            try:
                found.append((int(fd), os.readlink("/proc/%d/fd/%s" % (self.process.pid, fd))))
            except OSError:
                pass
        return found

    def held(self):
        """The test's files that the program has, once for each descriptor."""
        return sorted(what[len(self.folder) + 1:] for _, what in self.all_fds() if what.startswith(self.folder + "/"))

    def await_fds(self, condition):
        end = time.monotonic() + PATIENCE_S
        while not condition(self.all_fds()):
            if time.monotonic() > end:
                raise Refused("descriptors stay: %s" % self.all_fds())
            time.sleep(0.01)

    def sets(self):
        """query-fdsets with names of files for numbers."""
        names = {fd: what[len(self.folder) + 1:] for fd, what in self.all_fds()}
        return [(s["fdset-id"], [(names[f["fd"]], f.get("opaque")) for f in s["fds"]]) for s in self.ask("query-fdsets")]

    def add(self, kind, id_, **data):
        """chardev-add; of a refusal its beginning, since whys have words of our own."""
        data = {key.rstrip("_"): value for key, value in data.items()}
        return re.sub(r"('\w*': ).*", r"\1", str(self.ask("chardev-add", id=id_, backend={"type": kind, "data": data})))


def names(m):
    """getfd and closefd."""
    a, b = m.open("a"), m.open("b")
    yield m.ask("getfd", fdname="x"), m.held()
    for name in ("1x", "", "x", "x y"):
        yield name, m.ask("getfd", [a], fdname=name), m.held()
    yield m.ask("getfd", [b], fdname="x"), m.held()
    for name in ("1x", "", "nope", "x", "x", "x y"):
        yield name, m.ask("closefd", fdname=name), m.held()


def what_nobody_takes(m):
    """Descriptors of other commands wait for the next one; of several the first counts."""
    a, b = m.open("a"), m.open("b")
    yield m.ask("getfd", [a]), m.held()
    yield m.ask("getfd", [b], fdname=7), m.held()
    yield type(m.ask("query-version", [a])), m.held()
    yield m.ask("getfd", fdname="late"), m.held()
    yield m.ask("getfd", [b, a, a], fdname="first"), m.held()
    yield m.ask("getfd", fdname="second"), m.held()
    yield m.ask("getfd", [b] * 17, fdname="many"), m.held()
    yield m.ask("add-fd", [a, b], fdset_id=3)["fdset-id"], m.sets(), m.held()
    yield type(m.ask("query-version", [a] * 5)), m.held()
    m.disconnect()
    yield m.held()


def without_waiting_for_replies(m):
    """Each command has the descriptor that came with it."""
    for i in range(30):
        m.send(m.request("getfd", {"fdname": "n%d" % i}), fds=[m.open("f%d" % i)])
    yield [m.reply() for _ in range(30)]
    for i in range(30):
        yield m.ask("closefd", fdname="n%d" % i), m.held()


def relayed(m):
    """A line of the human monitor that QMP runs has no descriptors."""
    def say(line, fds=()):
        return m.ask("human-monitor-command", fds, command_line=line)

    yield m.ask("getfd", [m.open("a")], fdname="x"), say("closefd x"), say("closefd y")
    yield say("getfd z", [m.open("b")]), m.held()
    yield m.ask("getfd", fdname="z"), m.held()
    yield say("getfd"), say("closefd")


def sets(m):
    """add-fd, query-fdsets and remove-fd."""
    a, b, c = m.open("a"), m.open("b"), m.open("c")
    yield m.ask("add-fd"), m.ask("add-fd", fdset_id=-1), m.ask("query-fdsets")
    yield m.ask("add-fd", [a], fdset_id=-1), m.held()
    yield m.ask("add-fd", [a], fdset_id=2**63), m.ask("add-fd", fdset_id="1"), m.held()
    for fd, arguments in ((a, {"fdset_id": 2, "opaque": "why"}), (b, {"fdset_id": 2}), (c, {}), (c, {"opaque": ""}), (a, {}),
                          (b, {"fdset_id": 2**63 - 1})):
        yield m.ask("add-fd", [fd], **arguments)["fdset-id"], m.sets(), m.held()
    number = m.ask("add-fd", [a], fdset_id=2)["fd"]
    for arguments in ({"fdset_id": 77}, {"fdset_id": 2, "fd": 9999}, {"fdset_id": 78, "fd": 3}, {"fdset_id": -5, "fd": -1},
                      {"fdset_id": 2, "fd": -1}, {"fdset_id": 2, "fd": 2**32}, {}):
        yield arguments, m.ask("remove-fd", **arguments)
    yield m.ask("remove-fd", fdset_id=2, fd=number), m.sets(), m.held()
    for set_id in (2, 2, 0, 1):
        yield m.ask("remove-fd", fdset_id=set_id), m.sets(), m.held()


def options(m):
    """-add-fd has made two sets; originals are closed."""
    yield m.sets(), m.held()
    yield m.ask("remove-fd", fdset_id=7), m.sets(), m.held()


def last_monitor(m):
    """Names outlive their peer; sets do, while the guest does not run or something is open from them."""
    yield m.ask("getfd", [m.open("a")], fdname="x"), m.ask("add-fd", [m.open("b")])["fdset-id"]
    yield m.ask("add-fd", [m.open("c")])["fdset-id"], m.add("file", "c0", out="/dev/fdset/1"), m.held()
    m.disconnect()
    yield m.held()
    m.connect()
    yield m.sets(), m.held()
    yield m.ask("chardev-remove", id="c0"), m.sets(), m.held()
    yield m.ask("remove-fd", fdset_id=1), m.sets(), m.ask("closefd", fdname="x"), m.held()
    yield m.ask("cont"), m.sets()
    m.disconnect()
    m.connect()
    yield m.sets(), m.held()


def files(m):
    """Who opens /dev/fdset/N, and what."""
    yield [m.ask("add-fd", [m.open(name, flags)], fdset_id=1)["fdset-id"]
           for name, flags in (("r", os.O_RDONLY), ("old", os.O_WRONLY), ("w", os.O_WRONLY))]
    yield m.ask("add-fd", [m.open("rw", os.O_RDWR)], fdset_id=2)["fdset-id"]
    for i, (kind, data) in enumerate([
            ("file", {"out": "/dev/fdset/1"}), ("file", {"out": "/dev/fdset/1", "append": True}),
            ("file", {"out": "/dev/fdset/1", "in_": "/dev/fdset/1"}), ("file", {"out": "/dev/fdset/2"}),
            ("file", {"out": "/dev/fdset/3"}), ("file", {"out": "/dev/fdset/x"}), ("file", {"out": "/dev/fdset/"}),
            ("file", {"out": "/dev/fdset/-1"}), ("file", {"out": "/dev/fdset/1x"}), ("file", {"out": "/dev/fdset/01"}),
            ("file", {"out": "/dev/fdset/99999999999999999999"})]):
        os.truncate(m.open("w", os.O_WRONLY), 0)
        os.pwrite(m.open("w", os.O_WRONLY), b"kept", 0)
        yield kind, data, m.add(kind, "c%d" % i, **data), os.stat(m.open("w", os.O_WRONLY)).st_size, m.held()
    yield m.ask("remove-fd", fdset_id=1), m.sets(), m.held()
    yield m.add("file", "late", out="/dev/fdset/1")
    for i in range(11):
        yield i, m.ask("chardev-remove", id="c%d" % i), m.sets(), m.held()
    # The reference forgets that these have closed what they opened: nothing of sets behind it.
    yield m.ask("add-fd", [m.open("w", os.O_WRONLY)], fdset_id=4)["fdset-id"], m.ask("add-fd", [m.open("rw")])["fdset-id"]
    for i, data in enumerate([{"logfile": "/dev/fdset/4"}, {"logfile": "/dev/fdset/4", "logappend": True},
                              {"logfile": "/dev/fdset/2"}]):
        os.pwrite(m.open("w", os.O_WRONLY), b"kept", 0)
        yield m.add("null", "log%d" % i, **data), os.stat(m.open("w", os.O_WRONLY)).st_size, m.held()
    for i in range(3):
        yield m.ask("chardev-remove", id="log%d" % i), m.held()
    yield m.add("parallel", "p", device="/dev/fdset/2"), m.held()
    for kind in ("serial", "pipe"):
        yield kind, m.add(kind, "s", device="/dev/fdset/2"), m.held(), m.ask("chardev-remove", id="s"), m.held()
        yield kind, m.add(kind, "s", device="/dev/fdset/1"), m.held()
    yield m.ask("add-fd", [m.open("r", os.O_RDONLY)], fdset_id=5)["fdset-id"]
    for set_id in (5, 2, 7):
        refused = m.ask("object-add", qom_type="rng-random", id="r", filename="/dev/fdset/%d" % set_id)
        yield re.sub(".*:", "", str(refused)), m.held()
    yield m.ask("object-del", id="r"), m.held()


def memory(m):
    """Where a machine's memory and pictures go."""
    def size(name):
        os.lseek(m.open(name, os.O_WRONLY), 0, os.SEEK_SET)
        at = os.stat(os.path.join(m.folder, name)).st_size
        os.truncate(os.path.join(m.folder, name), 0)
        return at > 4096

    yield m.ask("add-fd", [m.open("w", os.O_WRONLY)], fdset_id=1)["fdset-id"]
    for set_id in (1, 2):
        path = "/dev/fdset/%d" % set_id
        yield "pmemsave", m.ask("pmemsave", val=0, size=8192, filename=path), size("w")
        yield "memsave", m.ask("memsave", val=0, size=8192, filename=path), size("w")
        yield "dump", m.ask("dump-guest-memory", paging=False, protocol="file:" + path), size("w")
        yield "picture", re.sub(".*:", "", str(m.ask("screendump", filename=path))), size("w")
    yield m.sets(), m.held()
    yield m.ask("remove-fd", fdset_id=1), m.sets()
    for name in ("nope", "", "1"):
        yield name, m.ask("dump-guest-memory", paging=False, protocol="fd:" + name)
    yield m.ask("getfd", [m.open("w", os.O_WRONLY)], fdname="d"), m.held()
    yield m.ask("dump-guest-memory", paging=False, protocol="fd:d", begin=0), m.held()
    yield m.ask("dump-guest-memory", paging=False, protocol="other:d"), m.held()
    yield m.ask("dump-guest-memory", paging=False, protocol="fd:d"), size("w"), m.held()
    yield m.ask("dump-guest-memory", paging=False, protocol="fd:d"), m.held()
    yield m.ask("getfd", [m.open("w", os.O_RDONLY)], fdname="d"), m.ask("dump-guest-memory", paging=False, protocol="fd:d")
    yield m.ask("closefd", fdname="d"), m.held()


def pipe(m):
    """A dump goes into a pipe, in order and without holes, from its beginning."""
    ends = os.pipe()
    got = bytearray()

    def read():
        while part := os.read(ends[0], 1 << 16):
            got.extend(part)

    yield m.ask("getfd", [ends[1]], fdname="d")
    os.close(ends[1])
    reader = threading.Thread(target=read)
    reader.start()
    yield m.ask("dump-guest-memory", paging=False, protocol="fd:d", begin=0, length=1 << 20)
    reader.join()
    os.close(ends[0])
    yield got[:6], len(got) > 1 << 20


def sockets(m):
    """chardev-add with sockets that are passed."""
    def add(name, id_, **data):
        result = m.ask("chardev-add", id=id_,
                       backend={"type": "socket", "data": {"addr": {"type": "fd", "data": {"str": name}}, **data}})
        return re.sub(r"(Failed to \w+ on fd socket).*|('ps': ).*listen .*", "no listener", str(result))

    def shown(id_):
        return [c["filename"].replace(m.folder, "DIR") for c in m.ask("query-chardev") if c["label"] == id_]

    def count():
        return len([1 for _, what in m.all_fds() if what.startswith("socket:")])

    start = count()
    for name in ("nope", "1", "1x"):
        yield name, add(name, "x"), add(name, "x", server=False)
    for server in (True, False):
        yield m.ask("getfd", [m.open("a")], fdname="a"), add("a", "x", server=server), m.ask("closefd", fdname="a"), m.held()
    path = os.path.join(m.folder, "listener")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        yield m.ask("getfd", [listener.fileno()], fdname="l"), add("l", "l", wait=False), shown("l")
    yield m.ask("closefd", fdname="l"), count() - start
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        m.await_fds(lambda fds: count() == start + 2)
        yield shown("l")
    m.await_fds(lambda fds: count() == start + 1)
    yield shown("l"), m.ask("chardev-remove", id="l"), os.path.exists(path), count() - start
    ours, theirs = socket.socketpair()
    yield m.ask("getfd", [ours.fileno()], fdname="p"), add("p", "ps", wait=False), m.ask("closefd", fdname="p")
    yield m.ask("getfd", [ours.fileno()], fdname="p"), add("p", "p", server=False, reconnect=1) != "{}"
    yield add("p", "p", server=False), add("p", "p", server=False), add("p", "q", server=False)
    ours.close()
    theirs.close()
    yield m.ask("chardev-remove", id="p"), count() - start


def flood(m):
    """Thousands of descriptors, and none is left."""
    m.ask("query-version")
    before = len(m.all_fds())
    a = m.open("a")
    for _ in range(200):
        m.ask("query-version", [a] * 250)
    yield len(m.all_fds()) - before <= 16
    for i in range(300):
        m.ask("getfd", [a] * (1 + i % 20), fdname="same")
        m.ask("add-fd", [a], fdset_id=1)
    for _ in range(20):
        m.disconnect()
        m.connect()
        m.ask("query-version", [a] * 3)
    yield m.ask("closefd", fdname="same"), m.ask("getfd", fdname="last"), m.ask("closefd", fdname="last")
    yield m.ask("query-fdsets"), m.held(), len(m.all_fds()) - before


class Case:
    def __init__(self, program):
        self.program, self.count, self.failed = program, 0, 0

    def run(self, name, scenario, **how):
        self.count += 1
        try:
            with Passed(self.program, **how) as m:
                ours = list(scenario(m))
            assert m.process.returncode == 0, "status %d: %s" % (m.process.returncode, m.err.decode())
            theirs = []
            if shutil.which(REFERENCE):
                with Passed(REFERENCE, **how) as m:
                    theirs = list(scenario(m))
            for a, b in zip(ours, theirs or ours, strict=True):
                assert a == b, "ours   %s\ntheirs %s" % (a, b)
        except (AssertionError, Refused, OSError, KeyError, TypeError) as e:
            self.failed += 1
            print("\n".join("# " + line for line in ("%s: %s" % (type(e).__name__, e)).splitlines()))
            print("not ok %d - %s" % (self.count, name), flush=True)
        else:
            print("ok %d - %s" % (self.count, name), flush=True)


def main():
    case = Case(sys.argv[1])
    case.run("descriptors have names", names)
    case.run("what nobody takes is closed", what_nobody_takes)
    case.run("a command has the descriptor that came with it", without_waiting_for_replies)
    case.run("a line that QMP relays has none", relayed)
    case.run("descriptors are in sets", sets)
    case.run("nothing leaves a set while the guest does not run", sets, stopped=True)
    case.run("-add-fd fills sets", options, files=[("a", os.O_RDWR), ("b", os.O_RDONLY), ("log", os.O_WRONLY)],
             options=["-add-fd", "fd={a},set=7,opaque=a,,b", "-add-fd", "set=3,fd={b}", "-add-fd", "fd={a},set=3",
                      "-add-fd", "fd={log},set=0,opaque=serial0-log",
                      "-chardev", "null,id=c,logfile=/dev/fdset/0,logappend=on"])
    case.run("with the last monitor goes what nobody uses", last_monitor)
    case.run("or it waits until the guest runs", last_monitor, stopped=True)
    case.run("chardevs open files of sets", files)
    case.run("dumps and pictures go into descriptors", memory, machine="pc", stopped=True,
             options=["-m", "8", "-device", "VGA"])
    case.run("a dump goes into a pipe", pipe, machine="pc", stopped=True, options=["-m", "8"])
    case.run("sockets are passed by name", sockets)
    case.run("descriptors do not pile up", flood)
    print("1..%d" % case.count)
    sys.exit(case.failed != 0)


main()
