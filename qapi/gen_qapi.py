#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From the schema: C types and their tables, events, commands, introspection, and the reference page.

usage: gen_qapi.py [--name NAME] [--include DIR] SCHEMA OUTDIR
writes NAME-types.[ch], NAME-events.[ch], NAME-commands.[ch], NAME.md and NAME.d (what was read)

The C shapes are told in qapi/type.h.  Tables only: what the code does with them is in visit.c,
write.c, dispatch.c and event.c, once.
"""
import argparse
import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import qapi_doc
import qapi_schema
from qapi_schema import BUILTIN_JSON

C_WORDS = set('auto break case char const continue default do double else enum extern float for goto if inline int '
              'long register return short signed sizeof static struct switch typedef union unsigned void volatile '
              'while bool true false unix linux'.split())
READY_LISTS = ('str', 'int')


def snake(name):
    name = name.removeprefix('q_obj_')
    name = re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', name)
    name = re.sub(r'([A-Z]+)([A-Z][a-z])', r'\1_\2', name)
    return re.sub(r'[^a-z0-9]', '_', name.lower())


def c_name(name):
    name = re.sub(r'[^A-Za-z0-9_]', '_', name)
    return name + '_' if name in C_WORDS or name[0].isdigit() else name


def quoted(s):
    return '"%s"' % s.replace('\\', '\\\\').replace('"', '\\"')


class Generator:
    def __init__(self, schema, name, include):
        self.schema, self.name, self.include = schema, name, include
        self.lists = {}         # element type name -> C name of the list
        self.lines = []

    def entity(self, t):
        return None if isinstance(t, list) else self.schema.entities.get(t)

    # What a type is called

    def bare(self, t):
        if isinstance(t, list):
            return self.bare(t[0]) + '_list'
        return t if t in BUILTIN_JSON else snake(t)

    def stem(self, t):
        """What follows `struct ` or `enum `: NAME_ before all but the ready-made lists."""
        ready = isinstance(t, list) and t[0] in READY_LISTS
        return self.bare(t) if ready else self.name + '_' + self.bare(t)

    def table(self, t):
        ready = t in BUILTIN_JSON if isinstance(t, str) else t[0] in READY_LISTS
        return ('qapi' if ready else self.name) + '_type_' + self.bare(t)

    def c_type(self, t):
        if isinstance(t, list):
            return 'struct ' + self.stem(t)
        if t in BUILTIN_JSON:
            return {'str': 'char *', 'bool': 'bool', 'null': 'bool', 'number': 'double', 'any': 'struct json',
                    'int': 'int64_t', 'size': 'uint64_t'}.get(t, t + '_t')
        return ('enum ' if self.schema.entities[t].meta == 'enum' else 'struct ') + self.stem(t)

    def is_object(self, t):
        e = self.entity(t)
        return bool(e) and e.meta in ('struct', 'union')

    def has_flag(self, m):
        return m.optional and m.default is None and m.type != 'str' and not self.is_object(m.type)

    def is_boxed(self, m):
        return m.optional and m.default is None and self.is_object(m.type)

    def declaration(self, m):
        t = self.c_type(m.type)
        return '%s%s%s;' % (t, '' if t.endswith('*') else ' ', ('*' if self.is_boxed(m) else '') + c_name(m.name))

    # C types, each after those that it holds in place

    def struct_lines(self, e):
        out = ['struct %s {' % self.stem(e.name)]
        if e.meta == 'alternate':
            out.append('    enum { %s } which;' % ', '.join(self.branch_name(e, m) for m in e.members))
            out += ['    union {'] + ['        ' + self.declaration(m) for m in e.members] + ['    } u;', '};']
            return out
        for m in self.schema.all_members(e):
            if self.has_flag(m):
                out.append('    bool has_%s;' % re.sub(r'[^A-Za-z0-9_]', '_', m.name))
            out.append('    ' + self.declaration(m))
        if e.variants:
            out.append('    union {')
            out += ['        %s %s;' % (self.c_type(t), c_name(case)) for case, t in e.variants.items()]
            out.append('    } u;')
        if len(out) == 1:
            out.append('    char nothing;')
        return out + ['};']

    def branch_name(self, e, m):
        return '%s_%s' % (self.stem(e.name).upper(), re.sub(r'[^A-Za-z0-9]', '_', m.name).upper())

    def types_in(self, e):
        yield from (m.type for m in self.schema.all_members(e))
        yield from e.variants.values()

    def emit_type(self, t, done, out):
        key = str(t)
        if key in done or (isinstance(t, str) and t in BUILTIN_JSON):
            return
        done.add(key)
        if isinstance(t, list):
            if t[0] in READY_LISTS:
                return
            self.lists[t[0]] = self.stem(t)
            element = self.c_type(t[0])
            out.append('struct %s { %s%s*items; size_t num; };' % (self.stem(t), element,
                                                                   '' if element.endswith('*') else ' '))
            self.later.append(t[0])
            return
        e = self.schema.entities[t]
        if e.meta == 'enum':
            prefix = self.stem(t).upper()
            names = ['%s_%s' % (prefix, re.sub(r'[^A-Za-z0-9]', '_', v).upper()) for v, _ in e.values]
            out += ['enum %s {' % self.stem(t)] + ['    %s,' % n for n in names]
            out += ['};', 'enum { %s__NUM = %d };' % (prefix, len(names))]
            return
        for m in self.schema.all_members(e):
            if self.is_boxed(m):
                self.later.append(m.type)
            else:
                self.emit_type(m.type, done, out)
        for variant in e.variants.values():
            self.emit_type(variant, done, out)
        out += self.struct_lines(e)

    def all_types(self):
        for e in list(self.schema.entities.values()):
            if e.meta in ('command', 'event'):
                yield from (t for t in (e.arg, e.returns) if t is not None)
            else:
                yield e.name

    def types_header(self):
        out, done, self.later = [], set(), list(self.all_types())
        while self.later:
            self.emit_type(self.later.pop(0), done, out)
        names = [e.name for e in self.schema.entities.values() if e.meta not in ('command', 'event')]
        names += [[element] for element in self.lists]
        stems = [self.stem(t) for t in names]
        twice = {s for s in stems if stems.count(s) > 1}
        if twice:
            raise qapi_schema.SchemaError('two types have one C name: ' + ', '.join(sorted(twice)))
        tables = ['extern const struct qapi_type %s;' % self.table(t) for t in names]
        return ['#include "qapi/json.h"', '#include "qapi/type.h"', ''] + out + [''] + tables + \
               ['extern const char %s_introspection[];' % self.name]

    # Tables

    def member_line(self, c, m):
        parts = ['.name = %s' % quoted(m.name), '.type = &%s' % self.table(m.type),
                 '.offset = offsetof(struct %s, %s)' % (c, c_name(m.name))]
        if m.optional:
            parts.append('.optional = true')
        if self.has_flag(m):
            parts.append('.has = true, .has_offset = offsetof(struct %s, has_%s)' %
                         (c, re.sub(r'[^A-Za-z0-9_]', '_', m.name)))
        if self.is_boxed(m):
            parts.append('.boxed = true')
        if m.default is not None:
            parts.append('.default_json = %s' % quoted(json.dumps(m.default)))
        if m.features:
            parts.append('.features = %s' % self.feature_bits(m.features))
        return '    { %s },' % ', '.join(parts)

    @staticmethod
    def feature_bits(features):
        bits = [b for b in ('deprecated', 'unstable') if b in features]
        return ' | '.join('QAPI_' + b.upper() for b in bits) or '0'

    def enum_table(self, e):
        c = self.stem(e.name)
        return ['static const char *const %s_values[] = { %s };' % (c, ', '.join(quoted(v) for v, _ in e.values)),
                'const struct qapi_type %s = { .name = %s, .kind = QAPI_ENUM, .size = sizeof(enum %s),' %
                (self.table(e.name), quoted(e.name), c),
                '    .values = %s_values, .num_values = %d };' % (c, len(e.values))]

    def object_table(self, e):
        c, out, members = self.stem(e.name), [], self.schema.all_members(e)
        if members and e.meta != 'alternate':
            out += ['static const struct qapi_member %s_members[] = {' % c]
            out += [self.member_line(c, m) for m in members] + ['};']
        elif members:
            out += ['static const struct qapi_member %s_members[] = {' % c]
            out += ['    { .name = %s, .type = &%s, .offset = offsetof(struct %s, u) },' %
                    (quoted(m.name), self.table(m.type), c) for m in members] + ['};']
        parts = ['.name = %s' % quoted(e.name), '.size = sizeof(struct %s)' % c,
                 '.kind = %s' % ('QAPI_ALTERNATE' if e.meta == 'alternate' else 'QAPI_OBJECT')]
        if members:
            parts.append('.members = %s_members, .num_members = %d' % (c, len(members)))
        if e.meta == 'union':
            tag = self.schema.tag_member(e)
            values = [v for v, _ in self.schema.entities[tag.type].values]
            out += ['static const struct qapi_type *const %s_variants[] = {' % c]
            out += ['    [%d] = &%s,' % (values.index(case), self.table(t)) for case, t in e.variants.items()]
            out += ['    [%d] = NULL,' % (len(values))] + ['};']
            parts.append('.tag = &%s_members[%d], .variants = %s_variants' % (c, members.index(tag), c))
        if e.meta == 'alternate' or e.variants:
            parts.append('.variants_offset = offsetof(struct %s, u)' % c)
        return out + ['const struct qapi_type %s = {' % self.table(e.name), '    %s,' % ',\n    '.join(parts), '};']

    def types_source(self):
        out = ['#include "%s%s-types.h"' % (self.include, self.name), '']
        for e in self.schema.entities.values():
            if e.meta == 'enum':
                out += self.enum_table(e)
            elif e.meta not in ('command', 'event'):
                out += self.object_table(e)
        for element in self.lists:
            out.append('const struct qapi_type %s = { .name = "[%s]", .kind = QAPI_LIST, .size = sizeof(struct %s), '
                       '.element = &%s };' % (self.table([element]), element, self.stem([element]),
                                                      self.table(element)))
        text = json.dumps(Introspection(self.schema).result())
        chunks = [text[i:i + 100] for i in range(0, len(text), 100)]
        return out + ['const char %s_introspection[] =' % self.name] + ['    ' + quoted(c) for c in chunks] + ['    ;']

    # Events

    def event_prototype(self, e):
        params = ['struct qapi_sink *sink']
        for m in self.schema.all_members(self.schema.entities[e.arg]) if e.arg else []:
            if self.has_flag(m):
                params.append('bool has_' + c_name(m.name))
            t = self.c_type(m.type)
            pointer = self.is_object(m.type) or isinstance(m.type, list) or m.type == 'any' or \
                (self.entity(m.type) and self.entity(m.type).meta == 'alternate')
            params.append(('const %s *%s' if pointer else 'const %s%s' if m.type == 'str' else '%s %s') %
                          (t, c_name(m.name)))
        return 'void qapi_event_%s(%s)' % (snake(e.name), ', '.join(params))

    def event_assignment(self, m):
        name = c_name(m.name)
        if m.type == 'str':
            return '.%s = (char *)%s' % (name, name)
        if self.is_boxed(m):
            return '.%s = (%s *)%s' % (name, self.c_type(m.type), name)
        e = self.entity(m.type)
        if self.is_object(m.type) or isinstance(m.type, list) or m.type == 'any' or (e and e.meta == 'alternate'):
            return '.%s = *%s' % (name, name)
        both = '.has_%s = has_%s, ' % (name, name) if self.has_flag(m) else ''
        return both + '.%s = %s' % (name, name)

    def events(self):
        return [e for e in self.schema.entities.values() if e.meta == 'event']

    def events_header(self):
        return ['#include "qapi/event.h"', '#include "%s%s-types.h"' % (self.include, self.name), ''] + \
               [self.event_prototype(e) + ';' for e in self.events()]

    def events_source(self):
        out = ['#include "%s%s-events.h"' % (self.include, self.name)]
        for e in self.events():
            limit = e.expr.get('rate-limit')
            desc = '.name = %s' % quoted(e.name)
            desc += ', .data = &%s' % self.table(e.arg) if e.arg else ''
            desc += ', .rate_ns = %d' % limit['ns'] if limit else ''
            desc += ', .rate_key = %s' % quoted(limit['key']) if limit and 'key' in limit else ''
            out += ['', self.event_prototype(e), '{', '    static const struct qapi_event event = { %s };' % desc]
            if e.arg:
                members = self.schema.all_members(self.schema.entities[e.arg])
                out.append('    const %s data = { %s };' %
                           (self.c_type(e.arg), ', '.join(self.event_assignment(m) for m in members)))
            out += ['', '    qapi_event_send(sink, &event, %s);' % ('&data' if e.arg else 'NULL'), '}']
        return out

    # Commands

    def commands(self):
        return [e for e in self.schema.entities.values() if e.meta == 'command']

    def command_types(self, e):
        ret = 'struct json' if e.expr.get('raw') else self.c_type(e.returns) if e.returns else None
        return (self.c_type(e.arg) if e.arg else None), ret

    def command_prototype(self, e):
        arg, ret = self.command_types(e)
        params = ['struct qapi_ctx *ctx']
        params += ['const %s *arg' % arg] if arg else []
        params += ['%s%s*ret' % (ret, '' if ret.endswith('*') else ' ')] if ret else []
        return 'int qmp_%s(%s)' % (snake(e.name), ', '.join(params + ['struct error **err']))

    def commands_header(self):
        return ['#include "qapi/dispatch.h"', '#include "%s%s-types.h"' % (self.include, self.name), ''] + \
               [self.command_prototype(e) + ';' for e in self.commands()] + \
               ['', 'extern const struct qapi_commands %s_commands;' % self.name]

    def command_line(self, e):
        flags = [f for f, on in (('QAPI_OOB', e.expr.get('allow-oob')), ('QAPI_RAW', e.expr.get('raw')),
                                 ('QAPI_OPEN', e.expr.get('open')),
                                 ('QAPI_PRECONFIG', e.expr.get('allow-preconfig'))) if on]
        parts = ['.name = %s' % quoted(e.name), '.call = call_%s' % snake(e.name)]
        parts += ['.arg = &%s' % self.table(e.arg)] if e.arg else []
        parts += ['.ret = &%s' % self.table(e.returns)] if e.returns and not e.expr.get('raw') else []
        parts += ['.flags = %s' % ' | '.join(flags)] if flags else []
        parts += ['.features = %s' % self.feature_bits(e.features)] if self.feature_bits(e.features) != '0' else []
        if 'states' in e.expr:
            parts.append('.states = ' + ' | '.join('1u << %s_RUN_STATE_%s' % (self.name.upper(), snake(s).upper())
                                                   for s in e.expr['states']))
        since = qapi_doc.since(e.doc)
        parts += ['.since = %s' % quoted(since)] if since else []
        return '    { %s },' % ', '.join(parts)

    def commands_source(self):
        out = ['#include "%s%s-commands.h"' % (self.include, self.name)]
        for e in self.commands():
            arg, ret = self.command_types(e)
            args = ['ctx'] + (['arg'] if arg else []) + (['ret'] if ret else []) + ['err']
            out += ['', 'static int call_%s(struct qapi_ctx *ctx, void *arg, void *ret, struct error **err)' %
                    snake(e.name), '{', '    return qmp_%s(%s);' % (snake(e.name), ', '.join(args)), '}']
        out += ['', 'static const struct qapi_command table[] = {'] + [self.command_line(e) for e in self.commands()]
        states = '.state_type = &%s_type_run_state, ' % self.name if 'RunState' in self.schema.entities else ''
        return out + ['};', '', 'const struct qapi_commands %s_commands = {' % self.name,
                      '    .commands = table, .num = %d, %s.introspection = %s_introspection,' %
                      (len(self.commands()), states, self.name), '};']


class Introspection:
    """query-qmp-schema: commands and events by name, types by numbers in the order in which they are met."""

    def __init__(self, schema):
        self.schema, self.numbers, self.queue, self.entries = schema, {}, [], []

    def type_name(self, t):
        if isinstance(t, list):
            name = '[%s]' % self.type_name(t[0])
            self.enqueue(name, t)
            return name
        if t in BUILTIN_JSON:
            name = 'int' if BUILTIN_JSON[t] == 'int' else t
        else:
            name = self.numbers.setdefault(t, str(len(self.numbers)))
        self.enqueue(name, t)
        return name

    def enqueue(self, name, t):
        if name not in self.known:
            self.known.add(name)
            self.queue.append((name, t))

    def result(self):
        self.known = set()
        self.empty = self.type_name('q_empty')
        for e in self.schema.entities.values():
            if e.meta == 'command':
                self.entry(e.name, 'command', e.features, **{
                    'arg-type': self.type_name(e.arg or 'q_empty'), 'ret-type': self.type_name(e.returns or 'q_empty'),
                    **({'allow-oob': True} if e.expr.get('allow-oob') else {})})
            elif e.meta == 'event':
                self.entry(e.name, 'event', e.features, **{'arg-type': self.type_name(e.arg or 'q_empty')})
        while self.queue:
            self.type_entry(*self.queue.pop(0))
        return self.entries

    def entry(self, name, meta, features, **rest):
        self.entries.append({'name': name, 'meta-type': meta, **({'features': features} if features else {}), **rest})

    def type_entry(self, name, t):
        if isinstance(t, list):
            self.entry(name, 'array', [], **{'element-type': self.type_name(t[0])})
        elif t in BUILTIN_JSON:
            self.entry(name, 'builtin', [], **{'json-type': BUILTIN_JSON[t]})
        elif t == 'q_empty':
            self.entry(name, 'object', [], members=[])
        else:
            self.entity_entry(name, self.schema.entities[t])

    def entity_entry(self, name, e):
        if e.meta == 'enum':
            members = [{'name': v, **({'features': f} if f else {})} for v, f in e.values]
            self.entry(name, 'enum', e.features, members=members, values=[v for v, _ in e.values])
        elif e.meta == 'alternate':
            self.entry(name, 'alternate', e.features, members=[{'type': self.type_name(m.type)} for m in e.members])
        else:
            rest = {'members': [self.member(m) for m in self.schema.all_members(e)]}
            if e.tag:
                cases = [v for v, _ in self.schema.entities[self.schema.tag_member(e).type].values]
                rest['tag'] = e.tag
                rest['variants'] = [{'case': c, 'type': self.type_name(e.variants.get(c, 'q_empty'))} for c in cases]
            self.entry(name, 'object', e.features, **rest)

    def member(self, m):
        return {'name': m.name, 'type': self.type_name(m.type), **({'default': None} if m.optional else {}),
                **({'features': m.features} if m.features else {})}


def write(path, text):
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)


def generate(schema, args):
    g = Generator(schema, args.name, args.include)
    head = '/* SPDX-License-Identifier: Apache-2.0 */\n/* Generated by qapi/gen_qapi.py: edit the schema instead. */\n'
    path = os.path.join(args.outdir, args.name)
    for part in ('types', 'events', 'commands'):
        write('%s-%s.h' % (path, part), '\n'.join([head + '#pragma once', ''] + getattr(g, part + '_header')()) + '\n')
        write('%s-%s.c' % (path, part), head + '\n'.join(getattr(g, part + '_source')()) + '\n')
    outputs = ['%s-%s.%s' % (path, part, x) for part in ('types', 'events', 'commands') for x in 'hc']
    write(path + '.d', '%s: %s\n' % (' '.join(outputs), ' '.join(schema.files + [qapi_doc.__file__,
                                                                              qapi_schema.__file__])))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--name', default='qapi')
    parser.add_argument('--include', default='qapi/')
    parser.add_argument('schema')
    parser.add_argument('outdir')
    args = parser.parse_args()
    try:
        generate(qapi_schema.load(args.schema), args)
    except qapi_schema.SchemaError as e:
        sys.exit(str(e))


main()
