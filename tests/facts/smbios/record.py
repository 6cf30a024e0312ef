#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks the reference for its SMBIOS tables, as its fw_cfg gives them to firmware.

usage: record.py > tables.tsv

Columns: machine, MiB of RAM, sockets, cores, threads, entry point type, -smbios options parted by spaces, what the
anchor and the table are (hexadecimal).  FILE and TEXT in an option are blob and text beside this file.
"""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "../../qtest"))
from qtest import Machine

ALL = ["type=0,vendor=V0,version=V1,date=01/02/2003,release=4.5,uefi=on",
       "type=1,manufacturer=M1,product=P1,version=V1,serial=S1,uuid=00112233-4455-6677-8899-aabbccddeeff,sku=K1,family=F1",
       "type=2,manufacturer=M2,product=P2,version=V2,serial=S2,asset=A2,location=L2",
       "type=3,manufacturer=M3,version=V3,serial=S3,asset=A3,sku=K3",
       "type=4,sock_pfx=S,manufacturer=M4,version=V4,serial=S4,asset=A4,part=P4,max-speed=3000,current-speed=2500,"
       "processor-id=0x123456789a",
       "type=8,internal_reference=i8,external_reference=e8,connector_type=1,port_type=2", "type=11,value=o1,value=o2",
       "type=17,loc_pfx=D,bank=B,manufacturer=M17,serial=S17,asset=A17,part=P17,speed=1600",
       "type=41,designation=Onboard,kind=ethernet,instance=2,pcidev=nic"]
# machine, MiB, (sockets, cores, threads), entry point, options
QUESTIONS = [
    *((machine, mib, smp, "32", []) for machine in ("q35", "pc") for mib, smp in (
        (64, (1, 1, 1)), (512, (1, 4, 1)), (4096, (2, 2, 2)), (3072, (20, 1, 1)))),
    ("q35", 512, (1, 1, 1), "64", []), ("pc", 4096, (1, 2, 2), "64", []),
    ("q35", 17408, (1, 1, 1), "32", []), ("q35", 40960, (1, 127, 2), "64", []),
    ("q35", 512, (1, 1, 1), "32", ALL), ("pc", 512, (2, 1, 1), "64", ALL),
    *(("q35", 64, (1, 1, 1), "32", options) for options in (
        ["type=0"], ["type=0,release=1.2,uefi=off"], ["type=1,manufacturer=,serial=S"], ["type=2"], ["type=2,asset=x"],
        ["type=1,serial=a", "type=1,sku=b,serial=c"], ["type=8", "type=8,port_type=255"], ["type=11"], ["type=11,value="],
        ["type=11,value=a,,b", "type=11,value=c"], ["type=41", "type=41,kind=sas,designation=x"], ["type=4,sock_pfx="],
        ["type=4,max-speed=0,current-speed=65535"], ["file=FILE"], ["type=11,path=TEXT"])),
]


def files(m):
    def transfer(key, length):
        m.write(0x1000, struct.pack(">IIQ", 8 | 2 | key << 16, length, 0x100000))
        m.outl(0x518, 0x00100000)
        assert m.read(0x1000, 4) == bytes(4)
        return m.read(0x100000, length) if length else b""

    count = struct.unpack(">I", transfer(0x19, 4))[0]
    directory = transfer(0x19, 4 + 64 * count)
    for at in range(4, 4 + 64 * count, 64):
        size, key = struct.unpack(">IH", directory[at:at + 6])
        yield directory[at + 8:at + 64].rstrip(b"\0").decode(), transfer(key, size)


def answer(machine, mib, smp, entry, options):
    line = ["qemu-system-x86_64", "-M", f"{machine},smbios-entry-point-type={entry},memory-backend=m", "-m", str(mib), "-object",
            f"memory-backend-memfd,id=m,size={mib}M,reserve=off", "-smp", "%d,sockets=%d,cores=%d,threads=%d" % (
                smp[0] * smp[1] * smp[2], *smp), "-nodefaults", "-vga", "none", "-nic", "none", "-monitor", "none",
            "-accel", "tcg", "-S", "-device", "virtio-rng-pci,id=nic,addr=5"]
    for option in options:
        line += ["-smbios", option.replace("FILE", HERE + "/blob").replace("TEXT", HERE + "/text")]
    with Machine(line) as m:
        found = dict(files(m))
    return found["etc/smbios/smbios-anchor"], found["etc/smbios/smbios-tables"]


def main():
    print("# SPDX-License-Identifier: Apache-2.0\n# What record.py heard; its columns are explained there.")
    for machine, mib, smp, entry, options in QUESTIONS:
        anchor, table = answer(machine, mib, smp, entry, options)
        print(machine, mib, *smp, entry, " ".join(options), anchor.hex(), table.hex(), sep="\t")


main()
