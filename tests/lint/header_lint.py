# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone: nobody has to know what to include before it."""

import concurrent.futures
import os
import subprocess

RULES = {}
NEED_BUILD = True
PACKAGES = ("glib-2.0", "liburcu-memb", "liburing", "pixman-1", "libpng", "libseccomp")


def library_flags():
    listed = subprocess.run(["pkg-config", "--cflags", *PACKAGES], capture_output=True, text=True)
    return listed.stdout.split()


def compile_alone(tree, source, flags):
    command = ["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-unused-parameter",
               "-Wno-missing-field-initializers", "-Wno-unused-function", "-Werror",
               '-DRHEA_VERSION="0"', f"-I{tree.root}", f"-I{tree.build}", *flags, "-x", "c", "-"]
    result = subprocess.run(command, input=f'#include "{source.name}"\nextern int nothing;\n', capture_output=True,
                            text=True, cwd=tree.root)
    return result.returncode and next((line for line in result.stderr.splitlines() if "error" in line), "fails")


def self_contained(tree):
    flags = library_flags()
    headers = [source for source in tree.sources if source.is_header]
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for source, reason in zip(headers, pool.map(lambda header: compile_alone(tree, header, flags), headers)):
            if reason and not tree.allowed("self_contained", source.name):
                yield f"{source.name}: {reason}"


RULES["self_contained"] = ("every header compiles alone", self_contained)
