#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Dumps of a booted Debian kernel, as TAP: core files that describe what the guest says of itself

    dump.py --kernel FILE --initrd FILE [--program build/rhea-system-x86_64] [--reference]

The guest tells where its banner is (/proc/kallsyms) and what it says (/proc/version); the dumps are read
here, and by readelf where it is installed.  With --reference the same is asked of the reference.
"""

import argparse
import pathlib
import re
import shutil
import struct
import subprocess
import sys

from guest import Guest, GuestError, Reference, Rhea

CPUS, MEMORY = 2, 128
PT_LOAD, PT_NOTE = 1, 4


class Core:
    """An ELF64 core file."""

    def __init__(self, path):
        self.path, self.file = path, path.open("rb")
        head = self.read(0, 64)
        self.machine, = struct.unpack_from("<H", head, 18)
        start, = struct.unpack_from("<Q", head, 32)
        count, = struct.unpack_from("<H", head, 56)
        table = self.read(start, 56 * count)
        self.programs = [struct.unpack_from("<IIQQQQQQ", table, 56 * i) for i in range(count)]
        self.loads = [(offset, lin, gpa, size) for kind, _, offset, lin, gpa, size, _, _ in self.programs
                      if kind == PT_LOAD]

    def read(self, at, size):
        self.file.seek(at)
        return self.file.read(size)

    def at_lin(self, lin, size):
        for offset, first, _, length in self.loads:
            if first <= lin < first + length:
                return self.read(offset + lin - first, size)
        return None

    def at_gpa(self, gpa, size):
        for offset, _, first, length in self.loads:
            if first <= gpa < first + length:
                return self.read(offset + gpa - first, size)
        return None

    def notes(self):
        _, _, offset, _, _, size, _, _ = next(p for p in self.programs if p[0] == PT_NOTE)
        data, at, found = self.read(offset, size), 0, []
        while at < len(data):
            name_size, content_size, _ = struct.unpack_from("<III", data, at)
            name = data[at + 12:at + 12 + name_size].rstrip(b"\0").decode()
            at += 12 + (name_size + 3 & ~3)
            found.append((name, data[at:at + content_size]))
            at += content_size + 3 & ~3
        return found


def load(guest, symbol):
    return int(guest.shell(f"grep ' {symbol}$' /proc/kallsyms").split()[0], 16)


class Dumps:
    def __init__(self, guest):
        self.guest, self.qmp, self.folder = guest, guest.qmp(), pathlib.Path(guest.folder.name)
        guest.shell("dmesg -n 1; echo 0 > /proc/sys/kernel/kptr_restrict; insmod /lib/on-demand/qemu_fw_cfg.ko")
        self.banner = guest.shell("cat /proc/version").strip().encode()
        self.banner_at = load(guest, "linux_banner")
        self.text_at = load(guest, "_text")

    def dump(self, name, **arguments):
        path = self.folder / name
        self.qmp.command("dump-guest-memory", protocol=f"file:{path}", **arguments)
        result = self.qmp.event("DUMP_COMPLETED")["data"]["result"]
        if result["status"] != "completed" or result != self.qmp.command("query-dump"):
            raise GuestError(f"DUMP_COMPLETED says {result}")
        return path

    def the_physical_dump_has_the_guests_banner_where_its_note_says(self):
        core = Core(self.dump("physical", paging=False))
        notes = core.notes()
        names = [name for name, _ in notes]
        if names != ["CORE"] * CPUS + ["QEMU"] * CPUS + ["VMCOREINFO"]:
            return f"the notes are {names}"
        info = dict(line.split("=", 1) for line in notes[-1][1].rstrip(b"\0").decode().splitlines() if "=" in line)
        physical = self.banner_at - 0xffffffff80000000 + int(info["NUMBER(phys_base)"])
        found = core.at_gpa(physical, len(self.banner))
        return None if found == self.banner and core.machine == 62 else f"at {physical:#x} is {found!r}"

    def the_linear_dump_has_the_guests_banner_where_the_guest_sees_it(self):
        core = Core(self.dump("linear", paging=True, detach=True))
        found = core.at_lin(self.banner_at, len(self.banner))
        return None if found == self.banner else f"at {self.banner_at:#x} is {found!r}"

    def registers_are_those_of_a_kernel(self):
        core = Core(self.folder / "physical")
        for name, content in core.notes():
            rip, = struct.unpack_from("<Q", content, 8 + 16 * 8 if name == "QEMU" else 112 + 16 * 8)
            if name != "VMCOREINFO" and not rip:
                return f"a note {name} has RIP {rip:#x}"
        return None

    def memsave_and_pmemsave_agree_with_the_dump(self):
        size, paths = 4096, [self.folder / name for name in ("lin", "phys")]
        self.qmp.command("stop")
        core = Core(self.dump("still", paging=True))
        lin = self.text_at
        gpa = next(first + lin - start for _, start, first, length in core.loads if start <= lin < start + length)
        self.qmp.command("memsave", **{"val": lin - (1 << 64), "size": size, "filename": str(paths[0]), "cpu-index": 1})
        self.qmp.command("pmemsave", val=gpa, size=size, filename=str(paths[1]))
        self.qmp.command("cont")
        same = {path.read_bytes() for path in paths} | {core.at_lin(lin, size)}
        return None if len(same) == 1 and len(same.pop()) == size else "they differ"

    def readelf_has_nothing_to_complain_of(self):
        if not shutil.which("readelf"):
            return "skip: no readelf here"
        for name in ("physical", "linear"):
            run = subprocess.run(["readelf", "-a", "-W", self.folder / name], capture_output=True, text=True, check=False)
            if run.returncode or re.search(r"warning|error", run.stderr, re.I):
                return run.stderr
        return None

    def the_guest_goes_on(self):
        return None if self.guest.shell("nproc").strip() == str(CPUS) else "it does not"

    CASES = (the_physical_dump_has_the_guests_banner_where_its_note_says,
             the_linear_dump_has_the_guests_banner_where_the_guest_sees_it, registers_are_those_of_a_kernel,
             memsave_and_pmemsave_agree_with_the_dump, readelf_has_nothing_to_complain_of, the_guest_goes_on)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--initrd", required=True)
    parser.add_argument("--program", default="build/rhea-system-x86_64")
    parser.add_argument("--reference", action="store_true")
    args = parser.parse_args()
    machine, failed = Reference() if args.reference else Rhea(args.program), 0
    with Guest(machine, args.kernel, args.initrd, MEMORY, CPUS, qmp=True,
               arguments=("-no-reboot", "-device", "vmcoreinfo")) as guest:
        guest.wait_for_shell(120)
        dumps = Dumps(guest)
        for count, case in enumerate(Dumps.CASES, 1):
            try:
                said = case(dumps)
            except (GuestError, OSError, ValueError, KeyError, StopIteration, struct.error) as problem:
                said = f"{type(problem).__name__}: {problem}"
            skip = said and said.startswith("skip: ")
            if said and not skip:
                print("# " + said.replace("\n", "\n# "))
            failed += bool(said and not skip)
            name = case.__name__.replace("_", " ")
            print(f"{'not ok' if said and not skip else 'ok'} {count} - {name}{' # SKIP ' + said[6:] if skip else ''}", flush=True)
    print(f"1..{len(Dumps.CASES)}")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
