#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Other guests than the boots': Debian's full kernel and its 686 with PAE; one kernel started by another; how CPUs
are numbered and what the kernel complains about, beside the reference; UEFI firmware to its shell

    kernels.py --program FILE --cloud DIR --wake FILE --kexec FILE --work DIR [--amd64 DIR] [--686 DIR] [--busybox-686 FILE]

The folders are what tests/dev/setup.sh unpacked; a case whose kernel could not be had is skipped.  TAP on stdout.
"""

import argparse
import contextlib
import pathlib
import re
import shutil
import sys
import time

import initrd
from guest import PROMPT, Guest, GuestError, Qmp, Reference, Rhea

# Lines of the kernel's level warn or worse that only one of the two machines causes, and why.
ONLY_REFERENCE = {
    r"mtrr: your CPUs had inconsistent (fixed|variable) MTRR settings": "its other CPUs keep none of what firmware writes",
    r"mtrr: your CPUs had inconsistent MTRRdefType settings": "the same",
}
ONLY_RHEA = {}
# Lines that either machine causes when the host gives it too little time: one clock measured by another.
BUSY_HOST = {
    r"tsc: Unable to calibrate against PIT": "the timer's end was seen late",
    r"APIC calibration not consistent with PM-Timer": "the ticks were seen late",
    r"clocksource: .*": "the watchdog was kept waiting",
}
# How often both machines are asked: a complaint of one alone is its own when it comes every time.
ROUNDS = 3
OVMF = pathlib.Path("/usr/share/ovmf/OVMF.fd")


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def case(self, name, action):
        self.count += 1
        try:
            note = action()
        except GuestError as error:
            self.failed += 1
            print("# " + str(error).replace("\n", "\n#   "))
            print(f"not ok {self.count} - {name}", flush=True)
        else:
            print(f"ok {self.count} - {name}{f' ({note})' if note else ''}", flush=True)

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)


def end(guest, command="poweroff\n"):
    guest.send(command)
    status = guest.wait_for_end(60)
    if status != 0:
        guest.fail(f"the process ended with {status}")


def boots(machine, kernel, archive, version):
    with Guest(machine, kernel, archive) as guest:
        seconds = guest.wait_for_shell(120)
        guest.shell("dmesg -n 1")
        said = guest.shell("uname -rm && nproc").split()
        if not re.search(version, said[0]) or said[2] != "2":
            guest.fail(f"it says {said}")
        end(guest)
    return f"{' '.join(said[:2])}, {seconds:.1f} s"


def starts_another(machine, kernel, archive):
    with Guest(machine, kernel, archive) as guest:
        guest.wait_for_shell(120)
        guest.shell("dmesg -n 1")
        before = guest.shell("uname -r").strip()
        guest.send("kexec /boot/vmlinuz /boot/initrd.gz console=ttyS0\n")
        guest.expect("Linux version", 60, "the other kernel's banner")
        guest.expect("(?:^|\n)" + PROMPT, 120, "the other kernel's shell")
        guest.shell("dmesg -n 1")
        after, cpus = guest.shell("uname -r && nproc").split()
        if after == before or cpus != "2":
            guest.fail(f"{before}, then {after} with {cpus} CPUs")
        end(guest)
    return f"{before}, then {after}"


def uefi_shell(machine):
    with Guest(machine, None, None, "256", 2, arguments=("-bios", str(OVMF))) as guest:
        guest.expect("Shell> ", 120, "the shell's prompt")
        seconds = time.monotonic() - guest.started
        guest.send("ver\r")
        version = guest.expect(r"UEFI v[\d.]+", 20, "the version of UEFI")[0]
        guest.expect("Shell> ", 20, "the shell's prompt")
        end(guest, "reset -s\r")
    return f"{version}, {seconds:.1f} s"


def complaints(machine, kernel, archive):
    with Guest(machine, kernel, archive) as guest:
        guest.wait_for_shell(120)
        guest.shell("dmesg -n 1")
        lines = guest.shell("dmesg -r | grep '^<[0-4]>'; true").splitlines()
    return [re.sub(r"^<\d+>\[ *[\d.]+\] ", "", line) for line in lines if line]


def unexplained(lines, others, reasons):
    patterns = [*reasons, *BUSY_HOST]
    return {line for line in lines if line not in others and not any(re.search(pattern, line) for pattern in patterns)}


def complains_alike(program, board, kernel, archive):
    only_ours = only_theirs = None
    for _ in range(ROUNDS):
        ours = complaints(Rhea(program, board, firmware=True), kernel, archive)
        theirs = complaints(Reference(board=board), kernel, archive)
        wrong, missing = unexplained(ours, theirs, ONLY_RHEA), unexplained(theirs, ours, ONLY_REFERENCE)
        only_ours = wrong if only_ours is None else only_ours & wrong
        only_theirs = missing if only_theirs is None else only_theirs & missing
        if not only_ours and not only_theirs:
            return f"{len(ours)} lines"
    raise GuestError("\n".join([f"only ours, each time: {line}" for line in sorted(only_ours)] +
                               [f"only the reference's, each time: {line}" for line in sorted(only_theirs)]))


def numbering(machine, kernel, archive):
    with Guest(machine, kernel, archive, cpus="3,maxcpus=12,sockets=2,dies=3,cores=2") as guest:
        guest.wait_for_shell(60)
        guest.shell("dmesg -n 1")
        return guest.shell("cd /sys/devices/system/cpu; cat possible present online; cat cpu?/topology/*_id; "
                           "cat cpu?/topology/*_list; grep '^[a-z ]*apicid' /proc/cpuinfo")


def numbered_alike(program, board, kernel, archive):
    ours = numbering(Rhea(program, board, firmware=True), kernel, archive)
    theirs = numbering(Reference(board=board), kernel, archive)
    if ours != theirs:
        raise GuestError(f"ours:\n{ours}\nthe reference's:\n{theirs}")
    return "possible " + ours.split()[0]


def comes_and_goes(machine, kernel, archive):
    """ACPI hot-plug of a PCI function, as a management stack does it."""
    path = "/sys/bus/pci/devices/0000:00:1e.0"
    with Guest(machine, kernel, archive, qmp=True) as guest:
        guest.wait_for_shell(60)
        guest.shell("dmesg -n 1")
        with contextlib.closing(Qmp(guest.qmp_path, 20)) as qmp:
            for _ in range(3):
                qmp.command("device_add", driver="i6300esb", id="dog", addr="1e")
                guest.shell(f"until test -e {path}/config; do sleep 0.1; done")
                if guest.shell(f"cat {path}/device").strip() != "0x25ab":
                    guest.fail("the guest sees another function")
                qmp.command("device_del", id="dog")
                if qmp.event("DEVICE_DELETED")["data"]["device"] != "dog":
                    guest.fail("another device has gone")
                guest.shell(f"while test -e {path}; do sleep 0.1; done")
        end(guest)


ONLINE = ("until test -e /sys/devices/system/cpu/cpu{n}/online; do sleep 0.1; done; "
          "grep -q 1 /sys/devices/system/cpu/cpu{n}/online || echo 1 > /sys/devices/system/cpu/cpu{n}/online")


def cpu_comes_and_goes(machine, kernel, archive):
    """ACPI hot-plug of a CPU: it comes, works, and is let go by the guest; another place's CPU stays."""
    path = "/sys/devices/system/cpu"
    with Guest(machine, kernel, archive, cpus="2,maxcpus=4,sockets=2,cores=2", qmp=True) as guest:
        guest.wait_for_shell(60)
        guest.shell("dmesg -n 1")
        with contextlib.closing(Qmp(guest.qmp_path, 40)) as qmp:
            place = {"driver": "qemu64-x86_64-cpu", "thread-id": 0, "socket-id": 1}
            for turn in range(3):
                qmp.command("device_add", id="new", **place, **{"core-id": 0})
                guest.shell(ONLINE.format(n=2))         # the guest numbers CPUs as they come
                if not turn:
                    qmp.command("device_add", id="stays", **place, **{"core-id": 1})
                guest.shell(ONLINE.format(n=3))
                found = guest.shell(f"cat {path}/online; grep -c ^processor /proc/cpuinfo; "
                                    "for n in 0 1 2 3; do taskset -p $((1 << n)) $$ >/dev/null; cut -d ' ' -f 39 /proc/self/stat; "
                                    "done; taskset -p f $$ > /dev/null").split()
                if found != ["0-3", "4", "0", "1", "2", "3"]:
                    guest.fail(f"turn {turn}: with the new CPU the guest says {found}")
                if len(qmp.command("query-cpus-fast")) != 4:
                    guest.fail("there are not four CPUs")
                qmp.command("device_del", id="new")
                while (gone := qmp.event("DEVICE_DELETED")["data"]).get("device") != "new":
                    if gone["path"] != "/machine/peripheral/new/lapic":
                        guest.fail(f"another device has gone: {gone}")
                guest.shell(f"while test -e {path}/cpu2/online; do sleep 0.1; done")
                left = guest.shell(f"cat {path}/online").strip()
                if left != "0-1,3" or [cpu["cpu-index"] for cpu in qmp.command("query-cpus-fast")] != [0, 1, 3]:
                    guest.fail(f"without the CPU there are {left}")
        end(guest)


def write(path, data):
    path.write_bytes(data)
    return path


def beside_reference(tap, args):
    reference = shutil.which("qemu-system-x86_64")
    cloud, full = write(args.work / "cloud.gz", initrd.build(args.cloud, [])), args.work / "amd64.gz"
    for board in ("q35", "pc"):
        case = f"-M {board}: CPUs, dies and empty places are numbered as on the reference"
        if reference:
            tap.case(case, lambda b=board: numbered_alike(args.program, b, args.cloud / "vmlinuz", cloud))
        else:
            tap.skip(case, "no reference")
        case = f"-M {board}: the kernel complains about what it complains about on the reference"
        if args.amd64 and reference:
            tap.case(case, lambda b=board: complains_alike(args.program, b, args.amd64 / "vmlinuz", full))
        else:
            tap.skip(case, "no reference, or no kernel")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--program", required=True)
    parser.add_argument("--cloud", required=True, type=pathlib.Path)
    parser.add_argument("--wake", required=True)
    parser.add_argument("--kexec", required=True)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--amd64", type=pathlib.Path)
    parser.add_argument("--686", dest="pae", type=pathlib.Path)
    parser.add_argument("--busybox-686", dest="busybox")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    tap = Tap()
    machines = [(f"-M {board}{'' if firmware else ',x-direct-boot=on'}", Rhea(args.program, board, firmware))
                for board in ("q35", "pc") for firmware in (True, False)]
    if args.amd64:
        full = write(args.work / "amd64.gz", initrd.build(args.amd64, [args.wake]))
        both = write(args.work / "kexec.gz", initrd.build(args.cloud, [args.kexec], files=[
            ("boot/vmlinuz", args.amd64 / "vmlinuz"), ("boot/initrd.gz", full)]))
    if args.pae and args.busybox:
        pae = write(args.work / "686.gz", initrd.build(args.pae, [], args.busybox))
    for name, machine in machines:
        case = f"{name}: Debian's full kernel reaches its shell"
        if args.amd64:
            tap.case(case, lambda m=machine: boots(m, args.amd64 / "vmlinuz", full, r"\d-amd64$"))
        else:
            tap.skip(case, "the kernel could not be downloaded")
    for name, machine in (machines[0], machines[3]):
        case = f"{name}: one kernel starts another by kexec"
        if args.amd64:
            tap.case(case, lambda m=machine: starts_another(m, args.cloud / "vmlinuz", both))
        else:
            tap.skip(case, "the kernel could not be downloaded")
    for name, machine in machines[::2]:
        case = f"{name}: the 32-bit kernel with PAE reaches its shell"
        if args.pae and args.busybox:
            tap.case(case, lambda m=machine: boots(m, args.pae / "vmlinuz", pae, r"-686-pae$"))
        else:
            tap.skip(case, "kernel or busybox could not be downloaded")
    beside_reference(tap, args)
    plain = write(args.work / "plain.gz", initrd.build(args.cloud, []))
    tap.case("-M pc: a function comes, is let go by the guest, and comes again",
             lambda: comes_and_goes(machines[2][1], args.cloud / "vmlinuz", plain))
    for name, machine in machines:
        tap.case(f"{name}: a CPU comes, works, is let go by the guest, and comes again",
                 lambda m=machine: cpu_comes_and_goes(m, args.cloud / "vmlinuz", plain))
    for name, machine in machines[::2]:
        case = f"{name}: OVMF reaches its shell, which can switch the machine off"
        if OVMF.is_file():
            tap.case(case, lambda m=machine: uefi_shell(m))
        else:
            tap.skip(case, "no OVMF; Debian package: ovmf")
    print(f"1..{tap.count}")
    sys.exit(tap.failed != 0)


if __name__ == "__main__":
    main()
