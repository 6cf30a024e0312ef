#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks an emulator the questions in questions.txt and writes probes.txt: what went in, what came out.

usage: record.py EMULATOR < questions.txt > probes.txt

A line `connect [pretty]` starts a machine (-machine none -S, a QMP session); `> bytes` is sent; what
comes back is written as `< line`.  Bytes are escaped as in C.  Numbers in timestamps become 0.
"""
import re
import socket
import subprocess
import sys


def start(emulator, mode):
    ours, theirs = socket.socketpair()
    monitor = 'chardev=c,mode=' + ('readline' if mode == 'hmp' else 'control')
    process = subprocess.Popen([emulator, '-machine', 'none', '-nodefaults', '-display', 'none', '-S', '-name', 'foo',
                                '-chardev', 'socket,id=c,fd=%d' % theirs.fileno(),
                                '-mon', monitor + (',pretty=on' if mode == 'pretty' else '')], pass_fds=[theirs.fileno()])
    theirs.close()
    return process, ours


def receive(ours, patience):
    ours.settimeout(patience)
    text = b''
    try:
        while True:
            part = ours.recv(1 << 20)
            if not part:
                return text
            text += part
    except TimeoutError:
        return text


def escape(data):
    return ''.join('\\\\' if b == 0x5c else chr(b) if 0x20 <= b < 0x7f else '\\x%02x' % b for b in data)


def show(data):
    data = re.sub(rb'("(?:micro)?seconds": )\d+', rb'\g<1>0', data)
    for line in re.findall(rb'[^\n]*\n|[^\n]+$', data):
        print('< ' + escape(line))


def main():
    process = ours = None
    for line in sys.stdin:
        line = line.rstrip('\n')
        print(line)
        if line.startswith('connect'):
            if process:
                process.kill()
                process.wait()
            process, ours = start(sys.argv[1], line[8:])
            show(receive(ours, 1))
        elif line.startswith('> '):
            ours.sendall(re.sub(rb'\\(\\|x..)', lambda m: bytes([int(m.group(1)[1:], 16)]) if m.group(1) != b'\\'
                                else b'\\', line[2:].encode('latin-1')))
            show(receive(ours, 0.3))
    process.kill()
    process.wait()


main()
