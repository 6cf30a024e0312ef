#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles the opcode tables cpu/x86*.tbl into C.

    gen_x86.py FORM_H OUT_H OUT_C TABLE...

OUT_C holds the forms, the index that the decoder searches and references to the functions that
execute them; OUT_H the enum of operations.  The names of operand kinds, shapes, attributes and
features are read from FORM_H (accel/soft/form.h), so that they are spelled in one place; a name
that is not there is an error, as are two forms that no encoding can tell apart.
"""
import re
import sys

FLAGS = 'cpazso'
SIZED = re.compile(r'^(?:[EGMRZOXYS]|e|r)([bwdqvyzx]|AX)$')
OSZ = {'b': 1, 'w': 2, 'd': 4, 'q': 8, 'v': 0, 'y': 0x80, 'z': 0x40, 'x': 0}


class TableError(Exception):
    pass


class Names:
    """The vocabulary of form.h."""

    def __init__(self, path):
        text = open(path, encoding='utf-8').read()
        self.attrs = {n.lower(): 'FORM_' + n for n in re.findall(r'\bFORM_([A-Z0-9]+) = 1u <<', text)}
        self.operands = set(re.findall(r'\bOPND_(\w+)', text))
        self.shapes = set(re.findall(r'\bSHAPE_(\w+)', text))
        self.features = set(re.findall(r'\bFEATURE_(\w+)', text))


class Form:
    def __init__(self, line, names):
        words = line.split()
        if len(words) < 4:
            raise TableError('too few columns')
        self.encoding, self.name, operands, self.shape = words[:4]
        self.operands = [] if operands == '-' else operands.split(',')
        self.attrs, self.flags, self.feature = [], {'fr': 0, 'fw': 0, 'fu': 0}, 'NONE'
        self.by = re.sub(r'\W', '_', self.name.lower())
        for kind in self.operands:
            if kind not in names.operands:
                raise TableError('unknown operand ' + kind)
        if self.shape not in names.shapes:
            raise TableError('unknown shape ' + self.shape)
        for word in words[4:]:
            self.attribute(word, names)
        self.parse_encoding()

    def attribute(self, word, names):
        key, _, value = word.partition('=')
        if key in self.flags:
            for letter in value:
                self.flags[key] |= 1 << FLAGS.index(letter)
        elif key == 'cpuid':
            self.feature = re.sub(r'[._]', '', value) if re.sub(r'[._]', '', value) in names.features else value
            if self.feature not in names.features:
                raise TableError('unknown feature ' + value)
        elif key == 'by':
            self.by = value
        elif word in names.attrs:
            self.attrs.append(names.attrs[word])
        else:
            raise TableError('unknown attribute ' + word)

    def parse_encoding(self):
        m = re.match(r'^(?:(np|66|f3|f2):)?(?:(0f38|0f3a|0f)\.)?([0-9a-f]{2})(/[0-7]|\+r|\+cc|![0-9a-f]{2})?(/[0-7])?$',
                     self.encoding)
        if not m:
            raise TableError('bad opcode ' + self.encoding)
        prefix, space, opcode, suffix, suffix2 = m.groups()
        self.pp = {None: 0xff, 'np': 0, '66': 1, 'f3': 2, 'f2': 3}[prefix]
        self.map = {None: 0, '0f': 1, '0f38': 2, '0f3a': 3}[space]
        first, count = int(opcode, 16), 1
        self.reg, self.fixed = 0xff, 0
        for s in (suffix, suffix2):
            if s and s[0] == '/':
                self.reg = int(s[1])
            elif s == '+r':
                count = 8
            elif s == '+cc':
                count = 16
            elif s:
                self.fixed = int(s[1:], 16)
                self.reg = self.fixed >> 3 & 7
        self.opcodes = range(first, first + count)
        control = any(k in ('Cd', 'Dd') for k in self.operands)
        rm = [k for k in self.operands if k[0] in 'EMRWUQN']
        self.has_modrm = bool(rm) or self.reg != 0xff or any(k[0] in 'GVPCDS' and k != 'DX' for k in self.operands)
        self.mod = 'ANY'
        if not control and any(k[0] == 'M' for k in rm):
            self.mod = 'MEM'
        elif not control and any(k[0] in 'RUN' for k in rm) or self.fixed:
            self.mod = 'REG'
        self.osz = 1 if 'AL' in self.operands else 0
        for kind in self.operands:
            m = SIZED.match(kind)
            if kind == 'AL' or m:
                self.osz = 1 if kind == 'AL' else {'rAX': 0, 'eAX': 0x40}.get(kind, OSZ.get(m.group(1), 0))
                break

    def function(self):
        if self.shape == 'op':
            return '.fn = op_' + self.by
        if self.shape == 'bind':
            return '.bind = bind_' + self.by
        return '.fns = fns_' + self.by

    def specific(self):
        """More constrained forms are tried first."""
        return (self.fixed == 0, self.pp == 0xff, self.reg == 0xff, self.mod == 'ANY')


def read_tables(paths, names):
    forms = []
    for path in paths:
        for number, line in enumerate(open(path, encoding='utf-8'), 1):
            line = line.split('#')[0].strip()
            if not line:
                continue
            try:
                forms.append(Form(line, names))
            except (TableError, ValueError) as e:
                raise SystemExit('%s:%d: %s' % (path, number, e))
    return forms


def make_index(forms):
    """For each map, opcode, modrm.reg: the forms that may match, best first; and which opcodes have a modrm byte."""
    slots, modrm = {}, [[False] * 256 for _ in range(4)]
    for n, f in enumerate(forms):
        for opcode in f.opcodes:
            modrm[f.map][opcode] |= f.has_modrm
            for reg in range(8) if f.reg == 0xff else [f.reg]:
                slots.setdefault((f.map, opcode, reg), []).append(n)
    for key, found in slots.items():
        found.sort(key=lambda n: forms[n].specific())
        seen = set()
        for n in found:
            f = forms[n]
            mark = (f.fixed, f.pp, f.mod, 'FORM_I64' in f.attrs, 'FORM_O64' in f.attrs)
            if mark in seen:
                raise SystemExit('%02x in map %d: two forms for %s' % (key[1], key[0], f.encoding))
            seen.add(mark)
    return slots, modrm


def write_header(path, ops):
    with open(path, 'w', encoding='utf-8') as out:
        out.write('/* Generated by cpu/gen_x86.py */\n#pragma once\n\nenum op {\n    OP_NONE,\n')
        out.writelines('    OP_%s,\n' % op for op in ops)
        out.write('    OPS,\n};\n')


def form_text(f):
    operands = ', '.join('OPND_' + k for k in f.operands) or 'OPND_NONE'
    return ('    { .name = "%s", %s, .attrs = %s, .op = OP_%s, .shape = SHAPE_%s, .feature = FEATURE_%s, .map = %d, '
            '.opcode = 0x%02x, .pp = 0x%x, .reg = 0x%x, .mod = FORM_MOD_%s, .fixed = 0x%02x, .opnd = { %s }, '
            '.fr = 0x%x, .fw = 0x%x, .fu = 0x%x, .osz = 0x%x },\n'
            % (f.name, f.function(), ' | '.join(f.attrs) or '0', f.op, f.shape, f.feature, f.map, f.opcodes[0], f.pp,
               f.reg, f.mod, f.fixed, operands, f.flags['fr'], f.flags['fw'], f.flags['fu'], f.osz))


def write_source(path, header, forms, ops, slots, modrm):
    with open(path, 'w', encoding='utf-8') as out:
        out.write('/* Generated by cpu/gen_x86.py */\n#include "accel/soft/form.h"\n#include "%s"\n\n' % header)
        for f in sorted({f.function(): f for f in forms}.values(), key=Form.function):
            name = f.function().split()[-1]
            if f.shape == 'op':
                out.write('insn_fn %s;\n' % name)
            elif f.shape == 'bind':
                out.write('int %s(struct env *e, struct insn *i, const uint8_t *bytes);\n' % name)
            else:
                out.write('extern insn_fn *const %s[];\n' % name)
        out.write('\nconst struct form forms[] = {\n')
        out.writelines(form_text(f) for f in forms)
        out.write('};\nconst unsigned n_forms = %d;\n\nconst char *const op_names[] = {\n    "none",\n' % len(forms))
        out.writelines('    "%s",\n' % op.lower() for op in ops)
        out.write('};\n\n')
        write_index(out, slots, modrm)


def write_index(out, slots, modrm):
    table, rows = [], []
    for key in sorted(slots):
        rows.append('    [%d][0x%02x][%d] = { %d, %d },\n' % (key + (len(table), len(slots[key]))))
        table += slots[key]
    out.write('const uint16_t form_list[] = {\n')
    for at in range(0, len(table), 20):
        out.write('    %s,\n' % ', '.join(map(str, table[at:at + 20])))
    out.write('};\n\nconst struct form_slot form_index[4][256][8] = {\n')
    out.writelines(rows)
    out.write('};\n\nconst uint8_t form_modrm[4][32] = {\n')
    for space in range(4):
        bits = [sum(modrm[space][8 * n + b] << b for b in range(8)) for n in range(32)]
        out.write('    { %s },\n' % ', '.join('0x%02x' % b for b in bits))
    out.write('};\n')


def main(argv):
    form_h, out_h, out_c, *tables = argv[1:]
    forms = read_tables(tables, Names(form_h))
    ops = []
    for f in forms:
        f.op = re.sub(r'\W', '_', f.name)
        if f.op not in ops:
            ops.append(f.op)
    slots, modrm = make_index(forms)
    write_header(out_h, ops)
    write_source(out_c, out_h.split('/')[-1], forms, ops, slots, modrm)


if __name__ == '__main__':
    main(sys.argv)
