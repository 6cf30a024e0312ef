#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Reduces what guests of the reference read with CPUID to what tests/unit/test-cpu-model.c compares with

    reduce.py OBSERVED

OBSERVED has cpuid-guest.json: leaves of each model, and what is different with several CPUs.  Writes cpuid.tsv beside
itself.  Left out: models that are not here, options.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
MODELS = ["qemu64-v1", "max"]
# What guests were started with: dies of a socket, cores of a die, threads of a core.
TOPOLOGIES = {"smp=4": "1,4,1", "smp=4,sockets=1,cores=2,threads=2": "1,2,2", "smp=4,sockets=2,cores=2,threads=1": "1,2,1",
              "smp=8,sockets=1,dies=2,cores=2,threads=2": "2,2,2"}


def row(model, topology, leaf, registers):
    leaf, _, sub = leaf.partition(".")
    return "\t".join((model, topology, leaf, sub or "0", *registers.split()))


def main():
    observed = json.loads((pathlib.Path(sys.argv[1]) / "cpuid-guest.json").read_text())
    out = ["# CPUID as a guest of the reference reads it: model, dies,cores,threads, leaf, subleaf, eax, ebx, ecx, edx (hexadecimal).",
           "# Rows of several CPUs only where they differ from one; a leaf that is not here reads as zeros."]
    for model in MODELS:
        out += [row(model, "1,1,1", leaf, registers) for leaf, registers in observed["tcg"][model].items()]
        for options, topology in TOPOLOGIES.items():
            leaves = observed["tcg-topology-and-options"][f"{model} {options}"]
            out += [row(model, topology, leaf, registers) for leaf, registers in leaves.items()]
    (HERE / "cpuid.tsv").write_text("\n".join([*out, ""]))


if __name__ == "__main__":
    main()
