# SPDX-License-Identifier: Apache-2.0
"""
What power management, SMRAM and the SMBus answer: {name of the place: value}, as probes.py

The clock stands in both programs; PM1_STS is left out, since the reference begins with an overflow of its timer.
"""

PM, SMB, TSEG = 0x600, 0x700, 512 << 20


def smram(m):
    """Registers of the memory controller hub, step by step, and who answers at the top of memory."""
    found = {}
    steps = [(0x50, 0xffff, 2), (0x50, 0x1234, 2), (0x50, 0xffff, 2), (0x9c, 0x01, 1), (0x9c, 0xff, 1), (0x9c, 0, 1),
             (0x9d, 0xef, 1), (0x9d, 0x0a, 1), (0x9e, 0xff, 1), (0x9e, 0x01, 1), (0x9e, 0x03, 1), (0x9e, 0x05, 1),
             (0x9e, 0x07, 1), (0x9e, 0x87, 1), (0x9e, 0x00, 1), (0x9d, 0x4a, 1), (0x9e, 0x01, 1), (0x9d, 0x1a, 1),
             (0x9d, 0x00, 1), (0x9e, 0x00, 1), (0x9d, 0xff, 1), (0x9c, 0x02, 1), (0x9c, 0xff, 1)]
    for n, (at, value, size) in enumerate(steps):
        m.config_write(0, 0, at, value, size)
        place = "step %d, %#x <- %#x: " % (n, at, value)
        for register in (0x50, 0x51, 0x9c, 0x9d, 0x9e):
            found[place + "MCH %#x" % register] = m.config_read(0, 0, register, 1)
        for mib in (1, 2, 8, 16, 17):
            found[place + "%d MiB below the top" % mib] = m.readq(TSEG - (mib << 20))
        found[place + "30000h"] = m.readq(0x30000)
    return found


def pm_open(m, machine):
    if machine == "q35":
        m.config_write(0x1f, 0, 0x40, PM | 1, 4)
        m.config_write(0x1f, 0, 0x44, 0x80, 1)
    else:
        m.config_write(1, 3, 0x40, PM | 1, 4)
        m.config_write(1, 3, 0x80, 1, 1)


def block(m, first, last, but=()):
    return {"port %#x" % port: m.inb(port) for port in range(first, last) if port not in but}


def pm(m, machine, gpe, last):
    pm_open(m, machine)
    found = block(m, PM, PM + last, but=(PM, PM + 1))
    found.update(block(m, gpe, gpe + 4))
    for port, values in ((PM + 2, (0xffff, 0)), (PM + 4, (0xdfff, 0)), (gpe, (0xffff,)), (gpe + 2, (0xffff, 0))):
        for value in values:
            m.outw(port, value)
            found["port %#x <- %#x" % (port, value)] = m.inw(port)
    for command in (0, 1, 2, 3, 0xf0, 0xf1, 2, 0x55):
        m.outb(0xb2, command)
        found["control after APM %#x" % command] = m.inw(PM + 4) << 8 | m.inb(0xb2)
    return found


def pm_of_ich9(m):
    found = pm(m, "q35", PM + 0x20, 0x80)
    for value in (0xffffffff, 0x2021, 0):
        m.outl(PM + 0x30, value)
        found["SMI_EN <- %#x" % value] = m.inl(PM + 0x30)
    m.outl(PM + 0x30, 0x2001)
    m.outw(PM + 0x68, 0x1000)
    m.outl(PM + 0x30, 0)
    found["SMI_EN under TCO_LOCK"] = m.inl(PM + 0x30)
    m.outl(PM + 0x30, 1)
    m.config_write(0x1f, 0, 0xa0, 0x10, 1)
    m.outl(PM + 0x30, 0)
    found["SMI_EN under SMI_LOCK"] = m.inl(PM + 0x30)
    m.config_write(0x1f, 0, 0xf0, 0xfed1c001, 4)
    for at in range(0, 0x4000, 4):
        found["RCRB %#x" % at] = m.readl(0xfed1c000 + at)
    return found


def pm_of_piix4(m):
    return pm(m, "pc", 0xafe0, 0x40)


def tco(m):
    pm_open(m, "q35")
    found = {}
    for at, size in ((2, 1), (3, 1), (4, 2), (6, 2), (0xa, 2), (0xc, 1), (0xd, 1), (0xe, 1), (0x10, 1), (0x12, 2)):
        for value in (0xffff, 0, 0x55aa):
            {1: m.outb, 2: m.outw}[size](PM + 0x60 + at, value & (1 << 8 * size) - 1)
            found["TCO %#x <- %#x" % (at, value)] = m.inw(PM + 0x60 + at)
    m.outw(PM + 0x72, 10)
    m.outw(PM + 0x60, 1)
    found["TCO count"] = m.inw(PM + 0x60)
    for value in (0xefff, 0x800, 0, 0x300, 0x1000, 0, 0xffff):
        m.outw(PM + 0x68, value)
        found["TCO control <- %#x" % value] = m.inw(PM + 0x68) << 16 | m.inw(PM + 0x60)
    return found


def transfer(m, base, protocol, address, command, data=(0x11, 0x22)):
    m.outb(base, 0xff)
    m.outb(base + 3, command)
    m.outb(base + 4, address)
    m.outb(base + 5, data[0])
    m.outb(base + 6, data[1])
    m.outb(base + 2, 0x40 | protocol << 2)
    answer = 0
    for port in (base, base, base, base + 2, base + 5, base + 6):
        answer = answer << 8 | m.inb(port)
    return answer


def smbus(m, base):
    found = block(m, base, base + 0x40)
    for at in (3, 4, 5, 6, 0xd, 2):
        for value in (0xff & ~0x42, 0):
            m.outb(base + at, value)
            found["SMBus %#x <- %#x" % (at, value)] = m.inb(base + at)
    for protocol in range(4):
        for address in (0xa0, 0xa1, 0xae, 0xaf, 0x60, 0x61):
            for command in (0, 2, 0xff):
                found["transfer %d, %#x, %#x" % (protocol, address, command)] = \
                    transfer(m, base, protocol, address, command)
    for at in range(256):
        found["EEPROM %#x" % at] = transfer(m, base, 2, 0xa1, at, (0, 0))
    m.outb(base + 2, 2)
    found["killed"] = m.inb(base) << 8 | m.inb(base + 2)
    return found


def smbus_of_ich9(m):
    m.config_write(0x1f, 3, 0x20, SMB | 1, 4)
    m.config_write(0x1f, 3, 4, 1, 2)
    found = {"SMBus while it is off": m.inb(SMB)}
    m.config_write(0x1f, 3, 0x40, 1, 1)
    found.update(smbus(m, SMB))
    return found


def smbus_of_piix4(m):
    return smbus(m, 0xb100)


def port92(m):
    found = {"port 92h": m.inb(0x92)}
    for value in (2, 0, 0xfe, 0x54):
        m.outb(0x92, value)
        found["port 92h <- %#x" % value] = m.inb(0x92)
    return found


def functions(m, places):
    return {"%02x.%d config %#x" % (device, function, at): m.config_read(device, function, at, 1)
            for device, function in places for at in range(256)}


def smbus_function(m):
    return functions(m, [(0x1f, 3)])


def pm_function(m):
    return functions(m, [(1, 3)])


ON_Q35 = [smram, pm_of_ich9, tco, smbus_function, smbus_of_ich9, port92]
ON_PC = [pm_function, pm_of_piix4, smbus_of_piix4, port92]
