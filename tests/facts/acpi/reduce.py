#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Reduces what was seen of the reference's ACPI tables to what tests/unit/test-acpi.c and test-dsdt.c compare with

    reduce.py OBSERVED LISTER

OBSERVED has NAME/acpi/DSDT.aml, variants/NAME.DSDT.aml and acpi-fixed-tables.tsv; LISTER is test-dsdt.  Writes
tables.tsv, irq-routing.tsv, table-loader.tsv, dsdt-*.tsv and ssdt-vmgenid.tsv beside itself.
"""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
MACHINES = ["q35", "pc"]
VARIANTS = ["vga-none", "pvpanic", "nodefaults", "smbus-off", "i8042-off", "no-hpet", "disable-s3s4", "no-acpi-pcihp", "m8G", "m2900M",
            "m3500M", "m3G", "maxram", "maxcpus8", "acpi-root-hp-off", "root-and-bridge-hp-off"]
FIXED = {"APIC", "FACP", "HPET", "MCFG", "WAET", "SRAT", "SLIT", "HMAT"}
CONFIGS = ["q35-512-1", "q35-512-4", "pc-512-1", "q35+smm-off", "pc+smm-off", "q35+i8042-off", "pc+maxcpus8", "pc+smp-topo", "pc+numa2",
           "pc+hmat"]


def listing(lister, path):
    lines = subprocess.run([lister, "--list", path], check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if line]


def blocks(observed, lister):
    for machine in MACHINES:
        base = listing(lister, observed / f"{machine}-512-1/acpi/DSDT.aml")
        (HERE / f"dsdt-{machine}.tsv").write_text("\n".join([f"# What the DSDT of {machine} with 512 MiB and one CPU declares.", *base, ""]))
        out = ["# How the list differs: variant, - or +, line."]
        files = {name: observed / f"variants/{machine}+{name}.DSDT.aml" for name in VARIANTS}
        files["512-4"] = observed / f"{machine}-512-4/acpi/DSDT.aml"
        for name, path in sorted(files.items()):
            if path.exists():
                other = listing(lister, path)
                out += [f"{name}\t-\t{line}" for line in base if line not in other]
                out += [f"{name}\t+\t{line}" for line in other if line not in base]
        (HERE / f"dsdt-{machine}-variants.tsv").write_text("\n".join([*out, ""]))
    lines = listing(lister, observed / "variants/pc+vmgenid.SSDT.aml")
    (HERE / "ssdt-vmgenid.tsv").write_text("\n".join(["# What the SSDT of a vmgenid declares.", *lines, ""]))


def fixed(observed):
    out = ["# Fields of the fixed tables: configuration, table, offset, bytes, value.  Left out: checksums, addresses of tables."]
    for line in (observed / "acpi-fixed-tables.tsv").read_text().splitlines()[1:]:
        config, table, offset, length, field, value = line.split("\t")
        if config not in CONFIGS or table not in FIXED or field in ("Checksum", "FACS Address", "DSDT Address"):
            continue
        if value.startswith("[Generic"):
            continue
        if value.startswith('"'):
            data = value.split('"')[1].encode().ljust(int(length), b" ")
        elif table == "SLIT" and field.startswith("Locality "):
            data = bytes.fromhex(value)
        else:
            data = bytes.fromhex(value.split()[0])[::-1]
        out.append(f"{config}\t{table}\t{offset.lower()}\t{length}\t{data.hex()}")
    (HERE / "tables.tsv").write_text("\n".join([*out, ""]))


def routing(observed):
    lines = (observed / "irq-routing.tsv").read_text().splitlines()[1:]
    lines = ["\t".join(line.split("\t")[:5]) for line in lines if "\tlink\t" not in line]
    (HERE / "irq-routing.tsv").write_text("\n".join(["# _PRT: machine, interrupt model, slot, pin, link device.", *lines, ""]))


def loader(observed):
    lines = [line for line in (observed / "table-loader.tsv").read_text().splitlines()
             if line.split("\t")[0] in ("q35-512-1", "pc-512-1", "q35+vmgenid", "pc+vmgenid")]
    (HERE / "table-loader.tsv").write_text("\n".join(["# Commands of the linker/loader script.", *lines, ""]))


if __name__ == "__main__":
    blocks(pathlib.Path(sys.argv[1]), sys.argv[2])
    fixed(pathlib.Path(sys.argv[1]))
    routing(pathlib.Path(sys.argv[1]))
    loader(pathlib.Path(sys.argv[1]))
