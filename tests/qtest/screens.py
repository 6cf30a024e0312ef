# SPDX-License-Identifier: Apache-2.0
"""
Pictures: what to do to a VGA through its ports and memory, so that something is on the screen

Each scene is drawn on our program and on the reference, which then shows it as a portable pixmap.  A
scene starts from reset, and draws with numbers from a generator that always begins alike.  Cursors are
off: when they blink is not the guest's to know.
"""

import json
import os
import random
import socket
import time

from qtest import PATIENCE_S, Machine

SLOT = 5
FRAMEBUFFER, REGISTERS = 0xfd000000, 0xfebd4000
VBE_ON, VBE_8BIT_DAC, VBE_NOCLEAR = 0x41, 0x20, 0x80

# Miscellaneous output; sequencer from 1 on; CRT, graphics and attribute controller.
TEXT = (0x67, [0, 3, 0, 2], "5f4f505255812d1f004f200e00000000 9c0e8f281f96b9a3ff", [0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff],
        [*range(8), *range(0x38, 0x40), 0x0c, 0, 0x0f, 8, 0])
MODE_04 = (0x63, [9, 3, 0, 2], "2d2728902b80bf1f00c1000000000000 9c0e8f140096b9a2ff", [0, 0, 0, 0, 0, 0x30, 0x0f, 0, 0xff],
           [*range(16), 1, 0, 3, 0, 0])
MODE_06 = (0x63, [1, 1, 0, 6], "5f4f50825480bf1f00c1000000000000 9c0e8f280096b9c2ff", [0, 0, 0, 0, 0, 0, 0x0d, 0, 0xff],
           [0, *[0x17] * 15, 1, 0, 1, 0, 0])
MODE_0D = (0x63, [9, 0xf, 0, 6], "2d2728902b80bf1f00c0000000000000 9c0e8f140096b9e3ff", [0, 0, 0, 0, 0, 0, 5, 0xf, 0xff],
           [*range(16), 1, 0, 0xf, 0, 0])
MODE_12 = (0xe3, [1, 0xf, 0, 6], "5f4f508254800b3e0040000000000000 ea0cdf2800e704e3ff", [0, 0, 0, 0, 0, 0, 5, 0xf, 0xff],
           [*range(16), 1, 0, 0xf, 0, 0])
MODE_13 = (0x63, [1, 0xf, 0, 0xe], "5f4f50825480bf1f0041000000000000 9c0e8f284096b9a3ff", [0, 0, 0, 0, 0, 0x40, 5, 0xf, 0xff],
           [*range(16), 0x41, 0, 0xf, 0, 0])


class Screen(Machine):
    def __init__(self, command):
        self.qmp_path = os.path.join("/tmp", "qtest-qmp-%d-%d" % (os.getpid(), random.getrandbits(32)))
        super().__init__([*command, "-qmp", "unix:%s,server=on,wait=off" % self.qmp_path])
        self.qmp = socket.socket(socket.AF_UNIX)
        self.qmp.settimeout(PATIENCE_S)
        self.connect()
        self.lines_of_qmp = self.qmp.makefile("rw")
        self.lines_of_qmp.readline()
        self.command("qmp_capabilities")

    def connect(self):
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.qmp.connect(self.qmp_path)
            except OSError:
                if time.monotonic() > until:
                    raise

    def close(self):
        self.lines_of_qmp.close()
        self.qmp.close()
        super().close()
        if os.path.exists(self.qmp_path):
            os.unlink(self.qmp_path)

    def command(self, name, **arguments):
        self.lines_of_qmp.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.lines_of_qmp.flush()
        while True:
            reply = json.loads(self.lines_of_qmp.readline())
            if "event" not in reply:
                return reply

    def picture(self, **arguments):
        path = os.path.join(self.folder, "picture")
        reply = self.command("screendump", filename=path, **arguments)
        assert reply == {"return": {}}, reply
        with open(path, "rb") as file:
            return file.read()

    def map(self):
        self.config_write(SLOT, 0, 0x10, FRAMEBUFFER)
        self.config_write(SLOT, 0, 0x18, REGISTERS)
        self.config_write(SLOT, 0, 4, 3, 2)

    def sequencer(self, index, value):
        self.outw(0x3c4, value << 8 | index)

    def graphics(self, index, value):
        self.outw(0x3ce, value << 8 | index)

    def crt(self, index, value):
        self.outw(0x3d4, value << 8 | index)

    def attribute(self, index, value):
        """Leaves the screen on."""
        self.inb(0x3da)
        self.outb(0x3c0, index | 0x20)
        self.outb(0x3c0, value)

    def vbe(self, index, value):
        self.outw(0x1ce, index)
        self.outw(0x1d0, value)

    def vbe_read(self, index):
        self.outw(0x1ce, index)
        return self.inw(0x1d0)

    def index_read(self, port, index):
        self.outb(port, index)
        return self.inb(port + 1)

    def colours(self, rng):
        self.outb(0x3c8, 0)
        self.many(["outb 0x3c9 %#x" % rng.randrange(64) for _ in range(768)])

    def mode(self, registers):
        misc, sequencer, crt, graphics, attribute = registers
        self.outb(0x3c2, misc)
        for index, value in enumerate([3, *sequencer]):
            self.sequencer(index, value)
        for index, value in enumerate(bytes.fromhex(crt)):
            self.crt(index, value)
        for index, value in enumerate(graphics):
            self.graphics(index, value)
        for index, value in enumerate(attribute):
            self.attribute(index, value)


def font(m, rng, place=0):
    """A font of our own in plane 2, and back to text."""
    for controller, index, value in (("s", 2, 4), ("s", 4, 6), ("g", 4, 2), ("g", 5, 0), ("g", 6, 4)):
        (m.sequencer if controller == "s" else m.graphics)(index, value)
    m.write(0xa0000 + place, rng.randbytes(8192))
    for controller, index, value in (("s", 2, 3), ("s", 4, 2), ("g", 4, 0), ("g", 5, 0x10), ("g", 6, 0x0e)):
        (m.sequencer if controller == "s" else m.graphics)(index, value)


def text(m, rng):
    m.mode(TEXT)
    m.colours(rng)
    font(m, rng)
    m.write(0xb8000, rng.randbytes(4000))


def text_8_dots(m, rng):
    text(m, rng)
    m.sequencer(1, 1)


def text_16_dots(m, rng):
    text(m, rng)
    m.sequencer(1, 9)


def text_two_fonts(m, rng):
    text(m, rng)
    font(m, rng, 0x6000)
    m.sequencer(3, 0x24)


def text_scrolled(m, rng):
    text(m, rng)
    m.write(0xb8000, rng.randbytes(32768))
    m.crt(0x0d, 0x85)
    m.crt(0x0c, 0x03)
    m.crt(0x13, 43)


def text_odd_size(m, rng):
    """An even width: pictures of odd ones are black from their second line on, in the reference."""
    text(m, rng)
    m.write(0xb8000, rng.randbytes(32768))
    m.crt(1, 67)
    m.crt(9, 0x4d)
    m.crt(0x12, 0x61)
    m.crt(0x13, 67)


def text_color_select(m, rng):
    text(m, rng)
    m.attribute(0x10, 0x88)
    m.attribute(0x14, 0x06)


def mode_04(m, rng):
    m.mode(MODE_04)
    m.colours(rng)
    m.write(0xb8000, rng.randbytes(16384))


def mode_06(m, rng):
    m.mode(MODE_06)
    m.colours(rng)
    m.write(0xb8000, rng.randbytes(16384))


def planes(m, rng, size):
    for plane in range(4):
        m.sequencer(2, 1 << plane)
        m.write(0xa0000, rng.randbytes(size))


def mode_0d(m, rng):
    m.mode(MODE_0D)
    m.colours(rng)
    planes(m, rng, 8000)


def mode_12(m, rng):
    m.mode(MODE_12)
    m.colours(rng)
    planes(m, rng, 38400)


def mode_12_write_modes(m, rng):
    mode_12(m, rng)
    m.sequencer(2, 0xf)
    for step in range(400):
        for index, limit in ((0, 16), (1, 16), (3, 32), (8, 256)):
            m.graphics(index, rng.randrange(limit))
        m.graphics(5, step % 4)
        m.readb(0xa0000 + rng.randrange(38400))
        m.write(0xa0000 + rng.randrange(38000), rng.randbytes(40))


def mode_12_fewer_planes(m, rng):
    mode_12(m, rng)
    m.attribute(0x12, 0x6)
    for index in range(16):
        m.attribute(index, rng.randrange(64))


def mode_13(m, rng):
    m.mode(MODE_13)
    m.colours(rng)
    m.write(0xa0000, rng.randbytes(65536))


def mode_13_scrolled(m, rng):
    mode_13(m, rng)
    m.crt(0x0d, 0x33)
    m.crt(0x13, 50)


def mode_13_split(m, rng):
    mode_13(m, rng)
    m.crt(0x0d, 160)
    m.crt(0x18, 99)
    m.crt(7, 0x0f)
    m.crt(9, 0x01)


def mode_x(m, rng):
    """320 by 240, planes not chained, each line twice."""
    m.mode(MODE_13)
    m.colours(rng)
    m.outb(0x3c2, 0xe3)
    m.sequencer(4, 6)
    for index, value in ((6, 0x0d), (7, 0x3e), (0x10, 0xea), (0x11, 0x0c), (0x12, 0xdf), (0x14, 0), (0x15, 0xe7),
                         (0x16, 6), (0x17, 0xe3)):
        m.crt(index, value)
    planes(m, rng, 19200)


def bochs(bits, x=400, y=300, enable=VBE_ON):
    def scene(m, rng):
        m.map()
        m.outb(0x3c2, 1)
        m.colours(rng)
        for index, value in ((1, x), (2, y), (3, bits), (4, enable)):
            m.vbe(index, value)
        for index in range(16):
            m.attribute(index, rng.randrange(64))
        m.attribute(0x12, 0xf)
        m.write(FRAMEBUFFER, rng.randbytes(x * y * (bits + 7) // 8))
    scene.__name__ = "vbe_%dx%dx%d%s" % (x, y, bits, "" if enable == VBE_ON else "_%02x" % enable)
    return scene


def bochs_offset(bits):
    def scene(m, rng):
        bochs(bits)(m, rng)
        for index, value in ((6, 488), (8, 37), (9, 21)):
            m.vbe(index, value)
    scene.__name__ = "vbe_offsets_%d" % bits
    return scene


def bochs_banks(m, rng):
    bochs(8, 640, 480)(m, rng)
    for bank in range(5):
        m.vbe(5, bank)
        m.write(0xa0000 + 256 * bank, rng.randbytes(60000))


def bochs_big_endian(m, rng):
    bochs(32)(m, rng)
    m.writel(REGISTERS + 0x604, 0xbebebebe)


def bochs_by_memory(m, rng):
    """The same registers in BAR 2."""
    m.map()
    m.ask("writeb %#x 1" % (REGISTERS + 0x402))
    for index, value in ((1, 320), (2, 200), (3, 32), (4, VBE_ON)):
        m.ask("writew %#x %#x" % (REGISTERS + 0x500 + 2 * index, value))
    m.readb(REGISTERS + 0x41a)
    m.ask("writeb %#x 0x20" % (REGISTERS + 0x400))
    m.write(FRAMEBUFFER, rng.randbytes(320 * 200 * 4))


def blanked(m, rng):
    mode_13(m, rng)
    m.picture()
    m.inb(0x3da)
    m.outb(0x3c0, 0)


def bochs_over_vga(m, rng):
    """The VGA's own registers have no say while the interface is enabled."""
    mode_13(m, rng)
    bochs(16)(m, rng)
    for index in range(0x19):
        m.crt(index, rng.randrange(256))
    for index in range(9):
        m.graphics(index, rng.randrange(256))
    for index in range(1, 5):
        m.sequencer(index, rng.randrange(256))
    m.write(0xa0000, rng.randbytes(100))


SCENES = [text, text_8_dots, text_16_dots, text_two_fonts, text_scrolled, text_odd_size, text_color_select, mode_04, mode_06,
          mode_0d, mode_12, mode_12_write_modes, mode_12_fewer_planes, mode_13, mode_13_scrolled, mode_13_split, mode_x,
          *[bochs(bits) for bits in (4, 8, 15, 16, 24, 32)], bochs(8, 808, 333, VBE_ON | VBE_8BIT_DAC),
          *[bochs_offset(bits) for bits in (4, 8, 16, 24, 32)],
          bochs_banks, bochs_big_endian, bochs_by_memory, bochs_over_vga, blanked]


def registers(m):
    found = {"port %#x" % port: m.inb(port) for port in
             (0x3c2, 0x3c3, 0x3c6, 0x3c7, 0x3c8, 0x3ca, 0x3cc)}
    for name, port, count in (("sequencer", 0x3c4, 8), ("graphics", 0x3ce, 16), ("CRT", 0x3d4, 256)):
        for index in range(count):
            found["%s %#x" % (name, index)] = m.index_read(port, index)
    for index in range(0x18):
        m.inb(0x3da)
        m.outb(0x3c0, index)
        found["attribute %#x" % index] = m.inb(0x3c1)
    for index in range(12):
        found["VBE %d" % index] = m.vbe_read(index)
    return found


def vga_at_reset(m):
    m.outb(0x3c2, 1)
    return registers(m)


def vga_written(m):
    m.outb(0x3c2, 1)
    for index in range(256):
        m.crt(index, 0xff)
    for index in range(16):
        m.graphics(index, 0xff)
        m.sequencer(index, 0xff)
    for index in range(0x20):
        m.attribute(index, 0xff)
    for index in (1, 2, 3, 5, 6, 7, 8, 9):
        m.vbe(index, 0xffff)
    return registers(m)


def vbe_sizes(m):
    """What sizes become, at random but legal and illegal alike."""
    rng, found = random.Random(3), {}
    m.outb(0x3c2, 1)
    for step in range(300):
        index = rng.choice((1, 2, 3, 3, 4, 4, 5, 6, 6, 7, 8, 9))
        value = {3: rng.choice((0, 4, 8, 15, 16, 24, 32, 40)), 4: rng.choice((0, 1, 0x41, 0x61, 0xc1, 2))}.get(
            index, rng.choice((rng.randrange(2000), rng.getrandbits(16), 0, 640, 1024)))
        m.vbe(index, value)
        for n in range(11):
            found["step %d: VBE %d after %d to VBE %d" % (step, n, value, index)] = m.vbe_read(n)
    for name, port, count in (("graphics", 0x3ce, 9), ("CRT", 0x3d4, 0x19)):
        for index in range(count):
            found["at last: %s %#x" % (name, index)] = m.index_read(port, index)
    return found


def vga_mmio(m):
    m.map()
    found = {"BAR 2 + %#x" % at: m.readl(REGISTERS + at) for at in
             (*range(0, 0x190, 4), 0x3fc, *range(0x400, 0x408, 4), 0x40c, 0x420, *range(0x500, 0x514, 4), 0x518, 0x600, 0x604,
              0x608, 0xffc)}
    config = m.config(SLOT, 0)
    return {**found, **{"config %#x" % at: config[at] for at in range(256)}}


QUESTIONS = [vga_at_reset, vga_written, vbe_sizes, vga_mmio]
