# SPDX-License-Identifier: Apache-2.0
"""
ACPI tables as firmware gets them through fw_cfg: {name of the place: value}

Both sides are started with MORE.  Fixed tables are compared byte by byte, but for addresses of other tables, which are
offsets here; definition blocks are compared by what they declare in tests/unit/test-dsdt.c.
"""

import struct

import fw_cfg

MORE = ["-smp", "3,sockets=3", "-device", "vmgenid,guid=00112233-4455-6677-8899-aabbccddeeff"]
BLOCKS = ("DSDT", "SSDT", "RSDT")
ADDRESSES = {"FACP": [(36, 8), (140, 8)]}
COMMANDS = {1: "allocate", 2: "add pointer", 3: "add checksum", 4: "write pointer"}


def config_set(m, devfn, register, value):
    m.outl(0xcf8, 0x80000000 | devfn << 8 | register)
    m.outl(0xcfc, value)


def program(m):
    """What tables tell of and firmware sets: power management's ports, and ECAM."""
    m.outl(0xcf8, 0x80000000)
    if m.inl(0xcfc) >> 16 == 0x29c0:
        config_set(m, 0xf8, 0x40, 0x701)
        config_set(m, 0xf8, 0x44, 0x80)
        config_set(m, 0x00, 0x60, 0xc0000001)
    else:
        config_set(m, 0x0b, 0x40, 0x601)


def tables(m):
    program(m)
    found, data = {}, read(m, "etc/acpi/tables")
    at = 0
    while data[at:at + 4].strip(b"\0"):
        name, length = data[at:at + 4].decode(), struct.unpack("<I", data[at + 4:at + 8])[0]
        table = bytearray(data[at:at + length])
        for start, size in ADDRESSES.get(name, ()):
            table[start:start + size] = bytes(len(table[start:start + size]))
        if name not in BLOCKS:
            for start in range(0, length, 4):
                found["%s, byte %#x" % (name, start)] = int.from_bytes(table[start:start + 4], "little")
        found["the table after %d others" % len([place for place in found if place.startswith("the")])] = name
        at += length
    return found


def read(m, name):
    keys = {name: (key, size) for name, key, size in fw_cfg.files(m)}
    return fw_cfg.contents(m, *keys[name])


def script(m):
    """Commands with their files and sizes; offsets follow from the length of the definition block."""
    data, found = read(m, "etc/table-loader"), {}
    for at in range(0, len(data), 128):
        number = struct.unpack("<I", data[at:at + 4])[0]
        if not number:
            break
        first, second = (data[at + start:at + start + 56].rstrip(b"\0") for start in (4, 60))
        text = "%s, %s" % (COMMANDS[number], first.decode())
        if number == 1:
            text += ", align %d, zone %d" % struct.unpack("<IB", data[at + 60:at + 65])
        elif number != 3:
            text += ", %s, %d bytes" % (second.decode(), data[at + (120 if number == 2 else 124)])
        found["command %d" % (at // 128)] = text
    found["root pointer, signature to OEM"] = read(m, "etc/acpi/rsdp")[:16].hex()
    return found
