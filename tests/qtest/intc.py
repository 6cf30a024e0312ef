# SPDX-License-Identifier: Apache-2.0
"""
What the monitor shows of the interrupt controllers: {step: text of info pic and info irq}

A step does something to the machine as a guest would; set_irq_in is for pins that no device of it has.
"""

PINS = {"q35": "/machine/q35/ioapic", "pc": "/machine/i440fx/ioapic"}
ENTRIES = [0x31, 0x0100000000000832, 0xff00000000002133, 0x8134, 0x8235, 0x10436, 0x10537, 0x10738, 0x10339, 0x1063a,
           0x0400000000010f3b, 0x0f0000000001a93b, 0xff00000000018842, 0xffffffffffffffff]
SELECTORS = [0, 1, 2, 3, 0xf, 0x10, 0x11, 0x3f, 0x40, 0xff]
PICS_WRITTEN = [(0x20, 0x11), (0x21, 0x08), (0x21, 0x04), (0x21, 0x11), (0x21, 0xb8), (0xa0, 0x11), (0xa1, 0x70),
                (0xa1, 0x02), (0xa1, 0x01), (0xa1, 0x8e), (0x4d0, 0xff), (0x4d1, 0xff), (0x20, 0xc3), (0x20, 0x0b)]


def write_register(m, index, value):
    m.writel(0xfec00000, index)
    m.writel(0xfec00010, value)


def write_entry(m, pin, value):
    write_register(m, 0x11 + 2 * pin, value >> 32)
    write_register(m, 0x10 + 2 * pin, value & 0xffffffff)


def set_pin(m, machine, pin, *levels):
    for level in levels:
        m.ask("set_irq_in %s unnamed-gpio-in %d %d" % (PINS[machine.split(",")[0]], pin, level))


def steps(m, machine):
    """Yields the name of each step after it was done."""
    yield "at reset"
    for pin, entry in enumerate(ENTRIES):
        write_entry(m, pin, entry)
    yield "entries of all kinds"
    for pin in range(len(ENTRIES)):
        write_entry(m, pin, 0x10000)
    write_register(m, 0, 0x0b000000)
    for selector in SELECTORS:
        m.writel(0xfec00000, selector)
        yield "selector %#x" % selector
    for port, value in PICS_WRITTEN:
        m.outb(port, value)
    yield "8259s, programmed"
    set_pin(m, machine, 20, 1, 1, 0, 1, 0)
    set_pin(m, machine, 21, 1)
    yield "pins that were masked"
    write_entry(m, 22, 0x8040)
    write_entry(m, 23, 0x18041)
    set_pin(m, machine, 22, 1)
    set_pin(m, machine, 23, 1)
    yield "levels, one of them masked"
    m.writel(0xfec00040, 0x40)
    yield "after an EOI"
    m.outb(0x3f9, 0x02)
    yield "the serial port asks"
    m.inb(0x3fa)
    yield "and no longer"
    for port, value in ((0x64, 0x60), (0x60, 0x03), (0x64, 0xd2), (0x60, 0x55)):
        m.outb(port, value)
    yield "the keyboard asks"
    m.inb(0x60)
    for port, value in ((0x64, 0xd3), (0x60, 0x55)):
        m.outb(port, value)
    yield "the mouse asks"


def shown(m, machine, ask):
    return {step: "".join(ask("human-monitor-command", **{"command-line": line}) for line in ("info pic", "info irq")) +
            ask("x-query-irq")["human-readable-text"] for step in steps(m, machine)}
