#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
./dev bench: how fast, beside the reference

    bench.py --build DIR --kernel FILE --initrd FILE [--rounds N] [--guest-only]

First the benchmark programs under DIR/tests/bench, which print figures of their own.  Then the same
guest on Rhea and on the reference's TCG, round by round and one after the other, so that whatever
else the host does hurts both alike: seconds from the start of the process to the shell prompt, then
seconds for a few commands in the guest.  Of each: least, median, most, and the ratio of the medians
(below 1: Rhea is faster).  Then what an idle guest costs.  The reference's boot contains its firmware; Rhea's, started by x-direct-boot,
has none.  Last, what a machine costs before its guest runs: memory of the process that stands with -S, the
time from the start of the process to QMP's greeting and to the guest's first instruction, what a question of QMP's
takes, and how often an idle guest wakes the host; and
what an exit of KVM's costs, there and back, where there is a KVM.
"""

import argparse
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "guest"))
from guest import Guest, GuestError, Qmp, Reference, Rhea            # noqa: E402

COMMANDS = [
    ("sort", "seq 1 40000 | sort -nr | md5sum"),
    ("sha256 of 16 MB", "dd if=/dev/zero bs=1M count=16 2>/dev/null | sha256sum"),
    ("gzip of the busybox", "gzip -c /bin/busybox | wc -c"),
    ("200 processes", "for i in $(seq 1 200); do /bin/busybox true; done"),
    ("20000 hand-overs between CPUs", "wake 20000"),
]


IDLE = "idle guest, % of a core"
WAKES = "idle guest, wake-ups a second"


def round_of(machine, args):
    """Seconds (and the share of a core) by name."""
    with Guest(machine, args.kernel, args.initrd, cpus=args.cpus) as guest:
        seconds = {"boot to the shell": guest.wait_for_shell(240)}
        guest.shell("dmesg -n 1")
        for name, command in COMMANDS:
            start = time.monotonic()
            guest.shell(command, 300)
            seconds[name] = time.monotonic() - start
        guest.idle_load(2)
        before = guest.wake_ups()
        seconds[IDLE] = guest.idle_load(5) * 100
        seconds[WAKES] = (guest.wake_ups() - before) / 5
        guest.send("poweroff\n")
        guest.wait_for_end(60)
    return seconds


# At the reset vector: the byte 31h to isa-debug-exit's port, which ends the process with status 63h.
RESET = bytes([0xb0, 0x31, 0xe6, 0xf4, 0xf4])
EXITS = 100000


def memory_of(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return {f"before the guest runs: {name}, MB": int(re.search(rf"^{name}: *(\d+)", text, re.M)[1]) / 1024 for name in ("Rss", "Private_Dirty")}


def standing(machine):
    """Memory of a machine that has been made and does not run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [machine.program, "-M", "q35", *machine.machine[2:], "-m", "512", "-smp", "2", "-display", "none", "-nodefaults",
                   "-vga", "std", "-S", "-qmp", f"unix:{folder}/qmp,server=on,wait=off"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
            try:
                Qmp(f"{folder}/qmp", 15).command("query-status")
                return memory_of(process.pid)
            finally:
                process.kill()


QUESTIONS = 2000


def answers(machine):
    """How soon a machine that stands is there for QMP, in ms from the start of the process, and how soon it answers."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/qmp")
        listener.listen(1)
        listener.settimeout(30)
        command = [machine.program, "-M", "q35", *machine.machine[2:], "-m", "512", "-smp", "2", "-display", "none", "-nodefaults",
                   "-vga", "std", "-S", "-qmp", f"unix:{folder}/qmp"]
        start = time.perf_counter()
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
            try:
                client = listener.accept()[0]
                client.settimeout(30)
                client.recv(65536)
                greeting = time.perf_counter() - start
                taken = []
                for request in [b"qmp_capabilities"] + QUESTIONS * [b"query-status"]:
                    start = time.perf_counter()
                    client.sendall(b'{"execute": "%s"}' % request)
                    client.recv(65536)
                    taken.append(time.perf_counter() - start)
            finally:
                process.kill()
    return {"QMP: to the greeting, ms": greeting * 1e3, "QMP: query-status, us": statistics.median(taken[1:]) * 1e6}


def first_instruction(machine):
    """Seconds from the start of the process to its end by the guest's first instructions."""
    with tempfile.NamedTemporaryFile() as bios:
        bios.write(b"\xf4" * (65536 - 16) + RESET.ljust(16, b"\xf4"))
        bios.flush()
        command = [machine.program, "-M", "q35", *machine.machine[2:], "-m", "512", "-display", "none", "-nodefaults", "-bios",
                   bios.name, "-device", "isa-debug-exit,iobase=0xf4"]
        start = time.monotonic()
        subprocess.run(command, stdin=subprocess.DEVNULL, check=False, timeout=60)
        return time.monotonic() - start


def firmware_seconds(program, code):
    """From the start of the process to its end by isa-debug-exit; code: at the start of the segment that RESET leaves."""
    with tempfile.NamedTemporaryFile() as bios:
        jump = b"\xe9\x0d\x00"             # from FFF0h to 0
        bios.write(code.ljust(65536 - 16, b"\xf4") + jump.ljust(16, b"\xf4"))
        bios.flush()
        command = [program, "-M", "q35", "-accel", "kvm", "-m", "64", "-display", "none", "-nodefaults", "-vga", "none",
                   "-bios", bios.name, "-device", "isa-debug-exit,iobase=0xf4"]
        start = time.monotonic()
        subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=120)
        return time.monotonic() - start


def exits(machine):
    """Round trips of KVM's exits, in microseconds: what a hundred thousand more of them take."""
    def code(port, access, rounds):
        return (b"\x66\xb9" + rounds.to_bytes(4, "little")         # mov ecx, rounds
                + b"\xba" + port.to_bytes(2, "little")             # mov dx, port
                + access + b"\x66\x49\x75\xfb"                    # the access; dec ecx; jnz
                + RESET)

    kinds = {"KVM: OUT to fw_cfg, us": (0x510, b"\xef"), "KVM: IN from the RTC, us": (0x71, b"\xec"),
             "KVM: OUT to nobody, us": (0x5f0, b"\xee")}
    return {name: (firmware_seconds(machine.program, code(port, access, EXITS + 1))
                   - firmware_seconds(machine.program, code(port, access, 1))) / EXITS * 1e6
            for name, (port, access) in kinds.items()}


def programs(build):
    failed = 0
    for program in sorted((build / "tests/bench").glob("bench-*")):
        if program.is_file() and os.access(program, os.X_OK):
            print(f"== {program.name}", flush=True)
            failed += subprocess.run([str(program)]).returncode != 0
    return failed


def span(values):
    return f"{min(values):7.2f} {statistics.median(values):7.2f} {max(values):7.2f}" if values else " " * 23


def guests(args, program):
    machines = [Rhea(program)]
    if shutil.which("qemu-system-x86_64"):
        machines.append(Reference())
    else:
        print("the reference is not installed (Debian package: qemu-system-x86)")
    results = {machine.name: {} for machine in machines}
    for number in range(args.rounds):
        for machine in machines:
            print(f"   round {number + 1} of {args.rounds}: {machine.name}", file=sys.stderr, flush=True)
            figures = round_of(machine, args) | standing(machine) | answers(machine)
            figures["to the first instruction"] = first_instruction(machine)
            if os.access("/dev/kvm", os.R_OK | os.W_OK):
                figures |= exits(machine)
            for name, seconds in figures.items():
                results[machine.name].setdefault(name, []).append(seconds)
    print(f"== the same guest, {args.cpus} CPUs, {args.rounds} rounds interleaved; seconds, or as said: least, median, most")
    print(f"{'':40} {'Rhea':^23}   {'reference, TCG':^23}   ratio")
    for name, mine in results["rhea"].items():
        other = results.get("reference", {}).get(name, [])
        ratio = f"{statistics.median(mine) / statistics.median(other):7.2f}" if other else "      -"
        print(f"{name:40} {span(mine)}   {span(other)} {ratio}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--build", required=True)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--initrd", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--guest-only", action="store_true", help="not the benchmark programs")
    args = parser.parse_args()
    failed = 0 if args.guest_only else programs(pathlib.Path(args.build))
    try:
        guests(args, pathlib.Path(args.build) / "rhea-system-x86_64")
    except GuestError as error:
        sys.exit(f"bench: {error}")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
