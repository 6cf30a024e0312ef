# SPDX-License-Identifier: Apache-2.0
"""
A running guest, driven through its serial console and its QMP socket

    with Guest(Rhea("build/rhea-system-x86_64"), kernel, initrd, memory="512", cpus=2) as guest:
        guest.wait_for_shell()
        print(guest.shell("nproc"))

One thread of the caller's, no others: expect() and its kin read the console while they wait, with a
deadline.  Everything that the console said stays in guest.console, and on any disagreement a
GuestError carries its last lines.  The machine is either ours or the reference, so that the same
boot tries the driver itself where Rhea is not to blame.
"""

import contextlib
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE = float(os.environ.get("RHEA_PATIENCE", "1"))     # multiplies every time-out: slow hosts, sanitizers
PROMPT = "guest# "
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class GuestError(Exception):
    pass


class Rhea:
    name = "rhea"

    def __init__(self, program, board="q35", firmware=False):
        self.program = str(program)
        self.machine = ["-M", board + ("" if firmware else ",x-direct-boot=on")]


class Reference(Rhea):
    name = "reference"

    def __init__(self, program="qemu-system-x86_64", board="q35"):
        super().__init__(program)
        self.machine = ["-M", board, "-accel", "tcg"]


class Qmp:
    """A session after negotiation.  Events that arrive between replies are kept in order."""

    def __init__(self, path, patience):
        deadline = time.monotonic() + patience
        self.socket, self.buffer, self.events = socket.socket(socket.AF_UNIX), b"", []
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise GuestError(f"no QMP server at {path}: {error}") from error
                time.sleep(0.05)
        self.socket.settimeout(patience)
        self.greeting = self._read()
        self.command("qmp_capabilities")

    def _read(self):
        while b"\n" not in self.buffer:
            try:
                part = self.socket.recv(65536)
            except TimeoutError as error:
                raise GuestError("QMP: no answer in time") from error
            if not part:
                raise GuestError("QMP: the connection was closed")
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def command(self, name, **arguments):
        request = {"execute": name} | ({"arguments": arguments} if arguments else {})
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            reply = self._read()
            if "event" in reply:
                self.events.append(reply)
            elif "error" in reply:
                raise GuestError(f"QMP {name}: {reply['error']}")
            else:
                return reply["return"]

    def event(self, name):
        """The next event of that name; those before it are dropped."""
        while True:
            while self.events:
                event = self.events.pop(0)
                if event["event"] == name:
                    return event
            self.events.append(self._read())

    def close(self):
        self.socket.close()


class Console:
    """A guest's serial console: what it says is kept in .console, and expect() goes through it once."""

    def __init__(self, reads, writes):
        self.reads, self.writes = reads, writes
        self.console, self.seen, self.commands, self.started = "", 0, 0, time.monotonic()
        os.set_blocking(writes, False)

    def evidence(self):
        """What else a failure should show."""
        return ""

    def fail(self, what):
        tail = "\n".join(self.console.splitlines()[-25:])
        raise GuestError(f"{what}\n{self.evidence()}console:\n{tail or '(nothing)'}")

    def _read_some(self, seconds):
        """False at the end of the console."""
        if not select.select([self.reads], [], [], max(seconds, 0))[0]:
            return True
        try:
            part = os.read(self.reads, 65536)
        except OSError:                 # a terminal whose other side has gone
            return False
        self.console += ESCAPES.sub("", part.decode("latin-1"))
        return bool(part)

    def expect(self, pattern, seconds, what=None):
        """Reads on until the pattern stands in what was not yet looked at; returns the match."""
        deadline, open_ended = time.monotonic() + seconds * PATIENCE, True
        while True:
            match = re.compile(pattern, re.DOTALL).search(self.console, self.seen)
            if match:
                self.seen = match.end()
                return match
            if not open_ended:
                self.fail(f"{what or pattern!r}: the console ended")
            if time.monotonic() > deadline:
                self.fail(f"{what or pattern!r}: not within {seconds * PATIENCE:g} s")
            open_ended = self._read_some(min(0.2, deadline - time.monotonic()))

    def send(self, text):
        data, deadline = text.encode(), time.monotonic() + 10 * PATIENCE
        while data:
            if time.monotonic() > deadline:
                self.fail("the console takes no input")
            if select.select([], [self.writes], [], 0.1)[1]:
                with contextlib.suppress(BlockingIOError):
                    data = data[os.write(self.writes, data):]
            self._read_some(0)

    def wait_for_shell(self, seconds=60):
        """Returns the seconds from the start to the first prompt."""
        self.expect("(?:^|\n)" + PROMPT, seconds, "a shell prompt")
        return time.monotonic() - self.started

    def shell(self, command, seconds=20, check=True):
        """Runs a command in the guest's shell; returns what it printed.  The marks are sent in two
        halves, so that the echo of the command line does not contain them."""
        self.commands += 1
        mark = f"-{self.commands}-"
        self.send(f"echo 'BEGIN''{mark}'; {command}; echo 'END''{mark}'$?\n")
        match = self.expect(f"BEGIN{mark}\n(.*)END{mark}(\\d+)\n", seconds, f"`{command}` in the guest")
        if check and match[2] != "0":
            self.fail(f"`{command}` in the guest ended with {match[2]}: {match[1]}")
        self.expect(PROMPT, seconds, "a shell prompt")
        return match[1]


class Guest(Console):
    def __init__(self, machine, kernel, initrd, memory="512", cpus=2, append="", arguments=("-no-reboot",), qmp=False):
        self.folder = tempfile.TemporaryDirectory(prefix="rhea-guest-")
        self.qmp_path = str(pathlib.Path(self.folder.name) / "qmp")
        self.errors_path = pathlib.Path(self.folder.name) / "stderr"
        self.command = [machine.program, *machine.machine, "-m", str(memory), "-smp", str(cpus), "-nographic", *arguments]
        if kernel:
            self.command += ["-kernel", str(kernel), "-initrd", str(initrd), "-append", ("console=ttyS0 " + append).strip()]
        if qmp:
            self.command += ["-qmp", f"unix:{self.qmp_path},server=on,wait=off"]
        started = time.monotonic()
        with self.errors_path.open("wb") as errors:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        super().__init__(self.process.stdout.fileno(), self.process.stdin.fileno())
        self.started = started

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        with contextlib.suppress(OSError):
            self.folder.cleanup()

    def evidence(self):
        errors = self.errors_path.read_text(errors="replace")[-2000:]
        return f"command: {' '.join(self.command)}\nstatus: {self.process.poll()}\nstderr: {errors or '(nothing)'}\n"

    def wait_for_end(self, seconds=30):
        """Returns the exit status of the process."""
        deadline = time.monotonic() + seconds * PATIENCE
        while self._read_some(0.2):
            if time.monotonic() > deadline:
                self.fail(f"the process did not end within {seconds * PATIENCE:g} s")
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(max(deadline - time.monotonic(), 1))
        return self.fail("the console was closed, but the process did not end")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wake_ups(self):
        """How often threads of the process have slept so far."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/status")
        return sum(int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", t.read_text(), re.M)[1]) for t in tasks)

    def idle_load(self, seconds):
        """Host CPU use while nobody asks the guest anything, as a fraction of one core."""
        before, start = self.cpu_seconds(), time.monotonic()
        while time.monotonic() - start < seconds:
            self._read_some(0.5)
        return (self.cpu_seconds() - before) / (time.monotonic() - start)

    def qmp(self):
        return Qmp(self.qmp_path, 15 * PATIENCE)
