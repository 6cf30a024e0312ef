#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists the reference's options: which are here, and which part of the program the others wait for.

usage: list-options.py CLI-OPTIONS.tsv OPTIONS.tbl > options.tsv

CLI-OPTIONS.tsv has an option of the reference a line.  Left out on purpose are Xen, counting of instructions with
record and replay, plugins of the translator, and what only other architectures have.  A name that no line below fits
fails.
"""
import re
import sys

LEFT_OUT = 'xen-.*|icount|plugin|dtb'
# The first line that fits counts.
PARTS = [
    ('options from files', 'readconfig|set'),
    ('descriptors by QMP', 'add-fd'),
    ('disks', 'fd[ab]|hd[a-d]|cdrom|blockdev|drive|mtdblock|sd|snapshot|win2k-hack'),
    ('flash memory', 'pflash'),
    ('snapshots', 'loadvm'),
    ('iSCSI', 'iscsi'),
    ('9p', 'fsdev|virtfs'),
    ('USB', 'usb|usbdevice'),
    ('windows', 'portrait|rotate|full-screen'),
    ('VNC', 'vnc'),
    ('Spice', 'spice'),
    ('network', 'netdev|nic|net'),
    ('TPM', 'tpmdev'),
    ('sound cards', 'audio|audio-help'),
    ('migration', 'incoming|dump-vmstate'),
    ('the translator', 'singlestep|dfilter'),
    ('random numbers for guests', 'seed'),
    ('figures of locks', 'enable-sync-profile'),
    ('a process that frees memory', 'async-teardown'),
]


def main():
    with open(sys.argv[1], encoding='utf-8') as f:
        names = {line.split('\t')[0].lstrip('-') for line in f.read().splitlines()[1:]}
    with open(sys.argv[2], encoding='utf-8') as f:
        here = {name for names in re.findall(r'(?m)^-(\S+)  \w', f.read()) for name in names.split('|')}
    print('# Options of the reference: done, or what they wait for; list-options.py says which are left out on purpose.')
    for name in sorted(names):
        parts = [part for part, pattern in PARTS if re.fullmatch(pattern, name)]
        if re.fullmatch(LEFT_OUT, name):
            continue
        if name not in here and not parts:
            sys.exit('%s: what does it wait for?' % name)
        print('%s\t%s' % (name, 'done' if name in here else 'waits: ' + parts[0]))


main()
