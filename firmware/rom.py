#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Makes an option ROM out of assembly, and a source file that embeds it

    rom.py AS LD SOURCE BIN EMBED DEPENDENCIES

Assembles and links SOURCE to a flat image at 0, pads it to 512 bytes, sets its length and both checksums
(all bytes add up to 0, and so do those of the PnP header).  EMBED makes it firmware_NAME and firmware_NAME_end
in read-only data.  DEPENDENCIES is what ninja has to look at again.
"""

import pathlib
import subprocess
import sys

UNIT, UNITS_MAX, PNP_POINTER, PNP_BYTES, PNP_CHECKSUM = 512, 127, 0x1a, 32, 9
EMBED = """        .section .rodata
        .globl firmware_{name}, firmware_{name}_end
firmware_{name}:
        .incbin "{path}"
firmware_{name}_end:
        .section .note.GNU-stack, "", %progbits
"""


def linked(assembler, linker, source, out, dependencies):
    made = out.with_suffix(".o")
    subprocess.run([assembler, "--32", "-I", source.parent, "--MD", dependencies, "-o", made, source], check=True)
    subprocess.run([linker, "-m", "elf_i386", "-Ttext=0", "-e", "0", "--oformat=binary", "-o", out, made], check=True)
    dependencies.write_text(dependencies.read_text().replace(str(made), str(out), 1))
    return bytearray(out.read_bytes())


def finished(image):
    image += bytes(-(len(image) + 1) % UNIT + 1)
    if len(image) > UNITS_MAX * UNIT:
        sys.exit(f"rom.py: {len(image)} bytes are no option ROM; at most {UNITS_MAX * UNIT}")
    image[2] = len(image) // UNIT
    pnp = image[PNP_POINTER] | image[PNP_POINTER + 1] << 8
    image[pnp + PNP_CHECKSUM] = -sum(image[pnp:pnp + PNP_BYTES]) & 0xff
    image[-1] = -sum(image) & 0xff
    return bytes(image)


def main():
    assembler, linker, *paths = sys.argv[1:]
    source, out, embed, dependencies = (pathlib.Path(path) for path in paths)
    out.write_bytes(finished(linked(assembler, linker, source, out, dependencies)))
    embed.write_text(EMBED.format(name=source.stem, path=out.resolve()))


if __name__ == "__main__":
    main()
