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


DMA_PORTS = [*range(0x10), *range(0x81, 0x84), 0x87, *range(0x89, 0x8c), 0x8f, *range(0xc0, 0xe0)]


def dma(m):
    return {"DMA port %#x" % port: m.inb(port) for port in DMA_PORTS}


def dma_written(m):
    found = {}
    for port in DMA_PORTS:
        m.outb(port, 0x25 if port & 0xf else 0x32)
        m.outb(port, 0x13)
        found.update(("DMA port %#x after %#x" % (p, port), m.inb(p)) for p in DMA_PORTS)
    return found


def parallel(m):
    return {"parallel port register %d" % n: m.inb(0x378 + n) for n in range(8)}


def parallel_written(m):
    found = {}
    for step, control in enumerate((0x0c, 0x0d, 0x0c, 0x04, 0x1c, 0x1d, 0x1c, 0x2c, 0x3c, 0xff, 0xc0, 0x0e, 0x08, 0x0c)):
        m.outb(0x378, 0x41 + step)
        m.outb(0x37a, control)
        for look in range(3):
            found.update(("step %d, %#x, look %d: %s" % (step, control, look, place), val)
                         for place, val in parallel(m).items())
    return found


def drained(m):
    """What waits at port 60h, with whose it is."""
    found = []
    for _ in range(40):
        status = m.inb(0x64)
        if not status & 1:
            break
        found.append(status << 8 | m.inb(0x60))
    return found


def i8042(m):
    found = {"KBC status": m.inb(0x64), "KBC data": m.inb(0x60)}
    for command in [c for c in range(0xf0) if c not in (0xd1, 0xd2, 0xd3, 0xd4, 0x60)]:
        m.outb(0x64, command)
        for n, byte in enumerate(drained(m)):
            found["KBC command %#x, byte %d" % (command, n)] = byte
    return found


def i8042_written(m):
    found = {}
    for mode in (0, 0xff, 0x30, 0x43, 0x03):
        m.outb(0x64, 0x60)
        m.outb(0x60, mode)
        m.outb(0x64, 0x20)
        found["KBC mode %#x" % mode] = m.inb(0x60)
    for command, data in ((0xd1, 0xdf), (0xd2, 0x55), (0xd3, 0x66)):
        m.outb(0x64, command)
        m.outb(0x60, data)
        found["KBC status after %#x" % command] = m.inb(0x64)
        if command != 0xd1:
            found["KBC data of %#x" % command] = m.inb(0x60)
        m.outb(0x64, 0xd0)
        found.update(("KBC after %#x, byte %d" % (command, n), byte) for n, byte in enumerate(drained(m)))
    return found


def keyboard(m):
    found = {}
    for mode in (0x03, 0x43):
        m.outb(0x64, 0x60)
        m.outb(0x60, mode)
        for command in [0xff, 0xf2, 0xf0, 0, 0xf0, 1, 0xf0, 0, 0xf0, 4, 0xf0, 3, 0xf0, 0, 0xed, 7, 0xf3, 0xff,
                        *range(0xf4, 0x100), 0, 1, 0xee, 0xef]:
            m.outb(0x60, command)
            found.update(("keyboard %#x in mode %#x, byte %d" % (command, mode, n), byte)
                         for n, byte in enumerate(drained(m)))
    return found


def mouse(m):
    found = {}
    for n, command in enumerate([0xff, 0xe9, 0xf2, 0xe8, 3, 0xe7, 0xe9, 0xe6, 0xf3, 200, 0xf4, 0xe9, 0xf0, 0xe9, 0xeb,
                                 0xea, 0xee, 0xf2, 0xec, 0xf6, 0xe9, 0xf5, 0xe9, 0xf3, 0, 0xf3, 200, 0xf3, 100, 0xf3, 80,
                                 0xf2, 0xeb, 0xf3, 200, 0xf3, 200, 0xf3, 80, 0xf2, 0xeb, 0xff, 0xe9]):
        m.outb(0x64, 0xd4)
        m.outb(0x60, command)
        found.update(("mouse command %d, %#x, byte %d" % (n, command, i), byte) for i, byte in enumerate(drained(m)))
    return found


def functions(m):
    return configuration(m, [(0, 0), (0x1f, 0)])


def functions_written(m):
    return configuration_written(m, [(0, 0), (0x1f, 0)])


def pc_functions(m):
    return configuration(m, [(0, 0), (1, 0)])


def pc_functions_written(m):
    return configuration_written(m, [(0, 0), (1, 0)])


def configuration_kept(m, places):
    """What is left of each byte after a reset, for two values."""
    found = {}
    for value in (0x31, 0x46):
        for device, function in places:
            for at in range(4, 256):
                m.config_write(device, function, at, value, 1)
        m.outb(0xcf9, 2)
        m.outb(0xcf9, 6)
        while m.config_read(*places[0], 0x3c, 1) == value:      # the interrupt line, which every function resets
            pass
        for device, function in places:
            config = m.config(device, function)
            for at in range(256):
                found["00:%02x.%d config %#x after %#x and a reset" % (device, function, at, value)] = config[at]
    return found


def functions_kept(m):
    return configuration_kept(m, [(0, 0), (0x1f, 0), (0x1f, 3)])


def pc_functions_kept(m):
    return configuration_kept(m, [(0, 0), (1, 0), (1, 3)])


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


AT_RESET = [pic, pit, cmos, hpet, ioapic, uart, dma, parallel, i8042, functions, empty]
WRITTEN = [pic_written, hpet_written, ioapic_written, uart_written, dma_written, parallel_written,
           i8042_written, keyboard, mouse, functions_written, functions_kept]
AT_RESET_ON_PC = [pic, pit, cmos, hpet, ioapic, uart, pc_functions]
WRITTEN_ON_PC = [pic_written, ioapic_written, pc_functions_written, reset_control, pc_functions_kept]
