# SPDX-License-Identifier: Apache-2.0
"""What can be seen in what was compiled: mutable state, and which library leans on which."""

import re
import subprocess

from include_lint import Layers

RULES = {}
STATE_HOMES = ("main/", "lib/log")                  # the only places that may own mutable file-scope state
NEED_BUILD = True
# Constant pointers that the linker collects; writable only for the relocation at start.  And relocated constants.
CONSTANT_SECTIONS = ("rhea_", "trace_points", ".data.rel.ro", ".tbss", ".tdata")


def rule(text):
    def register(function):
        RULES[function.__name__] = (text, function)
        return function
    return register


def archives(tree):
    """(folder, path of the archive) for each library of ours; tests have none."""
    for path in sorted(tree.build.rglob("*.a")):
        folder = str(path.parent.relative_to(tree.build))
        if not folder.startswith(("tests", "full", "mutate", "subprojects")):
            yield folder, path


def symbols(archive):
    """(object file, name, class letter, section) of the archive's own objects"""
    listing = subprocess.run(["nm", "-f", "sysv", str(archive)], capture_output=True, text=True).stdout
    member = ""
    for line in listing.splitlines():
        title = re.match(r"Symbols from .*\[(?:.*/)?([^/]+)\.p/(.+\.o)\]:$", line)
        if title:
            member = title[2] if title[1] == archive.name else ""       # "": not its own, own_objects says so
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 7 and fields[0] != "Name" and member:
            yield member, fields[0], fields[2], fields[6]


@rule("every library holds its own objects only: what leans on a library linked whole swallows it")
def own_objects(tree):
    for folder, archive in archives(tree):
        listing = subprocess.run(["ar", "t", str(archive)], capture_output=True, text=True).stdout.splitlines()
        foreign = [member for member in listing if "/" in member and f"{archive.name}.p/" not in member]
        if foreign:
            yield f"{folder}/{archive.name}: {len(foreign)} objects of other libraries, such as {foreign[0]}"


@rule("no mutable state at file scope outside main/ and lib/log, thread-local handles aside")
def mutable_state(tree):
    for folder, archive in archives(tree):
        for member, name, kind, section in symbols(archive):
            home = f"{folder}/{member.removesuffix('.o').removesuffix('.c')}"
            home = re.sub(r"/[^/]*?_([^/]*)$", r"/\1", home) if "_" in home.rsplit("/", 1)[-1] else home
            writable = kind in "bBdDC" and not section.startswith(CONSTANT_SECTIONS)
            if writable and not home.startswith(STATE_HOMES) and not tree.allowed("mutable_state", home, name):
                yield f"{home}: {name} in {section or 'common'}"


@rule("every library takes symbols only from those below it")
def linkage(tree):
    layers, home, users = Layers(tree.root / "tests/lint/layers.txt"), {}, []
    for folder, archive in archives(tree):
        for member, name, kind, section in symbols(archive):
            if kind in "TDBRVWC":
                home.setdefault(name, folder)
            elif kind == "U":
                users.append((folder, member, name))
    seen = {(user, header.split("/")[0]) for user, headers in layers.sees.items() for header in headers}
    for folder, member, name in users:
        owner = home.get(name, folder)
        granted = any(folder == user or folder.startswith(user + "/") for user, header in seen if header == owner)
        reason = None if granted else layers.why_not(folder + "/" + member, owner + "/")
        if reason and not reason.endswith(f"is only for {owner}") and not tree.allowed("linkage", folder, name):
            yield f"{folder}: {member} takes {name} from {owner}: {reason}"
