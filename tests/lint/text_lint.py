# SPDX-License-Identifier: Apache-2.0
"""What can be seen in the text of one file (HOUSE sections 1, 4 and 7)."""

import fnmatch
import pathlib
import re

RULES = {}
FILE_LINES, FUNCTION_LINES, LINE_COLUMNS = 1000, 80, 120
SCRIPT_COLUMNS = 145         # tables of command lines read worse when they are broken
TABLES = (".tbl", ".json", ".tsv", ".txt", ".map")
FORBIDDEN_NAMES = re.compile(r"^(utils?|misc\w*|common|helpers?|typedefs)$")
LEFT_OVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|#\s*if\s+0\b")
GLIB = re.compile(r"\b(g_main_\w+|GMainLoop|GObject|g_object_\w+|GError|g_error_\w+|GThread|g_thread_\w+|GMutex)\b")
TYPEDEF = re.compile(r"\btypedef\s+(struct|union)\b|\btypedef\b[^;(]*\*\s*\w+\s*;")
UNSAFE = {
    "strcpy", "strcat", "sprintf", "vsprintf", "gets", "alloca", "strtok", "atoi", "atol", "atoll", "system", "popen",
    "tmpnam", "mktemp", "rand", "srand", "setenv", "putenv", "usleep", "sleep",
}
ENDING = {"exit", "_exit", "_Exit", "quick_exit", "abort"}


def rule(text):
    def register(function):
        RULES[function.__name__] = (text, function)
        return function
    return register


def own(source):
    return source.name != "LICENSE" and not source.name.startswith("tests/facts/")


@rule("every file says its licence in its first line")
def spdx(tree):
    for source in tree.sources:
        if not own(source) or source.name.endswith((".json", ".md", ".tsv")) or source.name == ".gitignore":
            continue
        first = source.lines[1:2] if source.text.startswith("#!") else source.lines[:1]
        if not (first and "SPDX-License-Identifier: Apache-2.0" in first[0]):
            yield f"{source.name}:1: no SPDX-License-Identifier: Apache-2.0"


@rule(f"no file is longer than {FILE_LINES} lines, tables excepted")
def file_length(tree):
    for source in tree.sources:
        if own(source) and not source.name.endswith(TABLES) and len(source.lines) > FILE_LINES:
            yield f"{source.name}: {len(source.lines)} lines"


@rule(f"no line is longer than {LINE_COLUMNS} columns, no tabs, no space at an end")
def line_shape(tree):
    for source in tree.sources:
        if not source.name.endswith((".c", ".h", ".py", ".sh", "meson.build")):
            continue
        for number, line in enumerate(source.lines, 1):
            if len(line) > (SCRIPT_COLUMNS if source.name.endswith(".py") else LINE_COLUMNS):
                yield f"{source.name}:{number}: {len(line)} columns"
            if "\t" in line:
                yield f"{source.name}:{number}: a tab"
            if line != line.rstrip():
                yield f"{source.name}:{number}: space at the end"
        if source.text and not source.text.endswith("\n"):
            yield f"{source.name}: the last line has no end"


def functions(source):
    """(name, first line, number of lines), by the brace in column 0."""
    start, lines = None, source.code().splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("{") and number > 1 and lines[number - 2].rstrip().endswith(")"):
            start = number - 1
            while start > 1 and lines[start - 1][:1] in (" ", ")"):
                start -= 1
        elif line.startswith("}") and start:
            match = re.search(r"(\w+)\(", lines[start - 1])
            yield match[1] if match else "?", start, number - start + 1
            start = None


@rule(f"no function is longer than {FUNCTION_LINES} lines")
def function_length(tree):
    for source in tree.sources:
        for name, line, length in functions(source) if source.is_c else ():
            if length > FUNCTION_LINES and not tree.allowed("function_length", source.name, name):
                yield f"{source.name}:{line}: {name} has {length} lines"


@rule("no file or folder is called util, misc, common, helper")
def names(tree):
    for source in tree.sources:
        for part in pathlib.PurePath(source.name).parts:
            if FORBIDDEN_NAMES.match(part.split(".")[0]) and own(source):
                yield f"{source.name}: a name that says nothing: {part}"


@rule("every C file opens with a comment that says what it is")
def opening_comment(tree):
    for source in tree.sources:
        if not source.is_c:
            continue
        body = re.sub(r"^/\* SPDX[^\n]*\n|^\s*#\s*(include|pragma|define)[^\n]*\n|^\s*\n", "", source.text, flags=re.M)
        if not body.startswith("/*"):
            yield f"{source.name}: no comment at its top"


@rule("every header has #pragma once")
def pragma_once(tree):
    for source in tree.sources:
        if source.is_header and not re.search(r"^#pragma once$", source.text, re.M):
            yield f"{source.name}: no #pragma once"


@rule("no typedef of a struct or a pointer")
def typedefs(tree):
    for source in tree.sources:
        for match in TYPEDEF.finditer(source.code()) if source.is_c else ():
            yield f"{source.name}:{line_of(source, match)}: {match.group()[:60]}"


@rule("nothing is left for later in the text")
def left_overs(tree):
    for source in tree.sources:
        if source.is_c or source.name.endswith(".sh"):
            for match in LEFT_OVERS.finditer(source.text):
                yield f"{source.name}:{line_of(source, match)}: {match.group()}"


def line_of(source, match):
    return source.text.count("\n", 0, match.start()) + 1


@rule("only main/ ends the process, and no call that cannot be used safely")
def banned_calls(tree):
    call = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(sorted(UNSAFE | ENDING)))
    for source in tree.sources:
        if not source.is_c:
            continue
        for match in call.finditer(source.code()):
            ends = match[1] in ENDING
            if source.folder == "tests" or ends and source.folder == "main":
                continue
            if not tree.allowed("banned_calls", source.name, match[1]):
                yield f"{source.name}:{line_of(source, match)}: {match[1]}()"


@rule("glib is for containers and strings only")
def glib(tree):
    for source in tree.sources:
        for match in GLIB.finditer(source.code()) if source.is_c else ():
            yield f"{source.name}:{line_of(source, match)}: {match[1]}"


@rule("tests/lint/mutate.map names unit tests that exist, for files that exist")
def mutate_map(tree):
    listing = tree.by_name.get("tests/lint/mutate.map")
    for number, line in enumerate(listing.lines if listing else (), 1):
        pattern, colon, tests = line.split("#")[0].partition(":")
        if colon and not fnmatch.filter(tree.by_name, pattern.strip()):
            yield f"tests/lint/mutate.map:{number}: no file fits {pattern.strip()}"
        for test in tests.split():
            if f"tests/unit/test-{test}.c" not in tree.by_name:
                yield f"tests/lint/mutate.map:{number}: no tests/unit/test-{test}.c"
