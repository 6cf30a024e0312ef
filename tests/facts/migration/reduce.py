#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Reduces what was seen of the reference's migration streams to what tests/unit/test-migration-facts.c compares with

    reduce.py OBSERVED

OBSERVED has sections.tsv and configs.tsv (sections of each configuration), samples/*.gz (streams) and vmstate-wire.json
(descriptions, of all streams together).  Writes sections.tsv, fields.tsv and parts.tsv beside itself.
"""

import gzip
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
SAMPLES = {"q35-nodefaults": "q35-min", "pc-nodefaults": "pc-min", "q35-default-smp4": "q35-default-smp4",
           "pc-default-smp4": "pc-default-smp4"}
# Configurations that add a device to q35-min or pc-min: the observations have the sections that it brings.
OPTIONAL = ["ib700", "dev:i6300esb@q35/rc", "pvpanic", "dev:pvpanic-pci@q35/rc", "dev:VGA@q35/rc", "VGA-global", "dev:secondary-vga@q35/rc",
            "isa-vga", "isa-serial", "isa-parallel", "isa-debugcon", "isa-debug-exit", "vmcoreinfo", "vmgenid"]
# Descriptions that no sample has; of each there is one size.
WIRE_ONLY = ["ib700_wdt", "i6300esb_wdt", "pvpanic-pci", "vmcoreinfo", "vmgenid", "kvmclock"]


def nested(field):
    """What describes the inside of a field; None: it is a leaf."""
    return field.get("struct") or (field if "fields" in field else None)


def flat(part, prefix=""):
    """Lines of path, type, bytes of an element, elements; a subsection is a line of its own before its fields."""
    out, fields, at = [], part["fields"], 0
    while at < len(fields):
        field, run = fields[at], 1
        while "index" in field and at + run < len(fields) and fields[at + run]["name"] == field["name"]:
            run += 1
        name, count = prefix + field["name"], field.get("array_len", run)
        if not nested(field):
            out.append((name, field["type"], str(field["size"]), str(count)))
        else:
            path = name + (f"[{count}]" if count > 1 else "") + "."
            inside = [flat(nested(f), path) for f in fields[at:at + run]]
            if any(lines != inside[0] for lines in inside):
                inside = [flat(nested(f), f"{name}[{i}].") for i, f in enumerate(fields[at:at + run])]
            else:
                inside = inside[:1]
            out += [line for lines in inside for line in lines]
        at += run
    for sub in part.get("subsections", []):
        out.append((prefix + "+" + sub["vmsd_name"], "subsection", str(sub["version"]), "1"))
        out += flat(sub, prefix)
    return out


def trailer(data):
    """The description, which stands last: 06, length, text."""
    for at in range(len(data) - 6, -1, -1):
        if data[at] == 6 and int.from_bytes(data[at + 1:at + 5], "big") == len(data) - at - 5 and data[at + 5:at + 6] == b"{":
            return json.loads(data[at + 5:])
    raise ValueError("no description")


def from_wire(wire, name, prefix=""):
    """The same lines from the union of descriptions.  PCIDevice has either of two sizes, and here always that without PCIe."""
    out = []
    for field in wire[name]["fields"]:
        path, kind, size, count = prefix + field[0], field[1], field[2], field[3][1:] if len(field) > 3 else "1"
        if path.endswith("config[1]"):
            continue
        if kind.startswith("struct "):
            out += from_wire(wire, kind.removeprefix("struct "), path + ".")
        else:
            out.append((path, kind, str(size), count))
    for sub, version in wire[name].get("subsections_seen", {}).items():
        out.append((prefix + "+" + sub, "subsection", str(version), "1"))
        out += from_wire(wire, sub, prefix)
    return out


def parts(part, found):
    """Version by name of every description inside this one, of a device in a stream."""
    for field in part["fields"]:
        inside = nested(field)
        if inside:
            if "vmsd_name" in inside:
                assert found.setdefault(inside["vmsd_name"], inside["version"]) == inside["version"], inside
            parts(inside, found)
    for sub in part.get("subsections", []):
        parts(sub, found)


def sections(observed):
    """{configuration: [(name, instance, version, bytes, description)]}"""
    found = {line.split("\t")[0]: [] for line in (observed / "configs.tsv").read_text().splitlines() if "\tcompleted\t" in line}
    for line in (observed / "sections.tsv").read_text().splitlines()[1:]:
        config, kind, _, *row = line.split("\t")
        if kind == "FULL":
            found[config].append(tuple(row))
    found["kvmclock"] = [row for row in found["kvm-q35"] if row[0] == "kvmclock"]
    return found


def main():
    observed = pathlib.Path(sys.argv[1])
    found, wire, layouts, out = sections(observed), json.loads((observed / "vmstate-wire.json").read_text()), {}, []
    versions = {}
    for config in [*SAMPLES.values(), *OPTIONAL, "kvmclock"]:
        rows = found[config] or [("-", "0", "0", "0", "-")]
        name = config.removeprefix("dev:").removesuffix("@q35/rc")
        out += ["\t".join((name, *row)) for row in rows]
        for row in rows:
            if row[4] in WIRE_ONLY:
                layouts[f"{row[4]}/{row[3]}"] = from_wire(wire, row[4])
    for sample, config in SAMPLES.items():
        devices = trailer(gzip.open(observed / f"samples/{sample}.devices.gz").read())["devices"]
        for device in devices:
            parts(device, versions)
            row, = [row for row in found[config] if row[:2] == (device["name"], str(device["instance_id"]))]
            if row[4] != "(old style)":
                lines = flat(device)
                assert layouts.setdefault(f"{row[4]}/{row[3]}", lines) == lines, row
            if row[0].endswith("/vga"):             # the chip of a VGA function is what isa-vga sends
                chip = [(line[0].removeprefix("vga."), *line[1:]) for line in lines if line[0].startswith("vga.")]
                layouts[f"vga/{sum(int(line[2]) * int(line[3]) for line in chip)}"] = chip
    used = {f"{line.split(chr(9))[5]}/{line.split(chr(9))[4]}" for line in out}
    head = ["# Sections that the reference sends: configuration, name, instance, version, bytes, description.  The first four are",
            "# whole machines, with -nodefaults or with the default devices and -smp 4; the others are what one device adds to",
            "# the former, \"-\" if it adds nothing."]
    (HERE / "sections.tsv").write_text("\n".join([*head, *out, ""]))
    head = ["# Fields of these sections in their order: description and bytes of the section, path, type, bytes of an element (of",
            "# a subsection: its version), elements.  Structs that follow each other and look alike stand once, as NAME[COUNT]."]
    lines = ["\t".join((name, *line)) for name, rows in sorted(layouts.items()) if name in used for line in rows]
    (HERE / "fields.tsv").write_text("\n".join([*head, *lines, ""]))
    head = ["# Descriptions that stand for a field of another one in these sections, and their versions."]
    lines = [f"{name}\t{version}" for name, version in sorted(versions.items())]
    (HERE / "parts.tsv").write_text("\n".join([*head, *lines, ""]))


if __name__ == "__main__":
    main()
