#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Random command lines, as TAP

    storm.py PROGRAM [--long]

Options and values, right and wrong ones, are drawn by a grammar from a fixed seed.  Each line must end with
status 0 (told to quit through QMP, or a listing) or with status 1 and one line on stderr: never by a signal,
never late, nothing else on stderr.  100 lines; the long form has 2000.
"""

import concurrent.futures
import pathlib
import random
import re
import tempfile

from program import ENDS, Tap, arguments, bzimage, run
from wrong import RIGHT

NUMBERS = ["0", "1", "2", "3", "4", "7", "8", "16", "64", "128", "255", "256", "288", "1000", "65535", "65536", "4294967295",
           "4294967296", "18446744073709551615", "18446744073709551616", "-1", "-9223372036854775809", "0x10", "0x", "010", "1.5",
           "1e9", "", " 1", "1 ", "+1", "1,1", "nan"]
SUFFIXES = ["", "", "", "b", "K", "M", "M", "G", "T", "P", "E", "X", "MB"]
SWITCHES = ["on", "off", "yes", "no", "true", "false", "perhaps", "", "ON", "1"]
JUNK = ["", ",", "=", "a=b", "help", "?", "\xff\xfe", "%s%n%d", "x" * 3000, "a,,b", ",,", "..", "/", "\n", "\t", "'", '"', "{}", "[", "-", "--"]
TYPES = ["pvpanic", "isa-debug-exit", "isa-debugcon", "isa-serial", "mch", "ICH9-LPC", "hpet", "apic", "nosuch",
    "device", "isa-device", "PVPANIC"]
PROPS = ["ioport", "events", "iobase", "iosize", "irq", "index", "chardev", "bus", "id", "addr", "driver", "nosuch", "baudbase", "readback"]
FEATURES = ["nx", "lm", "svm", "vmx", "x2apic", "sse4.1", "sse4_2", "popcnt", "avx", "fpu", "apic", "hypervisor", "nosuch", "tsc", "pae"]
CHARDEVS = ["null", "none", "pty", "mon:null", "file:out", "file:/", "unix:sock,server=on,wait=off",
    "unix:sock,server=on", "unix:/nonexistent/s",
            "tcp:127.0.0.1:0,server=on,wait=off", "tcp::x", "chardev:c", "chardev:nosuch", "vc", "nosuch", "stdio", "mon:stdio"]
ITEMS = ["in_asm", "int", "exec", "cpu_reset", "unimp", "guest_errors", "trace:nosuch", "nosuch", "all", ""]


class Grammar:
    def __init__(self, seed, files):
        self.r, self.files = random.Random(seed), files

    def junk(self):
        return self.r.choice(JUNK).replace("\0", "")

    def number(self):
        return self.r.choice(NUMBERS)

    def pairs(self, keys, value, most=4):
        count = self.r.randint(0, most)
        return ",".join(f"{self.r.choice(keys)}={value()}" if self.r.random() < 0.9 else self.r.choice(keys) for _ in range(count))

    def joined(self, *parts):
        return ",".join(part for part in parts if part)

    def switch(self):
        return self.r.choice(SWITCHES)

    def machine(self):
        first = self.r.choice(["q35", "q35", "q35", "pc-q35-7.2", "type=q35", "pc", "nosuch", ""])
        keys = ["hpet", "graphics", "smm", "vmport", "x-direct-boot", "accel", "nosuch", "help"]
        return self.joined(first, self.pairs(keys, self.switch, 3))

    def memory(self):
        size = self.number() + self.r.choice(SUFFIXES)
        return self.r.choice([size, size, "size=" + size, size + ",slots=1"])

    def smp(self):
        keys = ["cpus", "sockets", "cores", "threads", "maxcpus", "dies", "clusters", "nosuch"]
        return self.joined(self.r.choice(["", self.number()]), self.pairs(keys, self.number))

    def cpu(self):
        items = [self.r.choice(["+", "-", ""]) + self.r.choice(FEATURES) + self.r.choice(["", "", "=" + self.switch()])
                 for _ in range(self.r.randint(0, 4))]
        return self.joined(self.r.choice(["qemu64", "max", "qemu64-v1", "host", "nosuch", "help"]), *items)

    def device(self):
        value = lambda: self.r.choice([self.number(), self.switch(), "c", "d", "isa.0", "pcie.0", "1f.0", self.junk()])
        return self.joined(self.r.choice(TYPES), self.pairs(PROPS, value), self.r.choice(["", "", "", "id=d", "help"]))

    def global_prop(self):
        value = self.r.choice([self.number(), self.switch(), "c", self.junk()])
        return f"{self.r.choice(TYPES)}.{self.r.choice(PROPS)}={value}"

    def chardev(self):
        kind = self.r.choice(["null", "file", "socket", "ringbuf", "memory", "pty", "nosuch", "stdio"])
        keys = ["path", "size", "server", "wait", "host", "port", "mux", "logfile", "logappend", "nosuch"]
        value = lambda: self.r.choice([self.number(), self.switch(), "file", "127.0.0.1", "0"])
        return self.joined(kind, self.r.choice(["id=c", "id=c", "id=", "", "id=1"]), self.pairs(keys, value))

    def file(self):
        return self.r.choice(self.files)

    def option(self):
        draw = {
            "-M": self.machine, "-machine": self.machine, "-m": self.memory, "-smp": self.smp, "-cpu": self.cpu, "-device": self.device,
            "-global": self.global_prop, "-debugcon": lambda: self.r.choice(CHARDEVS),
            "-chardev": self.chardev, "-serial": lambda: self.r.choice(CHARDEVS), "-monitor": lambda: self.r.choice(CHARDEVS),
            "-qmp": lambda: self.r.choice(CHARDEVS), "-mon": lambda: self.joined(self.r.choice(["c", "chardev=c", "nosuch"]),
                                                                               self.pairs(["mode", "pretty"], self.switch, 2)),
            "-accel": lambda: self.joined(self.r.choice(["tcg", "tcg", "kvm", "qtest", "nosuch"]),
                self.pairs(["thread", "tb-size"], self.switch, 1)),
            "-kernel": self.file, "-initrd": self.file, "-append": self.junk, "-name": self.junk, "-d": lambda: ",".join(
                self.r.sample(ITEMS, 2)), "-D": lambda: self.r.choice(["log", "log%d", "/", "%s", ""]), "-trace": self.junk,
            "-display": lambda: self.r.choice(["none", "none", "gtk", ""]),
        }
        flags = ["-no-reboot", "-no-shutdown", "-no-hpet", "-nodefaults", "-nographic", "-S", "-version", "-h", "-nosuch", "--no-reboot"]
        if self.r.random() < 0.12:
            return [self.r.choice(flags)]
        if self.r.random() < 0.5:
            return self.r.choice(RIGHT)
        name = self.r.choice(list(draw))
        return [name] if self.r.random() < 0.02 else [name, self.junk() if self.r.random() < 0.08 else draw[name]()]

    def line(self):
        return [word for _ in range(self.r.randint(1, 4)) for word in self.option()]


def verdict(program, line):
    """None, or what is wrong with how the program took the line."""
    with tempfile.TemporaryDirectory(prefix="rhea-storm-") as folder:
        result = run(program, [*ENDS, *line], folder=folder)
    lines = [text for text in result.errors.splitlines() if "warning: " not in text and not text.startswith("Please use ")]
    others = all(text.startswith("rhea-system-x86_64: ") for text in lines)
    if result.status == 0 and len(lines) <= 2 and others or result.status == 1 and 1 <= len(lines) <= 3 and others and (
            "legal:" in lines[-1] or "failed on this host:" in lines[-1] or "options begin" in lines[-1]):
        return None
    return re.sub(r"x{50,}", "xxx...", f"{line} {result}")


def main():
    args, tap = arguments(__doc__), Tap()
    with tempfile.TemporaryDirectory(prefix="rhea-storm-") as name:
        folder = pathlib.Path(name)
        files = ["/nonexistent", "/dev/null", "/", ""]
        for number, image in enumerate([bzimage(), bzimage(), bzimage()[:700], bzimage(init_size=0xffffffff), b"text", b""]):
            (folder / str(number)).write_bytes(image)
            files.append(str(folder / str(number)))
        grammar = Grammar(1, files)
        lines = [grammar.line() for _ in range(2000 if args.long else 100)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            wrong = [reason for reason in pool.map(lambda line: verdict(args.program, line), lines) if reason]
    tap.case(not wrong, f"{len(lines)} random command lines: each makes a machine that ends, or is refused with a line that says why",
             "\n".join(wrong[:20]))
    tap.end()


if __name__ == "__main__":
    main()
