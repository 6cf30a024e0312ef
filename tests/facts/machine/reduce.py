#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Reduces what was seen of the reference's whole machines to what test-machine-facts and test-firmware-facts compare with

    reduce.py MACHINES DEVICES

MACHINES has q35-512-1/ ... (flat views, fw_cfg, CMOS, QOM tree), variants.json; DEVICES has qom-tree-*.json.  Writes
map.tsv, cmos.tsv, fw-cfg.tsv, e820.tsv and qom.tsv beside itself.
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
MACHINES = {"q35": "pc-q35-7.2", "pc": "pc-i440fx-7.2"}
CONFIGS = ["512-1", "512-4", "4G-1", "4G-4"]
STATES = {"reset": "pre", "firmware": "post"}
CMOS_BYTES, SHORT = 128, 512
MEMORY_ONLY = re.compile(r"-M \S+ -m (\w+)(?: -M (max-ram-below-4g=\S+))? -cdrom boot.iso$")
# Of the tree that shows a property, not a value that somebody sets.
NO_VALUES = {"parent_bus", "hotpluggable", "hotplug-handler", "legacy-addr", "date"}


def write(name, head, lines):
    (HERE / name).write_text("\n".join([*head, *lines, ""]))


def view(path):
    space, found = "memory", []
    for line in path.read_text().splitlines():
        if line == "# I/O":
            space = "ports"
        elif line.startswith("# memory also"):
            space = "memory"
        elif not line.startswith("#"):
            first, last, priority, kind, name = line.split("\t")
            if not re.match("io( @|$)", name):          # ports that nobody claims
                found.append("\t".join((space, first, last, priority, kind, re.sub("@0+", "@", name))))
    return found


def maps(observed):
    out = []
    for machine in MACHINES:
        for state, file in STATES.items():
            views = {c: view(observed / f"{machine}-{c}/mtree-f.{file}.txt") for c in CONFIGS}
            for memory in ("512", "4G"):
                assert sorted(views[memory + "-1"]) == sorted(views[memory + "-4"]), (machine, state)
            for memory, other in (("512", "4G"), ("4G", "512")):
                for line in views[memory + "-1"]:
                    both = line in views[other + "-1"]
                    if memory == "512" or not both:
                        out.append(f"{machine}\t{state}\t{'*' if both else memory}\t{line}")
    write("map.tsv", ["# What answers, memory and ports: machine, after reset or after firmware, -m (* for all), space, first, last,",
                      "# priority, kind, region and offset in it.  Ports that nobody claims are left out."], out)


def cmos(observed):
    out = []
    for machine in MACHINES:
        for config in CONFIGS:
            platform = json.loads((observed / f"{machine}-{config}/platform.json").read_text())
            for state, key in (("reset", "cmos_reset_hex"), ("firmware", "cmos_after_bios_hex")):
                out.append("\t".join((machine, config, state, platform[key][:2 * CMOS_BYTES])))
    write("cmos.tsv", ["# CMOS memory: machine, memory and CPUs, after reset or after firmware, 128 bytes."], out)


def fw_cfg(observed):
    out = []
    for machine in MACHINES:
        for config in CONFIGS:
            for line in (observed / f"{machine}-{config}/fwcfg.tsv").read_text().splitlines()[1:]:
                key, size, _, name, contents = line.split("\t")
                known = not contents.startswith("sha1:") and len(contents) <= 2 * SHORT and name != "etc/acpi/rsdp"
                out.append("\t".join((machine, config, key, size, name, contents if known and contents else "-")))
            keys = json.loads((observed / f"{machine}-{config}/platform.json").read_text())["fwcfg_legacy_keys_hex"]
            for key, contents in keys.items():
                contents += "0" * (len(contents) % 2)
                out.append("\t".join((machine, config, "0x" + key, "-", "-", contents)))
    write("fw-cfg.tsv", ["# fw_cfg after reset: machine, memory and CPUs, key, bytes, file, contents (- where firmware's addresses are in them,",
                         "# or that are long; zeros at the end of a key without a file's name are left out)."], out)


def e820(observed):
    out = []
    for name, variant in json.loads((observed / "variants.json").read_text()).items():
        match = MEMORY_ONLY.match(variant["args"])
        if match:
            machine = name.split("+")[0]
            options = f"-m {match[1]}" + (f" -M {machine},{match[2]}" if match[2] else f" -M {machine}")
            changes = " ".join(f"{at}={value}" for at, value in sorted(variant.get("cmos_reset_changes", {}).items()))
            out.append("\t".join((machine, options, variant["fw_cfg_changes"]["etc/e820"]["hex"], changes)))
    write("e820.tsv", ["# Other sizes of memory: machine, options, etc/e820, CMOS registers that are not as with 512-1."], out)


def shown(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def values(properties):
    for name, value in sorted(properties.items()):
        if name == "addr":
            value = properties["legacy-addr"]
        if name not in NO_VALUES and not isinstance(value, (dict, list)) and not str(value).startswith(("/", "!")):
            yield f"{name}={shown(value)}"


def number(path):
    match = re.match(r"/machine/unattached/device\[(\d+)\]", path)
    return int(match[1]) if match else -1


def qom(observed):
    out = []
    for machine, version in MACHINES.items():
        tree = json.loads((observed / f"qom-tree-{version}.json").read_text())
        names, seen = {}, {}
        for path in sorted((p for p in tree if re.fullmatch(r"/machine/unattached/device\[\d+\]", p)), key=number):
            kind = tree[path][0]
            names[path] = f"/machine/unattached/{kind}#{seen.setdefault(kind, 0)}"
            seen[kind] += 1
        for path in sorted((p for p in tree if p.startswith("/machine")), key=lambda p: (number(p), p)):
            device = re.match(r"/machine/unattached/device\[\d+\]", path)
            place = names[device[0]] + path[len(device[0]):] if device else path
            cells = values(tree[path][1]) if path != "/machine" else ()
            out.append("\t".join((machine, place, tree[path][0], *cells)))
    write("qom.tsv", ["# Objects of a machine by default: machine, path, type, then property=value each.  What is called device[N] in",
                      "# /machine/unattached stands here as TYPE#n, in the order of N.  Left out: memory regions, lines."], out)


if __name__ == "__main__":
    for part in (maps, cmos, fw_cfg, e820):
        part(pathlib.Path(sys.argv[1]))
    qom(pathlib.Path(sys.argv[2]))
