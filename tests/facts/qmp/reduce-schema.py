#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reduces a query-qmp-schema reply to the commands and events that qapi/schema declares, and their types.

Of a union that is one of OPEN, whose cases come one by one, only the cases that qapi/schema has are kept.

usage: reduce-schema.py REPLY.json QAPI-SCHEMA.json > schema.json
"""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../qapi'))
import qapi_schema


def references(entry):
    for key in ('arg-type', 'ret-type', 'element-type'):
        if key in entry:
            yield entry[key]
    if entry['meta-type'] in ('object', 'alternate'):
        for part in entry['members'] + entry.get('variants', []):
            yield part['type']


OPEN = {'ChardevBackend', 'ObjectOptions', 'SocketAddressLegacy', 'YankInstance'}


def close(union, schema, entries):
    """Takes the cases that our union has not out of the replies' unions that have the others."""
    ours = {v for v, _ in schema.entities[schema.tag_member(union).type].values}
    for entry in [e for e in entries.values() if e.get('tag') == union.tag]:
        if ours <= {v['case'] for v in entry['variants']}:
            entry['variants'] = [v for v in entry['variants'] if v['case'] in ours]
            enum = entries[next(m['type'] for m in entry['members'] if m['name'] == union.tag)]
            enum['values'] = [v for v in enum['values'] if v in ours]
            enum['members'] = [m for m in enum['members'] if m['name'] in ours]


def main():
    reply = json.load(open(sys.argv[1]))
    entries = {e['name']: e for e in reply}
    schema = qapi_schema.load(sys.argv[2])
    for name in OPEN & set(schema.entities):
        close(schema.entities[name], schema, entries)
    wanted = [e.name for e in schema.entities.values() if e.meta in ('command', 'event')]
    done = []
    while wanted:
        name = wanted.pop(0)
        if name not in done and name in entries:
            done.append(name)
            wanted += references(entries[name])
    print('[\n' + ',\n'.join(json.dumps(entries[n]) for n in done) + '\n]')


main()
