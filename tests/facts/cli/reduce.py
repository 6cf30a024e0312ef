#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reduces the reference's reply to query-command-line-options to what tests/unit/test-option-list.c compares with.

usage: reduce.py REPLY.json > arguments.tsv

A line for each option, in order: its name, and its arguments' names with the first letter of their types.
"""
import json
import sys


def main():
    reply = json.load(open(sys.argv[1]))
    print('# query-command-line-options of the reference, in its order: b boolean, n number, s string, "size" is z.')
    for option in reply.get('return', []) if isinstance(reply, dict) else reply:
        words = ['%s:%s' % (p['name'], 'z' if p['type'] == 'size' else p['type'][0]) for p in option['parameters']]
        print('%s\t%s' % (option['option'], ' '.join(words)))


main()
