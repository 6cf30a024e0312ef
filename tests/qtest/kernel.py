# SPDX-License-Identifier: Apache-2.0
"""
-kernel in fw_cfg, without a guest that runs: {name of the place: value} of every key that an option ROM reads

Kernels are made by hand: what a boot loader reads of them is right, and their code is a single byte again and again.
"""

import struct
import zlib

import fw_cfg

KEYS = {"kernel address": 0x07, "kernel size": 0x08, "initrd address": 0x0a, "initrd size": 0x0b, "entry": 0x10,
        "command line address": 0x13, "command line size": 0x14, "setup address": 0x16, "setup size": 0x17}
ELF_BYTES, FLAT_BYTES, PAGE = 0x2345, 0x3456, 4096
ITEMS = {"kernel": (0x08, 0x11), "initrd": (0x0b, 0x12), "command line": (0x14, 0x15), "setup": (0x17, 0x18)}


def linux(protocol=0x20f, xloadflags=1, setup_sects=4):
    image = bytearray((setup_sects + 1) * 512 + 5000)
    image[-5000:] = b"\xc3" * 5000
    image[0x1f1] = setup_sects
    struct.pack_into("<I", image, 0x1f4, 5000 // 16)
    image[0x1fe:0x206] = b"\x55\xaa\xeb\x66HdrS"
    struct.pack_into("<H", image, 0x206, protocol)
    image[0x211] = 1
    struct.pack_into("<I", image, 0x22c, 0x7ffffff)
    struct.pack_into("<H", image, 0x236, xloadflags)
    struct.pack_into("<I", image, 0x238, 2047)
    return bytes(image)


def multiboot():
    """An ELF file of one segment with zeroed memory behind it."""
    code = struct.pack("<III", 0x1badb002, 3, 2**32 - 0x1badb002 - 3) + b"\xf4" * 700
    header = struct.pack("<7s9xHHIIIIIHHHHHH", b"\x7fELF\1\1\1", 2, 3, 1, 0x10000c, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    segment = struct.pack("<IIIIIIII", 1, 0x1000, 0x100000, 0x100000, len(code), ELF_BYTES, 7, 4)
    return header + segment + bytes(0x1000 - 84) + code


def flat():
    addresses = 0x200000, 0x200000, 0, 0x200000 + FLAT_BYTES, 0x200020
    code = struct.pack("<IIIIIIII", 0x1badb002, 0x10001, 2**32 - 0x1badb002 - 0x10001, *addresses)
    return code + b"\xf4" * 3000


# name of the case: kernel, whether it has an initrd of its own, modules, or none, and the command line
CASES = {
    "a bzImage": (linux(), "small", "console=ttyS0 vga=ask"),
    "a bzImage that may lie high": (linux(xloadflags=3), "small", "vga=0x317"),
    "a bzImage of protocol 2.03": (linux(protocol=0x203), "small", ""),
    "a bzImage of protocol 2.01": (linux(protocol=0x201), "small", "root=/dev/hda1"),
    "a bzImage alone": (linux(), None, None),
    "a Multiboot ELF file": (multiboot(), "small a b,large", "hello world"),
    "a Multiboot ELF file alone": (multiboot(), None, None),
    "a Multiboot file with addresses": (flat(), "large", "x"),
}


def options(folder, name):
    kernel, initrd, append = CASES[name]
    (folder / "kernel").write_bytes(kernel)
    (folder / "small").write_bytes(b"initrd")
    (folder / "large").write_bytes(bytes(range(256)) * 40)
    modules = ",".join(f"{folder}/{part}" for part in initrd.split(",")) if initrd else ""
    return ["-kernel", str(folder / "kernel"), *(["-initrd", modules] if initrd else []),
            *(["-append", append] if append is not None else [])]


def without_gaps(kernel, information, base):
    """Between what it loads the reference leaves what was in its buffer: zeros here, up to the end of the page."""
    kernel = bytearray(kernel)
    modules, at = struct.unpack_from("<II", information, 20)
    ends = [ELF_BYTES if base == 0x100000 else FLAT_BYTES]
    ends += [struct.unpack_from("<I", kernel, at - base + 16 * n + 4)[0] - base for n in range(modules)]
    for end in ends:
        kernel[end:end + -end % PAGE] = bytes(-end % PAGE)
    return kernel


def told(m):
    found = {name: struct.unpack("<I", fw_cfg.contents(m, key, 4))[0] for name, key in KEYS.items()}
    for name, (size, data) in ITEMS.items():
        length = struct.unpack("<I", fw_cfg.contents(m, size, 4))[0]
        bytes_of = fw_cfg.contents(m, data, length) if length else b""
        if name == "kernel" and found["entry"]:
            bytes_of = without_gaps(bytes_of, fw_cfg.contents(m, ITEMS["initrd"][1], 88), found["kernel address"])
        found[f"{name} (checksum)"] = zlib.crc32(bytes_of)
        if name in ("setup", "initrd"):
            found.update({f"{name} at {at:#x}": byte for at, byte in enumerate(bytes_of[:0x268])})
    order = next(key for name, key, size in fw_cfg.files(m) if name == "bootorder")
    found["bootorder"] = fw_cfg.number(fw_cfg.contents(m, order, 31))
    return found
