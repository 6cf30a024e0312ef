# SPDX-License-Identifier: Apache-2.0
"""
What a machine answers: {name of the place: value}, at reset or after all ones have been written

The same questions are put to our program and to the reference.  Time of day is left out, and so is
what only firmware or hot-plug adds.
"""

RTC_TIME = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x32}
HOLES = [0xb0000000, 0xdff00000, 0xe0000000, 0xf0000000, 0xfe000000, 0xfec01000, 0xfed00400, 0xfed01000, 0xfed40000,
         0xff000000, 0x100000000, 0x7fffffffff]
UNUSED_PORTS = [0x10, 0x1f, 0x80, 0xf1, 0x100, 0x2e8, 0x300, 0x3e8, 0x4d2, 0x600, 0xa00, 0xca0, 0x1000, 0x8000, 0xffff]


def cmos(m):
    found = {}
    for index in range(14):
        if index not in RTC_TIME:
            m.outb(0x70, index)
            found["RTC register %#x" % index] = m.inb(0x71)
    return found


def pic(m):
    return {"PIC port %#x" % port: m.inb(port) for port in (0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1)}


def pic_written(m):
    for port in (0x21, 0xa1, 0x4d0, 0x4d1):
        m.outb(port, 0xff)
    return pic(m)


def pit(m):
    found = {}
    for channel in range(3):
        m.outb(0x43, 0xe0 | 2 << channel)
        found["PIT status %d" % channel] = m.inb(0x40 + channel)
    found["port 0x61"] = m.inb(0x61) & 0xf
    return found


def hpet(m):
    registers = {"capabilities": 0, "configuration": 0x10, "status": 0x20, "counter": 0xf0}
    for n in range(3):
        registers["timer %d configuration" % n] = 0x100 + 0x20 * n
        registers["timer %d comparator" % n] = 0x108 + 0x20 * n
    return {"HPET " + name: m.readl(0xfed00000 + at) | m.readl(0xfed00004 + at) << 32 for name, at in registers.items()}


def hpet_written(m):
    for n in range(3):
        m.writel(0xfed00100 + 0x20 * n, 0xffffffff & ~0x4)
        m.writel(0xfed00104 + 0x20 * n, 0xffffffff)
        m.writel(0xfed00108 + 0x20 * n, 0x12345678)
    return hpet(m)


def ioapic_register(m, index):
    m.writel(0xfec00000, index)
    return m.readl(0xfec00010)


def ioapic(m):
    return {"IOAPIC register %#x" % n: ioapic_register(m, n) for n in [0, 1, 2, 3, *range(0x10, 0x44)]}


def ioapic_written(m):
    for n in [0, *range(0x10, 0x40)]:
        m.writel(0xfec00000, n)
        m.writel(0xfec00010, 0xffffffff & ~0xc000)      # edge-triggered, and masked
    return ioapic(m)


def uart(m):
    return {"UART register %d" % n: m.inb(0x3f8 + n) for n in range(1, 8)}


def uart_written(m):
    for n in (1, 3, 4, 7):
        m.outb(0x3f8 + n, 0xff & ~0x10 if n == 4 else 0xff & ~0x80 if n == 3 else 0xff)
    found = uart(m)
    m.outb(0x3f8 + 3, 0x80)
    found["UART divisor"] = m.inb(0x3f8) | m.inb(0x3f9) << 8
    return found


def configuration(m, places):
    found = {}
    for device, function in places:
        config = m.config(device, function)
        for at in range(256):
            found["00:%02x.%d config %#x" % (device, function, at)] = config[at]
    return found


def configuration_written(m, places):
    """Each byte by itself, all ones and back, apart from what would move or open a window."""
    found = {}
    for device, function in places:
        for at in range(256):
            before = m.config_read(device, function, at, 1)
            m.config_write(device, function, at, 0xff, 1)
            found["00:%02x.%d config %#x takes" % (device, function, at)] = m.config_read(device, function, at, 1)
            m.config_write(device, function, at, before, 1)
    return found


def functions(m):
    return configuration(m, [(0, 0), (0x1f, 0)])


def functions_written(m):
    return configuration_written(m, [(0, 0), (0x1f, 0)])


def pc_functions(m):
    return configuration(m, [(0, 0), (1, 0)])


def pc_functions_written(m):
    return configuration_written(m, [(0, 0), (1, 0)])


def reset_control(m):
    found = {}
    for value in (0, 1, 2, 0xfb):
        m.outb(0xcf9, value)
        found["reset control after %#x" % value] = m.inb(0xcf9)
    return found


def empty(m):
    found = {}
    for device, function in ((1, 0), (0x1e, 0), (0x1f, 1), (0x1f, 7)):
        found["nobody at 00:%02x.%d" % (device, function)] = m.config_read(device, function, 0)
    for address in HOLES:
        found["hole at %#x" % address] = m.readq(address)
    for port in UNUSED_PORTS:
        found["hole at port %#x" % port] = m.inb(port)
    return found


AT_RESET = [pic, pit, cmos, hpet, ioapic, uart, functions, empty]
WRITTEN = [pic_written, hpet_written, ioapic_written, uart_written, functions_written]
AT_RESET_ON_PC = [pic, pit, cmos, hpet, ioapic, uart, pc_functions]
WRITTEN_ON_PC = [pic_written, ioapic_written, pc_functions_written, reset_control]
