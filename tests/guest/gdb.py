#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
The gdb server, tried with GDB itself on Debian's kernel: breakpoints, registers, memory, steps, watchpoints, threads,
the monitor, and a guest that goes on

    gdb.py --program FILE --kernel FILE --initrd FILE [--reference]

Addresses come from the guest's own /proc/kallsyms; the kernel is told not to move itself.  --reference tries the steps
themselves on the reference.  TAP on stdout; skipped where GDB is not installed.
"""

import argparse
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

from guest import PATIENCE, Guest, GuestError, Reference, Rhea

SYMBOLS = ("__x64_sys_newuname", "start_kernel", "linux_banner", "panic_timeout")


class Gdb:
    """GDB on pipes: a command is done when the mark that is echoed behind it arrives."""

    def __init__(self, socket):
        self.socket, self.marks, self.said = socket, 0, ""
        self.process = subprocess.Popen(
            ["gdb", "-q", "-nx", "-ex", "set pagination off", "-ex", "set confirm off", "-ex", "set width 0", "-ex", "set prompt",
             "-ex", "set architecture i386:x86-64"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def tell(self, command):
        """A command whose answer may come before it is done or after; wait() takes it."""
        self.process.stdin.write(f"{command}\n".encode())
        self.process.stdin.flush()

    def send(self, command):
        self.marks += 1
        self.tell(f"{command}\necho \\nDONE{self.marks}\\n")

    def wait(self, pattern, guest, seconds=60):
        deadline = time.monotonic() + seconds * PATIENCE
        while not (match := re.search(pattern, self.said, re.DOTALL)):
            if time.monotonic() > deadline:
                raise GuestError(f"gdb: {pattern!r} does not come; it said:\n{self.said}")
            ready, _, _ = select.select([self.process.stdout, guest.process.stdout], [], [], 0.5)
            if guest.process.stdout in ready:
                guest._read_some(0)
            if self.process.stdout in ready:
                part = os.read(self.process.stdout.fileno(), 65536)
                if not part:
                    raise GuestError(f"gdb ended; it said:\n{self.said}")
                self.said += part.decode(errors="replace")
        self.said = self.said[match.end():]
        return match

    def done(self, guest, seconds=60):
        return self.wait(rf"(.*?)\nDONE{self.marks}\n", guest, seconds)[1]

    def run(self, guest, command, seconds=60):
        self.send(command)
        return self.done(guest, seconds)

    def value(self, guest, expression):
        text = self.run(guest, f"output/x {expression}")
        match = re.search(r"0x([0-9a-f]+)\s*$", text)
        if not match:
            raise GuestError(f"gdb: {expression} is {text!r}")
        return int(match[1], 16)


def want(guest, condition, what):
    if not condition:
        guest.fail(what)


def status(qmp):
    return qmp.command("query-status")["status"]


def symbols_of(guest):
    text = guest.shell("grep -E ' (" + "|".join(SYMBOLS) + ")$' /proc/kallsyms")
    found = {line.split()[2]: int(line.split()[0], 16) for line in text.splitlines()}
    want(guest, set(found) == set(SYMBOLS) and all(found.values()), f"/proc/kallsyms says {text!r}")
    return found


def step_connecting_stops_the_guest(gdb, guest, qmp, symbols):
    gdb.run(guest, f"target remote {gdb.socket}")
    want(guest, status(qmp) == "paused", "a debugger connected, and the guest is not paused")


def step_each_vcpu_is_a_thread(gdb, guest, qmp, symbols):
    text = gdb.run(guest, "info threads")
    want(guest, re.search(r"Thread 1\.1 \(CPU#0 \[.*Thread 1\.2 \(CPU#1 \[", text, re.DOTALL), f"info threads: {text}")


def step_memory_is_seen_through_the_page_tables(gdb, guest, qmp, symbols):
    text = gdb.run(guest, f"x/s {symbols['linux_banner']:#x}")
    want(guest, "Linux version" in text, f"the banner is {text!r}")
    text = gdb.run(guest, "x/x 0xffff800000000000")
    want(guest, "Cannot access memory" in text, f"memory that is not mapped: {text!r}")


def step_a_breakpoint_stops_at_its_address(gdb, guest, qmp, symbols):
    gdb.run(guest, f"break *{symbols['__x64_sys_newuname']:#x}")
    guest.send("uname -s\n")
    text = gdb.run(guest, "continue")
    want(guest, "Breakpoint 1" in text, f"the breakpoint was not met: {text}")
    want(guest, status(qmp) == "debug", "at a breakpoint the state is not debug")
    want(guest, gdb.value(guest, "$rip") == symbols["__x64_sys_newuname"], "it stopped somewhere else")


def step_registers_are_those_of_a_kernel_in_long_mode(gdb, guest, qmp, symbols):
    want(guest, gdb.value(guest, "$cs & 3") == 0, "CS says that this is no kernel")
    want(guest, gdb.value(guest, "(long)$cr0 & 0x80000001") == 0x80000001, "CR0 is without PG or PE")
    want(guest, gdb.value(guest, "(long)$efer & 0x500") == 0x500, "EFER is without LME or LMA")
    want(guest, gdb.value(guest, "$rsp") >> 47 == 0x1FFFF, "RSP is not in the kernel's half")
    text = gdb.run(guest, "info registers xmm0 mxcsr st0 fctrl k_gs_base")
    want(guest, "v4_float" in text and "fctrl" in text and "IM" in text, f"SSE and x87: {text}")
    text = gdb.run(guest, "monitor info registers -a")
    want(guest, f"RIP={symbols['__x64_sys_newuname']:016x}" in text, f"monitor info registers: {text}")


def step_one_vcpu_steps_and_the_others_stand(gdb, guest, qmp, symbols):
    current = int(re.search(r"\* (\d)", gdb.run(guest, "info threads"))[1])
    other = 3 - current
    before = gdb.run(guest, f"thread apply {other} -q output/x $rip")
    gdb.run(guest, "delete")
    seen = {gdb.value(guest, "$rip")}
    for _ in range(5):
        gdb.run(guest, "set scheduler-locking on")
        gdb.run(guest, "stepi")
        gdb.run(guest, "set scheduler-locking off")
        seen.add(gdb.value(guest, "$rip"))
    want(guest, len(seen) == 6, f"five steps came to {[hex(pc) for pc in sorted(seen)]}")
    after = gdb.run(guest, f"thread apply {other} -q output/x $rip")
    want(guest, before == after, f"the other vCPU went from {before} to {after}")


def step_the_call_returns_to_its_caller(gdb, guest, qmp, symbols):
    gdb.run(guest, "continue&")
    guest.expect(r"Linux", 20, "uname's word, after the breakpoint")
    gdb.tell("interrupt")
    gdb.wait("SIGINT", guest)
    want(guest, status(qmp) == "paused", "an interrupt has not paused the guest")


def step_a_watchpoint_stops_behind_the_store(gdb, guest, qmp, symbols):
    gdb.run(guest, f"watch *(int *){symbols['panic_timeout']:#x}")
    guest.send("echo 7 > /proc/sys/kernel/panic\n")
    text = gdb.run(guest, "continue")
    want(guest, re.search(r"Hardware watchpoint.*New value = 7", text, re.DOTALL), f"watch: {text}")
    gdb.run(guest, "delete")


def step_a_read_is_watched_too(gdb, guest, qmp, symbols):
    gdb.run(guest, f"rwatch *(int *){symbols['panic_timeout']:#x}")
    guest.send("cat /proc/sys/kernel/panic\n")
    text = gdb.run(guest, "continue")
    want(guest, re.search(r"Hardware read watchpoint.*Value = 7", text, re.DOTALL), f"rwatch: {text}")
    gdb.run(guest, "delete")


def step_memory_is_written(gdb, guest, qmp, symbols):
    gdb.run(guest, f"set var *(int *){symbols['panic_timeout']:#x} = 33")
    want(guest, gdb.value(guest, f"*(int *){symbols['panic_timeout']:#x}") == 33, "what was written is not there")


def step_the_guest_goes_on_when_the_debugger_leaves(gdb, guest, qmp, symbols):
    gdb.run(guest, f"break *{symbols['__x64_sys_newuname']:#x}")
    text = gdb.run(guest, "detach")
    want(guest, "detached" in text, f"detach: {text}")
    want(guest, status(qmp) == "running", "the guest stands after detach")
    guest.send("\n")
    said = guest.shell("uname -s; cat /proc/sys/kernel/panic").split()
    want(guest, said[-2:] == ["Linux", "33"], f"the guest says {said}")


def step_kill_ends_the_process(gdb, guest, qmp, symbols):
    gdb.run(guest, f"target remote {gdb.socket}")
    gdb.run(guest, "kill")
    want(guest, guest.wait_for_end() == 0, "the process did not end with 0")


STEPS = (step_connecting_stops_the_guest, step_each_vcpu_is_a_thread, step_memory_is_seen_through_the_page_tables,
         step_a_breakpoint_stops_at_its_address, step_registers_are_those_of_a_kernel_in_long_mode,
         step_one_vcpu_steps_and_the_others_stand, step_the_call_returns_to_its_caller,
         step_a_watchpoint_stops_behind_the_store, step_a_read_is_watched_too, step_memory_is_written,
         step_the_guest_goes_on_when_the_debugger_leaves, step_kill_ends_the_process)


class Tap:
    def __init__(self):
        self.count, self.failed = 0, 0

    def case(self, name, ok, why=""):
        self.count += 1
        self.failed += not ok
        for line in why.splitlines():
            print(f"# {line}")
        print(f"{'ok' if ok else 'not ok'} {self.count} - {name}", flush=True)


def started(args, machine, socket, *more):
    return Guest(machine, args.kernel, args.initrd, append="nokaslr", qmp=True,
                 arguments=("-no-reboot", "-gdb", f"unix:{socket},server=on,wait=off", *more))


def running_guest(args, machine, tap, socket):
    """All steps on one guest; after one that failed the others have no ground to stand on."""
    symbols = None
    with started(args, machine, socket) as guest, Gdb(socket) as gdb:
        try:
            guest.wait_for_shell(120)
            guest.shell("dmesg -n 1")
            symbols, qmp = symbols_of(guest), guest.qmp()
            for step in STEPS:
                step(gdb, guest, qmp, symbols)
                tap.case(step.__name__[5:].replace("_", " "), True)
        except (GuestError, OSError) as error:
            tap.case("a running guest: " + (step.__name__[5:].replace("_", " ") if symbols else "a shell"), False,
                     str(error))
    return symbols


def from_the_first_instruction(args, machine, tap, socket, symbols):
    """-S: GDB is there before the guest runs, and its breakpoint before the kernel's code is."""
    name = "a guest that has not begun: a breakpoint in code that is not there yet, then boot to a shell"
    with started(args, machine, socket, "-S") as guest, Gdb(socket) as gdb:
        try:
            qmp = guest.qmp()
            want(guest, status(qmp) == "prelaunch", "-S has not kept the guest")
            gdb.run(guest, f"target remote {gdb.socket}")
            gdb.run(guest, f"hbreak *{symbols['start_kernel']:#x}")
            text = gdb.run(guest, "continue", 120)
            want(guest, "Breakpoint 1" in text, f"start_kernel was not met: {text}")
            want(guest, gdb.value(guest, "$rip") == symbols["start_kernel"], "it stopped somewhere else")
            gdb.run(guest, "delete")
            gdb.run(guest, "stepi")
            gdb.run(guest, "detach")
            guest.wait_for_shell(120)
            tap.case(name, True)
        except (GuestError, OSError) as error:
            tap.case(name, False, str(error))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    for option in ("--program", "--kernel", "--initrd"):
        parser.add_argument(option, required=True, type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--reference", action="store_true")
    args = parser.parse_args()
    if not shutil.which("gdb"):
        print("1..0 # SKIP gdb is not installed")
        return 0
    machine, tap = Reference() if args.reference else Rhea(args.program), Tap()
    with tempfile.TemporaryDirectory(prefix="rhea-gdb-") as folder:
        socket = f"{folder}/gdb"
        symbols = running_guest(args, machine, tap, socket)
        if symbols:
            from_the_first_instruction(args, machine, tap, socket, symbols)
    print(f"1..{tap.count}")
    return tap.failed != 0


if __name__ == "__main__":
    sys.exit(main())
