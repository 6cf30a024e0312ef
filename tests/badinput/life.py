#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
The ordinary life of the program, as TAP

    life.py PROGRAM [--long]

Serial port, human monitor and QMP on stdio, unix and tcp sockets and on a terminal that they share; stop, cont,
reset, power-down and the end, by command, by key, by signal and by the guest; events in their order, compared
with the reference's where it is installed.  The guests are a few instructions in a hand-made kernel.
"""

import json
import os
import pathlib
import pty
import re
import selectors
import signal
import socket
import subprocess
import tempfile
import termios
import time

from program import PATIENCE, Tap, arguments, bzimage, reference

HALT = b"\xf4\xeb\xfd"
HELLO = b"".join(b"\x66\xba\xf8\x03\xb0" + bytes([c]) + b"\xee" for c in b"hello\r\n") + HALT
SHUTDOWN = b"\x66\xba\x04\x06\x66\xb8\x00\x20\x66\xef" + HALT           # S5 in PM1_CNT
RESET = b"\x66\xba\xf9\x0c\xb0\x06\xee" + HALT                          # RST_CNT
ECHO = b"\x66\xba\xfd\x03\xec\xa8\x01\x74\xf7\x66\xba\xf8\x03\xec\xee\xeb\xef"
GREET = HELLO[:-len(HALT)] + ECHO                                        # says hello first
DEBUG_EXIT = b"\x66\xba\x01\x05\xb0\x15\xee" + HALT                     # status 2 * 15h + 1
BASE = ["-M", "q35,x-direct-boot=on", "-m", "64", "-nodefaults", "-display", "none"]


class Late(Exception):
    pass


class Pipe:
    """Bytes from a file descriptor, waited for with a deadline."""

    def __init__(self, fd):
        self.fd, self.data = fd, b""
        self.selector = selectors.DefaultSelector()
        self.selector.register(fd, selectors.EVENT_READ)

    def more(self, deadline):
        if not self.selector.select(max(0, deadline - time.monotonic())):
            raise Late(f"only {self.data!r}")
        try:
            piece = os.read(self.fd, 65536)
        except OSError:                     # a terminal whose other end is gone
            piece = b""
        self.data += piece
        return piece

    def until(self, wanted, seconds=10):
        """What comes up to and with `wanted`, taken away."""
        deadline = time.monotonic() + seconds * PATIENCE
        while wanted not in self.data:
            if not self.more(deadline):
                raise Late(f"end after {self.data!r} instead of {wanted!r}")
        at = self.data.index(wanted) + len(wanted)
        text, self.data = self.data[:at], self.data[at:]
        return text

    def rest(self, seconds=10):
        deadline = time.monotonic() + seconds * PATIENCE
        while self.more(deadline):
            pass
        return self.data

    def close(self):
        self.selector.close()


class Session:
    """A QMP client on a pair of descriptors; keeps events apart from replies."""

    def __init__(self, send_fd, receive_fd):
        self.send_fd, self.pipe, self.events, self.count = send_fd, Pipe(receive_fd), [], 0
        self.greeting = self.message()

    def message(self):
        return json.loads(self.pipe.until(b"\n"))

    def ask(self, command, **arguments):
        self.count += 1
        request = {"execute": command, "id": self.count}
        if arguments:
            request["arguments"] = arguments
        os.write(self.send_fd, json.dumps(request).encode() + b"\n")
        while True:
            reply = self.message()
            if "event" in reply:
                self.events.append(reply)
            elif reply.get("id") == self.count:
                return reply

    def event(self, name):
        while not any(event["event"] == name for event in self.events):
            message = self.message()
            if "event" in message:
                self.events.append(message)
        return next(event for event in self.events if event["event"] == name)

    def human(self, line):
        return self.ask("human-monitor-command", **{"command-line": line})["return"]

    def rest(self):
        self.events += [json.loads(line) for line in self.pipe.rest().splitlines() if b'"event"' in line]
        return [(event["event"], event.get("data")) for event in self.events]


class Machine:
    """A process with QMP on its standard input and output."""

    def __init__(self, program, line, folder, qmp=True, base=BASE):
        self.process = subprocess.Popen([program, *base, *(["-qmp", "stdio"] if qmp else []), *line], cwd=folder,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.qmp = None
        if qmp:
            self.qmp = Session(self.process.stdin.fileno(), self.process.stdout.fileno())
            self.qmp.ask("qmp_capabilities")

    def status(self, seconds=10):
        return self.process.wait(seconds * PATIENCE)

    def errors(self):
        return self.process.stderr.read().decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except OSError:
                pass


class Life:
    def __init__(self, tap, program, folder):
        self.tap, self.program, self.folder = tap, program, pathlib.Path(folder)
        for name, code in {"halt": HALT, "hello": HELLO, "shutdown": SHUTDOWN, "reset": RESET, "echo": ECHO,
                           "greet": GREET, "exit": DEBUG_EXIT,
                           "debugcon": HELLO.replace(b"\xf8\x03", b"\xe9\x00")}.items():
            (self.folder / name).write_bytes(bzimage(code=code, pref_address=0x200000))

    def machine(self, *line, **more):
        return Machine(self.program, list(line), self.folder, **more)

    def case(self, name, fn):
        """fn: None if all is well, or what is not."""
        try:
            said = fn()
        except (Late, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as problem:
            said = f"{type(problem).__name__}: {problem}"
        self.tap.case(not said, name, said)

    def accept(self, listener):
        listener.settimeout(10 * PATIENCE)
        return listener.accept()[0]


# Sockets and stdio.

def serial_on_sockets(life, kind):
    with socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET) as listener:
        path = life.folder / "serial"
        path.unlink(missing_ok=True)
        listener.bind(str(path) if kind == "unix" else ("127.0.0.1", 0))
        listener.listen()
        where = f"unix:{path}" if kind == "unix" else f"tcp:127.0.0.1:{listener.getsockname()[1]}"
        with life.machine("-kernel", "echo", "-serial", where) as machine, life.accept(listener) as client:
            pipe = Pipe(client.fileno())
            client.sendall(b"over there\r")
            text = pipe.until(b"there\r")
            machine.qmp.ask("quit")
            return None if text == b"over there\r" and machine.status() == 0 else text


def server_sockets(life, kind):
    """The machine serves; its QMP on stdio says when it is there."""
    path = life.folder / "served"
    where = "unix:served,server=on,wait=off" if kind == "unix" else "tcp:127.0.0.1:0,server=on,wait=off"
    with life.machine("-kernel", "echo", "-serial", where) as machine:
        if kind == "unix":
            client = socket.socket(socket.AF_UNIX)
            client.connect(str(path))
        else:
            inodes = {os.readlink(f"/proc/{machine.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{machine.process.pid}/fd")}
            rows = [row.split() for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
            port = next(int(row[1].split(":")[1], 16) for row in rows if f"socket:[{row[9]}]" in inodes and row[3] == "0A")
            client = socket.create_connection(("127.0.0.1", port), 10)
        with client:
            pipe = Pipe(client.fileno())
            client.sendall(b"x" * 1000 + b"!")
            echoed = pipe.until(b"!")
        machine.qmp.ask("quit")
        return None if echoed == b"x" * 1000 + b"!" and machine.status() == 0 and not path.exists() else echoed


def server_takes_the_next_client(life):
    with life.machine("-kernel", "echo", "-serial", "unix:again,server=on,wait=off") as machine:
        for turn in (b"first.", b"second."):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(life.folder / "again"))
                client.sendall(turn)
                Pipe(client.fileno()).until(turn)
        machine.qmp.ask("quit")
        return None if machine.status() == 0 else "status"


def serial_on_stdio(life):
    with life.machine("-kernel", "hello", "-serial", "stdio", qmp=False) as machine:
        text = Pipe(machine.process.stdout.fileno()).until(b"\n")
        machine.process.send_signal(signal.SIGTERM)
        return None if text == b"hello\r\n" and machine.status() == 0 else text


def serial_into_a_file(life):
    with life.machine("-kernel", "hello", "-serial", "file:out", "-serial", "unix:none,server=on,wait=off") as machine:
        machine.qmp.ask("stop")
        deadline = time.monotonic() + 10 * PATIENCE
        machine.qmp.ask("cont")
        while (life.folder / "out").read_bytes() != b"hello\r\n" and time.monotonic() < deadline:
            machine.qmp.ask("query-status")
        machine.qmp.ask("quit")
        return None if machine.status() == 0 and (life.folder / "out").read_bytes() == b"hello\r\n" else "what the file holds"


def serial_that_changes(life):
    """A running guest's serial port goes from a ring buffer to a socket; HMP knows the same words as -chardev."""
    def add(machine, command, kind, **data):
        return machine.qmp.ask(command, id="c", backend={"type": kind, "data": data})

    with life.machine("-kernel", "greet", "-S", "-chardev", "ringbuf,id=c", "-serial", "chardev:c") as machine:
        machine.qmp.ask("cont")
        text = ""
        while len(text) < 7:
            text += machine.qmp.ask("ringbuf-read", device="c", size=100)["return"]
        address = {"type": "unix", "data": {"path": str(life.folder / "moved")}}
        replies = [add(machine, "chardev-change", "socket", addr=address), machine.qmp.ask("chardev-remove", id="c"),
                   machine.qmp.human("chardev-change c null,id=c"), machine.qmp.human("info chardev")]
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(life.folder / "moved"))
            client.sendall(b"echo.")
            Pipe(client.fileno()).until(b"echo.")
        replies += [machine.qmp.human(line) for line in (
            "chardev-change c ringbuf,size=16", "chardev-add null,id=n", "chardev-add null,id=n", "chardev-remove n",
            "ringbuf_write c \"a\\\\b\"", "ringbuf_read c 9", "ringbuf_read n 1", "chardev-send-break c")]
        machine.qmp.ask("quit")
        wrong = [said for said, wanted in zip(replies, ('{}', 'is busy', 'stays what it is', 'c: filename=disconnected:unix:',
                                                        '', '', 'not in use', '', '', 'a\\\\b\r\n', 'not found', ''))
                 if wanted not in str(said) or (not wanted and said)]
        return None if text == "hello\r\n" and machine.status() == 0 and not wrong else f"{text!r} {wrong}"


def monitor_on_stdio(life):
    with life.machine("-kernel", "halt", "-monitor", "stdio", qmp=False) as machine:
        pipe = Pipe(machine.process.stdout.fileno())
        pipe.until(b"(qemu) ")
        machine.process.stdin.write(b"info status\nnosuch\nstop\ninfo status\nquit\n")
        machine.process.stdin.flush()
        text = pipe.rest().decode()
        good = "VM status: running" in text and "VM status: paused" in text and "unknown command: 'nosuch'" in text
        return None if good and machine.status() == 0 else text


def gdb_ask(client, packet):
    """A packet of the gdb protocol, and its reply, without the marks of either."""
    pipe = Pipe(client.fileno())
    client.sendall(b"$" + packet + f"#{sum(packet) & 255:02x}".encode())
    pipe.until(b"+$")
    return pipe.until(b"#")[:-1]


def gdb_connect(life):
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(life.folder / "gdb"))
    return client


def gdb_server_of_the_monitor(life):
    with life.machine("-kernel", "halt") as machine:
        spec = "unix:gdb,server=on,wait=off"
        said = [machine.qmp.human(f"gdbserver {spec}")]
        with gdb_connect(life) as client:
            said += [gdb_ask(client, b"?"), machine.qmp.ask("query-status")["return"]["status"]]
            said += [gdb_ask(client, b"qRcmd," + b"gdbserver none".hex().encode())[:3]]
            said += [machine.qmp.human("gdbserver nosuch").splitlines()[-1:]]
        said += [machine.qmp.human("gdbserver none"), (life.folder / "gdb").exists()]
        machine.qmp.ask("quit")
        want = [f"Waiting for gdb connection on device '{spec}'\r\n", b"T05thread:01;", "paused", b"O67",
                ["Could not open gdbserver on device 'nosuch'"], "Disabled gdbserver\r\n", False]
        return None if said == want and machine.status() == 0 else said


def gdb_server_of_the_option(life):
    with life.machine("-kernel", "exit", "-device", "isa-debug-exit", "-S", "-gdb", "unix:gdb,server=on,wait=off") as machine:
        with gdb_connect(life) as first:
            said = [gdb_ask(first, b"p10"), machine.qmp.ask("query-status")["return"]["status"]]
            first.sendall(b"$Z0,1#db$vCont;c")              # and goes in the middle of a packet
        with gdb_connect(life) as second:
            said += [gdb_ask(second, b"?")]
            second.sendall(b"$c#63")
            ended = Pipe(second.fileno()).until(b"$W2b#")
        want = [b"f0ff000000000000", "prelaunch", b"T05thread:01;"]
        return None if said[1:] == want[1:] and ended and machine.status() == 0x2B else said


# Run states, resets, the end.

def stopped_until_cont(life):
    with life.machine("-kernel", "hello", "-S", "-serial", "file:later") as machine:
        before = machine.qmp.ask("query-status")["return"]
        empty = (life.folder / "later").read_bytes()
        machine.qmp.ask("cont")
        machine.qmp.event("RESUME")
        after = machine.qmp.ask("query-status")["return"]
        machine.qmp.ask("quit")
        good = before == {"status": "prelaunch", "singlestep": False, "running": False} and after["status"] == "running" and not empty
        return None if good and machine.status() == 0 else f"{before} {after} {empty}"


def dump_into_a_full_pipe(life):
    """Nobody reads: the machine stands, says why it stays so, looks after its other clients, and ends when it is told to."""
    os.mkfifo(life.folder / "fifo")
    reader = os.open(life.folder / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    busy = "There is a dump in process, please wait."
    try:
        with life.machine("-kernel", "halt") as machine:
            ask = machine.qmp.ask
            started = ask("dump-guest-memory", paging=False, detach=True, protocol="file:fifo")
            machine.qmp.event("STOP")
            refused = [ask(name).get("error", {}).get("desc") for name in ("stop", "cont", "system_reset")]
            refused.append(ask("dump-guest-memory", paging=False, protocol="file:x").get("error", {}).get("desc"))
            status = ask("query-status")["return"]["status"], ask("query-dump")["return"]["status"]
            read = ask("pmemsave", val=0, size=1, filename="byte")
            ask("quit")
            good = "return" in started and refused == [busy] * 4 and status == ("save-vm", "active") and "return" in read
            return None if good and machine.status() == 0 else f"{started} {refused} {status} {read}"
    finally:
        os.close(reader)


def has_its_uuid(life):
    uuid = "00112233-4455-6677-8899-aabbccddeeff"
    with life.machine("-S", "-uuid", uuid.upper()) as machine:
        told = [machine.qmp.ask("query-uuid")["return"], machine.qmp.human("info uuid")]
        machine.qmp.ask("quit")
        return None if told == [{"UUID": uuid}, uuid + "\r\n"] and machine.status() == 0 else told


def debugcon_says(life, wanted, *line):
    """Until the file holds that, or after all patience."""
    path = life.folder / "said"
    with life.machine("-debugcon", "file:said", *line) as machine:
        deadline = time.monotonic() + 10 * PATIENCE
        while path.read_bytes() != wanted and time.monotonic() < deadline:
            machine.qmp.ask("query-status")
        machine.qmp.ask("quit")
        return None if machine.status() == 0 and path.read_bytes() == wanted else path.read_bytes()


def debugcon_into_a_file(life):
    return debugcon_says(life, b"hello\r\n", "-kernel", "debugcon")


def global_moves_the_debugcon(life):
    return debugcon_says(life, b"\x15", "-kernel", "exit", "-global", "isa-debugcon.iobase=0x501",
                         "-device", "isa-debug-exit,iobase=0x502")


def global_moves_a_device(life):
    with life.machine("-kernel", "exit", "-device", "isa-debug-exit,iosize=1", "-global", "isa-debug-exit.iobase=0x600",
                      "-global", "driver=isa-debug-exit,property=iobase,value=0x501", "-S") as machine:
        machine.qmp.ask("cont")
        return None if machine.status() == 0x15 * 2 + 1 else machine.status()


def daemon(life):
    """The one that was started ends when the socket listens and the pid file is there."""
    line = [life.program, *BASE, "-S", "-daemonize", "-pidfile", "daemon.pid", "-qmp", "unix:daemon.qmp,server=on,wait=off"]
    started = subprocess.run(line, cwd=life.folder, capture_output=True, text=True, timeout=20 * PATIENCE)
    if started.returncode or started.stdout or started.stderr:
        return started
    pid = int((life.folder / "daemon.pid").read_text())
    proc = pathlib.Path(f"/proc/{pid}")
    leads = {os.readlink(proc / "fd" / str(n)) for n in range(3)} | {os.readlink(proc / "cwd")}
    session = os.getsid(pid)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10 * PATIENCE)
        connection.connect(str(life.folder / "daemon.qmp"))
        stream = connection.makefile("rwb", buffering=0)
        stream.readline()
        for command in ("qmp_capabilities", "quit"):
            stream.write(json.dumps({"execute": command}).encode() + b"\n")
            stream.readline()
        while stream.readline():            # to the end of the process
            pass
    deadline = time.monotonic() + 10 * PATIENCE
    while (life.folder / "daemon.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    good = leads == {"/dev/null", "/"} and session not in (pid, os.getsid(0)) and not (life.folder / "daemon.pid").exists()
    return None if good else f"{leads} {session} {pid}"


def daemon_fails(life):
    wrong = []
    for words, told in ((["-device", "nosuch"], "nosuch"), (["-serial", "stdio"], "without -daemonize"), (["-m", "1"], "-m")):
        result = subprocess.run([life.program, *BASE, "-daemonize", *words], cwd=life.folder, capture_output=True, text=True,
                                timeout=20 * PATIENCE)
        if result.returncode != 1 or told not in result.stderr or len(result.stderr.splitlines()) != 1:
            wrong.append(str(result))
    return "\n".join(wrong) or None


def pid_file(life):
    path = life.folder / "pid"
    with life.machine("-S", "-pidfile", "pid") as machine:
        held = path.read_text()
        second = subprocess.run([life.program, "-M", "none", "-pidfile", "pid"], cwd=life.folder, capture_output=True, text=True)
        machine.qmp.ask("quit")
        good = held == f"{machine.process.pid}\n" and second.returncode == 1 and "-pidfile: pid" in second.stderr
        return None if good and machine.status() == 0 and not path.exists() else f"{held!r} {second} {path.exists()}"


def process_says(pid, *keys):
    lines = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return [lines[key].split()[0] for key in keys]


def sandboxed(life, how):
    """A machine that has started already does all that it does, and is ended by a call that is denied."""
    with life.machine("-kernel", "hello", "-S", "-sandbox", how) as machine:
        machine.qmp.ask("cont")
        machine.qmp.ask("system_reset")
        machine.qmp.event("RESET")
        filtered, = process_says(machine.process.pid, "Seccomp")
        machine.qmp.ask("quit")
        return None if filtered == "2" and machine.status() == 0 else f"Seccomp: {filtered}"


def other_user(life):
    """The name is looked up in this host's list of users, before the root is another."""
    root = life.folder / "root"
    root.mkdir(exist_ok=True)
    with life.machine("-S", "-name", "guest=g,process=by-name", "-runas", "nobody", "-chroot", "root",
                      "-overcommit", "mem-lock=off") as machine:
        name, uid, gid = process_says(machine.process.pid, "Name", "Uid", "Gid")
        at = os.readlink(f"/proc/{machine.process.pid}/root")
        machine.qmp.ask("quit")
        good = (name, at) == ("by-name", str(root)) and "0" not in (uid, gid) and machine.status() == 0
        return None if good else f"{name} {uid} {gid} {at}"


def stamped(life):
    line = [life.program, "-M", "none", "-name", "guest=g", "-device", "nosuch", "-display", "none", "-msg"]
    said = [subprocess.run([*line, msg], capture_output=True, text=True, cwd=life.folder).stderr
            for msg in ("timestamp=on", "timestamp=on,guest-name=on", "guest-name=on", "timestamp=off")]
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z "
    wanted = [moment, moment + "g ", "g ", ""]
    return None if all(re.match(start + "rhea-system-x86_64: -device", line) for start, line in zip(wanted, said)) else f"{said}"


def guest_ends(life, line, wanted, status):
    with life.machine(*line, "-S") as machine:
        machine.qmp.ask("cont")
        events = machine.qmp.rest()
        return None if events == [("RESUME", None), *wanted] and machine.status() == status else f"{events}, status {machine.status()}"


def no_shutdown(life):
    with life.machine("-kernel", "shutdown", "-no-shutdown", "-S") as machine:
        machine.qmp.ask("cont")
        machine.qmp.event("STOP")
        state = machine.qmp.ask("query-status")["return"]["status"]
        refused = machine.qmp.ask("cont").get("error", {}).get("class")
        names = [event["event"] for event in machine.qmp.events]
        machine.qmp.ask("quit")
        good = names == ["RESUME", "SHUTDOWN", "STOP"] and state == "shutdown" and refused == "GenericError"
        return None if good and machine.status() == 0 else f"{names} {state} {refused}"


def reset_again_and_again(life):
    with life.machine("-kernel", "reset") as machine:
        deadline = time.monotonic() + 20 * PATIENCE
        while sum(event["event"] == "RESET" for event in machine.qmp.events) < 20 and time.monotonic() < deadline:
            machine.qmp.ask("query-status")
        machine.qmp.ask("quit")
        resets = [event for event in machine.qmp.events if event["event"] == "RESET"]
        good = len(resets) >= 20 and all(event["data"] == {"guest": True, "reason": "guest-reset"} for event in resets)
        return None if good and machine.status() == 0 else f"{len(resets)} {resets[:1]}"


def debug_exit(life):
    with life.machine("-kernel", "exit", "-device", "isa-debug-exit", "-S") as machine:
        machine.qmp.ask("cont")
        return None if machine.status() == 0x15 * 2 + 1 else machine.status()


SEQUENCES = [
    ["stop", "cont", "system_reset", "quit"], ["stop", "stop", "cont", "cont", "quit"], ["stop", "system_reset", "quit"],
    ["system_powerdown", "quit"], ["stop", "quit"], ["quit"], ["query-status", "stop", "query-status", "nosuch", "cont", "query-status", "quit"],
    ["system_reset", "system_reset", "stop", "cont", "quit"],
]


def sequence(program, folder, base, commands):
    """What a client sees: replies and events, without their times, RESETs of one burst as one."""
    with Machine(program, [], folder, base=base) as machine:
        seen = []
        for command in commands:
            reply = machine.qmp.ask(command)
            seen.append(reply.get("return", reply.get("error", {}).get("class")))
            if command == "system_reset":
                machine.qmp.event("RESET")
        events = machine.qmp.rest()
        return seen, events, machine.status()


def events_as_in_the_reference(life, commands):
    ours = sequence(life.program, life.folder, [*BASE, "-kernel", "halt"], commands)
    theirs = sequence(reference(), life.folder, ["-M", "q35", "-m", "64", "-nodefaults", "-display", "none"], commands)
    return None if ours == theirs else f"ours {ours}\nthe reference {theirs}"


def signals(life, number):
    with life.machine("-kernel", "halt") as machine:
        machine.process.send_signal(number)
        events = machine.qmp.rest()
        said, status = machine.errors(), machine.status()
        good = events == [("SHUTDOWN", {"guest": False, "reason": "host-signal"})] and status == 0
        return None if good and f"terminating on signal {int(number)}" in said else f"{events} {status} {said}"


# Monitors.

def two_clients(life):
    with life.machine("-kernel", "halt", "-qmp", "unix:second,server=on,wait=off") as machine, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(life.folder / "second"))
        other = Session(client.fileno(), client.fileno())
        early = other.ask("stop").get("error", {}).get("class")
        other.ask("qmp_capabilities")
        machine.qmp.ask("stop")
        other.event("STOP")
        other.ask("cont")
        machine.qmp.event("RESUME")
        state = [session.ask("query-status")["return"]["status"] for session in (machine.qmp, other)]
        machine.qmp.ask("quit")
        ends = [session.rest()[-1] for session in (machine.qmp, other)]
        shutdown = ("SHUTDOWN", {"guest": False, "reason": "host-qmp-quit"})
        good = early == "CommandNotFound" and state == ["running"] * 2 and ends == [shutdown] * 2
        return None if good and machine.status() == 0 else f"{early} {state} {ends}"


def client_that_goes(life):
    """One client leaves in the middle of a request; the machine and the other do not care."""
    with life.machine("-kernel", "halt", "-qmp", "unix:rude,server=on,wait=off") as machine:
        for text in (b"", b'{"execute":', b'{"execute":"qmp_capabilities"}{"execute":"query-status"}', b"\xff\xfe\x00", b"[" * 20000):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(life.folder / "rude"))
                client.sendall(text)
        state = machine.qmp.ask("query-status")["return"]["status"]
        machine.qmp.ask("quit")
        return None if state == "running" and machine.status() == 0 else state


def client_that_never_read(life):
    """Clients that ask for much, read nothing and go leave nothing to the next one, not even a full buffer."""
    schema = b'{"execute":"qmp_capabilities"}' + 1500 * b'{"execute":"query-qmp-schema"}'
    with life.machine("-kernel", "halt", "-qmp", "unix:deaf,server=on,wait=off", "-monitor", "unix:mute,server=on,wait=off") as machine:
        for path, text in (("deaf", schema), ("mute", 20000 * b"x"), ("mute", 5000 * b"x")):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(life.folder / path))
                client.settimeout(1)
                try:
                    client.sendall(text)
                except TimeoutError:
                    pass
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(life.folder / "deaf"))
            other = Session(client.fileno(), client.fileno())
            replies = [other.ask("qmp_capabilities"), other.ask("query-status")["return"]["status"]]
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(life.folder / "mute"))
            pipe = Pipe(client.fileno())
            pipe.until(b"(qemu) ")
            client.sendall(b"info status\n")
            said = pipe.until(b"VM status: running")
        machine.qmp.ask("quit")
        good = "return" in replies[0] and replies[1] == "running" and b"unknown" not in said
        return None if good and machine.status() == 0 else f"{replies} {said}"


def info_commands(life):
    wanted = {
        "info status": r"VM status: running\r\n$", "info registers": r"CPU#0\r\nRAX=[0-9a-f]{16} RBX=(.|\n)*\nXMM15=",
        "info registers -a": r"CPU#0\r\n(.|\n)*CPU#1\r\n",
        "info mtree": r"address-space: memory(.|\n)*system(.|\n)*hpet(.|\n)*address-space: I/O",
        "info mtree -f": r"FlatView #\d+\r\n(.|\n)*prio 0, ram\): pc\.ram",
        "info qtree": r"bus: main-system-bus\r\n  type System\r\n(.|\n)*isa\.0",
        "info version": r"7\.2\.22",
    }
    wrong = []
    with life.machine("-kernel", "halt", "-smp", "2", "-serial", "null") as machine:
        for line, pattern in wanted.items():
            text = machine.qmp.human(line)
            if not re.search(pattern, text):
                wrong.append(f"{line}: {text[:600]!r}")
        machine.qmp.ask("quit")
        return "\n".join(wrong) if wrong or machine.status() else None


def odd_lines(life):
    """Lines that a person might type: each is answered, none harms."""
    with life.machine("-kernel", "halt") as machine:
        for line in ("", " ", "info", "info nosuch", "nosuch", "help", "help info", "info registers 99", "info registers -x", "info mtree -z",
                     "quit now please", "cont 1", "\x00", "a" * 10000, "info " + "b" * 5000, '"', "info registers -a -a",
                     "x/1i 0", "info status 1"):
            machine.qmp.human(line)
        state = machine.qmp.ask("query-status")["return"]["status"]
        machine.qmp.ask("quit")
        return None if machine.status() == 0 else state


# The terminal that serial port and monitor share.

class Terminal:
    def __init__(self, life, *line):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen([life.program, "-M", "q35,x-direct-boot=on", "-m", "64", *line], cwd=life.folder, stdin=self.slave,
                                        stdout=self.slave, stderr=self.slave, start_new_session=True)
        self.pipe = Pipe(self.master)

    def type(self, text):
        os.write(self.master, text)

    def restored(self):
        return termios.tcgetattr(self.slave) == self.before

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.pipe.close()
        os.close(self.master)
        os.close(self.slave)


def keys(life):
    with Terminal(life, "-kernel", "greet", "-nographic", "-no-shutdown") as t:
        t.pipe.until(b"hello\r")
        raw = not t.restored()
        t.type(b"abc")
        t.pipe.until(b"abc")
        t.type(b"\x01h")
        text = t.pipe.until(b"C-a x")
        t.pipe.until(b"C-a C-a")
        t.type(b"\x01c")
        t.pipe.until(b"(qemu) ")
        t.type(b"info status\r")
        t.pipe.until(b"VM status: running")
        t.pipe.until(b"(qemu) ")
        t.type(b"\x01c")
        t.type(b"back\x01\x01.")
        t.pipe.until(b"back\x01.")
        t.type(b"\x01x")
        status = t.process.wait(10 * PATIENCE)
        return None if status == 0 and raw and t.restored() else f"{text} status {status}, raw {raw}, restored {t.restored()}"


def interrupt_key_is_the_guests(life):
    """C-c goes to the guest with mon:stdio."""
    with Terminal(life, "-kernel", "greet", "-nographic") as t:
        t.pipe.until(b"hello\r")
        t.type(b"\x03ok")
        t.pipe.until(b"\x03ok")
        t.type(b"\x01x")
        return None if t.process.wait(10 * PATIENCE) == 0 else "status"


def terminal_after(life, how):
    kernel = {"guest": "shutdown"}.get(how, "greet")
    with Terminal(life, "-kernel", kernel, "-nographic", *(["-device", "nosuch"] if how == "error" else [])) as t:
        if isinstance(how, signal.Signals):
            t.pipe.until(b"hello\r")
            t.process.send_signal(how)
        status = t.process.wait(10 * PATIENCE)
        wanted = 1 if how == "error" else 0
        return None if status == wanted and t.restored() else f"status {status}, restored {t.restored()}"


def main():
    args, tap = arguments(__doc__), Tap()
    shutdown = ("SHUTDOWN", {"guest": True, "reason": "guest-shutdown"})
    with tempfile.TemporaryDirectory(prefix="rhea-life-") as folder:
        life = Life(tap, args.program, folder)
        for kind in ("unix", "tcp"):
            life.case(f"a serial port is a {kind} client", lambda kind=kind: serial_on_sockets(life, kind))
            life.case(f"a serial port is a {kind} server", lambda kind=kind: server_sockets(life, kind))
        life.case("a server takes the next client when one has gone", lambda: server_takes_the_next_client(life))
        life.case("a serial port on stdio", lambda: serial_on_stdio(life))
        life.case("a serial port into a file", lambda: serial_into_a_file(life))
        life.case("a serial port changes its chardev while the guest runs", lambda: serial_that_changes(life))
        life.case("a human monitor on stdio", lambda: monitor_on_stdio(life))
        life.case("the monitor's gdbserver: a client stops the machine, none ends it, not from inside",
                  lambda: gdb_server_of_the_monitor(life))
        life.case("-gdb with -S: one client after the other, and the end is told", lambda: gdb_server_of_the_option(life))
        life.case("-S: prelaunch, nothing runs, cont goes", lambda: stopped_until_cont(life))
        life.case("a machine tells its UUID", lambda: has_its_uuid(life))
        life.case("a dump into a pipe that nobody reads holds nobody else, nor the end", lambda: dump_into_a_full_pipe(life))
        life.case("a guest that switches itself off ends the process with status 0",
                  lambda: guest_ends(life, ["-kernel", "shutdown"], [shutdown], 0))
        life.case("-no-reboot: a reset by the guest ends the process with status 0",
                  lambda: guest_ends(life, ["-kernel", "reset", "-no-reboot"], [("SHUTDOWN", {"guest": True, "reason": "guest-reset"})], 0))
        life.case("-no-shutdown: the machine stops, the process stays, cont is refused", lambda: no_shutdown(life))
        life.case("a guest that resets itself starts anew, many times", lambda: reset_again_and_again(life))
        life.case("-debugcon is where port E9h goes", lambda: debugcon_into_a_file(life))
        life.case("-global is what a property begins with, the last one counts", lambda: global_moves_a_device(life))
        life.case("-global moves what -debugcon makes", lambda: global_moves_the_debugcon(life))
        life.case("-daemonize: a process without terminal goes on when all is ready", lambda: daemon(life))
        life.case("-daemonize: what fails is told on the terminal, with status 1", lambda: daemon_fails(life))
        life.case("-pidfile holds the process id while the program runs, against a second one", lambda: pid_file(life))
        for how in ("on", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
                    "on,elevateprivileges=children"):
            life.case(f"-sandbox {how}", lambda how=how: sandboxed(life, how))
        if os.getuid():
            tap.skip("-runas, -chroot: another user, another root", "only root can become another user")
        else:
            life.case("-runas, -chroot: another user, another root", lambda: other_user(life))
        life.case("-msg: the moment and the guest's name in front of what is said", lambda: stamped(life))
        life.case("isa-debug-exit ends with its status", lambda: debug_exit(life))
        for commands in SEQUENCES:
            name = f"replies and events of {', '.join(commands)} are the reference's"
            if reference():
                life.case(name, lambda commands=commands: events_as_in_the_reference(life, commands))
            else:
                tap.skip(name, "no qemu-system-x86_64 here")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            life.case(f"{number.name} ends the process with status 0 and an event", lambda number=number: signals(life, number))
        life.case("two QMP clients see the same machine, each its own negotiation", lambda: two_clients(life))
        life.case("a QMP client that goes in mid-request harms nobody", lambda: client_that_goes(life))
        life.case("monitor clients that read nothing and go leave nothing to the next one", lambda: client_that_never_read(life))
        life.case("info status, registers, mtree, qtree have their shapes", lambda: info_commands(life))
        life.case("odd lines at the human monitor are answered", lambda: odd_lines(life))
        life.case("-nographic: C-a h, C-a c, C-a C-a, C-a x; the terminal is restored", lambda: keys(life))
        life.case("C-c is the guest's while the terminal is the serial port", lambda: interrupt_key_is_the_guests(life))
        for how in ("guest", "error", signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            life.case(f"the terminal is restored after {getattr(how, 'name', how)}", lambda how=how: terminal_after(life, how))
    tap.end()


if __name__ == "__main__":
    main()
