#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Devices of the whole machine over qtest, and the same questions put to the reference

    test_qtest.py PROGRAM [--long]

TAP on stdout.  Cases that need the reference (qemu-system-x86_64) are skipped where there is none.
"""

import itertools
import json
import pathlib
import random
import shutil
import socket
import sys
import tempfile

import acpi
import fw_cfg
import intc
import kernel
import known
import plug
import power
import probes
from qtest import PATIENCE_S, Machine, Refused

REFERENCE = "qemu-system-x86_64"
OPTIONS = ["-nodefaults", "-serial", "null", "-chardev", "null,id=paper", "-device", "isa-parallel,chardev=paper"]


class Case:
    def __init__(self, program, is_long):
        self.program, self.is_long, self.count, self.failed = program, is_long, 0, 0

    def ours(self, *more, machine="q35", memory=512):
        return Machine([self.program, "-M", machine, "-m", str(memory), *OPTIONS, "-accel", "qtest", *more])

    def reference(self, *more, machine="q35", memory=512):
        return Machine([REFERENCE, "-M", machine, "-m", str(memory), *OPTIONS, "-vga", "none",
                        "-nic", "none", "-monitor", "none", "-accel", "tcg", "-S", *more])

    def run(self, name, fn, needs_reference=False):
        self.count += 1
        if needs_reference and not shutil.which(REFERENCE):
            print("ok %d - %s # SKIP there is no %s here" % (self.count, name, REFERENCE))
            return
        try:
            fn(self)
        except (AssertionError, Refused, OSError) as e:
            self.failed += 1
            print("\n".join("# " + line for line in str(e).splitlines()))
            print("not ok %d - %s" % (self.count, name), flush=True)
        else:
            print("ok %d - %s" % (self.count, name), flush=True)


def check(got, want, what):
    assert got == want, "%s is %s, not %s" % (what, got if isinstance(got, (str, dict)) else hex(got),
                                              want if isinstance(want, (str, dict)) else hex(want))


def memory_reads_as_it_was_written(case):
    with case.ours() as m:
        m.write(0x12345, bytes(range(100)))
        check(m.read(0x12345, 100).hex(), bytes(range(100)).hex(), "memory")
        m.writeq(0x20001, 0x1122334455667788)
        check(m.readl(0x20003), 0x33445566, "a misaligned word")
        m.ask("memset 0x30000 4096 0xa5")
        check(m.readq(0x30ff8), 0xa5a5a5a5a5a5a5a5, "memset's last bytes")
        check(m.ask("b64read 0x30000 3"), "paWl", "base64")
        m.ask("b64write 0x30000 3 AQID")
        check(m.readl(0x30000), 0xa5030201, "base64 written")
        check(m.ask("endianness"), "little", "endianness")


def malformed_requests_are_refused_and_the_machine_goes_on(case):
    bad = ["", " ", "inb", "inb x", "inb 0x10000", "outb 0x80", "outb 0x80 z", "readb", "readq 99999999999999999999",
        "read 0 0",
           "read 0 99999999999", "read 0 -1", "write 0 4", "write 0 4 0xzz", "b64write 0 4 ", "memset 0 1",
               "clock_step x", "clock_step -1",
           "clock_set", "set_irq_in ioapic unnamed-gpio-in 99 1", "set_irq_in nobody x 0 1", "set_irq_in ioapic",
           "irq_intercept_in nobody", "irq_intercept_in", "inq 0x80", "nonsense", "a" * 100000]
    with case.ours() as m:
        for line in bad:
            reply = m.raw(line)
            assert reply.startswith(("FAIL", "ERR")), "%r: %s" % (line[:40], reply)
        check(m.raw("write 0 4 0"), "ERR invalid argument size", "short data")
        if case.is_long:
            check(m.raw("inb 0x21 " * (15 << 20)), "FAIL line too long", "a line of 135 MiB")
            check(m.raw("endianness"), "OK little", "the line after it")
        check(m.inb(0x21), m.inb(0x21), "the PIC")


def the_clock_stands_until_it_is_stepped(case):
    with case.ours() as m:
        check(m.step(0), 0, "the clock")
        check(m.step(12345), 12345, "the clock")
        check(int(m.ask("clock_set 20000")), 20000, "the clock")
        check(int(m.ask("clock_set 100")), 20000, "the clock, set back")


def the_pit_raises_its_line(case):
    with case.ours() as m:
        m.ask("irq_intercept_in ioapic")
        m.outb(0x43, 0x30)              # channel 0, mode 0: one-shot
        m.outb(0x40, 0x00)
        m.outb(0x40, 0x10)
        m.step(3400000)
        check(m.lines.get(2, False), False, "GSI 2 before terminal count")
        m.step(100000)
        check(m.lines.get(2, False), True, "GSI 2 after terminal count")


def the_uart_raises_its_line_when_it_is_asked_to(case):
    with case.ours() as m:
        m.ask("irq_intercept_in ioapic")
        m.outb(0x3f9, 0x02)
        check(m.lines.get(4), True, "IRQ 4 with THRE enabled")
        m.inb(0x3fa)
        check(m.lines.get(4), False, "IRQ 4 after IIR was read")


def the_second_interception_names_another_device_in_vain(case):
    with case.ours() as m:
        m.ask("irq_intercept_in ioapic")
        m.ask("irq_intercept_in ioapic")
        check(m.raw("irq_intercept_in gsi"), "FAIL IRQ intercept already enabled", "the reply")


PLACES = [(0xfec00000, 0x1000), (0xfed00000, 0x400), (0xfee00000, 0x1000), (0xb0000000, 0x100000), (0xc0000, 0x40000),
          (0, 1 << 32), (0, 1 << 52)]


def random_access(rng):
    kind, width = rng.choice(("in", "out", "read", "write")), rng.choice("bwlq")
    value = rng.choice((0, 0xff, 0xffffffff, rng.getrandbits(64)))
    if kind in ("in", "out"):
        width = "l" if width == "q" else width
        at = rng.choice((rng.randrange(0x10000), rng.randrange(0x500), 0xcf8 + rng.randrange(8)))
    else:
        base, size = rng.choice(PLACES)
        at = base + rng.randrange(size)
    return ["%s%s %#x%s" % (kind, width, at, " %#x" % value if kind in ("out", "write") else "")]


def random_configuration(rng):
    """A register of a function that is there, or nearly so."""
    at = 1 << 31 | rng.choice((0, 0, 1)) << 16 | rng.choice((0, 1, 0x1f)) << 11 | rng.choice((0, 0, 3)) << 8
    value = rng.choice((0, 0x80, 0xff, 0xffffffff, rng.getrandbits(32)))
    return ["outl 0xcf8 %#x" % (at | rng.randrange(0x100) & 0xfc), "out%s %#x %#x" % (rng.choice("bwl"), 0xcfc, value)]


def random_accesses_do_no_harm(case):
    for machine in ("q35", "pc"):
        rng = random.Random(1)
        with case.ours("-no-shutdown", machine=machine) as m:
            for _ in range(1000 if case.is_long else 40):
                lines = []
                for _ in range(250):
                    lines += random_access(rng) if rng.randrange(4) else random_configuration(rng)
                lines.append("clock_step %d" % rng.randrange(1000000))
                for line, reply in zip(lines, m.many(lines)):
                    assert reply.startswith("OK"), "-M %s: %s: %s" % (machine, line, reply)


def stdout_stays_silent(case):
    with case.ours() as m:
        m.inb(0x21)
    check(m.out.decode(), "", "stdout")


def agree(case, questions, machine):
    with case.ours(machine=machine) as m, case.reference(machine=machine) as r:
        for question in questions:
            got, want = question(m), question(r)
            differ = ["%s: %#x, the reference has %#x" % (place, got[place], want[place]) for place in want
                      if got[place] != want[place] and not known.differs("%s %s" % (machine, place))]
            assert not differ, "\n".join(differ)


def comparison(questions, machine="q35"):
    return lambda case: agree(case, questions, machine)


def is_ram(m, address):
    m.writeq(address, address ^ 0x5a5a5a5a)
    return m.readq(address) == address ^ 0x5a5a5a5a


def ram_lies_on_both_sides_of_the_hole_as_in_the_reference(case):
    ends = [1 << 30, 1500 << 20, 2 << 30, 0xb0000000, 3 << 30, 0xdff00000, 0xe0000000, 0xe7400000, 4 << 30, 5 << 30]
    for machine, memory in (("q35", 2815), ("q35", 2816), ("q35,max-ram-below-4g=1G", 2048), ("pc", 3583), ("pc", 3584),
                            ("pc,max-ram-below-4g=3800M", 3700), ("pc,max-ram-below-4g=1500M", 3000)):
        with case.ours(machine=machine, memory=memory) as m, case.reference(machine=machine, memory=memory) as r:
            for end in ends:
                for address in (end - 8, end):
                    check(is_ram(m, address), is_ram(r, address), "-M %s -m %d: RAM at %#x" % (machine, memory, address))


def shown(value):
    return hex(value) if isinstance(value, int) else str(value)


def firmware_is_told(question, machine, more=fw_cfg.MORE):
    def compare(case):
        with case.ours(*more, machine=machine) as m, case.reference(*more, machine=machine) as r:
            got, want = question(m), question(r)
            differ = ["%s: %s, the reference has %s" % (place, shown(got.get(place)), shown(want.get(place)))
                      for place in {**want, **got} if got.get(place) != want.get(place)]
            assert not differ, "\n".join(differ)
    return compare


def kernel_is_told(name, machine):
    def compare(case):
        with tempfile.TemporaryDirectory(prefix="rhea-qtest-") as folder:
            line = kernel.options(pathlib.Path(folder), name)
            with case.ours(*line, machine=machine) as m, case.reference(*line, machine=machine) as r:
                got, want = kernel.told(m), kernel.told(r)
        differ = ["%s: %#x, the reference has %#x" % (place, got.get(place, 0), want[place]) for place in want
                  if got.get(place) != want[place]]
        assert not differ, "\n".join(differ[:20])
    return compare


def hostile_transfers_do_no_harm(case):
    with case.ours(*fw_cfg.MORE, "-no-shutdown") as m:
        assert fw_cfg.hostile(m, random.Random(2), 5000 if case.is_long else 500)


ROM_AT, ROM_BAR = 0xe0000000, 0x30


def expansion_rom(m, size):
    m.config_write(5, 0, ROM_BAR, 0xffffffff)
    found = {"mask": m.config_read(5, 0, ROM_BAR)}
    m.config_write(5, 0, ROM_BAR, ROM_AT | 1)
    found["without memory decoding"] = m.readq(ROM_AT)
    m.config_write(5, 0, 4, 2, 2)
    for at in (0, 8, size // 8 * 8 - 8, size // 8 * 8, 1 << 20):
        found["at %#x" % at] = m.readq(ROM_AT + at)
    m.writeq(ROM_AT, 0)
    found["after a write"] = m.readq(ROM_AT)
    m.config_write(5, 0, ROM_BAR, ROM_AT)
    found["without its enable bit"] = m.readq(ROM_AT)
    return found


def expansion_roms_are_as_in_the_reference(case):
    for machine in ("q35", "pc"):
        for size in (1000, 5000, 65536, 70000):
            with tempfile.NamedTemporaryFile() as rom:
                rom.write(random.Random(size).randbytes(size))
                rom.flush()
                device = ("-device", "pvpanic-pci,addr=5,romfile=" + rom.name)
                with case.ours(*device, machine=machine) as m, case.reference(*device, machine=machine) as r:
                    got, want = expansion_rom(m, size), expansion_rom(r, size)
                    for place in want:
                        check(got[place], want[place], "-M %s, %d bytes: %s" % (machine, size, place))


def monitor(folder):
    """A QMP session: (ask, heard); ask(command) returns the reply, heard collects names of events."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE_S)
    connection.connect(folder + "/qmp")
    stream, heard = connection.makefile("r"), []

    def ask(command, **arguments):
        connection.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            reply = json.loads(stream.readline())
            if "event" not in reply:
                return reply.get("return", reply.get("error"))
            heard.append(reply["event"])
    stream.readline()
    ask("qmp_capabilities")
    return ask, heard


def controllers_are_shown(case, machine):
    found = []
    for start in (case.ours, case.reference):
        with tempfile.TemporaryDirectory() as folder, start(
                "-qmp", "unix:%s/qmp,server=on,wait=off" % folder, machine=machine) as m:
            found.append(intc.shown(m, machine, monitor(folder)[0]))
    for step, want in found[1].items():
        for got_line, want_line in itertools.zip_longest(found[0][step].splitlines(), want.splitlines()):
            check(str(got_line), str(want_line), "-M %s, %s: a line" % (machine, step))


def plugging(question, machine, *more):
    """Both programs are led through the same steps and say the same."""
    def run(case):
        found = []
        for start in (case.ours, case.reference):
            with tempfile.TemporaryDirectory() as folder, start(
                    "-qmp", "unix:%s/qmp,server=on,wait=off" % folder, *more, machine=machine) as m:
                found.append(question(m, *monitor(folder)))
        for (step, got), (_, want) in zip(*found, strict=True):
            assert got == want, "%s: %s, not %s" % (step, got, want)
    return run


def events_of_leaving(case):
    with tempfile.TemporaryDirectory() as folder, case.ours(
            "-qmp", "unix:%s/qmp,server=on,wait=off" % folder, machine="pc") as m:
        ask, heard = monitor(folder)
        plug.functions_come_and_go(m, ask, heard)
        ask("query-status")
        check(" ".join(heard), "DEVICE_DELETED DEVICE_DELETED", "the events")
        plug.a_reset_grants_what_was_asked(m, ask, heard)
        ask("query-status")
        check(" ".join(heard[2:]), "RESET DEVICE_DELETED", "the events of a reset")


def sleep_and_wake_up(case, machine):
    with tempfile.TemporaryDirectory() as folder, case.ours(
            "-qmp", "unix:%s/qmp,server=on,wait=off" % folder, machine=machine) as m:
        ask, heard = monitor(folder)
        check(ask("query-current-machine"), {"wakeup-suspend-support": True}, "what the machine can do")
        check(ask("system_wakeup")["desc"], "Unable to wake up: guest is not in suspended state", "the refusal")
        power.pm_open(m, machine)
        m.write(0x1000, b"kept")
        m.outw(power.PM + 4, 0x2400)
        check(ask("query-status")["status"], "suspended", "the run state")
        check(ask("cont"), {}, "cont")
        check(ask("query-status")["status"], "suspended", "the run state after cont")
        m.outb(0x70, 0x0f)
        check(m.inb(0x71), 0xfe, "the shutdown status")
        check(ask("system_wakeup"), {}, "system_wakeup")
        check(ask("query-status")["status"], "running", "the run state, awake")
        check(" ".join(heard), "SUSPEND WAKEUP", "the events")
        check(m.inw(power.PM + 4), 0 if machine == "q35" else 0xffff, "PM1_CNT before firmware; of q35 the block is kept")
        power.pm_open(m, machine)
        check(m.inw(power.PM) & 0x8500, 0x8100, "PM1_STS")
        check(m.read(0x1000, 4).decode(), "kept", "memory")


def an_alarm_wakes(case):
    with tempfile.TemporaryDirectory() as folder, case.ours(
            "-qmp", "unix:%s/qmp,server=on,wait=off" % folder) as m:
        ask, heard = monitor(folder)
        power.pm_open(m, "q35")
        for at, value in ((1, 0xff), (3, 0xff), (5, 0xff), (0xb, 0x22)):
            m.outb(0x70, at)
            m.outb(0x71, value)
        m.outw(power.PM + 2, 0x400)
        m.outw(power.PM + 4, 0x2400)
        check(ask("query-status")["status"], "suspended", "the run state")
        m.step(2000000000)
        check(ask("query-status")["status"], "running", "the run state after two seconds")
        power.pm_open(m, "q35")
        check(m.inw(power.PM) & 0x8500, 0x8400, "PM1_STS")


def a_guest_that_panics_is_told_and_stands(case):
    with tempfile.TemporaryDirectory() as folder, case.ours(
            "-qmp", "unix:%s/qmp,server=on,wait=off" % folder, "-device", "pvpanic", "-action", "panic=pause") as m:
        ask, heard = monitor(folder)
        m.outb(0x505, 2)
        check(ask("query-status")["status"], "running", "the run state with a crash kernel")
        check(ask("set-action", panic="none"), {}, "set-action")
        m.outb(0x505, 1)
        check(ask("query-status")["status"], "running", "the run state, none chosen")
        check(ask("set-action", panic="pause", watchdog="pause"), {}, "set-action")
        m.outb(0x505, 1)
        check(ask("query-status")["status"], "guest-panicked", "the run state")
        check(" ".join(heard), "GUEST_CRASHLOADED GUEST_PANICKED GUEST_PANICKED STOP", "the events")
        check(ask("cont")["desc"], "Resetting the Virtual Machine is required", "cont")


def a_watchdog_is_told_and_acts(case):
    with tempfile.TemporaryDirectory() as folder, case.ours(
            "-qmp", "unix:%s/qmp,server=on,wait=off" % folder, "-device", "ib700") as m:
        ask, heard = monitor(folder)
        check(ask("watchdog-set-action", action="pause"), {}, "watchdog-set-action")
        power.pm_open(m, "q35")
        m.outw(power.PM + 0x60, 1)
        m.step(8 * 600000000)
        check(m.inw(power.PM + 0x66), 6, "TCO2_STS after two time-outs")
        check(ask("query-status")["status"], "running", "the run state: the strap says no reboot")
        m.outb(0x443, 0xe)
        m.step(2000000000)
        check(ask("query-status")["status"], "watchdog", "the run state")
        check(" ".join(heard), "WATCHDOG STOP", "the events")


def main():
    case = Case(sys.argv[1], "--long" in sys.argv)
    for fn in (memory_reads_as_it_was_written, malformed_requests_are_refused_and_the_machine_goes_on,
               the_clock_stands_until_it_is_stepped, the_pit_raises_its_line,
                   the_uart_raises_its_line_when_it_is_asked_to,
               the_second_interception_names_another_device_in_vain, random_accesses_do_no_harm, stdout_stays_silent):
        case.run(fn.__name__, fn)
    for question in probes.AT_RESET:
        case.run("%s_at_reset_is_as_in_the_reference" % question.__name__, comparison([question]), True)
    for question in probes.WRITTEN:
        case.run("%s_is_as_in_the_reference" % question.__name__, comparison([question]), True)
    for question in probes.AT_RESET_ON_PC:
        case.run("%s_at_reset_is_as_in_the_reference_on_pc" % question.__name__, comparison([question], "pc"), True)
    for question in probes.WRITTEN_ON_PC:
        case.run("%s_is_as_in_the_reference_on_pc" % question.__name__, comparison([question], "pc"), True)
    case.run("expansion_roms_are_as_in_the_reference", expansion_roms_are_as_in_the_reference, True)
    case.run("ram_lies_on_both_sides_of_the_hole_as_in_the_reference",
             ram_lies_on_both_sides_of_the_hole_as_in_the_reference, True)
    for machine in ("q35", "pc"):
        for question in (fw_cfg.ports, fw_cfg.numbers, fw_cfg.transfers):
            case.run("what_fw_cfg_says_to_%s_is_as_in_the_reference_on_%s" % (question.__name__, machine),
                     firmware_is_told(question, machine), True)
        for question in (acpi.tables, acpi.script):
            case.run("acpi_%s_are_as_in_the_reference_on_%s" % (question.__name__, machine),
                     firmware_is_told(question, machine, acpi.MORE), True)
        for name in kernel.CASES:
            case.run("what_fw_cfg_says_of_%s_is_as_in_the_reference_on_%s" % (name.replace(" ", "_"), machine),
                     kernel_is_told(name, machine), True)
    case.run("what_fw_cfg_says_without_an_hpet_is_as_in_the_reference", firmware_is_told(fw_cfg.numbers, "q35,hpet=off"), True)
    for machine, questions in (("q35", power.ON_Q35), ("pc", power.ON_PC)):
        for question in questions:
            case.run("%s_is_as_in_the_reference_on_%s" % (question.__name__, machine),
                     comparison([question], machine), True)
    for machine in ("q35", "pc", "q35,pic=off"):
        case.run("interrupt_controllers_are_shown_as_in_the_reference_on_%s" % machine,
                 lambda c, machine=machine: controllers_are_shown(c, machine), True)
    for question in plug.ON_PC:
        case.run("%s_as_on_the_reference" % question.__name__, plugging(question, "pc"), True)
    for machine in ("q35", "pc"):
        case.run("cpus_are_told_as_on_the_reference_on_%s" % machine,
                 plugging(plug.cpus_are_told(machine), machine, "-smp", "2,maxcpus=40"), True)
    case.run("events_of_leaving", events_of_leaving)
    for machine in ("q35", "pc"):
        case.run("sleep_and_wake_up_on_%s" % machine, lambda c, machine=machine: sleep_and_wake_up(c, machine))
    case.run("an_alarm_wakes", an_alarm_wakes)
    case.run("a_guest_that_panics_is_told_and_stands", a_guest_that_panics_is_told_and_stands)
    case.run("a_watchdog_is_told_and_acts", a_watchdog_is_told_and_acts)
    case.run("hostile_transfers_do_no_harm", hostile_transfers_do_no_harm)
    case.run("every_difference_is_still_one", lambda case: known.check_needed(), True)
    print("1..%d" % case.count)
    return case.failed != 0


if __name__ == "__main__":
    sys.exit(main())
