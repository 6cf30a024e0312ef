# SPDX-License-Identifier: Apache-2.0
"""
A client of the qtest protocol, for our program and for the reference alike

    with Machine(command) as m:
        m.outl(0xcf8, 0x80000000)
        print(hex(m.inl(0xcfc)))

`command` starts a machine; -qtest and what keeps it quiet are added here.  A reply that does not say
OK raises Refused; IRQ lines that come before a reply are kept in m.lines as {number: level}.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time

PATIENCE_S = 20 * float(os.environ.get("RHEA_PATIENCE", "1"))


class Refused(Exception):
    pass


class Program:
    """A program that connects to a socket of ours, named behind `option`; it ends with the session."""

    def __init__(self, command, option):
        self.folder = tempfile.mkdtemp(prefix="rhea-")
        path = os.path.join(self.folder, "socket")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        listener.settimeout(PATIENCE_S)
        self.process = subprocess.Popen([*command, "-display", "none", option, "unix:" + path],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.socket = listener.accept()[0]
        except TimeoutError:
            self.process.kill()
            raise Refused("nobody came: " + self.process.communicate()[1].decode(errors="replace")) from None
        finally:
            listener.close()
        self.socket.settimeout(PATIENCE_S)
        self.stream = self.socket.makefile("r", newline="\n")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.stream.close()
        self.socket.close()
        self.process.terminate()
        try:
            self.out, self.err = self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.out, self.err = self.process.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)

    def send(self, *lines):
        self.socket.sendall("".join(line + "\n" for line in lines).encode())


class Machine(Program):
    def __init__(self, command):
        self.lines = {}
        super().__init__([*command, "-qtest-log", "none"], "-qtest")

    def reply(self):
        while True:
            line = self.stream.readline()
            if not line:
                self.process.wait(PATIENCE_S)
                raise Refused("the connection ends, status %s" % self.process.returncode)
            words = line.split()
            if words[0] != "IRQ":
                return line.rstrip("\n")
            self.lines[int(words[2])] = words[1] == "raise"

    def raw(self, line):
        self.send(line)
        return self.reply()

    def ask(self, line):
        reply = self.raw(line)
        if reply != "OK" and not reply.startswith("OK "):
            raise Refused("%s: %s" % (line, reply))
        return reply[3:]

    def many(self, lines):
        """One reply per line; all are on their way before the first is read."""
        self.send(*lines)
        return [self.reply() for _ in lines]

    def inb(self, port):
        return int(self.ask("inb %#x" % port), 16)

    def inw(self, port):
        return int(self.ask("inw %#x" % port), 16)

    def inl(self, port):
        return int(self.ask("inl %#x" % port), 16)

    def outb(self, port, value):
        self.ask("outb %#x %#x" % (port, value))

    def outw(self, port, value):
        self.ask("outw %#x %#x" % (port, value))

    def outl(self, port, value):
        self.ask("outl %#x %#x" % (port, value))

    def readb(self, address):
        return int(self.ask("readb %#x" % address), 16)

    def readl(self, address):
        return int(self.ask("readl %#x" % address), 16)

    def readq(self, address):
        return int(self.ask("readq %#x" % address), 16)

    def writel(self, address, value):
        self.ask("writel %#x %#x" % (address, value))

    def writeq(self, address, value):
        self.ask("writeq %#x %#x" % (address, value))

    def read(self, address, length):
        return bytes.fromhex(self.ask("read %#x %d" % (address, length))[2:])

    def write(self, address, data):
        self.ask("write %#x %d 0x%s" % (address, len(data), data.hex()))

    def step(self, ns=None):
        return int(self.ask("clock_step" if ns is None else "clock_step %d" % ns))

    def config_read(self, device, function, at, size=4):
        self.outl(0xcf8, 0x80000000 | device << 11 | function << 8 | at & 0xfc)
        return {1: self.inb, 2: self.inw, 4: self.inl}[size](0xcfc + (at & 3))

    def config_write(self, device, function, at, value, size=4):
        self.outl(0xcf8, 0x80000000 | device << 11 | function << 8 | at & 0xfc)
        {1: self.outb, 2: self.outw, 4: self.outl}[size](0xcfc + (at & 3), value)

    def config(self, device, function):
        return b"".join(self.config_read(device, function, at).to_bytes(4, "little") for at in range(0, 256, 4))
