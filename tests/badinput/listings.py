#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
What "help" lists, in the shapes that tools parse, as TAP

    listings.py PROGRAM [--long]

Every listing goes to stdout, ends with status 0 and says nothing on stderr.  Where the reference is installed,
headings, columns, buses, categories, property types and descriptions of machines are compared with its own.
"""

import functools
import re
import subprocess
import tempfile

from program import Tap, arguments, reference, run


def devices(text):
    """{name: (category, bus)} of -device help."""
    found, category = {}, None
    for line in text.splitlines():
        if heading := re.fullmatch(r"(.+) devices:", line):
            category = heading[1]
        elif entry := re.fullmatch(r'name "([^"]+)"(?:, bus ([^,]+))?(?:, alias "[^"]+")?(?:, desc "(.*)")?', line):
            found[entry[1]] = (category, entry[2])
        elif line:
            found[line] = ("does not parse", None)
    return found


def properties(text):
    """{name: type} of -device TYPE,help; the order matters to nobody but is the alphabet's."""
    return dict(re.findall(r"^  ([^ =]+)=<(.+?)>(?: +- .*)?$", text, re.M))


def same_type(ours, theirs):
    """An enumeration is "str" with us."""
    return ours == theirs or ours == "str" and theirs is not None and theirs[0].isupper()


def machines(text):
    return dict(re.findall(r"^(\S+) +(.+?)(?: \(default\))?$", "\n".join(text.splitlines()[1:]), re.M))


def cpus(text):
    return dict(re.findall(r"^x86 (\S+) +(.*?) *$", text.split("\n\n")[0], re.M))


def flags(text):
    return text.split("Recognized CPUID flags:")[1].split()


def items(text):
    return [line.split()[0] for line in text.splitlines()[1:] if line and not line.startswith(("Use", " "))]


class Listings:
    def __init__(self, tap, program):
        self.tap, self.program, self.other = tap, program, reference()

    def text(self, *line):
        result = run(self.program, list(line), send=b"")
        self.tap.case(result.status == 0 and result.out and not result.errors, f"{' '.join(line)}: a listing, status 0", result)
        return result.out

    @functools.lru_cache
    def theirs(self, *line):
        if not self.other:
            return None
        return subprocess.run([self.other, *line], capture_output=True, text=True, timeout=60, check=False).stdout

    def compare(self, name, ours, theirs):
        """theirs: a function of the reference's text that names what differs."""
        if not self.other:
            self.tap.skip(name, "no qemu-system-x86_64 here")
            return
        differ = theirs()
        self.tap.case(not differ, name, differ)

    def machine_types(self):
        text = self.text("-M", "help")
        self.tap.case(text.splitlines()[0] == "Supported machines are:" and "pc-q35-7.2" in machines(text) and
                      machines(text)["q35"].endswith("(alias of pc-q35-7.2)"), "-M help: the heading, names and aliases", text)
        self.compare("-M help: descriptions are the reference's", text, lambda: [
            (k, v) for k, v in machines(text).items() if machines(self.theirs("-M", "help")).get(k) != v])
        self.tap.case(self.text("-machine", "?") == text, "-machine ? is the same")
        props = self.text("-M", "q35,help")
        self.tap.case(props.startswith("pc-q35-7.2-machine options:\n") and properties(props).get("hpet") == "bool",
                      "-M q35,help: properties with their types", props)
        self.compare("-M q35,help: every property that it lists is the reference's, with its type", props, lambda: [
            (k, v) for k, v in properties(props).items() if not k.startswith("x-") and k not in ("accel", "hmat", "kernel-irqchip") and
            properties(self.theirs("-M", "q35,help")).get(k) != v])

    def cpu_models(self):
        text = self.text("-cpu", "help")
        self.tap.case(text.startswith("Available CPUs:\n") and {"qemu64", "qemu64-v1", "max"} <= set(cpus(text)),
                      "-cpu help: the heading and the models", text)
        self.tap.case(flags(text) == sorted(set(flags(text))) and all(len(line) <= 78 for line in
                                                               text.split("Recognized CPUID flags:")[1].splitlines()),
                      "-cpu help: flags once each, sorted, in lines that fit", text)
        self.compare("-cpu help: models and flags are the reference's", text, lambda: [
            k for k, v in cpus(text).items() if cpus(self.theirs("-cpu", "help")).get(k) != v] + sorted(
            set(flags(text)) - set(flags(self.theirs("-cpu", "help")))))
        self.tap.case(self.text("-cpu", "?") == text, "-cpu ? is the same")

    def accelerators(self):
        text = self.text("-accel", "help")
        self.tap.case(text.splitlines()[0] == "Accelerators supported in QEMU binary:" and "tcg" in text.splitlines()[1:],
                      "-accel help: the heading and a name a line", text)
        self.compare("-accel help: the heading is the reference's", text, lambda: [
            line for line in text.splitlines()[:1] if line != self.theirs("-accel", "help").splitlines()[0]])

    def device_types(self):
        text = self.text("-device", "help")
        found = devices(text)
        self.tap.case({"pvpanic", "isa-serial", "isa-debug-exit"} <= set(found) and
                      not any(category == "does not parse" or not category for category, bus in found.values()),
                      "-device help: every line has the shape that tools parse, below a category", text)
        known = devices(self.theirs("-device", "help")) if self.other else {}
        self.compare("-device help: types, categories and buses are the reference's", text, lambda: [
            (k, v, known.get(k)) for k, v in found.items() if known.get(k) != v])
        for name in sorted(found):
            props = self.text("-device", name + ",help")
            self.tap.case(props.splitlines()[0] == f"{name} options:" and list(properties(props)) == sorted(properties(props)) and
                          len(properties(props)) == len(props.splitlines()) - 1, f"-device {name},help: heading, shape, order", props)
            self.compare(f"-device {name},help: properties and types are the reference's", props, lambda props=props, name=name: [
                (k, v) for k, v in properties(props).items() if not same_type(v, properties(self.theirs("-device", name + ",help")).get(k))])

    def object_types(self):
        text = self.text("-object", "help")
        names = [line[2:] for line in text.splitlines()[1:]]
        self.tap.case(text.startswith("List of user creatable objects:\n") and "memory-backend-ram" in names and
                      names == sorted(names), "-object help: the heading and a type a line", text)
        self.compare("-object help: types are the reference's", text, lambda: sorted(
            set(text.splitlines()) - set(self.theirs("-object", "help").splitlines())))
        for name in names:
            props = self.text("-object", name + ",help")
            self.compare(f"-object {name},help: the reference's lines", props, lambda props=props, name=name: [
                props, self.theirs("-object", name + ",help")] if props != self.theirs("-object", name + ",help") else [])

    def logs(self):
        text = self.text("-d", "help")
        self.tap.case(text.splitlines()[0] == "Log items (comma separated):" and {"guest_errors", "unimp", "int"} <= set(items(text)),
                      "-d help: the heading and the items", text)
        self.compare("-d help: the items are the reference's", text, lambda: sorted(set(items(text)) - set(items(self.theirs("-d", "help")))))
        wrong = [item for item in items(text) if "PATTERN" not in item and
                 run(self.program, ["-M", "q35", "-nodefaults", "-display", "none", "-S", "-qmp", "stdio", "-d", item]).status != 0]
        self.tap.case(not wrong, "-d takes every item that it lists", wrong)
        result = run(self.program, ["-trace", "help"], send=b"")
        self.tap.case(result.status == 0 and not result.errors, "-trace help: a name a line, status 0", result)

    def program_itself(self):
        text = self.text("-version")
        self.tap.case(re.match(r"QEMU emulator version 7\.2\.\d+ ?", text), "-version: the line that management tools look for", text)
        self.tap.case(self.text("--version") == text, "--version is the same")
        for option, heading, name in (("-chardev", "Available chardev backend types: ", "socket"),
                                      ("-display", "Available display backend types:", "none"),
                                      ("-audiodev", "Available audio drivers:", "none")):
            text = self.text(option, "help")
            self.tap.case(self.text(option, "?") == text and text.splitlines()[0] == heading and name in text.split(),
                          f"{option} help: a heading, and a name a line", text)
            self.compare(f"{option} help: heading and names are the reference's", text, lambda text=text, option=option: sorted(
                set(text.splitlines()) - set(self.theirs(option, "help").splitlines())))
        names = self.text("-k", "help").splitlines()
        self.tap.case(names == sorted(set(names)), "-k help: a name a line, each once", names)
        text = self.text("-h")
        self.tap.case(text == self.text("-help") == self.text("--help") and text.startswith("usage: "), "-h, -help, --help: the same", text)
        names = re.findall(r"^-(\S+?),?(?: -(\S+))?(?: |$)", text, re.M)
        self.tap.case(len(names) > 25 and all(line.startswith(("-", "usage", "During", " ")) or line.endswith(":") or not line
                                                  for line in text.splitlines()),
                      "-h: an option a line", text)
        wrong = [name for pair in names for name in pair if name and name not in ("version", "help", "h") and
                 f"option: -{name} is not known" in run(self.program, ["-" + name, "/nonexistent/x"], send=b"", seconds=2).errors]
        self.tap.case(not wrong, "-h: every option that it lists is known", wrong)


def main():
    args, tap = arguments(__doc__), Tap()
    listings = Listings(tap, args.program)
    listings.machine_types()
    listings.cpu_models()
    listings.accelerators()
    listings.device_types()
    listings.object_types()
    listings.logs()
    listings.program_itself()
    with tempfile.TemporaryDirectory(prefix="rhea-listings-") as folder:
        result = run(args.program, ["-qmp", "unix:a,server=on", "-M", "help"], send=b"", folder=folder)
        tap.case(result.status == 0, "a listing starts nothing, whatever else is on the line", result)
    tap.end()


if __name__ == "__main__":
    main()
