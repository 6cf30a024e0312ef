#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
SeaBIOS under KVM, by its screen, as TAP

    test_kvm.py PROGRAM [--long]

Each board with each place for its interrupt controllers; what stands in VGA's text memory is read through qtest, beside
which any accelerator works.  Skipped where /dev/kvm cannot be opened, or there is no SeaBIOS.
"""

import os
import sys
import time

from qtest import PATIENCE_S, Machine, Refused

FIRMWARE = ["/usr/share/seabios/bios-256k.bin", "/usr/share/qemu/bios-256k.bin"]
TEXT, COLUMNS, ROWS = 0xb8000, 80, 25
# With our own controllers one vCPU: with more the reference hangs here, too.
SHORT = [("q35", "on", 2), ("pc", "split", 2), ("q35", "off", 1)]
LONG = [(board, place, cpus) for board in ("q35", "pc") for place in ("on", "split") for cpus in (1, 2, 8)]
LONG += [("q35", "off", 1), ("pc", "off", 1)]


def screen(m):
    cells = m.read(TEXT, 2 * COLUMNS * ROWS)[::2].decode("latin-1")
    return [cells[at:at + COLUMNS].rstrip() for at in range(0, len(cells), COLUMNS)]


def said(program, board, place, cpus):
    """The screen once firmware has found nothing to start, or after all patience."""
    deadline = time.monotonic() + PATIENCE_S
    with Machine([program, "-M", f"{board},kernel-irqchip={place}", "-accel", "kvm", "-smp", str(cpus), "-m", "64",
                  "-nodefaults", "-vga", "std"]) as m:
        lines = screen(m)
        while "No bootable device." not in lines and time.monotonic() < deadline:
            time.sleep(0.05)
            lines = screen(m)
    return lines


def main():
    program, count, failed = sys.argv[1], 0, 0
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        print("1..0 # SKIP there is no /dev/kvm here")
        return 0
    if not any(os.path.exists(path) for path in FIRMWARE):
        print("1..0 # SKIP there is no SeaBIOS here")
        return 0
    for board, place, cpus in LONG if "--long" in sys.argv else SHORT:
        try:
            lines = said(program, board, place, cpus)
        except (Refused, OSError) as error:
            lines = [str(error)]
        passed = "No bootable device." in lines and any(line.startswith("SeaBIOS (version ") for line in lines)
        count, failed = count + 1, failed + (not passed)
        if not passed:
            print("# " + "\n# ".join(lines))
        print(f"{'ok' if passed else 'not ok'} {count} - {board} with kernel-irqchip={place} and {cpus} CPUs: SeaBIOS looks for "
              "something to start, in vain", flush=True)
    print(f"1..{count}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
