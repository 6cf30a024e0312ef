#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The lint itself: each rule is shown a small checkout that breaks it, and must name the file.  TAP."""

import pathlib
import subprocess
import sys
import tempfile

import docs_lint
import include_lint
import symbol_lint
import text_lint
from source import Tree

HERE = pathlib.Path(__file__).parent
HEAD = "/* SPDX-License-Identifier: Apache-2.0 */\n"
TOP = HEAD + "/* What it is. */\n"
HEADER = HEAD + "#pragma once\n/* What it is. */\n"

# rule, the files of the checkout, what the first complaint has to contain
BROKEN = [
    ("layering", {"lib/a.c": TOP + '#include "hw/b.h"\n', "hw/b.h": HEADER}, "lib/a.c:3: hw/b.h"),
    ("layering", {"cpu/a.c": TOP + '#include "accel/accel.h"\n'}, "cpu does not stand above accel"),
    ("layering", {"hw/char/a.c": TOP + '#include "accel/kvm/k.h"\n'}, "only for accel/kvm"),
    ("layering", {"hw/char/a.c": TOP + '#include "monitor/m.h"\n'}, "hw never includes monitor"),
    ("layering", {"hw/char/a.c": TOP + '#include "chardev/backend.h"\n'}, "only for chardev"),
    ("layering", {"core/a.c": TOP + "#include <linux/kvm.h>\n"}, "<linux/kvm.h> is only for accel/kvm"),
    ("layering", {"accel/soft/a.c": TOP + '#include "io/channel.h"\n'}, "accel/soft includes only"),
    ("resolution", {"lib/a.c": TOP + '#include "b.h"\n', "lib/b.h": HEADER}, "lib/a.c:3: no b.h"),
    ("resolution", {"attic/a.c": TOP}, "attic"),
    ("own_header_first", {"lib/a.c": TOP + '#include <a.h>\n#include "lib/a.h"\n', "lib/a.h": HEADER}, "lib/a.c"),
    ("spdx", {"lib/a.c": "/* What it is. */\n"}, "lib/a.c:1"),
    ("file_length", {"lib/a.c": TOP + "\n" * 1000}, "lib/a.c: 1002 lines"),
    ("line_shape", {"lib/a.c": TOP + "int a;" + " " * 120 + "int b;\n"}, "lib/a.c:3"),
    ("line_shape", {"lib/a.c": TOP + "int\ta;\n"}, "a tab"),
    ("function_length", {"lib/a.c": TOP + "int a(int b,\n      int c)\n{\n" + "    b++;\n" * 80 + "}\n"}, "a has 84"),
    ("names", {"lib/util.c": TOP}, "util"),
    ("names", {"hw/misc/a.c": TOP}, "misc"),
    ("opening_comment", {"lib/a.c": HEAD + "#include <stdio.h>\nint a;\n"}, "lib/a.c"),
    ("pragma_once", {"lib/a.h": TOP}, "lib/a.h"),
    ("typedefs", {"lib/a.h": HEADER + "typedef struct a a;\n"}, "lib/a.h:4"),
    ("typedefs", {"lib/a.h": HEADER + "typedef char *text;\n"}, "lib/a.h:4"),
    ("left_overs", {"lib/a.c": TOP + "#if 0\n#endif\n"}, "lib/a.c:3"),
    ("banned_calls", {"lib/a.c": TOP + "void a(void)\n{\n    exit(1);\n}\n"}, "lib/a.c:5: exit()"),
    ("banned_calls", {"main/a.c": TOP + "void a(char *b)\n{\n    sprintf(b, b);\n}\n"}, "sprintf()"),
    ("glib", {"lib/a.c": TOP + "static GMainLoop *loop;\n"}, "GMainLoop"),
    ("links", {"docs/a.md": "[b](b.md)\n"}, "no b.md"),
    ("page_names", {"docs/a.md": "`gone()`\n"}, "gone"),
    ("page_names", {"docs/a.md": "`lib/gone.c`\n"}, "lib/gone.c"),
    ("page_names", {"lib/a.c": TOP + "/* gone() */\n", "docs/a.md": "`gone()`\n"}, "gone"),
    ("page_names", {"lib/a.c": TOP, "docs/a.md": "`struct gone`\n"}, "gone"),
    ("page_places", {"lib/a.c": TOP + "int a(void)\n{\n    return b();\n}\n",
                     "docs/a.md": "`b()` in [a.c](../lib/a.c)\n"}, "docs/a.md:1: b is not in lib/a.c"),
    ("page_places", {"lib/a.c": TOP, "docs/a.md": "So `b()`\n([lib/a.c](../lib/a.c)).\n"}, "b is not in lib/a.c"),
    ("pages", {"lib/a.c": TOP}, "docs/lib.md"),
    ("mutate_map", {"lib/a.c": TOP, "tests/lint/mutate.map": "lib/a.c: a\n"}, "test-a.c"),
]
# The same, with objects to compile: archive in the build folder, object in it, its source.
COMPILED = [
    ("mutable_state", [("lib/librhea-lib.a", "a", "int state = 1;")], "lib/a: state in .data"),
    ("mutable_state", [("lib/librhea-lib.a", "a", "int f(void) { static int n; return ++n; }")], "lib/a: n"),
    ("mutable_state", [("lib/librhea-lib.a", "log", "int mask;"), ("main/librhea-main.a", "a", "int machine;"),
                       ("hw/librhea-hw.a", "a", "static _Thread_local int now; int *f(void) { return &now; }")], None),
    ("linkage", [("lib/librhea-lib.a", "a", "int up(void); int a(void) { return up(); }"),
                 ("hw/librhea-hw.a", "b", "int up(void) { return 1; }")], "lib: a.c.o takes up from hw"),
    ("linkage", [("hw/librhea-hw.a", "a", "int down(void); int a(void) { return down(); }"),
                 ("lib/librhea-lib.a", "b", "int down(void) { return 1; }")], None),
    ("own_objects", [("hw/librhea-hw.a", "../lib/librhea-lib.a.p/a", "int a;")], "hw/librhea-hw.a"),
]
# What no rule may complain about.
SOUND = {
    "lib/a.h": HEADER + "int a(void);\n",
    "lib/a.c": HEAD + '#include "lib/a.h"\n\n/* exit() and "sprintf(" in words */\n\nint a(void)\n{\n}\n',
    "main/main.c": TOP + '#include "lib/a.h"\n\nint main(void)\n{\n    exit(a());\n}\n',
    "accel/soft/a.c": TOP + '#include "cpu/state.h"\n',
    "cpu/state.h": HEADER,
    "docs/lib.md": "[code](../lib/a.c), `a()` in [a.c](../lib/a.c), `lib/a.h`\n",
    "docs/main.md": "", "docs/accel.md": "",
}


def checkout(folder, files):
    for name, text in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    lint = pathlib.Path(folder) / "tests/lint"
    lint.mkdir(parents=True, exist_ok=True)
    (lint / "layers.txt").write_text((HERE / "layers.txt").read_text())
    (lint / "allow.txt").write_text("# SPDX-License-Identifier: Apache-2.0\n")
    return Tree(folder)


def compiled(folder, objects):
    """Thin archives, as meson makes them."""
    build = pathlib.Path(folder) / "build"
    for archive, name, text in objects:
        path = build / archive
        target = path.parent / name if "/" in name else path.with_name(path.name + ".p") / name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-x", "c", "-fno-common", "-c", "-o", f"{target}.c.o", "-"], input=text, text=True,
                       check=True)
        subprocess.run(["ar", "csrDT", archive, str(pathlib.Path(f"{target}.c.o").relative_to(build))], cwd=build,
                       check=True)
    tree = checkout(folder, {})
    tree.build = build
    return tree


def main():
    rules, count, failed = include_lint.RULES | text_lint.RULES | docs_lint.RULES | symbol_lint.RULES, 0, 0

    def case(passed, name, said):
        nonlocal count, failed
        count += 1
        failed += not passed
        if not passed:
            print(f"# said: {said}")
        print(f"{'ok' if passed else 'not ok'} {count} - {name}")

    for name, files, wanted in BROKEN:
        with tempfile.TemporaryDirectory() as folder:
            said = list(rules[name][1](checkout(folder, files)))
            case(any(wanted in line for line in said), f"{name} notices {', '.join(files)}: {wanted}", said)
    for name, objects, wanted in COMPILED:
        with tempfile.TemporaryDirectory() as folder:
            said = list(rules[name][1](compiled(folder, objects)))
            sources = ", ".join(f"{archive}: {text}" for archive, _, text in objects)
            case(any(wanted in line for line in said) if wanted else not said,
                 f"{name} {'notices' if wanted else 'allows'} {sources}", said)
    with tempfile.TemporaryDirectory() as folder:
        tree = checkout(folder, SOUND)
        said = [f"{name}: {line}" for name, (_, function) in rules.items() if name not in symbol_lint.RULES
                for line in function(tree)]
        case(not said, "a sound checkout is left alone", said)
    untried = set(rules) - {name for name, _, _ in BROKEN + COMPILED} - {"no_circle"}
    case(not untried, "every rule is tried", untried)
    print(f"1..{count}")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
