# SPDX-License-Identifier: Apache-2.0
"""
Clients of TLS: Python's ssl, openssl, and the serial port of a machine whose socket speaks it

`case` is what has `dir`, the folder of our certificates.  A stream here has recv() and sendall().
"""

import json
import os
import re
import select
import socket
import ssl
import subprocess
import time

import certs
from qtest import PATIENCE_S


def same(ours, theirs, what):
    assert ours == theirs, "%s:\n  ours   %s\n  theirs %s" % (what, ours, theirs)


def filename(p, label="x"):
    return next(c["filename"] for c in p.get("query-chardev") if c["label"] == label)


def port(p, label="x"):
    return int(re.search(r"127\.0\.0\.1:(\d+)", filename(p, label))[1])


def until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def context(case, cert=True, folder=None, latest=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.load_verify_locations(case.dir + "/ca-cert.pem")
    if cert:
        c.load_cert_chain((folder or case.dir) + "/client-cert.pem", (folder or case.dir) + "/client-key.pem")
    if latest:
        c.maximum_version = latest
    return c


def connect(number):
    s = socket.create_connection(("127.0.0.1", number))
    s.settimeout(PATIENCE_S)
    return s


def join(case, number, **more):
    return context(case, **more).wrap_socket(connect(number), server_hostname="localhost")


def lines(stream, n):
    """So many lines of QMP."""
    data = b""
    while data.count(b"\n") < n:
        more = stream.recv(4096)
        assert more, "the connection ends after %r" % data
        data += more
    return [json.loads(line) for line in data.splitlines()]


def converse(stream):
    """QMP over what has recv() and sendall()."""
    assert "QMP" in lines(stream, 1)[0]
    stream.sendall(b'{"execute":"qmp_capabilities"}\n{"execute":"query-name","id":7}\n')
    same(lines(stream, 2), [{"return": {}}, {"return": {}, "id": 7}], "QMP")


def converse_with_effect(stream, p):
    """The same with who gets the beginning of a record and waits for the socket then, though it has the rest."""
    assert stream.recv(1) == b"{", "the greeting"
    stream.sendall(b'{"execute":"qmp_capabilities"}\n'
                   b'{"execute":"object-add","arguments":{"qom-type":"authz-simple","id":"made","identity":"x"}}\n')
    until(lambda: "made" in [o["name"] for o in p.get("qom-list", path="/objects")], "the object")


def is_let_in(case, number, **more):
    try:
        with join(case, number, **more) as s:
            return "QMP" in lines(s, 1)[0]
    except (OSError, AssertionError):
        return False


class Serial:
    """COM1 of a machine, byte by byte."""

    def __init__(self, machine):
        self.machine = machine

    def recv(self, limit):
        until(lambda: self.machine.inb(0x3fd) & 1, "a byte for the serial port")
        return bytes([self.machine.inb(0x3f8)])

    def sendall(self, data):
        for byte in data:
            until(lambda: self.machine.inb(0x3fd) & 0x20, "an empty transmitter")
            self.machine.outb(0x3f8, byte)


class Openssl:
    """A client that openssl plays."""

    def __init__(self, number, *options):
        self.process = subprocess.Popen([certs.OPENSSL, "s_client", "-quiet", "-connect", "127.0.0.1:%d" % number,
                                         *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)

    def recv(self, limit):
        assert select.select([self.process.stdout], [], [], PATIENCE_S)[0], "nothing comes"
        return os.read(self.process.stdout.fileno(), limit)

    def sendall(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def close(self):
        self.process.kill()
        self.process.communicate()
