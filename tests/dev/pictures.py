#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Pictures of both PCs as firmware leaves them: memory and port maps, and where interrupts go

    pictures.py PROGRAM FOLDER

writes FOLDER/pictures/*.svg.  Everything in them is what the program says of itself: ranges from `info mtree -f`, the
interrupts of devices from `info qtree`, the 8259s from `info pic`; a wire is drawn because the line at one end was
raised and the one at its other end rose.  Status 77: there is no firmware to run.
"""

import pathlib
import re
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "qtest"))

import power  # noqa: E402
from qtest import PATIENCE_S, Refused  # noqa: E402
from screens import Screen  # noqa: E402
from svg import Drawing  # noqa: E402

TITLES = {"q35": "pc-q35-7.2", "pc": "pc-i440fx-7.2"}
NO_FIRMWARE = 77
OPTIONS = ["-m", "512", "-serial", "null", "-parallel", "null"]
PCI_PINS, LAST_PIN, CASCADE = 4, 256 * 4 - 1, 2
RANGE = re.compile(r"^  ([0-9a-f]{16})-([0-9a-f]{16}) \(prio \d+, ([^)]+)\): (\S+)")


class Said:
    """What the program says, by lines of its monitor."""

    def __init__(self, machine):
        self.machine = machine

    def lines(self, command):
        reply = self.machine.command("human-monitor-command", **{"command-line": command})
        return reply["return"].replace("\r", "").splitlines()

    def view(self, space):
        """Ranges of the flat view of this address space: (first, last, kind, name)."""
        seen, ranges = False, []
        for line in self.lines("info mtree -f"):
            if line.startswith("FlatView"):
                if ranges:
                    break
                seen = False
            seen = seen or line.startswith(' AS "%s"' % space)
            match = RANGE.match(line)
            if seen and match:
                ranges.append((int(match[1], 16), int(match[2], 16), match[3], match[4]))
        return ranges

    def counts(self):
        """{controller: {input: how often it rose}}"""
        found = {}
        for line in self.lines("info irq"):
            if line.startswith("IRQ"):
                now = found.setdefault(line.split()[-1].rstrip(":"), {})
            else:
                number, rose = line.split(":")
                now[int(number)] = int(rose)
        return found

    def properties(self):
        """(device, property, value) of each device on a bus"""
        device = None
        for line in self.lines("info qtree"):
            match = re.match(r'\s*dev: ([^,]+),|\s*([\w-]+) = "?([^"]*)', line)
            if match and match[1]:
                device = match[1]
            elif match and device:
                yield device, match[2], match[3]


def run_firmware(program, name):
    """The machine, stopped after firmware has found nothing to boot."""
    m = Screen([program, "-M", name, *OPTIONS, "-boot", "menu=off"])
    until = time.monotonic() + PATIENCE_S
    while b"No bootable device" not in m.read(0xb8000, 4000)[::2]:
        if time.monotonic() > until:
            m.close()
            raise TimeoutError("firmware does not come to its end")
        time.sleep(0.02)
    m.command("stop")
    return m


def ends_of(m, device, line):
    """Inputs of the 8259s and pins of the I/O APIC that rise with this line."""
    m.ask("set_irq_in %s unnamed-gpio-in %d 0" % (device, line))
    m.lines.clear()
    before = Said(m).counts()["isa-i8259"]
    m.ask("set_irq_in %s unnamed-gpio-in %d 1" % (device, line))
    after = Said(m).counts()["isa-i8259"]
    pins = sorted(pin for pin, level in m.lines.items() if level)
    m.ask("set_irq_in %s unnamed-gpio-in %d 0" % (device, line))
    rose = {n for n in after if after[n] != before.get(n, 0)}
    return sorted(rose - {CASCADE}), pins


def bridge_of(m):
    """The device that has the pins of all functions."""
    for n in range(100):
        path = "/machine/unattached/device[%d]" % n
        if m.raw("set_irq_in %s unnamed-gpio-in %d 0" % (path, LAST_PIN)) == "OK":
            return path
    raise Refused("no device has the pins of PCI functions")


def rises_with(m, fn):
    before = Said(m).counts()["isa-i8259"]
    fn()
    after = Said(m).counts()["isa-i8259"]
    return next(n for n in after if after[n] != before.get(n, 0) and n != CASCADE)


def unnamed_sources(program, name):
    """{interrupt: who}, of those that have no property that tells"""
    with Screen([program, "-M", name, *OPTIONS, "-accel", "qtest"]) as m:
        def timer():
            for port, value in ((0x43, 0x30), (0x40, 0x00), (0x40, 0x10)):
                m.outb(port, value)
            m.step(10000000)

        def power_button():
            power.pm_open(m, name)
            m.outw(power.PM + 2, 0x100)
            m.outw(power.PM + 4, 1)
            m.command("system_powerdown")
        return {rises_with(m, timer): "isa-pit", rises_with(m, power_button): "power management (SCI)"}


def sources_of(m, others):
    """[(label, kind, inputs of the 8259s, pins of the I/O APIC)]"""
    users = {n: [who] for n, who in others.items()}
    slots = [slot for slot in range(32) if m.config_read(slot, 0, 0) != 0xffffffff]
    for device, prop, value in Said(m).properties():
        if prop in ("irq", "kbd-irq", "mouse-irq"):
            part = "" if prop == "irq" else " " + prop.split("-")[0]
            users.setdefault(int(value.split()[0]), []).append(device + part)
    m.ask("irq_intercept_in ioapic")
    found, bridge = [], bridge_of(m)
    for n in range(16):
        found.append(("%d  %s" % (n, ", ".join(users.get(n, []))), "isa" if n in users else "free",
                      *ends_of(m, "gsi", n)))
    for slot in slots:
        for pin in range(PCI_PINS):
            found.append(("PCI %02x INT%c" % (slot, "ABCD"[pin]), "ABCD"[pin],
                          *ends_of(m, bridge, slot * 8 * PCI_PINS + pin)))
    return found


def pin_text(vector, level, masked):
    return "vector %02x  %s  %s" % (vector, "level" if level else "edge", "masked" if masked else "open")


def controllers_of(m):
    """The inputs of the 8259s as text, and the pins of the I/O APIC."""
    pics, pins = {}, []
    for line in Said(m).lines("info pic"):
        words = dict(re.findall(r"(\w+)=(\w+)", line))
        if line.startswith("pic"):
            base, mask, levels = (int(words[key], 16) for key in ("irq_base", "imr", "elcr"))
            pics[line[:4]] = [pin_text(base + n, levels >> n & 1, mask >> n & 1) for n in range(8)]
        elif line.startswith("  pin"):
            pins.append(pin_text(int(words["vec"]), " level " in line, " masked " in line))
    return pics["pic0"] + pics["pic1"], pins


def size(count):
    for unit in ("GiB", "MiB", "KiB"):
        bytes_of = 1 << {"GiB": 30, "MiB": 20, "KiB": 10}[unit]
        if count >= bytes_of and count % (bytes_of >> 2) == 0:
            return "%g %s" % (count / bytes_of, unit)
    return "%d byte%s" % (count, "" if count == 1 else "s")


def with_gaps(ranges):
    found, at = [], 0
    for first, last, kind, name in ranges:
        if first > at:
            found.append((at, first - 1, "gap", "nobody"))
        found.append((first, last, kind, name))
        at = last + 1
    return found


def ranges_column(d, x, y, ranges, digits, width):
    for first, last, kind, name in ranges:
        d.row(x + 10 * digits + 10, y, width, kind, name)
        d.text(x, y + 14, "%0*x" % (digits, first), "mono")
        d.text(x + 10 * digits + 18 + width, y + 14, size(last - first + 1), "note")
        y += 22
    return y


def memory_picture(m, name):
    said = Said(m)
    memory = with_gaps(said.view("cpu-memory-0"))[::-1]
    ports = [r for r in said.view("I/O") if r[3] != "io"]
    half = (len(ports) + 1) // 2
    d = Drawing(1060, 100 + 22 * max(len(memory), half + 1), "Memory and ports of %s (512 MiB), as firmware leaves them"
                % TITLES[name])
    d.text(20, 66, "Memory, highest address first", "head")
    ranges_column(d, 20, 80, memory, 8, 200)
    for column in range(2):
        d.text(480 + 300 * column, 66, "Ports" if not column else "Ports, continued", "head")
        ranges_column(d, 480 + 300 * column, 80, ports[column * half:(column + 1) * half], 4, 150)
    d.legend(480, 96 + 22 * half, (("ram", "RAM"), ("rom", "read only"), ("i/o", "device"), ("gap", "nobody")))
    return d


def interrupt_picture(m, name, others):
    inputs, pins = controllers_of(m)
    sources = sources_of(m, others)
    d = Drawing(1060, 110 + 22 * max(len(sources), 24), "Interrupts of %s, as firmware leaves them" % TITLES[name])
    for x, text in ((20, "8259s"), (420, "Lines"), (800, "I/O APIC")):
        d.text(x, 66, text, "head")
    top, top_of_pins = 80 + 11 * (len(sources) - 16), 80 + 11 * (len(sources) - 24)
    for n, (label, kind, to_inputs, to_pins) in enumerate(sources):
        middle = 91 + 22 * n
        for to in to_inputs:
            d.wire(420, middle, 260, top + 11 + 22 * to, kind)
        for to in to_pins:
            d.wire(640, middle, 800, top_of_pins + 11 + 22 * to, kind)
    for n, text in enumerate(inputs):
        d.row(20, top + 22 * n, 240, "8259" if n < 8 else "8259b", "%2d   %s" % (n, text))
    for n, text in enumerate(pins):
        d.row(800, top_of_pins + 22 * n, 240, "ioapic", "%2d   %s" % (n, text))
    for n, (label, kind, *_) in enumerate(sources):
        d.row(420, 80 + 22 * n, 220, kind, label)
    d.text(20, top + 22 * 16 + 18, "INT of the slave ends in input 2 of the master,", "note")
    d.text(20, top + 22 * 16 + 34, "INT of the master in LINT0 of the local APICs.", "note")
    return d


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2]) / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    for name in TITLES:
        try:
            machine = run_firmware(program, name)
        except Refused as e:
            print(e, file=sys.stderr)
            sys.exit(NO_FIRMWARE)
        others = unnamed_sources(program, name)
        with machine as m:
            (folder / ("memory-map-%s.svg" % name)).write_text(memory_picture(m, name).text_of())
            (folder / ("irq-%s.svg" % name)).write_text(interrupt_picture(m, name, others).text_of())


if __name__ == "__main__":
    main()
