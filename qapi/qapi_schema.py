# SPDX-License-Identifier: Apache-2.0
"""Reads the QAPI language: expressions in JSON with single quotes, # comments, ## documentation.

load(path) returns a Schema whose entities are checked: names are unique, types exist, keys are known.
Deliberately not there: `if` (nothing is left out at build time) and `pragma`.
"""
import os
import re

BUILTIN_JSON = {'str': 'string', 'bool': 'boolean', 'number': 'number', 'null': 'null', 'any': 'value',
                'int': 'int', 'size': 'int'}
for _bits in (8, 16, 32, 64):
    BUILTIN_JSON['int%d' % _bits] = BUILTIN_JSON['uint%d' % _bits] = 'int'

KEYS = {
    'enum': {'data', 'features'},
    'struct': {'data', 'base', 'features'},
    'union': {'data', 'base', 'discriminator', 'features'},
    'alternate': {'data', 'features'},
    'command': {'data', 'returns', 'features', 'states', 'raw', 'open', 'allow-oob', 'allow-preconfig'},
    'event': {'data', 'features', 'rate-limit'},
}
TOKEN = re.compile(r"[ \t\r]*(?:(\n)|(##[^\n]*)|(#[^\n]*)|([\[\]{}:,])|('(?:[^'\\\n]|\\.)*')|(true|false|-?\d+))")


class SchemaError(Exception):
    pass


class Member:
    def __init__(self, name, spec, where):
        spec = spec if isinstance(spec, dict) else {'type': spec}
        unknown = set(spec) - {'type', 'default', 'features'}
        if unknown or 'type' not in spec:
            raise SchemaError('%s.%s: keys are type, default, features' % (where, name))
        self.name = name.lstrip('*')
        self.optional = name.startswith('*')
        self.type = spec['type']
        self.default = spec.get('default')
        self.features = feature_names(spec)
        if self.default is not None and not self.optional:
            raise SchemaError('%s.%s: only an optional member has a default' % (where, self.name))


class Entity:
    """One enum, struct, union, alternate, command or event; arg and base are names or None."""

    def __init__(self, meta, name, expr, doc, where):
        self.meta, self.name, self.doc, self.where = meta, name, doc, where
        self.features = feature_names(expr)
        self.expr = expr
        self.members = []       # own members, or branches of an alternate
        self.values = []        # of an enum: (name, features)
        self.base = self.arg = self.returns = self.tag = None
        self.variants = {}


def feature_names(spec):
    return [f if isinstance(f, str) else f['name'] for f in spec.get('features', [])]


class Parser:
    def __init__(self, path):
        self.path, self.line, self.at = path, 1, 0
        self.text = open(path, encoding='utf-8').read()
        self.token = None
        self.next()

    def fail(self, why):
        raise SchemaError('%s:%d: %s' % (self.path, self.line, why))

    def next(self):
        """Steps to the next token: a character of punctuation, ('str', s), ('lit', v), ('doc', lines) or None."""
        while True:
            if not self.text[self.at:].strip():
                self.token = None
                return
            m = TOKEN.match(self.text, self.at)
            if not m:
                self.fail('unreadable: %r' % self.text[self.at:self.at + 20])
            self.at = m.end()
            newline, doc, comment, punctuation, string, literal = m.groups()
            if newline:
                self.line += 1
            elif doc:
                self.token = ('doc', self.doc_block())
                return
            elif not comment:
                self.token = punctuation or (('str', string[1:-1]) if string else
                                             ('lit', {'true': True, 'false': False}.get(literal)
                                              if literal in ('true', 'false') else int(literal)))
                return

    def doc_block(self):
        end = self.text.find('\n##', self.at)
        if end < 0:
            self.fail('a documentation comment without end')
        lines = self.text[self.at + 1:end].split('\n') if end > self.at else []
        self.line += len(lines) + 1
        self.at = end + 3
        return [re.sub(r'^# ?', '', line) for line in lines]

    def expect(self, token):
        if self.token != token:
            self.fail('expected %s, found %s' % (token, self.token))
        self.next()

    def value(self):
        token = self.token
        self.next()
        if token == '{':
            result = {}
            while self.token != '}':
                key = self.token
                if not isinstance(key, tuple) or key[0] != 'str' or key[1] in result:
                    self.fail('expected a new key, found %s' % (key,))
                self.next()
                self.expect(':')
                result[key[1]] = self.value()
                if self.token != '}':
                    self.expect(',')
            self.next()
            return result
        if token == '[':
            result = []
            while self.token != ']':
                result.append(self.value())
                if self.token != ']':
                    self.expect(',')
            self.next()
            return result
        if isinstance(token, tuple) and token[0] in ('str', 'lit'):
            return token[1]
        return self.fail('expected a value, found %s' % (token,))


class Schema:
    def __init__(self):
        self.entities = {}      # name -> Entity, in order
        self.sections = []      # (title or None, [names])
        self.files = []

    def load(self, path):
        if path in self.files:
            return
        self.files.append(path)
        parser, doc = Parser(path), []
        while parser.token is not None:
            if parser.token[0] == 'doc':
                doc = parser.token[1]
                parser.next()
                if doc and doc[0].startswith('= '):
                    self.sections.append((doc[0][2:], []))
                    doc = []
                continue
            where, expr = '%s:%d' % (path, parser.line), parser.value()
            if 'include' in expr:
                self.load(os.path.join(os.path.dirname(path), expr['include']))
            else:
                self.add(expr, doc, where)
            doc = []

    def add(self, expr, doc, where):
        metas = [m for m in KEYS if m in expr]
        if len(metas) != 1:
            raise SchemaError('%s: expected one of %s' % (where, ', '.join(KEYS)))
        meta, name = metas[0], expr[metas[0]]
        unknown = set(expr) - KEYS[meta] - {meta}
        if unknown or name in self.entities or name in BUILTIN_JSON:
            why = 'unknown key ' + ', '.join(unknown) if unknown else 'exists'
            raise SchemaError('%s: %s: %s' % (where, name, why))
        entity = Entity(meta, name, expr, doc, where)
        getattr(self, 'add_' + meta)(entity, expr)
        self.entities[name] = entity
        if not self.sections:
            self.sections.append((None, []))
        self.sections[-1][1].append(name)

    def members(self, entity, data):
        return [Member(n, spec, entity.name) for n, spec in data.items()]

    def implicit(self, entity, data, suffix):
        """The object of an inline { }: a struct of its own, named as introspection names it."""
        if not isinstance(data, dict):
            return data
        if not data:
            return None
        name = 'q_obj_%s-%s' % (entity.name, suffix)
        struct = Entity('struct', name, {}, [], entity.where)
        struct.members = self.members(struct, data)
        self.entities[name] = struct
        return name

    def add_enum(self, entity, expr):
        entity.values = [(v, []) if isinstance(v, str) else (v['name'], feature_names(v)) for v in expr['data']]

    def add_struct(self, entity, expr):
        entity.base = expr.get('base')
        entity.members = self.members(entity, expr['data'])

    def add_union(self, entity, expr):
        base = expr['base']
        if isinstance(base, dict):
            entity.members = self.members(entity, base)
        else:
            entity.base = base
        entity.tag = expr['discriminator']
        entity.variants = {case: spec if isinstance(spec, str) else spec['type'] for case, spec in expr['data'].items()}

    def add_alternate(self, entity, expr):
        entity.members = self.members(entity, expr['data'])

    def add_command(self, entity, expr):
        entity.arg = self.implicit(entity, expr.get('data', {}), 'arg')
        entity.returns = expr.get('returns')

    def add_event(self, entity, expr):
        entity.arg = self.implicit(entity, expr.get('data', {}), 'arg')

    def all_members(self, entity):
        """Base first: the order in which they are read and written."""
        inherited = self.all_members(self.entities[entity.base]) if entity.base else []
        return inherited + entity.members

    def tag_member(self, entity):
        for m in self.all_members(entity):
            if m.name == entity.tag:
                return m
        raise SchemaError('%s: %s: no member %s' % (entity.where, entity.name, entity.tag))

    def check_type(self, entity, t):
        name = t[0] if isinstance(t, list) else t
        other = self.entities.get(name)
        if name not in BUILTIN_JSON and (not other or other.meta in ('command', 'event')):
            raise SchemaError('%s: %s: there is no type %s' % (entity.where, entity.name, name))

    def check(self):
        for e in self.entities.values():
            for m in e.members:
                self.check_type(e, m.type)
            for t in [e.base, e.arg, e.returns] + list(e.variants.values()):
                if t is not None:
                    self.check_type(e, t)
            if e.tag:
                self.check_union(e)
            names = [m.name for m in self.all_members(e)]
            if len(names) != len(set(names)):
                raise SchemaError('%s: %s: a member is there twice' % (e.where, e.name))
        return self

    def check_union(self, e):
        tag = self.entities.get(self.tag_member(e).type)
        if not tag or tag.meta != 'enum' or self.tag_member(e).optional:
            raise SchemaError('%s: %s: the discriminator is a mandatory enum' % (e.where, e.name))
        unknown = set(e.variants) - {v for v, _ in tag.values}
        if unknown:
            raise SchemaError('%s: %s: no such case: %s' % (e.where, e.name, ', '.join(unknown)))


def load(path):
    schema = Schema()
    schema.load(path)
    return schema.check()
