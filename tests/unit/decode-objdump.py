#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints "length hex-bytes text" for each different instruction encoding that objdump finds in the files.

    decode-objdump.py FILE... > list; test-decode list

Encodings that differ in immediates and displacements only are listed a few times, not thousands of
times.  VEX, EVEX and what objdump calls bad are left out.
"""
import collections
import re
import subprocess
import sys

LINE = re.compile(r'^\s*[0-9a-f]+:\t((?:[0-9a-f]{2} )+)\s*\t?(.*)$')
seen = collections.Counter()
for path in sys.argv[1:]:
    command = ['objdump', '-d', '-w', '--insn-width=15', path]
    out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    for line in out.splitlines():
        m = LINE.match(line)
        if not m:
            continue
        code, text = m.group(1).replace(' ', ''), m.group(2)
        first = re.match(r'(?:26|2e|36|3e|64|65|66|67|f0|f2|f3)*(4[0-9a-f])?(..)', code).group(2)
        if '(bad)' in text or first in ('c4', 'c5', '62') or not text.strip() or text.startswith(('data16', 'rex')):
            continue
        key = (code[:8], len(code))
        seen[key] += 1
        if seen[key] <= 2:
            print(len(code) // 2, code, text)
