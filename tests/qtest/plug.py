# SPDX-License-Identifier: Apache-2.0
"""
What the hot-plug controllers answer while devices come and go: [(step, answer)], for our program and for the reference

`ask` runs a QMP command, `heard` are the names of the events so far.  The machine stands before its start.
"""

import time

from qtest import PATIENCE_S

PCI, GPE = 0xae00, 0xafe0
CPU = {"q35": 0xcd8, "pc": 0xaf00}
UP, DOWN, EJECT, REMOVABLE, BUS, INDEX = (PCI + at for at in (0, 4, 8, 12, 16, 20))


def identity(m, slot):
    return m.config_read(slot, 0, 0)


def until_gone(m, slot):
    deadline = time.monotonic() + PATIENCE_S
    while identity(m, slot) != 0xffffffff:
        assert time.monotonic() < deadline, "the function in slot %#x did not go" % slot


def functions_come_and_go(m, ask, heard):
    found = []

    def see(step, value):
        found.append((step, value))

    def refused(step, name, **arguments):
        reply = ask(name, **arguments)
        see(step, reply.get("class", reply))

    see("slots that can be left", m.inl(REMOVABLE))
    see("device_add", ask("device_add", driver="pvpanic-pci", id="one", addr="0x10", events=1))
    see("it answers", identity(m, 0x10))
    see("GPE0", m.inl(GPE))
    see("slots that were filled", m.inl(UP))
    see("and once more", m.inl(UP))
    see("device_add, without a slot", ask("device_add", driver="i6300esb", id="two"))
    see("slots that were filled, then", m.inl(UP))
    refused("an id twice", "device_add", driver="pvpanic-pci", id="one")
    refused("a slot twice", "device_add", driver="pvpanic-pci", id="three", addr="10")
    refused("a function after function 0", "device_add", driver="pvpanic-pci", id="three", addr="10.1")
    refused("no such type", "device_add", driver="nosuch")
    refused("a type that stays", "device_add", driver="PIIX3")
    refused("an abstract type", "device_add", driver="pci-device")
    refused("no such bus", "device_add", driver="pvpanic-pci", bus="nobus")
    refused("no such property", "device_add", driver="pvpanic-pci", nosuch=1)
    refused("a value that is too large", "device_add", driver="pvpanic-pci", events=999)
    refused("a bus that is cold", "device_add", driver="pvpanic")
    refused("no such device", "device_del", id="nosuch")
    refused("what is no device", "device_del", id="/machine/unattached")
    refused("a device that stays", "device_del", id="/machine/i440fx")
    see("device_del", ask("device_del", id="one"))
    see("slots to be left", (m.inl(DOWN), m.inl(DOWN)))
    refused("device_del twice", "device_del", id="one")
    see("nothing has gone", " ".join(heard))
    m.outl(EJECT, 3 << 16)              # the lowest slot only
    until_gone(m, 0x10)
    see("the other is there", identity(m, 2))
    see("slots to be left, now", m.inl(DOWN))
    refused("it is gone", "device_del", id="one")
    see("a guest gives one back by itself", m.outl(EJECT, 1 << 2))
    until_gone(m, 2)
    m.outl(EJECT, 1)
    see("the host bridge stays", identity(m, 0))
    return found


def a_reset_grants_what_was_asked(m, ask, heard):
    found = [("device_add", ask("device_add", driver="pvpanic-pci", id="one", addr="0x11")),
             ("device_del", ask("device_del", id="/machine/peripheral/one")), ("nothing yet", identity(m, 0x11)),
             ("system_reset", ask("system_reset"))]
    until_gone(m, 0x11)
    found.append(("slots to be left", m.inl(DOWN)))
    found.append(("the slot is free", ask("device_add", driver="pvpanic-pci", id="one", addr="0x11")))
    return found


def buses_are_selected(m, ask, heard):
    found = []
    for bus in (1, 255, 256, 0xffffffff, 0):
        m.outl(BUS, bus)
        found += [("bus %#x, port %#x" % (bus, at), m.inl(at)) for at in (UP, DOWN, EJECT, REMOVABLE, BUS, INDEX)]
    for port in range(PCI, PCI + 24):
        found.append(("port %#x" % port, (m.inb(port), m.inw(port & ~1))))
    m.outb(BUS, 7)
    m.outw(BUS, 7)
    return found + [("the bus after narrow writes", m.inl(BUS))]


def cpus_are_told(machine):
    base = CPU[machine]

    def tell(m, ask, heard):
        found = [("port %#x, at first" % port, m.inb(port)) for port in range(base, base + 32)]
        for at, value in ((0, 5), (4, 0), (1, 0)):
            m.outb(base + at, value)
            found.append(("after %#x <- %d" % (at, value), m.inl(base)))
        m.outl(base, 0)
        found += [("port %#x" % port, m.inb(port)) for port in range(base, base + 32)]
        for cpu in (0, 1, 2, 39, 40, 0x7fffffff, 0xffffffff, 0):
            for command in (0, 1, 2, 3, 4, 0xff):
                m.outl(base, cpu)
                m.outb(base + 5, command)
                found += [("CPU %#x, command %d, port %#x" % (cpu, command, base + at), m.inl(base + at))
                          for at in (0, 4, 8)]
                m.outl(base + 8, 77)
        return found
    return tell


ON_PC = [functions_come_and_go, a_reset_grants_what_was_asked, buses_are_selected]
