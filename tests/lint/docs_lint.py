# SPDX-License-Identifier: Apache-2.0
"""What the pages say about the sources: a page that names a file, a function or an option names one that is there."""

import pathlib
import re

RULES = {}
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FUNCTION = re.compile(r"`(\w+)\(\)`")
FILE = re.compile(r"`([\w./-]+\.(?:[ch]|py|sh|tbl|map|txt|json))`")
STRUCT = re.compile(r"`(?:struct|enum) (\w+)`")
# "`f()` ([x](file))" and "`f()` in [x](file)" say where f is; "`f()` and `g()` in [x](file)" says it of g only.
PLACED = re.compile(r"`(\w+)\(\)`\s+(?:\(|in\s+)\[[^\]]*\]\(([^)#\s]+)\)")
PLACEHOLDER = re.compile(r"\b[A-Z]{4,}\b")
DEFINITION = re.compile(r"^(?:[a-zA-Z_][\w \t]*[ \t*]+)(\w+)\(|^[ \t]*#[ \t]*define[ \t]+(\w+)\(|^\s*def (\w+)\(", re.M)
USE = re.compile(r"\b(\w+)[ \t]*\(")


def rule(text):
    def register(function):
        RULES[function.__name__] = (text, function)
        return function
    return register


def pages_of(tree):
    return (source for source in tree.sources if source.name.endswith(".md"))


def line_of(source, match):
    return source.text.count("\n", 0, match.start()) + 1


def definitions(source):
    """Functions and macros that begin in column 0 of the text, comments left out."""
    text = source.code() if source.is_c else source.text
    return {name for names in DEFINITION.findall(text) for name in names if name}


@rule("every link in a page leads somewhere")
def links(tree):
    for source in pages_of(tree):
        for match in LINK.finditer(source.text):
            if "://" not in match[1] and not (source.path.parent / match[1]).exists():
                yield f"{source.name}:{line_of(source, match)}: no {match[1]}"


def known_names(tree):
    """(functions, structs and enums, files); a function may be a generated one, which is only called."""
    functions, structs, files = set(), set(), set()
    for source in tree.sources:
        files.update((source.name, pathlib.PurePath(source.name).name))
        if source.is_c:
            functions.update(USE.findall(source.code()))
            structs.update(re.findall(r"\b(?:struct|enum) (\w+)\s*\{", source.code()))
        elif source.name.endswith(".py"):
            functions.update(definitions(source))
    return functions, structs, files


@rule("every `function()`, `struct`, `enum` and `file` that a page names is there")
def page_names(tree):
    functions, structs, files = known_names(tree)
    for source in pages_of(tree):
        for pattern, names in ((FUNCTION, functions), (STRUCT, structs), (FILE, files)):
            for match in pattern.finditer(source.text):
                if match[1] not in names and not PLACEHOLDER.search(match[1]):
                    yield f"{source.name}:{line_of(source, match)}: nothing is called {match[1]}"


@rule("a function that a page places in a file is in that file")
def page_places(tree):
    for source in pages_of(tree):
        for match in PLACED.finditer(source.text):
            path = (source.path.parent / match[2]).resolve()
            name = str(path.relative_to(tree.root)) if path.is_relative_to(tree.root) else match[2]
            target = tree.by_name.get(name)
            if target and match[1] not in definitions(target):
                yield f"{source.name}:{line_of(source, match)}: {match[1]} is not in {name}"


@rule("every folder of sources has its page in docs/")
def pages(tree):
    folders = {source.folder for source in tree.sources if source.name.endswith(".c")} - {"tests", ""}
    for folder in sorted(folders):
        if f"docs/{folder}.md" not in tree.by_name:
            yield f"docs/{folder}.md is missing"
