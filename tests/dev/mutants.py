# SPDX-License-Identifier: Apache-2.0
"""
Small ways to break a source file

mutants(name, text) lists them all, in the order of the file: each replaces one piece of one line.
C files lose statements and get other operators, conditions and constants (masks and reset values in
tables and #defines included); .tbl files lose attributes and get other operands and numbers.  Comments,
literals, includes, assertions and lines that only log are left alone.
"""

import re
import sys
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lint"))
from source import TOKEN, blank                                 # noqa: E402

SWAPS = {
    "==": ["!="], "!=": ["=="], "<=": ["<"], ">=": [">"], "&&": ["||"], "||": ["&&"], "+=": ["-="], "-=": ["+="],
    "|=": ["&="], "&=": ["|="], "^=": ["|="], "<<": [">>"], ">>": ["<<"], "++": ["--"], "--": ["++"],
    "<<=": [">>="], ">>=": ["<<="],
}
BINARY_SWAPS = {"<": ["<="], ">": [">="], "+": ["-"], "-": ["+"], "&": ["|"], "|": ["&"], "^": ["|"], "*": ["+"]}
WORD_SWAPS = {"true": "false", "false": "true"}
OPERATOR = re.compile(r"<<=|>>=|==|!=|<=|>=|&&|\|\||\+=|-=|\|=|&=|\^=|<<|>>|\+\+|--|->|[<>+\-&|^*]")
NUMBER = re.compile(r"(?<![\w.])(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)(?![\w.])")
LOGGING = re.compile(r"^\s*(log_\w+|trace_?\w*|TRACE\w*|printf|fprintf)\s*\(")
LEFT_ALONE = re.compile(r"^\s*(static_assert|assert|#(?!\s*define\s+\w+\s))|__attribute__|_Static_assert")
STATEMENT = re.compile(r"^(\s+)([A-Za-z_*(][^{}]*);\s*$")
NOT_REMOVABLE = re.compile(
    r"^(return|goto|case|default|do|else|struct|enum|static|const|unsigned|int|bool|char|void|long|size_t|ssize_t|"
    r"double|float|u?int\d+_t|__\w+|_Atomic|extern|typedef)\b|^\w+ \*?\w+(\[| =|;|,|$)")


def number_mutants(literal, suffix):
    value = int(literal, 0) if literal[:1] != "0" or literal[:2] in ("0x", "0X") else int(literal, 8)
    if literal[:2] in ("0x", "0X"):
        width = len(literal)
        low, high = value & -value, 1 << max(value.bit_length() - 1, 0)
        new = [value ^ (low or 1)] + ([value ^ high] if high != low else [])
        return [f"{number:#0{width}x}{suffix}" for number in new]
    return [f"{value + 1}{suffix}"] + ([f"{value - 1}{suffix}"] if value > 1 else [])


def line_mutants(code, line):
    """(start, end, replacement) within one line; code is the line without comments and literals."""
    if LEFT_ALONE.search(code) or LOGGING.match(code):
        return
    body = re.match(r"\s*#\s*define\s+\w+(\([^)]*\))?\s", code)
    offset = body.end() if body else 0
    for match in OPERATOR.finditer(code, offset):
        spaced = code[match.start() - 1:match.start()] == " " and code[match.end():match.end() + 1] in (" ", "")
        swaps = SWAPS.get(match.group()) or (BINARY_SWAPS.get(match.group(), []) if spaced else [])
        yield from ((match.start(), match.end(), swap) for swap in swaps)
    for match in NUMBER.finditer(code, offset):
        yield from ((match.start(), match.end(), new) for new in number_mutants(match[1], match[2]))
    for match in re.finditer(r"\b(true|false)\b", code):
        yield match.start(), match.end(), WORD_SWAPS[match[1]]
    for match in re.finditer(r"(?<![=!])!(?!=)|~", code[offset:]):
        yield offset + match.start(), offset + match.end(), ""
    condition = re.match(r"(\s*(?:\} else )?if )\((.*)\)( \{)?\s*$", code)
    if condition and condition[2].count("(") == condition[2].count(")"):
        yield condition.start(2), condition.end(2), f"!({line[condition.start(2):condition.end(2)]})"
    statement = STATEMENT.match(code)
    if statement and not NOT_REMOVABLE.match(statement[2]) and code.count("(") == code.count(")"):
        yield statement.start(2), statement.end(2), ""


def c_mutants(text):
    depth, lines = 0, text.splitlines()
    for index, code in enumerate(TOKEN.sub(blank, text).splitlines()):
        complete = index == 0 or re.search(r"[;{}:)]\s*$", previous) or not previous.strip()
        for start, end, new in line_mutants(code, lines[index]):
            removal = new == "" and lines[index][start:end] not in ("!", "~")
            if not removal or complete and depth:
                yield index, start, end, new
        depth += code.count("{") - code.count("}")
        previous = code


def table_mutants(text):
    for index, line in enumerate(text.splitlines()):
        code = line.split("#")[0]
        words = list(re.finditer(r"\S+", code))
        for place, word in enumerate(words):
            operands = word.group().split(",")
            if place == 2 and len(operands) > 1 and operands[0] != operands[1]:
                yield index, word.start(), word.end(), ",".join([operands[1], operands[0], *operands[2:]])
            if place > 3:
                yield index, word.start(), word.end(), ""
        for match in NUMBER.finditer(code, words[1].start() if len(words) > 1 else 0):
            yield from ((index, match.start(), match.end(), new) for new in number_mutants(match[1], match[2]))


class Mutant:
    def __init__(self, lines, index, start, end, new):
        self.line, self.old, self.new = index + 1, lines[index][start:end], new
        self.before = lines[index].strip()
        self.after = (lines[index][:start] + new + lines[index][end:]).strip()
        self.text = "\n".join([*lines[:index], lines[index][:start] + new + lines[index][end:], *lines[index + 1:], ""])

    def __str__(self):
        return f"{self.before}   =>   {self.after or '(nothing)'}"


def mutants(name, text):
    lines, found = text.splitlines(), {}
    for place in (table_mutants if name.endswith(".tbl") else c_mutants)(text):
        found.setdefault(place, Mutant(lines, *place))
    return list(found.values())
