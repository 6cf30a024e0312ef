#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
The lint, as TAP: one case per rule

    lint.py [--build DIR] [RULE ...]

Rules on what was compiled, and on headers that include generated ones, need a build folder that is
up to date; without one they are skipped and say so.  Exceptions stand in allow.txt, with a reason.
"""

import argparse
import pathlib
import sys

import docs_lint
import header_lint
import include_lint
import symbol_lint
import text_lint
from source import Tree

MODULES = (include_lint, text_lint, docs_lint, header_lint, symbol_lint)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--build")
    parser.add_argument("rules", nargs="*")
    args = parser.parse_args()
    if args.build and not (pathlib.Path(args.build) / "build.ninja").is_file():
        args.build = None
    tree, count, failed = Tree(args.root, args.build), 0, 0
    rules = [(name, text, function, getattr(module, "NEED_BUILD", False))
             for module in MODULES for name, (text, function) in module.RULES.items()]
    for name, text, function, needs_build in rules:
        if args.rules and name not in args.rules:
            continue
        count += 1
        if needs_build and not args.build:
            print(f"ok {count} - {text} ({name}) # SKIP no build folder")
            continue
        problems = list(function(tree))
        for problem in problems:
            print(f"# {problem}")
        failed += bool(problems)
        print(f"{'not ok' if problems else 'ok'} {count} - {text} ({name})", flush=True)
    if not args.rules and args.build:
        count += 1
        unused = [entry for entry in tree.exceptions if entry not in tree.used]
        for entry in unused:
            print(f"# tests/lint/allow.txt: nothing needs {' '.join(entry)}")
        failed += bool(unused)
        print(f"{'not ok' if unused else 'ok'} {count} - every exception is needed (exceptions)")
    print(f"1..{count}")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
