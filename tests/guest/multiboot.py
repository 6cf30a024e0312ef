#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
A Multiboot kernel of our own, started by way of SeaBIOS, as TAP

    multiboot.py PROGRAM KERNEL

What the kernel was told is compared with what is in the command line, and with what the reference tells it.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PATIENCE_S = 40 * float(os.environ.get("RHEA_PATIENCE", "1"))
FIRMWARE = ["/usr/share/seabios/bios-256k.bin", "/usr/share/qemu/bios-256k.bin"]
EXIT = 0x10 << 1 | 1
failed = count = 0


def run(program, board, kernel, folder, more=()):
    """(status, what the kernel printed, line by line)"""
    line = [program, "-M", board, *more, "-m", "64", "-nodefaults", "-display", "none", "-serial", "stdio", "-device",
            "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", kernel, "-append", "hello world", "-initrd", "a x y,b"]
    result = subprocess.run(line, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S)
    lines = result.stdout.decode(errors="replace").splitlines()
    start = next((n for n, text in enumerate(lines) if "magic" in text), 0)
    return result.returncode, lines[start:], result.stderr.decode(errors="replace")


def case(passed, name, said=""):
    global failed, count
    count += 1
    failed += not passed
    if not passed:
        print("# " + str(said).replace("\n", "\n# "))
    print(f"{'ok' if passed else 'not ok'} {count} - {name}", flush=True)


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}", flush=True)


def started(program, board, kernel, folder, more=()):
    status, lines, errors = run(program, board, kernel, folder, more)
    board = " ".join((board, *more))
    said = f"status {status}, {lines}, {errors}"
    case(status == EXIT, f"{board}: the kernel runs, with the magic number and zeroed memory", said)
    wanted = ["flags 24f", f"command {kernel} hello world", "module 5 page 0 a x y: first", "module 6 page 0 b: second",
              "lower 27f", "device 8000ffff", "paging 0", "loader qemu"]
    case(all(word in lines for word in wanted), f"{board}: the kernel is told command line, modules and memory", said)
    ram = [line.split()[1:3] for line in lines if line.startswith("map") and line.endswith(" 1")]
    case(len(ram) == 2 and ram[0] == ["0", "9fc00"] and ram[1][0] == "100000",
         f"{board}: the kernel is told the firmware's memory map", said)
    return lines


def main():
    program, kernel = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    if not any(os.path.exists(path) for path in FIRMWARE):
        print("1..0 # SKIP there is no SeaBIOS here")
        return
    with tempfile.TemporaryDirectory(prefix="rhea-multiboot-") as name:
        folder = pathlib.Path(name)
        (folder / "a").write_bytes(b"first")
        (folder / "b").write_bytes(b"second")
        for board in ("q35", "pc"):
            ours = started(program, board, kernel, folder)
            if not shutil.which("qemu-system-x86_64"):
                skip(f"{board}: the reference tells the same", "there is no qemu-system-x86_64 here")
                continue
            theirs = run("qemu-system-x86_64", board, kernel, folder)[1]
            same = [[line for line in lines if not line.startswith(("map", "upper"))] for lines in (ours, theirs)]
            case(same[0] == same[1], f"{board}: the reference tells the same", f"{ours}\n{theirs}")
        for board, place in (("q35", "on"), ("pc", "on"), ("q35", "split"), ("pc", "off")):
            if os.access("/dev/kvm", os.R_OK | os.W_OK):
                started(program, f"{board},kernel-irqchip={place}", kernel, folder, ("-accel", "kvm"))
            else:
                skip(f"{board},kernel-irqchip={place} -accel kvm: the kernel runs", "there is no /dev/kvm here")
    print(f"1..{count}")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
