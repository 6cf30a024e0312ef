#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reduces a query-qmp-schema reply to the commands and events that qapi/schema declares, and their types.

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


def main():
    reply = json.load(open(sys.argv[1]))
    entries = {e['name']: e for e in reply}
    wanted = [e.name for e in qapi_schema.load(sys.argv[2]).entities.values() if e.meta in ('command', 'event')]
    done = []
    while wanted:
        name = wanted.pop(0)
        if name not in done and name in entries:
            done.append(name)
            wanted += references(entries[name])
    print('[\n' + ',\n'.join(json.dumps(entries[n]) for n in done) + '\n]')


main()
