#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Reduces what was seen of the reference's CPUs to what tests/unit/test-cpu-model.c compares with

    reduce.py OBSERVED

OBSERVED has cpuid-guest.json: leaves of each model, and what is different with several CPUs; and cpu-feature-bits.tsv: a
feature a line, where its bit is, the bit, the name of the word, other names.  Writes cpuid.tsv and features.tsv beside
itself: the models that are here, and the words that cpu/model.h has, a line for each name.  Left out: options.
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
MODELS = ["qemu64-v1", "max"]
# What guests were started with: dies of a socket, cores of a die, threads of a core.
TOPOLOGIES = {"smp=4": "1,4,1", "smp=4,sockets=1,cores=2,threads=2": "1,2,2", "smp=4,sockets=2,cores=2,threads=1": "1,2,1",
              "smp=8,sockets=1,dies=2,cores=2,threads=2": "2,2,2"}
WORDS = ("CPUID.01H:EDX", "CPUID.01H:ECX", "CPUID.06H:EAX", "CPUID.07H:EBX", "CPUID.07H:ECX", "CPUID.07H:EDX",
         "CPUID.0DH:EAX", "CPUID.80000001H:EDX", "CPUID.80000001H:ECX", "CPUID.8000000AH:EDX")


def row(model, topology, leaf, registers):
    leaf, _, sub = leaf.partition(".")
    return "\t".join((model, topology, leaf, sub or "0", *registers.split()))


def leaves(observed):
    out = ["# CPUID as a guest of the reference reads it: model, dies,cores,threads, leaf, subleaf, eax, ebx, ecx, edx (hexadecimal).",
           "# Rows of several CPUs only where they differ from one; a leaf that is not here reads as zeros."]
    for model in MODELS:
        out += [row(model, "1,1,1", leaf, registers) for leaf, registers in observed["tcg"][model].items()]
        for options, topology in TOPOLOGIES.items():
            changed = observed["tcg-topology-and-options"][f"{model} {options}"]
            out += [row(model, topology, leaf, registers) for leaf, registers in changed.items()]
    return out


def word_of(where):
    """As cpu_word_name() writes it; of leaf 7 subleaf 0 counts, of leaf 0Dh subleaf 1."""
    found = re.fullmatch(r"CPUID 0x([0-9A-Fa-f]+)(?:[ .,]+(?:ECX=)?(\d+))? (E[A-D]X)", where)
    if not found or (found[1] == "7" and (found[2] or "0") != "0") or (found[1] == "D" and found[2] != "1"):
        return None
    return f"CPUID.{int(found[1], 16):02X}H:{found[3]}"


def features(observed):
    lines = ["# Names of CPU features that the reference takes: name, word, bit."]
    for line in observed:
        name, where, bit, _, others, _ = line.split("\t")
        if word_of(where) in WORDS:
            for one in [name, *filter(None, re.split(r"[ ,]+", others))]:
                lines.append(f"{one}\t{word_of(where)}\t{bit}")
    return lines


def main():
    observed = pathlib.Path(sys.argv[1])
    (HERE / "cpuid.tsv").write_text("\n".join([*leaves(json.loads((observed / "cpuid-guest.json").read_text())), ""]))
    lines = (observed / "cpu-feature-bits.tsv").read_text().splitlines()[1:]
    (HERE / "features.tsv").write_text("\n".join([*features(lines), ""]))


if __name__ == "__main__":
    main()
