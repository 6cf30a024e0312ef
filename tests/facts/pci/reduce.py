#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Reduces what was seen of the reference's PCI functions to what test-pci-facts and test-firmware-facts compare with

    reduce.py OBSERVED

OBSERVED has pci-chipset-reset.json (default functions of both machines, with usb=on), pci-devices.json (optional ones)
and MACHINE/pci-config-after-bios.json.  Writes chipset.tsv and after-firmware.tsv beside itself.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
OPTIONAL = ["VGA", "secondary-vga", "i6300esb", "pvpanic-pci"]
CONFIGS = ["512-1", "512-4", "4G-1", "4G-4"]
BYTES = 256


def rows(machine, name, function):
    data = bytes.fromhex(function["cfg"])[:BYTES]
    yield from (f"{machine}\t{name}\treset\t{at:x}\t{byte:x}" for at, byte in enumerate(data) if byte)
    for place, bits in function["wmask"].items():
        if int(place.partition("-")[0], 16) < BYTES:
            yield f"{machine}\t{name}\twritable\t{place}\t{bits}"


def chipset(observed):
    out = ["# Configuration space of the reference's functions: machine, function, what, at (hex), value.  A function is one that the",
           "# machine has by default (with usb=on), or a type that was added to it.  reset: one byte that is not 0 after power-on;",
           "# writable: bits of a doubleword, or of each in a range, that keep ones that are written; others keep none."]
    for place, function in json.loads((observed / "pci-chipset-reset.json").read_text()).items():
        if place != "_format":
            out += rows(*place.split(), function)
    devices = json.loads((observed / "pci-devices.json").read_text())
    for name in OPTIONAL:
        assert devices[name + "@pc/rc"].startswith("same first 256 bytes"), name
        out += [row for machine in ("q35", "pc") for row in rows(machine, name, devices[name + "@q35/rc"])]
    (HERE / "chipset.tsv").write_text("\n".join([*out, ""]))


def after_firmware(observed):
    out = ["# Configuration space after SeaBIOS: machine, memory and CPUs, function, 256 bytes without the zeros at their end.",
           "# With other memory and CPUs only what is not as with 512-1."]
    for machine in ("q35", "pc"):
        seen = {}
        for config in CONFIGS:
            functions = json.loads((observed / f"{machine}-{config}/pci-config-after-bios.json").read_text())
            for place, data in functions.items():
                data = bytes.fromhex(data)[:BYTES].rstrip(b"\0").hex()
                if config == CONFIGS[0] or seen[place] != data:
                    out.append(f"{machine}\t{config}\t{place.removeprefix('00:')}\t{data}")
                seen.setdefault(place, data)
    (HERE / "after-firmware.tsv").write_text("\n".join([*out, ""]))


if __name__ == "__main__":
    chipset(pathlib.Path(sys.argv[1]))
    after_firmware(pathlib.Path(sys.argv[1]))
