#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The human monitor beside the reference's: the same lines, and the same keys on a terminal

    test_hmp.py PROGRAM

TAP on stdout.  Without the reference (qemu-system-x86_64) its cases are skipped.  A terminal is compared by its screen,
after each key.
"""

import os
import random
import select
import shutil
import socket
import subprocess
import sys
import tempfile

from qmp import Program
from qtest import PATIENCE_S

REFERENCE = "qemu-system-x86_64"
OPTIONS = ["-nodefaults", "-serial", "none", "-vga", "none", "-S"]

# Lines whose text is the same to the byte, in this order: formats are remembered.
LINES = """
x 0|p/d 7|x 0|p 9|x/c 0|x 0|p/c 13|p/c 9|p/c 126|p/c 127|p/c -1|xp/2dw 0xf0008|xp/2dh 0xf0008|x/3xd 0|x/3bw 0|x/b3 0
x/xxw 0|p/xw 5|p/3|p/3d 5|p/|p/q 1|p 1+2|p $eip|p/d $eip|p $rip|p $cs|p $cs.base|p $cs.limit|p $pc|p $sp|p $ip
p $eflags|p $eax+1|p $r15|p $r16|p $EAX|p $|p 7/0|p 7%0|p 7/2|p 1|p 8|p -5|p ~1|p !1|p 'a'|p ''|p 'ab'|p/o 8|p/u -1
p/i 3|p 0x10000000000000000|p 1+|p (1|p )|p 08|p 0b11|p 1 2|p 1 -2|p --3|p "a"|p 5a|p 0x|p 1*-2|p -1/2|p 1.5
xp/4x 0xfffffff0|xp/4xb 0xfffffff0|xp/4xh 0xfffffff0|xp/4xg 0xfffffff0|xp/10d 0xf0000|xp/10ub 0xf0000|xp/10o 0xf0000
xp/20cb 0xfff00|xp/5cw 0xfffffff0|xp/5xw 0xfffffffffffffff0|xp/0x 0|xp/-1x 0|xp/a 0|xp|x/w|gva2gpa 0x1000
xp/xw 0xfed00000|i/b 0x71|i/h 0x70|i 0x12345|i/b 0x61 0x10|i 0x61,1|o 0xcf8|o/b 0x80 300|sum 0xf0000 65536|sum 0 -1
sum 0|gpa2hva 0xfee00000|gpa2hva -1|cpu 0|cpu 5|cpu -1|cpu|info kvm|info mice|mouse_set -1|mouse_set 99
mouse_button x|help nope|help info nope|nope|info nope|info status x|stop now|Stop|stop;cont| stop|info registers 5
info registers 0 x|watchdog_action|sendkey|sendkey nope|sendkey a-|sendkey a -5|sendkey 0x|memsave 0 16
memsave 0 16 /tmp/x|trace-event x|trace-event nope on|trace-event nope* on|info trace-events nope
trace-event nope xx|screendump|object_add|object_del nope|qom-get /machine nope|qom-list /nope|ringbuf_read nope 5
ringbuf_write nope y|info mtree -x|info mtree -fd|info history
""".replace("\n", "|").strip("|").split("|")

# What a key does to a line that is there; first keys that make the line.
KEYS = [b"hel", b"\x1b[D", b"\x1b[D", b"x", b"\x01", b"\x05", b"\x1b[D\x1b[D", b"abc def", b"\x17", b"\x1bb",
        b"\x1b[1;5D", b"\x0c", b"\x04", b"\x1b[1~", b"\x1b[4~", b"\x1b[3~", b"\x1bOH", b"\x1bOF", b"\x1b[7~", b"\x03",
        b"\r", b"p 1\r", b"p 2\r", b"p 2\r", b"p 1\r", b"\x1b[A", b"\x1b[A", b"\x1b[A", b"\x1b[B", b"\x1b[B",
        b"\x1b[B", b"p", b"\x1b[A", b"\x08\x08\x08\x08", b"\x7f", b"\xc3\xa9", b"\xff", b"\r", b"\x1b", b"a",
        b"\x1b[", b"\r", b"\x1b[5~", b"\x1bOP", b"\x00\x1f\x1d", b"   \r", b"info hist\t\r", b"sendkey ctr\t", b"\r",
        b"sendkey ctrl-alt-de\t", b"\r", b"system_\t", b"\r", b"qu\t", b"\x17", b"chardev-remove ri\t", b"\r",
        b"ringbuf_read ringy\t", b"\r", b"object_del \t", b"\r", b"help sys\t", b"\r", b"watchdog_action no\t", b"\r",
        b"logfile /etc/hostn\t", b"\x17\x17", b"logfile /us\t", b"\x17\x17", b"foo \t", b"stop \t", b"\r",
        b"x" * 5000, b"\x05", b"\r"]


class Case:
    def __init__(self, program):
        self.program, self.count, self.failed = program, 0, 0

    def run(self, name, fn, *args, needs_reference=True):
        self.count += 1
        if needs_reference and not shutil.which(REFERENCE):
            print("ok %d - %s # SKIP %s is not installed" % (self.count, name, REFERENCE))
            return
        try:
            fn(self, *args)
            print("ok %d - %s" % (self.count, name))
        except Exception as e:          # the others still run
            self.failed += 1
            print("not ok %d - %s" % (self.count, name))
            print("# %r" % e)
        sys.stdout.flush()


class Screen:
    """Lines of text and a cursor, from what a terminal is sent."""

    def __init__(self):
        self.lines, self.column, self.escape = [""], 0, None

    def put(self, text):
        for c in text.decode("latin-1"):
            self.one(c)

    def one(self, c):
        if self.escape is not None:
            self.escape += c
            if c.isalpha():
                self.control(self.escape)
                self.escape = None
        elif c == "\x1b":
            self.escape = ""
        elif c == "\r":
            self.column = 0
        elif c == "\n":
            self.lines.append("")
        else:
            line = self.lines[-1].ljust(self.column)
            self.lines[-1] = line[:self.column] + c + line[self.column + 1:]
            self.column += 1

    def control(self, what):
        if what == "[D":
            self.column = max(0, self.column - 1)
        elif what == "[C":
            self.column += 1
        elif what == "[K":
            self.lines[-1] = self.lines[-1][:self.column]
        elif what == "[2J":
            self.lines = [""]
        elif what == "[1;1H":
            self.column = 0
        else:
            raise AssertionError("a terminal was sent " + repr(what))

    def seen(self):
        return [line.rstrip() for line in self.lines], self.column


class Terminal:
    def __init__(self, program, folder, *options):
        path = os.path.join(folder, os.path.basename(program))
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        listener.settimeout(PATIENCE_S)
        self.process = subprocess.Popen([program, *OPTIONS, "-display", "none", *options, "-monitor", "unix:" + path],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = listener.accept()[0]
        self.socket.settimeout(PATIENCE_S)
        self.screen = Screen()
        listener.close()

    def read(self, patience_s):
        got = b""
        while select.select([self.socket], [], [], patience_s)[0]:
            more = self.socket.recv(65536)
            if not more:
                break
            got += more
        self.screen.put(got)
        return got

    def end(self):
        self.socket.close()
        self.process.kill()
        self.process.wait()


def lines_have_the_same_words(case, machine):
    options = [*OPTIONS, "-M", machine]
    with Program([REFERENCE, *options]) as theirs, Program([case.program, *options]) as ours:
        for line in LINES:
            said, want = (p.get("human-monitor-command", command_line=line) for p in (ours, theirs))
            assert said == want, "%r: %r, not %r" % (line, said, want)


def until_same(ours, theirs):
    """Both have shown all that they will when nothing more comes from either."""
    ours.read(0.05)
    theirs.read(0.05)
    for _ in range(40):
        if ours.screen.seen() == theirs.screen.seen():
            return True
        ours.read(0.05)
        theirs.read(0.05)
    return False


def keys_have_the_same_screen(case):
    options = ["-M", "none", "-chardev", "ringbuf,id=ringy", "-chardev", "null,id=ringo", "-object", "iothread,id=iot1"]
    with tempfile.TemporaryDirectory(prefix="rhea-") as folder:
        theirs, ours = Terminal(REFERENCE, folder, *options), Terminal(case.program, folder, *options)
        try:
            for t in (theirs, ours):
                while not t.screen.lines[-1].startswith("(qemu)"):
                    t.read(0.05)
                t.screen = Screen()
            for keys in KEYS:
                for t in (theirs, ours):
                    t.socket.sendall(keys)
                assert until_same(ours, theirs), "after %r: %r, not %r" % (
                    keys[:40], (ours.screen.lines[-3:], ours.screen.column),
                    (theirs.screen.lines[-3:], theirs.screen.column))
        finally:
            theirs.end()
            ours.end()


# They end the program, or write files and devices of the host.
NOT_AT_RANDOM = {"quit", "q", "logfile", "screendump", "memsave", "pmemsave", "dump-guest-memory", "chardev-add",
                 "chardev-change", "gdbserver", "object_add", "o", "device_add"}


def commands_survive_any_arguments(case):
    rand = random.Random(7)
    words = ["0", "-1", "0xffffffffffffffff", "$eip", "(((", "/4xw", "-a", "--", '"', '"a', "\\", "a" * 300, "on", ",,",
             "=", "%s%n", "\xe9", "-9223372036854775808/-1", "/", "id=x", "'", "{"]
    with Program([case.program, *OPTIONS, "-M", "q35", "-smp", "2"]) as p:
        text = p.get("human-monitor-command", command_line="help")
        names = [n for line in text.splitlines() if " -- " in line for n in line.split(" ")[0].split("|")]
        text = p.get("human-monitor-command", command_line="info")
        names += [" ".join(line.split(" ")[:2]) for line in text.splitlines() if line.startswith("info ")]
        assert len(names) > 60, names
        for name in names:
            if name in NOT_AT_RANDOM:
                continue
            for _ in range(20):
                line = name + rand.choice(["", " ", "/"]) + " ".join(rand.choices(words, k=rand.randrange(5)))
                p.execute("human-monitor-command", command_line=line)
        assert p.get("human-monitor-command", command_line="p 1") == "0x1\r\n"


def a_terminal_survives_any_bytes(case):
    rand = random.Random(11)
    with tempfile.TemporaryDirectory(prefix="rhea-") as folder:
        t = Terminal(case.program, folder, "-M", "none")
        try:
            for _ in range(300):
                noise = bytes(rand.choice(b"\x1b[ABCDHF~3;\t\x01\x05\x0b\x15\x17\x08\x7f\xff\x80 infopx/$'\"0")
                              for _ in range(200))
                t.socket.sendall(noise)
                t.read(0)
            t.socket.sendall(b"\r\rp 41+1\r")
            got = b""
            while b"0x2a\r\n(qemu) " not in got:
                assert select.select([t.socket], [], [], PATIENCE_S)[0], got[-200:]
                got = got[-4096:] + t.socket.recv(65536)
        finally:
            t.end()


def main():
    case = Case(sys.argv[1])
    for machine in ("q35", "pc"):
        case.run("lines have the same words: " + machine, lines_have_the_same_words, machine)
    case.run("keys have the same screen", keys_have_the_same_screen)
    case.run("commands survive any arguments", commands_survive_any_arguments, needs_reference=False)
    case.run("a terminal survives any bytes", a_terminal_survives_any_bytes, needs_reference=False)
    print("1..%d" % case.count)
    sys.exit(case.failed != 0)


main()
