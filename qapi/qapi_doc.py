# SPDX-License-Identifier: Apache-2.0
"""The schema as a page for people (Markdown)."""
import re

TITLES = {'command': 'Command', 'event': 'Event', 'enum': 'Enum', 'struct': 'Object', 'union': 'Union',
          'alternate': 'Alternate'}


def since(doc):
    for line in doc:
        if line.startswith('Since:'):
            return line[6:].strip()
    return None


def type_text(t):
    return 'list of ' + type_text(t[0]) if isinstance(t, list) else '`%s`' % t


def split(doc):
    """(paragraphs, {member: text}, {feature: text}, returns)"""
    text, members, features, returns, target = [], {}, {}, '', None
    for line in doc[1:]:
        m = re.match(r'@([^:]+):\s*(.*)', line)
        if line.startswith('Since:'):
            target = None
        elif line.startswith('Features:'):
            target = features
        elif line.startswith('Returns:'):
            returns = line[8:].strip()
        elif m:
            target = features if target is features else members
            target[m.group(1)] = m.group(2)
        elif target is None:
            text.append(line)
    return '\n'.join(text).strip(), members, features, returns


def member_lines(members, told):
    for m in members:
        marks = [type_text(m.type)]
        if m.optional:
            marks.append('optional' if m.default is None else 'default %s' % m.default)
        marks += m.features
        yield '* `%s` (%s)%s' % (m.name, ', '.join(marks), ': ' + told[m.name] if m.name in told else '')


def entity_page(schema, e):
    text, told, features, returns = split(e.doc)
    yield '### %s %s\n' % (TITLES[e.meta], e.name)
    if text:
        yield text + '\n'
    owner = schema.entities[e.arg] if e.arg else e
    lines = list(member_lines(schema.all_members(owner), told))
    lines += ['* `%s`%s' % (v, ': ' + told[v] if v in told else '') for v, _ in e.values]
    lines += ['* with `%s` "%s": also the members of `%s`' % (e.tag, case, t) for case, t in e.variants.items()]
    if lines:
        yield '\n'.join(lines) + '\n'
    if e.returns:
        yield 'Returns %s%s\n' % (type_text(e.returns), ': ' + returns if returns else '')
    notes = ['may be run out of band'] if e.expr.get('allow-oob') else []
    notes += ['may be run before the machine exists'] if e.expr.get('allow-preconfig') else []
    notes += ['in run states ' + ', '.join(e.expr['states'])] if 'states' in e.expr else []
    notes += ['feature %s%s' % (f, ': ' + features[f] if f in features else '') for f in e.features]
    notes += ['since ' + since(e.doc)] if since(e.doc) else []
    if notes:
        yield '(%s)\n' % '; '.join(notes)


def page(schema):
    yield '# QMP reference\n\nGenerated from qapi/schema.\n'
    for title, names in schema.sections:
        if title:
            yield '## %s\n' % title
        for name in names:
            yield from entity_page(schema, schema.entities[name])
