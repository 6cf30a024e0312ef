#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
What a peer of QMP may send: refused beyond the limits, in bounded memory, and the session goes on

    test_limits.py PROGRAM [--long]

The limits are the reference's: 1024 brackets, 64 MiB in a token, two million tokens.  Behind each input comes a fence:
a byte that ends any token, then a request; its reply must come.  The peak of the process's memory is the kernel's word.
"""

import asyncio
import json
import re
import sys

from monitors import PATIENCE_S, Machine, run_cases

MB = 1 << 20
LINE = 1024 * MB if "--long" in sys.argv else 68 * MB
FENCE = b'\xff{"execute": "query-name", "id": "fence"}\n'
STRAY = "JSON parse error, stray '\ufffd'"


def many(piece, total):
    block = piece * max(1, 65536 // len(piece))
    for _ in range(0, total, len(block)):
        yield block


def keys(number):
    for n in range(0, number, 1000):
        yield b"".join(b'"k%d":1,' % k for k in range(n, n + 1000))


def asked(*value):
    return [b'{"execute": "query-name", "id": ', *value, b"}"]


def error(words):
    return lambda m: m.get("error") == {"class": "GenericError", "desc": words}


def returns(value):
    return lambda m: m == {"return": {}, "id": value}


DEEP, LONG, MANY = (error("JSON %s limit exceeded" % what) for what in ("nesting depth", "token size", "token count"))
# What is sent; the first reply; how far memory may go up, in MB.  The text of a token may stand there twice, and in a
# reply a byte becomes six.
INPUTS = {
    "brackets": ([many(b"[", 2 * MB), b"\n"], DEEP, 8),
    "braces": ([many(b'{"a":', 2 * MB)], DEEP, 8),
    "as_deep_as_may_be": (asked(b"[" * 1023, b"]" * 1023), lambda m: m["return"] == {} and m["id"], 8),
    "deeper_than_may_be": (asked(b"[" * 1024, b"]" * 1024), DEEP, 8),
    "a_line_without_end": ([many(b"x", LINE), b"\n"], LONG, 160),
    "a_string_without_end": ([b'{"execute": "', many(b"x", LINE), b'"}\n'], LONG, 160),
    "a_string_of_escapes": ([b'"', many(rb"\u00e9", LINE), b'"\n'], LONG, 160),
    "a_number_without_end": ([many(b"1", LINE), b"\n"], LONG, 160),
    "white_space": ([many(b" ", LINE)], error(STRAY), 8),
    "a_string_as_long_as_may_be": ([b'"', many(b"x", 63 * MB), b'"\n'], error("QMP input must be a JSON object"), 200),
    "an_id_that_grows": (asked(b'"', many(b"\x7f", 4 * MB), b'"'), returns("\x7f" * 4 * MB), 96),
    "a_million_digits": (asked(many(b"9", MB)), returns(float("inf")), 16),
    "a_million_decimals": (asked(b"0.", many(b"9", MB)), returns(1), 16),
    "an_exponent": (asked(b"-1e", many(b"9", MB)), returns(float("-inf")), 16),
    "keys": ([b"{", keys(525000), b'"a": 1}\n'], MANY, 160),
    "values": ([b"[", many(b"1,", 2 * MB + 65536), b"1]\n"], MANY, 96),
    "nothings": ([b"[" + b"{},[]," * 349600, b"1]\n"], MANY, 160),
    "NUL": ([b"\0"], error("JSON parse error, stray ''"), 8),
    "NUL_in_a_string": (asked(b'"a\0b"'), error("JSON parse error, stray '\"a'"), 8),
    "broken_UTF-8": (asked(b'"\xc3("'), error("JSON parse error, invalid UTF-8 sequence in string"), 8),
    "a_surrogate": (asked(b'"\xed\xa0\x80"'), error("JSON parse error, invalid UTF-8 sequence in string"), 8),
    "half_a_pair": (asked(rb'"\ud83d!"'), error(r"JSON parse error, \ud83d is not a valid Unicode character"), 8),
    "a_long_name": ([b'{"execute": "', many(b"x", 2 * MB), b'"}'],
                    lambda m: m["error"]["class"] == "CommandNotFound" and len(m["error"]["desc"]) < 1024, 16),
    "a_long_key": ([b'{"', many(b"x", 2 * MB), b'": 1}'],
                   lambda m: m["error"]["desc"].startswith("QMP input member 'xxx") and len(str(m)) < 1024, 16),
}


def peak_mb(machine):
    with open("/proc/%d/status" % machine.process.pid) as f:
        return int(re.search(r"VmHWM:\s*(\d+)", f.read())[1]) / 1024


async def send(m, parts):
    for part in [*parts, FENCE]:
        for piece in [part] if isinstance(part, bytes) else part:
            m.writer.write(piece)
            await m.writer.drain()


async def first_reply(m):
    """Everything is read up to the fence's reply; of the rest the first is what counts."""
    first = None
    while True:
        line = await m.line()
        # As the reference has it; JSON has no name for it, Python's module another.
        reply = json.loads(line.replace(b"inf}", b"Infinity}"))
        if reply.get("id") == "fence":
            return first
        first = first or reply


def case(name):
    async def input_is_survived(program):
        parts, right, allowed_mb = INPUTS[name]
        with Machine(program, 1, "-S") as machine:
            m = await machine.monitor(0)
            before = peak_mb(machine)
            reply, _ = await asyncio.wait_for(asyncio.gather(first_reply(m), send(m, parts)), 4 * PATIENCE_S)
            after = peak_mb(machine)
            assert right(reply), str(reply)[:300]
            assert machine.has_sanitizer() or after <= before + allowed_mb, "%d MB, then %d" % (before, after)
            assert await m.get("query-status") == {"status": "prelaunch", "singlestep": False, "running": False}

    input_is_survived.__name__ = "a_peer_may_send_" + name
    return input_is_survived


if __name__ == "__main__":
    sys.setrecursionlimit(10000)        # json's reader is as deep as the value
    sys.exit(run_cases([case(name) for name in INPUTS], sys.argv[1]))
