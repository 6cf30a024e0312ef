#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
The guest's root: a gzipped newc archive of busybox, an inittab and a few test programs

    initrd.py --kernel DIR --output FILE [--busybox FILE] [--program FILE ...] [--file NAME=FILE ...]

DIR is what tests/dev/setup.sh unpacked.  From it come the two modules that turn the power button
into an event: Debian builds button and evdev as modules.  The archive is written here, byte by
byte, because /dev/console must exist before the guest has a devtmpfs and only root can make a
device node on disk.  The same input gives the same bytes.

Format: cpio newc, a header of 8-digit hexadecimal fields per member, names and data padded to 4.
"""

import argparse
import gzip
import pathlib
import stat
import sys

HERE = pathlib.Path(__file__).parent
MODULES = ("button.ko", "evdev.ko")
ON_DEMAND = ("qemu_fw_cfg.ko",)         # in lib/on-demand: a test loads them
APPLETS = """
    sh ash cat ls cp mv rm mkdir mount umount echo printf grep sed awk head tail wc sort tr cut date sleep dmesg nproc
    poweroff reboot halt init insmod setsid cttyhack stty free uptime ps top kill taskset hexdump od dd md5sum sha256sum
    true false test expr seq find xargs vi more less uname hostname env id acpid hwclock devmem gzip gunzip zcat time
""".split()


class Archive:
    def __init__(self):
        self.parts, self.inode, self.made = [], 0, set()

    def _member(self, name, mode, data=b"", device=(0, 0)):
        self.inode += 1
        encoded = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self.parts += [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]

    def directory(self, name):
        parents = [str(parent) for parent in pathlib.PurePath(name).parents if str(parent) != "."]
        for path in [*reversed(parents), name]:
            if path not in self.made:
                self.made.add(path)
                self._member(path, stat.S_IFDIR | 0o755)

    def _parent(self, name):
        parent = str(pathlib.PurePath(name).parent)
        if parent != ".":
            self.directory(parent)

    def file(self, name, data, executable=False):
        self._parent(name)
        self._member(name, stat.S_IFREG | (0o755 if executable else 0o644), data)

    def link(self, name, target):
        self._parent(name)
        self._member(name, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, name, major, minor):
        self._parent(name)
        self._member(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def bytes(self):
        self._member("TRAILER!!!", 0)
        return gzip.compress(b"".join(self.parts), compresslevel=6, mtime=0)


def find_busybox(path):
    for candidate in (path, "/bin/busybox", "/usr/bin/busybox"):
        if candidate and pathlib.Path(candidate).is_file():
            return pathlib.Path(candidate).read_bytes()
    sys.exit("initrd.py: no busybox here; Debian package: busybox-static")


def build(kernel, programs, busybox=None, files=()):
    archive = Archive()
    for name in ("dev", "proc", "sys", "tmp", "root", "bin", "lib"):
        archive.directory(name)
    archive.character_device("dev/console", 5, 1)
    archive.character_device("dev/null", 1, 3)
    archive.file("bin/busybox", find_busybox(busybox), executable=True)
    for applet in APPLETS:
        archive.link("bin/" + applet, "busybox")
    archive.link("sbin", "bin")
    archive.link("init", "bin/init")
    rootfs = HERE / "rootfs"
    for path in sorted(rootfs.rglob("*")):
        if path.is_file():
            archive.file(str(path.relative_to(rootfs)), path.read_bytes(), executable=path.stat().st_mode & 0o100)
    for module in MODULES + ON_DEMAND:
        for path in sorted(pathlib.Path(kernel).glob("tree/lib/modules/*/kernel/drivers/*/" + module)):
            archive.file(("lib/" if module in MODULES else "lib/on-demand/") + module, path.read_bytes())
    for program in programs:
        archive.file("bin/" + pathlib.Path(program).name, pathlib.Path(program).read_bytes(), executable=True)
    for name, path in files:
        archive.file(name, pathlib.Path(path).read_bytes())
    return archive.bytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--kernel", required=True, help="folder with the unpacked kernel package")
    parser.add_argument("--output", required=True)
    parser.add_argument("--busybox")
    parser.add_argument("--program", action="append", default=[], help="static program for /bin, repeatable")
    parser.add_argument("--file", action="append", default=[], type=lambda pair: pair.split("=", 1), help="NAME=FILE, repeatable")
    args = parser.parse_args()
    data = build(args.kernel, args.program, args.busybox, args.file)
    output = pathlib.Path(args.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    if not output.is_file() or output.read_bytes() != data:
        output.write_bytes(data)


if __name__ == "__main__":
    main()
