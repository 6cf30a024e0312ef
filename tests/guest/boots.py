#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Boots of Debian's kernel, as TAP: what a user of the machine would notice

    boots.py --kernel FILE --initrd FILE [--program build/rhea-system-x86_64] [--reference] [--long] [--only TEXT]

A boot is a list of steps on one running guest; every step is a case of its own.  After a step that
fails, the rest of that boot is skipped.  With --reference the same boots run on the reference, which
tries the boots rather than Rhea.
"""

import argparse
import pathlib
import re
import sys
import time

from guest import PROMPT, Guest, GuestError, Reference, Rhea

# What a wake-up costs depends on what else the host does just then: the load is looked at a few times, until it is low
# once; how often the guest wakes is the guest's doing alone, and has to be right each time.
IDLE_LIMIT, IDLE_WINDOWS, WAKES_LIMIT = 0.03, 5, 100


class Plan:
    """One boot: how it is started, and the steps after the prompt, by name."""

    def __init__(self, cpus, memory, steps, arguments=("-no-reboot",), qmp=False, wakes=10000, board="q35",
                 firmware=False):
        self.cpus, self.memory, self.steps, self.board, self.firmware = cpus, memory, steps, board, firmware
        self.arguments, self.qmp, self.wakes = arguments, qmp, wakes

    @property
    def name(self):
        return f"-M {self.board} -smp {self.cpus} -m {self.memory}{' with firmware' if self.firmware else ''}"


def step_shell(plan, guest):
    """the guest reaches its shell"""
    seconds = guest.wait_for_shell(90)
    guest.shell("dmesg -n 1")
    return f"{seconds:.1f} s"


def step_cpus(plan, guest):
    """all CPUs are online"""
    online = int(guest.shell("nproc"))
    if online != plan.cpus:
        guest.fail(f"{online} CPUs online, not {plan.cpus}")


def memory_mib(text):
    return int(text[:-1]) * 1024 if text.endswith("G") else int(text)


def step_memory(plan, guest):
    """the guest sees the memory that was asked for"""
    got = int(re.search(r"MemTotal: *(\d+)", guest.shell("cat /proc/meminfo"))[1]) // 1024
    asked = memory_mib(plan.memory)
    if not asked * 0.85 - 80 < got <= asked:
        guest.fail(f"MemTotal is {got} MiB of {asked}")
    return f"{got} MiB"


def interrupts(guest):
    counts = {}
    for line in guest.shell("cat /proc/interrupts").splitlines()[1:]:
        fields = line.split()
        numbers = [int(field) for field in fields[1:] if field.isdigit()]
        counts[fields[0].rstrip(":")] = (numbers, line)
    return counts


def step_interrupts(plan, guest):
    """/proc/interrupts shows IOAPIC and LAPIC timer at work"""
    before = interrupts(guest)
    guest.shell("sleep 1")
    after = interrupts(guest)
    serial = [line for _, line in after.values() if "ttyS0" in line]
    if not serial or "IO-APIC" not in serial[0]:
        guest.fail(f"the serial port has no IOAPIC interrupt: {serial}")
    name = serial[0].split(":")[0].strip()
    if sum(after[name][0]) <= sum(before[name][0]):
        guest.fail("no serial interrupt arrived between two looks")
    still = [cpu for cpu, (old, new) in enumerate(zip(before["LOC"][0], after["LOC"][0])) if new <= old]
    if still or len(after["LOC"][0]) != plan.cpus:
        guest.fail(f"no local timer interrupt in a second on CPU {still}: {after['LOC'][1]}")


def step_date(plan, guest):
    """date is within 1 s of the host's"""
    before = time.time()
    guest_time = int(guest.shell("date +%s"))
    after = time.time()
    if not before - 2 < guest_time < after + 1:         # whole seconds, rounded down
        guest.fail(f"the guest's clock says {guest_time}, the host's {before:.1f}")


def step_wakes(plan, guest):
    """no cross-CPU wake-up gets lost"""
    start = time.monotonic()
    said = guest.shell(f"wake {plan.wakes}", 240)
    if "ok" not in said:
        guest.fail(f"wake says {said}")
    return f"{plan.wakes} in {time.monotonic() - start:.1f} s"


def who_is_busy(guest):
    """Threads of the process by the milliseconds that they ran in a second, and what the guest's clock goes by."""
    def times():
        tasks = pathlib.Path(f"/proc/{guest.process.pid}/task").iterdir()
        return {(task / "comm").read_text().strip(): int((task / "schedstat").read_text().split()[0]) for task in tasks}

    before = times()
    guest.idle_load(1)
    ran = {name: (time - before.get(name, 0)) // 1000000 for name, time in times().items()}
    clock = guest.shell("cat /sys/devices/system/clocksource/clocksource0/current_clocksource").strip()
    return f"{ran}, clock source {clock}"


def step_idle(plan, guest):
    """an idle guest uses under 3 % of a core, and wakes its host seldom"""
    guest.idle_load(2)
    seconds, loads = 10 if plan.wakes >= 100000 else 4, []
    while len(loads) < IDLE_WINDOWS and (not loads or loads[-1] >= IDLE_LIMIT):
        before = guest.wake_ups()
        loads.append(guest.idle_load(seconds))
        wakes = (guest.wake_ups() - before) / seconds
        if wakes >= WAKES_LIMIT * plan.cpus:
            guest.fail(f"{wakes:.0f} wake-ups a second")
    said = " then ".join(f"{load:.1%}" for load in loads) + " of a core"
    if loads[-1] >= IDLE_LIMIT:
        guest.fail(f"{wakes:.0f} wake-ups a second, {said}; {who_is_busy(guest)}")
    return f"{wakes:.0f} wake-ups a second, {said}"


def step_sleep(plan, guest):
    """the guest sleeps in S3 until the alarm of its clock, and goes on with all CPUs"""
    said = guest.shell("echo +4 > /sys/class/rtc/rtc0/wakealarm && echo mem > /sys/power/state && "
                       "cat /sys/power/suspend_stats/success && nproc", 60)
    if said.split()[-2:] != ["1", str(plan.cpus)]:
        guest.fail(f"after the sleep: {said}")


def step_busy(plan, guest):
    """a pipeline of ordinary programs gives the right answer on every CPU"""
    said = guest.shell("for i in $(seq 1 %d); do seq 1 20000 | sort -nr | md5sum & done; wait" % (2 * plan.cpus), 120)
    sums = set(re.findall(r"\b[0-9a-f]{32}\b", said))
    if sums != {"d29c9b2130d81144350e794f0423148c"}:
        guest.fail(f"the sums differ: {said}")


def step_poweroff(plan, guest):
    """poweroff in the guest ends the process with status 0"""
    guest.send("poweroff\n")
    expect_status(guest, 0)


def step_reboot(plan, guest):
    """reboot in the guest boots it again"""
    guest.send("reboot\n")
    guest.expect("Linux version", 60, "the kernel's banner after the reboot")
    guest.expect("(?:^|\n)" + PROMPT, 90, "a shell prompt after the reboot")
    guest.shell("dmesg -n 1")


def step_no_reboot(plan, guest):
    """with -no-reboot, reboot in the guest ends the process with status 0"""
    guest.send("reboot\n")
    expect_status(guest, 0)


def step_stop(plan, guest):
    """stop halts the guest, and cont lets it go on"""
    qmp = guest.qmp()
    qmp.command("stop")
    qmp.event("STOP")
    if qmp.command("query-status")["running"]:
        guest.fail("query-status says running after stop")
    before = guest.cpu_seconds()
    guest.idle_load(1.5)
    if guest.cpu_seconds() - before > 0.1:
        guest.fail("a stopped machine uses the CPU")
    qmp.command("cont")
    qmp.event("RESUME")
    guest.shell("true")
    qmp.close()


def step_powerdown(plan, guest):
    """system_powerdown ends the guest, with the events POWERDOWN and SHUTDOWN"""
    qmp = guest.qmp()
    qmp.command("system_powerdown")
    qmp.event("POWERDOWN")
    event = qmp.event("SHUTDOWN")
    if event.get("data") != {"guest": True, "reason": "guest-shutdown"}:
        guest.fail(f"SHUTDOWN says {event.get('data')}")
    qmp.close()
    expect_status(guest, 0)


def expect_status(guest, wanted):
    status = guest.wait_for_end(60)
    if status != wanted:
        guest.fail(f"the process ended with {status}")


ON_PC = Plan(2, "512", [step_cpus, step_memory, step_interrupts, step_date, step_idle, step_no_reboot], board="pc")
# SeaBIOS, then the option ROM that fetches kernel and initrd from fw_cfg.
BY_FIRMWARE = [Plan(2, "512", [step_cpus, step_memory, step_sleep, step_date, step], board=board, firmware=True)
               for board, step in (("q35", step_poweroff), ("pc", step_no_reboot))]
SHORT = [
    Plan(2, "512", [step_cpus, step_memory, step_interrupts, step_date, step_wakes, step_idle, step_poweroff]),
    Plan(2, "512", [step_busy, step_stop, step_reboot, step_cpus, step_powerdown], arguments=(), qmp=True),
    ON_PC,
    *BY_FIRMWARE,
]


def product():
    """Every board, way of starting, number of CPUs and size of memory with every other."""
    for board in ("q35", "pc"):
        for firmware in (False, True):
            for cpus in (1, 2, 4, 8):
                for memory in ("128", "512", "8G"):
                    yield Plan(cpus, memory, [step_cpus, step_memory, step_poweroff], board=board, firmware=firmware)


LONG = [
    Plan(2, "512", [step_interrupts, step_date, step_wakes, step_idle, step_poweroff], wakes=100000),
    Plan(2, "512", [step_busy, step_stop, step_reboot, step_cpus, step_powerdown], arguments=(), qmp=True),
    Plan(1, "128", [step_interrupts, step_date, step_wakes, step_idle, step_no_reboot]),
    Plan(4, "1G", [step_cpus, step_memory, step_interrupts, step_date, step_wakes, step_busy, step_idle,
                   step_poweroff], wakes=100000),
    Plan(4, "8G", [step_interrupts, step_powerdown], qmp=True),
    *[Plan(cpus, "512", [step_sleep, step_wakes, step_cpus, step_poweroff], board=board)
      for board, cpus in (("q35", 4), ("pc", 1))],
    *BY_FIRMWARE,
    ON_PC,
    Plan(4, "4G", [step_cpus, step_memory, step_wakes, step_busy, step_reboot, step_cpus], arguments=(),
         board="pc"),
    *product(),
]


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def line(self, passed, name, note=""):
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}{note}", flush=True)

    def idle_again(self, machine, args, plan, why):
        """A busy host loads a guest, too: what one boot shows counts when another does."""
        print("# a second boot, since " + why.splitlines()[0])
        with Guest(machine, args.kernel, args.initrd, plan.memory, plan.cpus, arguments=plan.arguments) as guest:
            step_shell(plan, guest)
            return "on a second boot: " + step_idle(plan, guest)

    def run(self, machine, args, plan):
        steps, note = [step_shell, *plan.steps], ""
        with Guest(machine, args.kernel, args.initrd, plan.memory, plan.cpus, arguments=plan.arguments,
                   qmp=plan.qmp) as guest:
            while steps:
                step = steps.pop(0)
                name = f"{plan.name}: {step.__doc__}"
                try:
                    try:
                        note = step(plan, guest)
                    except GuestError as error:
                        if step is not step_idle:
                            raise
                        note = self.idle_again(machine, args, plan, str(error))
                except GuestError as error:
                    print("# " + str(error).replace("\n", "\n#   "))
                    self.line(False, name)
                    break
                self.line(True, f"{name} ({note})" if note else name)
            for step in steps:
                self.line(True, f"{plan.name}: {step.__doc__}", " # SKIP a step before it failed")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--initrd", required=True)
    parser.add_argument("--program", default="build/rhea-system-x86_64")
    parser.add_argument("--reference", action="store_true")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", default="", help="boots whose name contains this")
    args = parser.parse_args()
    tap = Tap()
    for plan in LONG if args.long else SHORT:
        if args.only in plan.name:
            tap.run(Reference(board=plan.board) if args.reference else
                    Rhea(args.program, plan.board, plan.firmware), args, plan)
    print(f"1..{tap.count}")
    sys.exit(tap.failed != 0)


if __name__ == "__main__":
    main()
