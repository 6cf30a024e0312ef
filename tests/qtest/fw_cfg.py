# SPDX-License-Identifier: Apache-2.0
"""
fw_cfg through its ports: {name of the place: value}, and a guest that wants to do harm

Both sides are started with MORE, so that there is a file that can be read and one that can be written; keys of files
are looked up by name.  Not asked: 32-bit writes of the selector, which the reference drops and we cut to 16 bits.
"""

import struct

MORE = ["-fw_cfg", "name=opt/a,string=hello", "-device", "vmcoreinfo",
        "-uuid", "00112233-4455-6677-8899-aabbccddeeff", "-smp", "3,cores=3"]
ERROR, READ, SKIP, SELECT, WRITE = 1, 2, 4, 8, 16
BLOCK, BUFFER, RAM_END = 0x1000, 0x100000, 512 << 20
SIGNATURE, ID, DIRECTORY = 0, 1, 0x19


def is_there(m):
    m.outw(0x510, SIGNATURE)
    return bytes(m.inb(0x511) for _ in range(4)) == b"QEMU"


def start(m, at):
    for port, half in ((0x514, at >> 32), (0x518, at & 0xffffffff)):
        m.outl(port, int.from_bytes(half.to_bytes(4, "big"), "little"))


def transfer(m, control, length, address=BUFFER, at=BLOCK):
    m.write(at, struct.pack(">IIQ", control, length, address))
    start(m, at)
    return struct.unpack(">I", m.read(at, 4))[0]


def contents(m, key, length):
    assert transfer(m, SELECT | READ | key << 16, length) == 0
    return m.read(BUFFER, length) if length else b""


def files(m):
    count = struct.unpack(">I", contents(m, DIRECTORY, 4))[0]
    listed = contents(m, DIRECTORY, 4 + 64 * count)[4:]
    for at in range(0, 64 * count, 64):
        size, key = struct.unpack(">IH", listed[at:at + 6])
        yield listed[at + 8:at + 64].rstrip(b"\0").decode(), key, size


def number(data):
    return int.from_bytes(data, "big")


def ports(m):
    found, keys = {}, {name: key for name, key, size in files(m)}
    for key in (SIGNATURE, ID, 0x4000 | ID, 0x3fff, 0xffff, keys["opt/a"]):
        m.outw(0x510, key)
        name = "opt/a" if key == keys["opt/a"] else "key %#x" % key
        found[name] = number(bytes(m.inb(0x511) for _ in range(7)))
    m.outw(0x510, ID)
    found["a byte at 510h"] = m.inb(0x510)
    found["a word at 510h"] = m.inw(0x510)
    m.outb(0x511, 0xff)
    m.outb(0x510, 0)
    found["after bytes were written"] = number(bytes(m.inb(0x511) for _ in range(4)))
    for port in range(0x514, 0x51c):
        found["DMA register, byte %d" % (port - 0x514)] = m.inb(port)
    found["DMA register, low half"] = m.inl(0x518)
    return found


def numbers(m):
    """Keys that are numbers, and files whose contents do not depend on what else is there."""
    found = {"key %#x" % key: number(contents(m, key, size)) for key, size in (
        (2, 16), (3, 8), (4, 2), (5, 2), (0xe, 2), (0xf, 2), (0x8002, 4), (0x8004, 16))}
    keys = {name: (key, size) for name, key, size in files(m)}
    for name in ("etc/e820", "etc/boot-fail-wait", "bootorder", "bios-geometry", "etc/vmcoreinfo", "opt/a",
                 "etc/smbios/smbios-anchor", "etc/smbios/smbios-tables"):
        found[name + ", size"] = keys[name][1]
        found[name] = number(contents(m, *keys[name]))
    return found


def transfers(m):
    keys = {name: key for name, key, size in files(m)}
    text, core = keys["opt/a"] << 16, keys["etc/vmcoreinfo"] << 16
    found = {}

    def ask(name, *what):
        m.ask("memset %#x 64 0xee" % BUFFER)
        found[name] = transfer(m, *what)
        found[name + ", buffer"] = number(m.read(BUFFER, 32))
        found[name + ", what follows"] = number(bytes(m.inb(0x511) for _ in range(4)))

    ask("three bytes", SELECT | READ | text, 3)
    ask("beyond the end", SELECT | READ | text, 30)
    ask("an item that is not there", SELECT | READ | 0x1f << 16, 8)
    ask("a skip", SELECT | SKIP | text, 2)
    ask("a long skip", SELECT | SKIP | text, 0xffffffff, 0xffffffffffffffff)
    ask("nothing", SELECT | text, 100)
    ask("read, write and skip at once", SELECT | READ | WRITE | SKIP | text, 2)
    ask("write and skip at once", SELECT | WRITE | SKIP | text, 2)
    ask("no bytes written", SELECT | WRITE | text, 0)
    ask("into a hole", SELECT | READ | text, 4, 0x90000000)
    ask("across the end of RAM", SELECT | READ | text, 4, RAM_END - 2)
    ask("over its own block", SELECT | READ | text, 5, BLOCK + 2)
    ask("half a description", SELECT | WRITE | core, 8)
    ask("a whole description", SELECT | WRITE | core, 16)
    ask("a description that is too long", SELECT | WRITE | core, 17)
    ask("what was described", SELECT | READ | core, 16)
    for back in range(1, 17):
        m.ask("memset %#x 64 0" % (RAM_END - 64))
        start(m, RAM_END - back)
        found["a block %d bytes before the end of RAM" % back] = number(m.read(RAM_END - 16, 16))
    return found


def hostile(m, rng, rounds):
    """Descriptors on top of each other, in devices, ROM and holes; the machine goes on."""
    lengths = [0, 1, 16, 4096, 1 << 20, 0x7fffffff, 0xffffffff]
    places = [0, BLOCK, BLOCK + 8, BUFFER, RAM_END - 4, 0xb0000000, 0xc0000, 0xfec00000, 0xfed00000, 0xfee00000,
              0xfffffff0, 1 << 32, 1 << 63, 0xfffffffffffffff0]
    for _ in range(rounds):
        control = rng.randrange(32) | rng.choice((rng.getrandbits(16), rng.randrange(64))) << 16
        block = struct.pack(">IIQ", control, rng.choice(lengths), rng.choice(places) + rng.randrange(16) & (1 << 64) - 1)
        at = rng.choice((BLOCK, BUFFER + rng.randrange(64)))
        m.write(at, block)
        start(m, rng.choice((at, at, at, rng.choice(places))))
    return is_there(m)
