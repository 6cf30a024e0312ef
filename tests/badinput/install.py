#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
What an installation has, with the names of QEMU's programs and without, as TAP

    install.py BUILD

The source is configured anew in a folder of ours, with the same prefix; what is built already is lent to it, so nothing
is compiled here.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from program import Tap

SOURCE = pathlib.Path(__file__).resolve().parents[2]
OURS = ["bin/rhea-system-x86_64", "share/man/man1/rhea-system-x86_64.1",
        "share/bash-completion/completions/rhea-system-x86_64", "share/zsh/site-functions/_rhea-system-x86_64"]
LINKS = {"bin/qemu-system-x86_64": "rhea-system-x86_64", "share/man/man1/qemu-system-x86_64.1": "rhea-system-x86_64.1",
         "share/bash-completion/completions/qemu-system-x86_64": "rhea-system-x86_64"}
BUILT = ["rhea-system-x86_64", "main/rhea-system-x86_64.1", "main/rhea-system-x86_64", "main/_rhea-system-x86_64"]


def installed(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def install(meson, built, folder, names):
    """Everything below PREFIX, or the text of what failed."""
    build, destination = folder / f"build-{names}", folder / f"root-{names}"
    steps = [[str(SOURCE / "configure"), "--prefix=/opt/rhea", "--enable-qemu-names" if names else "--disable-qemu-names"],
             [meson, "install", "--no-rebuild", "-C", str(build), "--destdir", str(destination)]]
    build.mkdir(exist_ok=True)
    for step in steps:
        result = subprocess.run(step, cwd=build, capture_output=True, text=True, check=False)
        if result.returncode:
            return destination, result.stdout[-2000:] + result.stderr[-2000:]
        for name in BUILT:
            (build / name).parent.mkdir(exist_ok=True)
            shutil.copy2(built / name, build / name)
    return destination / "opt/rhea", None


def main():
    built, tap = pathlib.Path(sys.argv[1]).resolve(), Tap()
    meson = "/usr/bin/meson" if os.path.exists("/usr/bin/meson") else shutil.which("meson")
    with tempfile.TemporaryDirectory(prefix="rhea-install-") as name:
        folder = pathlib.Path(name)
        plain, failed = install(meson, built, folder, False)
        tap.case(not failed and installed(plain) == set(OURS), "an installation is program, manual page and completions, under our name",
                 failed or installed(plain))
        named, failed = install(meson, built, folder, True)
        tap.case(not failed and installed(named) == {*OURS, *LINKS}, "--enable-qemu-names adds QEMU's names", failed or installed(named))
        links = {link: os.readlink(named / link) for link in LINKS if (named / link).is_symlink()}
        tap.case(links == LINKS, "they are links beside what they lead to, so that the folder can be moved", links)
        said = subprocess.run([named / "bin/qemu-system-x86_64", "-version"], capture_output=True, text=True, check=False)
        tap.case(said.stdout.startswith("QEMU emulator version 7.2."), "the program runs under that name", said)
    tap.end()


if __name__ == "__main__":
    main()
