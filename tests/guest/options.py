#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Command lines that a user might get wrong, as TAP

    options.py --kernel FILE --initrd FILE --program FILE [--long]

Each must end with status 1 and one line on stderr that names what was wrong, before anything is
started.  Then listings that must work, then random command lines: a clear error or a machine that
starts and ends on SIGTERM, never a crash or a hang.  The long form has more of those.
"""

import argparse
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile

PATIENCE = float(os.environ.get("RHEA_PATIENCE", "1"))
MACHINE = ["-M", "q35,x-direct-boot=on", "-nographic", "-S"]

# name, arguments, what the line has to contain
WRONG = [
    ("an unknown option", ["-bogus"], "bogus"),
    ("an option without its value", ["-m"], "-m"),
    ("no memory", ["-m", "0"], "0"),
    ("negative memory", ["-m", "-5"], "-5"),
    ("memory with an unknown suffix", ["-m", "12x"], "12x"),
    ("memory beyond what an address can say", ["-m", "999999999T"], "999999999T"),
    ("memory beyond a 64-bit number", ["-m", "99999999999999999999999"], "99999999999999999999999"),
    ("less than no CPUs", ["-smp", "-1"], "-1"),
    ("CPUs that are not a number", ["-smp", "two"], "two"),
    ("more CPUs than the machine has", ["-smp", "100000"], "100000"),
    ("a topology that does not fit", ["-smp", "3,sockets=2,cores=1,threads=1"], "3"),
    ("an unknown machine", ["-M", "nosuch"], "nosuch"),
    ("an unknown property of the machine", ["-M", "q35,nosuch=on"], "nosuch"),
    ("a property with a wrong value", ["-M", "q35,x-direct-boot=perhaps"], "perhaps"),
    ("an unknown CPU model", ["-cpu", "nosuch"], "nosuch"),
    ("an unknown CPU feature", ["-cpu", "qemu64,+nosuch"], "nosuch"),
    ("an unknown accelerator", ["-accel", "nosuch"], "nosuch"),
    ("an unknown device", ["-device", "nosuch"], "nosuch"),
    ("an unknown property of a device", ["-device", "pvpanic,nosuch=1"], "nosuch"),
    ("a device property out of range", ["-device", "pvpanic,events=900"], "900"),
    ("a character device that does not exist", ["-serial", "nosuch:1"], "nosuch"),
    ("a socket path in no folder", ["-serial", "unix:/nonexistent/a,server=on,wait=off"], "/nonexistent"),
    ("a socket path that is too long", ["-serial", "unix:/tmp/" + "a" * 200 + ",server=on,wait=off"], "aaaa"),
    ("a log file that cannot be made", ["-D", "/nonexistent/log", "-d", "unimp"], "/nonexistent/log"),
    ("an unknown class of log", ["-d", "nosuch"], "nosuch"),
    ("an unknown display", ["-display", "nosuch"], "nosuch"),
]
LISTINGS = [
    (["-version"], "version"), (["-help"], "-kernel"), (["-M", "help"], "q35"), (["-cpu", "help"], "qemu64"),
    (["-device", "help"], "pvpanic"), (["-accel", "help"], "tcg"), (["-d", "help"], "guest_errors"),
    (["-device", "pvpanic,help"], "events"),
]
WORDS = ["0", "1", "2", "-1", "64", "128", "on", "off", "help", "", ",", "=", "a=b", "q35", "pc", "none", "qemu64",
         "max", "null", "stdio", "mon:stdio", "file:/dev/null", "pvpanic", "isa-debug-exit", "tcg", "qtest", "1G", "8G",
         "255", "4294967296", "18446744073709551616", "\xff", "%s%n", "sockets=1", "cores=2", "x" * 5000]
OPTIONS = ["-m", "-smp", "-M", "-cpu", "-accel", "-device", "-serial", "-monitor", "-qmp", "-chardev", "-d", "-append",
           "-kernel", "-initrd", "-display", "-no-reboot", "-no-shutdown", "-S", "-nographic", "-global", "-name",
           "-uuid"]


class Trial:
    def __init__(self, program):
        self.program, self.count, self.failed = program, 0, 0

    def case(self, passed, name, said=""):
        self.count += 1
        self.failed += not passed
        if not passed:
            print("# " + str(said).replace("\n", "\n#   "))
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}", flush=True)

    def run(self, arguments, seconds=10):
        """(status, stdout, stderr); status None: still running, and killed."""
        try:
            result = subprocess.run([self.program, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                                    timeout=seconds * PATIENCE, errors="replace")
            return result.returncode, result.stdout, result.stderr
        except subprocess.TimeoutExpired as late:
            return None, str(late.stdout), str(late.stderr)

    def refuses(self, name, arguments, wanted):
        status, out, errors = self.run([*MACHINE, *arguments])
        lines = errors.strip().splitlines()
        passed = status == 1 and len(lines) == 1 and wanted in lines[0]
        self.case(passed, f"{name} is refused with one line that names it",
                  f"{' '.join(arguments)[:200]}: status {status}, stderr: {errors[-1500:]}")

    def lists(self, arguments, wanted):
        status, out, errors = self.run(arguments)
        self.case(status == 0 and wanted in out and not errors, f"{' '.join(arguments)} works",
                  f"status {status}, stdout: {out[:300]}, stderr: {errors[:300]}")

    def any(self, arguments):
        """A clear error, a listing, or a machine that ends when it is told to."""
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen([self.program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=errors)
            try:
                status = process.wait(0.3 * PATIENCE)
                told = False
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGTERM)
                told = True
                try:
                    status = process.wait(10 * PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    status = None
            errors.seek(0)
            said = errors.read().decode(errors="replace")
        if status == 0 or status == 1 and not told and said.strip():
            return None
        return f"{arguments}: status {status}, told to end: {told}, stderr: {said[-1000:]}"


def files(trial, args, folder):
    """Kernels, initial root file systems and sockets that cannot be used."""
    kernel = pathlib.Path(args.kernel).read_bytes()
    kernels = {
        "an empty kernel": b"", "a kernel of 100 bytes": kernel[:100], "a kernel cut in its set-up code": kernel[:3000],
        "half a kernel": kernel[:len(kernel) // 2], "text as a kernel": b"hello\n" * 1000,
        "a program as a kernel": pathlib.Path("/bin/sh").read_bytes(), "zeros as a kernel": bytes(1 << 20),
    }
    for name, data in kernels.items():
        path = folder / "kernel"
        path.write_bytes(data)
        trial.refuses(name, ["-m", "128", "-kernel", str(path)], str(path))
    trial.refuses("a kernel that is not there", ["-kernel", "/nonexistent"], "/nonexistent")
    trial.refuses("a folder as a kernel", ["-kernel", str(folder)], str(folder))
    trial.refuses("an initrd that is not there", ["-kernel", args.kernel, "-initrd", "/nonexistent"], "/nonexistent")
    large = folder / "large"
    with large.open("wb") as stream:
        stream.truncate(1 << 30)
    trial.refuses("an initrd larger than RAM", ["-m", "128", "-kernel", args.kernel, "-initrd", str(large)], str(large))
    path = folder / "busy"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        trial.refuses("a socket path in use", ["-qmp", f"unix:{path},server=on,wait=off"], str(path))


def random_lines(trial, rounds, args):
    source, wrong = random.Random(1), []
    for _ in range(rounds):
        arguments = ["-S", "-display", "none"]
        for _ in range(source.randint(1, 4)):
            arguments.append(source.choice(OPTIONS))
            if source.random() < 0.85:
                arguments.append(source.choice([",", "", "="]).join(source.sample(WORDS, source.randint(1, 3))))
        arguments = [word.replace("\0", "") for word in arguments]
        reason = trial.any(arguments)
        if reason:
            wrong.append(re.sub(r"x{50,}", "xxx...", reason))
    trial.case(not wrong, f"{rounds} random command lines: a clear error or a machine that ends when told",
               "\n".join(wrong[:10]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--initrd", required=True)
    parser.add_argument("--program", default="build/rhea-system-x86_64")
    parser.add_argument("--long", action="store_true")
    args = parser.parse_args()
    args.kernel, args.initrd = str(pathlib.Path(args.kernel).resolve()), str(pathlib.Path(args.initrd).resolve())
    trial = Trial(str(pathlib.Path(args.program).resolve()))
    for name, arguments, wanted in WRONG:
        trial.refuses(name, arguments, wanted)
    for arguments, wanted in LISTINGS:
        trial.lists(arguments, wanted)
    with tempfile.TemporaryDirectory(prefix="rhea-options-") as folder:
        os.chdir(folder)                # whatever a random file name creates, it creates here
        files(trial, args, pathlib.Path(folder))
        random_lines(trial, 300 if args.long else 40, args)
        os.chdir("/")
    print(f"1..{trial.count}")
    sys.exit(trial.failed != 0)


if __name__ == "__main__":
    main()
