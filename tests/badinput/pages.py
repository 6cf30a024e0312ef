#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
What is made of the table of options beside -help: the manual page, and what shells complete, as TAP

    pages.py PROGRAM PAGE BASH ZSH
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

from program import Tap, run


def manual(tap, page, options):
    text = pathlib.Path(page).read_text()
    said = {name for line in re.findall(r"^\.It (Fl .*)$", text, re.M) for name in re.findall(r"Fl ([\w-]+)", line)}
    tap.case(said == options, "the manual page tells of each option and of no other", said ^ options)
    tap.case("@" not in text and not re.search(r"^\s+$", text, re.M), "the manual page has no gaps")
    name = "the manual page is one that man can show, with every option at the start of a line"
    if not shutil.which("groff"):
        tap.skip(name, "no groff here")
        return
    shown = subprocess.run(["groff", "-mdoc", "-Tascii", "-P-cbou", "-rLL=200n", page], capture_output=True, text=True, check=False)
    missing = [option for option in options if not re.search(rf"^ +(?:-[\w-]+, )?-{re.escape(option)}(?:,| |$)", shown.stdout, re.M)]
    wrong = [line for line in shown.stderr.splitlines() if "can't break line" not in line and "cannot break line" not in line]
    tap.case(not missing and not wrong, name, [missing, wrong])


def completed(script, program, *words):
    """What bash offers for the last of these words."""
    line = [program, *words]
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in line)
    text = (f". '{script}'; COMP_WORDS=({quoted}); COMP_CWORD={len(line) - 1}; _rhea_system_x86_64 '{program}'; "
            'printf "%s\\n" "${COMPREPLY[@]}"')
    result = subprocess.run(["bash", "--norc", "-c", text], capture_output=True, text=True, check=False)
    return [word for word in result.stdout.split("\n") if word] if result.returncode == 0 and not result.stderr else [result.stderr]


def bash(tap, script, program, options):
    def offers(name, want, *words):
        got = completed(script, program, *words)
        tap.case(set(want) <= set(got) and all(word.startswith(words[-1]) for word in got), f"bash: {name}", got)

    tap.case(set(completed(script, program, "-")) == {"-" + option for option in options}, "bash: each option, and no other")
    offers("options by their beginning", ["-monitor", "-mon"], "-mon")
    offers("machines, as the program lists them", ["q35", "pc-q35-7.2", "pc-i440fx-7.2"], "-M", "")
    offers("the same for its other names", ["q35"], "--machine", "q3")
    offers("CPU models but no headings and flags", ["qemu64", "qemu64-v1"], "-cpu", "q")
    offers("devices", ["pvpanic", "pvpanic-pci"], "-device", "pvp")
    offers("accelerators", ["tcg"], "-accel", "")
    offers("log items", ["guest_errors"], "-d", "guest")
    offers("words of the schema", ["memory-backend-ram", "memory-backend-file"], "-object", "memory-")
    offers("words of the table", ["std", "none"], "-vga", "")
    offers("files", [script], "-kernel", script[:-3])
    offers("folders", [os.path.dirname(script)], "-L", os.path.dirname(script)[:-1])
    tap.case(completed(script, program, "-m", "") == [], "bash: nothing where anything may stand")


def zsh(tap, script, options):
    text = pathlib.Path(script).read_text()
    named = set(re.findall(r"^    '\*-([\w-]+)\[", text, re.M))
    tap.case(named == options and text.startswith("#compdef rhea-system-x86_64 qemu-system-x86_64\n"),
             "zsh: each option, and no other, for both names of the program", named ^ options)
    name = "zsh: a function that zsh reads"
    if not shutil.which("zsh"):
        tap.skip(name, "no zsh here")
        return
    result = subprocess.run(["zsh", "-n", script], capture_output=True, text=True, check=False)
    tap.case(result.returncode == 0 and not result.stderr, name, result)


def main():
    program, page, bash_script, zsh_script = (str(pathlib.Path(name).resolve()) for name in sys.argv[1:5])
    tap = Tap()
    shown = run(program, ["-help"], send=b"").out
    options = {name for pair in re.findall(r"^-([\w-]+)(?:, -([\w-]+))?(?: |$)", shown, re.M) for name in pair if name}
    tap.case(len(options) > 60 and {"machine", "M", "help", "h"} <= options, "-help lists options and their other names", options)
    manual(tap, page, options)
    bash(tap, bash_script, program, options)
    zsh(tap, zsh_script, options)
    tap.end()


if __name__ == "__main__":
    main()
