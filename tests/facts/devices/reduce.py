#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Reduces what the reference lists of its device types to what tests/unit/test-device-facts.c compares with

    reduce.py OBSERVED TYPES

OBSERVED has devices.json (device-list-properties of each type) and property-enum-types.json.  TYPES
is qom-types.tsv.  Writes properties.tsv, enums.tsv and types.tsv beside itself.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
# Lines of the tree that device-list-properties shows too; nobody sets them.
TREE = ("child<", "link<")


def shown(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def cells(device):
    """A property each: name, type, and what it begins with: =default, or ~ as a realized device has it."""
    out = []
    for name, kind, *default in device["props"]:
        if kind.startswith(TREE):
            continue
        realized = device.get("instance_values", {}).get(name)
        if default and default[0] is not None:
            out.append(f"{name} {kind} ={shown(default[0])}")
        elif realized is not None and not isinstance(realized, (list, dict)):
            out.append(f"{name} {kind} ~{shown(realized)}")
        else:
            out.append(f"{name} {kind}")
    return out


def main():
    observed = pathlib.Path(sys.argv[1])
    devices = json.loads((observed / "devices.json").read_text())
    found = {name: cells(device) for name, device in devices.items() if name != "_format" and isinstance(device["props"], list)}
    common = found["i6300esb"]           # which has none of its own
    out = ["# Properties that the reference lists of a device type, those of the tree left out: type, then in each column name,",
           "# type and =default, or ~value of a realized device where there is no default.  @ stands for those of pci-device",
           "# that are not in the line themselves."]
    out.append("\t".join(["pci-device", *common]))
    for name, own in sorted(found.items()):
        if {cell.split()[0] for cell in common} <= {cell.split()[0] for cell in own}:
            own = ["@", *(cell for cell in own if cell not in common)]
        out.append("\t".join([name, *own]))
    (HERE / "properties.tsv").write_text("\n".join([*out, ""]))
    enums = json.loads((observed / "property-enum-types.json").read_text())
    out = ["# Values of enumerations of properties: type, then a value in each column."]
    out += ["\t".join([name, *values]) for name, values in sorted(enums.items()) if not name.startswith("_")]
    (HERE / "enums.tsv").write_text("\n".join([*out, ""]))


def types():
    out = ["# Types: name, parent (- for none), and whether it has no instances."]
    for line in pathlib.Path(sys.argv[2]).read_text().splitlines()[1:]:
        name, parent, abstract, *_ = line.split("\t")
        out.append("\t".join((name, parent or "-", abstract or "-")))
    (HERE / "types.tsv").write_text("\n".join([*out, ""]))


if __name__ == "__main__":
    main()
    types()
