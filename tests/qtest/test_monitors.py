#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Many monitors on one machine, well-behaved and not: what a program that manages it can rely on

    test_monitors.py PROGRAM

TAP on stdout.  Each monitor is a server socket; the clients here are asyncio's, so that a reply that is held up shows
as one that does not come.  --long: ten times as many commands.
"""

import asyncio
import contextlib
import json
import os
import random
import sys
import tempfile

from monitors import PATIENCE_S, Gone, Machine, run_cases

MONITORS = 32
COMMANDS = 1000 * (10 if "--long" in sys.argv else 1)
WINDOW = 24                     # commands on their way at a time
ROUNDS = 200                    # connections that break off
# What may stay behind after all of that: pages that the allocator keeps.
GROWTH_KB = 3 * 1024

# At the reset vector: x without end to the first serial port.
TALKS = bytes.fromhex("ba f8 03 b0 78 ee eb fd")


# What clients ask, and what of the reply is always so.
def is_status(reply):
    return reply["return"]["status"] in ("running", "paused", "prelaunch")


QUESTIONS = [
    ("query-status", {}, is_status),
    ("query-version", {}, lambda r: set(r["return"]) == {"qemu", "package"}),
    ("query-name", {}, lambda r: r["return"] == {"name": "n" * 300}),
    ("query-chardev", {}, lambda r: len(r["return"]) >= MONITORS),
    ("qom-list", {"path": "/"}, lambda r: any(p["name"] == "machine" for p in r["return"])),
    ("qom-get", {"path": "/machine", "property": "type"}, lambda r: r["return"] == "none-machine"),
    ("qom-get", {"path": "/machine", "property": "x"}, lambda r: r["error"]["class"] == "GenericError"),
    ("human-monitor-command", {"command-line": "info name"}, lambda r: r["return"] == "n" * 300 + "\r\n"),
    ("nosuch", {}, lambda r: r["error"]["class"] == "CommandNotFound"),
    ("query-name", {"x": 1}, lambda r: r["error"]["desc"] == "Parameter 'x' is unexpected"),
]


async def converse(m, commands, seed):
    """Some commands on their way at any time; each reply is that of the oldest of them."""
    rng, waiting = random.Random(seed), []
    for left in range(commands, -WINDOW, -1):
        if left > 0:
            command, arguments, right = rng.choice(QUESTIONS)
            waiting.append((m.ask(command, **arguments), command, right))
            # What one segment carries ends anywhere, as far as the other side can tell.
            if not rng.randrange(8):
                await m.writer.drain()
        if waiting and (left <= 0 or len(waiting) == WINDOW):
            key, command, right = waiting.pop(0)
            reply = await m.reply()
            assert reply.get("id") == key, "monitor %s waits for %s and gets %s" % (m.name, key, reply)
            assert right(reply), "%s: %s" % (command, reply)
    assert not waiting


async def disturb(m, commands):
    """Starts and stops, adds and takes away, yanks: every second of these is told to everybody."""
    for n in range(commands // 10):
        await m.get("cont")
        await m.get("object-add", **{"qom-type": "iothread", "id": "io%d" % n})
        await m.get("chardev-add", id="c%d" % n, backend={"type": "ringbuf", "data": {"size": 4096}})
        await m.get("ringbuf-write", device="c%d" % n, data="x" * 64)
        await m.get("stop")
        assert await m.get("qom-list", path="/objects/io%d" % n)
        await m.get("chardev-remove", id="c%d" % n)
        await m.get("object-del", id="io%d" % n)


async def fence(m, number):
    """Replies come in order with the events, so behind this one is every event from before."""
    assert await m.get("query-name") == {"name": "n" * 300}
    assert len(m.events) == number, "monitor %s has seen %d events of %d" % (m.name, len(m.events), number)


def names_of(m):
    return [e["event"] for e in m.events]


async def many_monitors(machine, commands):
    all_of_them = [await machine.monitor(n) for n in range(MONITORS)]
    one = all_of_them[0]
    await asyncio.gather(disturb(one, commands), *(converse(m, commands, m.name) for m in all_of_them[1:]))
    for m in all_of_them:
        await fence(m, 2 * (commands // 10))
        assert names_of(m) == ["RESUME", "STOP"] * (commands // 10), names_of(m)
        assert m.events == one.events, "monitor %s was told something else" % m.name
        await m.close()


def memory_is_flat(machine, before):
    """Compared after a first round: what a session needs once is not what it loses each time."""
    if machine.has_sanitizer():
        return
    after = machine.memory_kb()
    for name, kb in after.items():
        assert kb <= before[name] + GROWTH_KB, "%s: %d KB, then %d KB" % (name, before[name], kb)


async def monitors_lose_nothing_and_keep_the_order(program):
    with Machine(program, MONITORS, "-S", "-name", "n" * 300) as machine:
        await many_monitors(machine, 100)
        before = machine.memory_kb()
        await many_monitors(machine, COMMANDS)
        memory_is_flat(machine, before)


async def fill(writer, request):
    """Sends until nothing more is taken; returns the bytes that were."""
    sock, sent = writer.get_extra_info("socket"), 0
    fd, view = sock.fileno(), memoryview(request * 1000)
    while True:
        try:
            sent += os.write(fd, view[sent % len(request):])
        except BlockingIOError:
            break
    return sent


async def guest_talks(machine, bytes_wanted):
    reader, writer = await machine.raw("serial")
    got = 0
    while got < bytes_wanted:
        part = await asyncio.wait_for(reader.read(65536), PATIENCE_S)
        assert part and not part.strip(b"x"), part[:20]
        got += len(part)
    return reader, writer


async def a_client_that_never_reads_holds_nobody_up(program):
    """Neither the guest nor the other monitors; it is not read from, and what is kept for it is bounded."""
    with tempfile.NamedTemporaryFile() as bios:
        bios.write(b"\xf4" * (65536 - 16) + TALKS.ljust(16, b"\xf4"))
        bios.flush()
        with Machine(program, 4, "-M", "pc", "-m", "16", "-bios", bios.name, "-vga", "none",
                     "-chardev", "socket,id=s,path=%s,server=on,wait=off" % "{folder}/mserial", "-serial", "chardev:s") \
                as machine:
            others = [await machine.monitor(n) for n in range(1, 4)]
            deaf = await machine.monitor(0)
            before = machine.memory_kb()
            taken = 0
            # It is not read from for good as soon as its backlog is full, however often one tries.
            for _ in range(50):
                more = await fill(deaf.writer, b'{"execute":"query-qmp-schema"}\n')
                await others[0].get("query-status")
                taken += more
            assert not more and taken < 4 << 20, "%d bytes of requests were taken" % taken
            for _ in range(200):
                await others[0].get("stop")
                await others[0].get("cont")
            await guest_talks(machine, 20000)
            for m in others:
                assert await m.get("query-status") == {"status": "running", "singlestep": False, "running": True}
                assert names_of(m)[-400:] == ["STOP", "RESUME"] * 200
            after = machine.memory_kb()
            assert machine.has_sanitizer() or after["Rss"] < before["Rss"] + 8 * 1024, "%s, then %s" % (before, after)


async def break_off(machine, rng):
    """A connection that ends somewhere: inside of a line, of a reply, with commands on their way, with events."""
    reader, writer = await machine.raw(0)
    if rng.randrange(8):
        await reader.readline()
        writer.write(b'{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}')
    if rng.randrange(2):
        writer.write(b'{"execute":"stop"}{"execute":"query-qmp-schema"}' * rng.randrange(1, 5))
        writer.write(b'{"execute":"cont"}{"exec-oob":"query-yank"}')
        with contextlib.suppress(ConnectionError):
            await writer.drain()
            await reader.read(rng.choice((1, 100, 5000, 60000)))
    line = b'{"execute": "object-add", "arguments": {"qom-type": "iothread", "id": "left\\u0041"}}\n'
    writer.write(line[:rng.randrange(len(line) - 2)])
    if rng.randrange(2):
        writer.transport.abort()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def clients_that_break_off_leave_nothing(program):
    """Whoever comes next is greeted, negotiates, and sees nothing that belonged to another."""
    rng = random.Random(1)
    with Machine(program, 2, "-S") as machine:
        witness = await machine.monitor(1)
        for n in range(ROUNDS):
            await break_off(machine, rng)
            if not n % 10:
                m = await machine.monitor(0)
                assert await m.get("qom-list", path="/objects") == [{"name": "type", "type": "string"}]
                assert all(e["event"] in ("STOP", "RESUME") for e in m.events), m.events
                await m.close()
            if n == ROUNDS // 4:
                await witness.get("query-status")
                before = machine.memory_kb()
        states = names_of(witness)
        assert states == ["RESUME", "STOP"] * (len(states) // 2) + ["RESUME"] * (len(states) % 2), states
        memory_is_flat(machine, before)


class Held:
    """A command that goes on as long as its pipe is not read."""

    def __init__(self, machine, m):
        path = os.path.join(machine.folder, "pipe")
        os.mkfifo(path)
        self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.key = m.ask("pmemsave", val=0, size=16 << 20, filename=path)

    def drain(self):
        os.set_blocking(self.fd, True)
        with open(self.fd, "rb") as f:
            while f.read(1 << 20):
                pass

    async def end(self):
        await asyncio.get_running_loop().run_in_executor(None, self.drain)


def small_pc(program, count):
    return Machine(program, count, "-S", "-M", "pc", "-m", "16", "-vga", "none")


async def out_of_band_overtakes_what_goes_on(program):
    """While a command waits for its pipe: it and eight behind it are read, and what is behind these too."""
    with small_pc(program, 2) as machine:
        m, other = await machine.monitor(0, oob=True), await machine.monitor(1)
        held = Held(machine, m)
        behind = [m.ask("query-name") for _ in range(7)]
        ahead = m.ask("query-yank", how="exec-oob")
        reply = await m.reply()
        assert reply["id"] == ahead, reply
        assert {"type": "chardev", "id": "m0"} in reply["return"], reply
        # Nothing that goes on for one session holds up another.
        assert await other.get("query-status")
        behind += [m.ask("query-name") for _ in range(2)]
        late = m.ask("query-yank", how="exec-oob")
        await other.get("query-status")
        await held.end()
        replies = [(await m.reply())["id"] for _ in range(1 + len(behind) + 1)]
        assert replies == [held.key, *behind, late], replies


async def out_of_band_reaches_a_hung_session_from_another(program):
    """yank cuts the connection of a session whose command goes on, and that command ends for nobody."""
    with small_pc(program, 2) as machine:
        hung, other = await machine.monitor(0), await machine.monitor(1, oob=True)
        held = Held(machine, hung)
        other.ask("yank", how="exec-oob", instances=[{"type": "chardev", "id": "m0"}])
        assert (await other.reply())["return"] == {}
        assert await hung.reader.read() == b""
        await held.end()
        again = await machine.monitor(0)
        assert await again.get("query-name") == {}


async def a_session_may_yank_itself(program):
    with Machine(program, 1, "-S") as machine:
        m = await machine.monitor(0, oob=True)
        m.ask("yank", how="exec-oob", instances=[{"type": "chardev", "id": "m0"}])
        rest = await m.reader.read()
        assert rest in (b"", b'{"return": {}, "id": {"monitor": 0, "number": 2}}\r\n'), rest
        again = await machine.monitor(0)
        # What was agreed on before is over.
        again.ask("query-yank", how="exec-oob")
        reply = await again.reply()
        assert reply["error"]["desc"] == "QMP input member 'exec-oob' is unexpected", reply


async def quit_is_told_before_it_is_answered(program):
    with Machine(program, 2, "-S") as machine:
        m, other = await machine.monitor(0), await machine.monitor(1)
        assert await m.get("quit") == {}
        shutdown = ("SHUTDOWN", {"guest": False, "reason": "host-qmp-quit"})
        assert [(e["event"], e["data"]) for e in m.events] == [shutdown], m.events
        assert await m.reader.read() == b""
        assert (await other.message())["event"] == "SHUTDOWN"
        assert await other.reader.read() == b""
        machine.ends_itself = True


CASES = [monitors_lose_nothing_and_keep_the_order, a_client_that_never_reads_holds_nobody_up,
         clients_that_break_off_leave_nothing, out_of_band_overtakes_what_goes_on,
         out_of_band_reaches_a_hung_session_from_another, a_session_may_yank_itself,
         quit_is_told_before_it_is_answered]


if __name__ == "__main__":
    sys.exit(run_cases(CASES, sys.argv[1]))
