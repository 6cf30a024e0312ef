# SPDX-License-Identifier: Apache-2.0
"""
Clients of QMP that do not wait for one another, for our program and for the reference alike

    with Machine(program, 2) as machine:            # two monitors, each a server socket
        m = await machine.monitor(0, oob=True)      # greeted and negotiated
        key = m.ask("query-status")                 # on its way
        assert (await m.reply())["id"] == key

With asyncio a reply that is held up shows as one that does not come.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile

PATIENCE_S = 60 * float(os.environ.get("RHEA_PATIENCE", "1"))


class Gone(Exception):
    pass


class Machine:
    """A machine with `count` monitors, and what else its command line says; it ends with the block."""

    def __init__(self, program, count, *more):
        self.folder = tempfile.mkdtemp(prefix="rhea-")
        self.program, self.count, self.ends_itself = program, count, False
        self.more = [word.replace("{folder}", self.folder) for word in more]

    def __enter__(self):
        command = [self.program, "-M", "none", "-nodefaults", "-display", "none"]
        if "-M" in self.more:
            command = [self.program, "-nodefaults", "-display", "none"]
        for n in range(self.count):
            command += ["-chardev", "socket,id=m%d,path=%s,server=on,wait=off" % (n, self.path(n)),
                        "-mon", "chardev=m%d,mode=control" % n]
        self.process = subprocess.Popen([*command, *self.more], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return self

    def __exit__(self, *exc):
        if not self.ends_itself:
            self.process.terminate()
        error = self.process.communicate(timeout=PATIENCE_S)[1].decode(errors="replace")
        shutil.rmtree(self.folder, ignore_errors=True)
        if not exc[0]:
            assert self.process.returncode == 0, "status %s: %s" % (self.process.returncode, error)
            assert self.ends_itself or re.fullmatch(r"\S+: terminating on signal 15 from pid \d+\n", error), "it says: " + error

    def path(self, n):
        return os.path.join(self.folder, "m%s" % n)

    def memory_kb(self):
        with open("/proc/%d/smaps_rollup" % self.process.pid) as f:
            text = f.read()
        return {name: int(re.search(r"^%s: *(\d+)" % name, text, re.M)[1]) for name in ("Rss", "Private_Dirty")}

    def has_sanitizer(self):
        with open("/proc/%d/maps" % self.process.pid) as f:
            return "libasan" in f.read() or b"__asan_init" in open(self.program, "rb").read()

    async def raw(self, n):
        """A connection, of which nothing has been read."""
        while True:
            # Not asyncio's own connect: to that a queue that is full (EAGAIN) looks like a connection that is there.
            sock = socket.socket(socket.AF_UNIX)
            try:
                sock.connect(self.path(n))
                return await asyncio.open_unix_connection(sock=sock, limit=1 << 26)
            except (FileNotFoundError, ConnectionRefusedError):
                sock.close()
                assert self.process.poll() is None, self.process.stderr.read().decode(errors="replace")
                await asyncio.sleep(0.01)

    async def monitor(self, n, oob=False):
        m = Monitor(n, *await self.raw(n))
        greeting = await m.message()
        assert greeting["QMP"]["capabilities"] == ["oob"], greeting
        assert await m.get("qmp_capabilities", **({"enable": ["oob"]} if oob else {})) == {}
        return m


class Monitor:
    """A client.  Events are kept in order in `events`, everything else must be a reply to the oldest request."""

    def __init__(self, name, reader, writer):
        self.name, self.reader, self.writer = name, reader, writer
        self.events, self.asked = [], 0

    async def line(self):
        line = await asyncio.wait_for(self.reader.readline(), PATIENCE_S)
        if not line.endswith(b"\r\n"):
            raise Gone("monitor %s: %r" % (self.name, line))
        return line

    async def message(self):
        return json.loads(await self.line())

    def ask(self, command, how="execute", **arguments):
        """Sends a request; returns its id, which is like no other."""
        self.asked += 1
        key = {"monitor": self.name, "number": self.asked}
        self.writer.write(json.dumps({how: command, "arguments": arguments, "id": key}).encode() + b"\n")
        return key

    async def reply(self):
        while True:
            message = await self.message()
            if "event" not in message:
                return message
            self.events.append(message)

    async def get(self, command, **arguments):
        key = self.ask(command, **arguments)
        reply = await self.reply()
        assert reply.get("id") == key and "return" in reply, "%s: %s" % (command, reply)
        return reply["return"]

    async def close(self):
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


def run_cases(cases, program):
    """Each is called with the program.  TAP; returns the status of the process."""
    failed = 0
    for count, case in enumerate(cases, 1):
        try:
            asyncio.run(case(program))
        except (AssertionError, Gone, OSError, asyncio.TimeoutError) as e:
            failed += 1
            print("\n".join("# " + line for line in (str(e) or repr(e)).splitlines()))
            print("not ok %d - %s" % (count, case.__name__), flush=True)
        else:
            print("ok %d - %s" % (count, case.__name__), flush=True)
    print("1..%d" % len(cases))
    return failed != 0
