#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Pages that a program writes, compared with docs/

    test_docs.py DEVICE_REFERENCE PROGRAM

What writes them is run with a folder of ours, as ./dev docs does with docs/.  TAP: a case per file.
"""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
MARK = b"Written by ./dev docs"
NO_FIRMWARE = 77             # the status of pictures.py


def written(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def first_difference(have, want):
    """The first line of docs/ that the program writes differently."""
    have, want = have.decode(errors="replace").splitlines(), want.decode(errors="replace").splitlines()
    for number in range(max(len(have), len(want))):
        left, right = (lines[number] if number < len(lines) else "(nothing)" for lines in (have, want))
        if left != right:
            return f"line {number + 1} is\n#   {left}\n# and the program writes\n#   {right}"
    return "the ends of lines differ"


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        subprocess.run([sys.executable, HERE / "qmp_reference.py", folder], check=True)
        pictures = subprocess.run([sys.executable, HERE / "pictures.py", sys.argv[2], folder], stderr=subprocess.PIPE)
        wanted = written(pathlib.Path(folder))
    have = {name: data for name, data in written(DOCS).items() if MARK in data}
    failed = 0
    for count, name in enumerate(sorted(wanted | have), 1):
        if pictures.returncode == NO_FIRMWARE and name.startswith("pictures/"):
            print(f"ok {count} - docs/{name} is what the program writes # SKIP {pictures.stderr.decode().strip()}")
            continue
        if name not in wanted:
            problem = "no program writes it any more: remove it"
        elif name not in have:
            problem = "it is not there; ./dev docs writes it"
        elif have[name] != wanted[name]:
            problem = f"./dev docs renews it; {first_difference(have[name], wanted[name])}"
        else:
            print(f"ok {count} - docs/{name} is what the program writes")
            continue
        failed += 1
        print(f"# docs/{name}: {problem}")
        print(f"not ok {count} - docs/{name} is what the program writes")
    print(f"1..{len(wanted | have)}")
    sys.stderr.buffer.write(pictures.stderr)
    sys.exit(failed != 0 or pictures.returncode not in (0, NO_FIRMWARE))


if __name__ == "__main__":
    main()
