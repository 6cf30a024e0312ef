# SPDX-License-Identifier: Apache-2.0
"""
What the tests of the program share: TAP on stdout, runs with a time limit, hand-made kernels

A run is told to end through QMP on its standard input and output, so nothing here sleeps.
RHEA_PATIENCE multiplies every time limit (sanitizers, busy hosts).
"""

import argparse
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys

PATIENCE = float(os.environ.get("RHEA_PATIENCE", "1"))
QUIT = b'{"execute":"qmp_capabilities"}\n{"execute":"quit"}\n'
# A machine with nothing on it that says "quit" to itself.
QUIET = ["-M", "q35,x-direct-boot=on", "-nodefaults", "-display", "none", "-S"]
ENDS = [*QUIET, "-qmp", "stdio"]


class Result:
    def __init__(self, status, out, errors):
        self.status, self.out, self.errors = status, out, errors

    def __str__(self):
        return f"status {self.status}, stdout {self.out[:400]!r}, stderr {self.errors[:1500]!r}"


def run(program, arguments, send=QUIT, seconds=10, folder=None):
    """Runs to the end; status None: had to be killed.  A negative status is a signal."""
    process = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, cwd=folder)
    try:
        out, errors = process.communicate(send, seconds * PATIENCE)
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        out, errors = process.communicate()
        status = None
    return Result(status, out.decode(errors="replace"), errors.decode(errors="replace"))


class Tap:
    def __init__(self):
        self.count, self.failed = 0, 0

    def case(self, passed, name, said=""):
        self.count += 1
        self.failed += not passed
        if not passed:
            print("# " + str(said).replace("\n", "\n#   "))
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}", flush=True)
        return passed

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def end(self):
        print(f"1..{self.count}")
        sys.exit(self.failed != 0)


def arguments(doc):
    """PROGRAM [--long] as every program here takes them."""
    parser = argparse.ArgumentParser(description=doc.strip().split("\n")[0])
    parser.add_argument("program", nargs="?", default="build/rhea-system-x86_64")
    parser.add_argument("--long", action="store_true")
    args = parser.parse_args()
    args.program = str(pathlib.Path(args.program).resolve())
    return args


def reference():
    """The program that we are compatible with, or None."""
    return shutil.which("qemu-system-x86_64")


def bzimage(setup_sects=1, protocol=0x20f, xloadflags=1, loadflags=1, pref_address=0x1000000, init_size=0x10000,
            initrd_max=0x7fffffff, cmdline_size=2047, magic=b"HdrS", boot_flag=0xaa55, payload=4096, code=b"\xf4\xeb\xfd"):
    """A kernel of the boot protocol's shape; its 64-bit entry runs `code` (HLT for ever)."""
    sectors = setup_sects if setup_sects else 4
    image = bytearray((sectors + 1) * 512)
    image[0x1f1] = setup_sects
    struct.pack_into("<I", image, 0x1f4, payload // 16)
    struct.pack_into("<H", image, 0x1fe, boot_flag)
    image[0x200:0x202] = b"\xeb\x66"
    image[0x202:0x206] = magic
    struct.pack_into("<H", image, 0x206, protocol)
    image[0x211] = loadflags
    struct.pack_into("<I", image, 0x22c, initrd_max)
    struct.pack_into("<H", image, 0x236, xloadflags)
    struct.pack_into("<I", image, 0x238, cmdline_size)
    struct.pack_into("<Q", image, 0x258, pref_address)
    struct.pack_into("<I", image, 0x260, init_size)
    body = bytearray(payload)
    body[0x200:0x200 + len(code)] = code
    return bytes(image + body)


def qmp_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
