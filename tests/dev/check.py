#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
./dev check: lint, build, tests, boots, and one line that counts them

    check.py --kernel-dir DIR [--full]

Everything that is run speaks TAP, here or through meson's log, and each case counts once.  A program
that ends badly without a failed case, or that promised more cases than it ran, counts as one failure
more.  At the end stand the failures with their logs, the skipped cases with their reasons, and the
line "N passed, N failed, N skipped"; the exit status says the same.

The short form has build/ with its tests and two boots.  The full form sets up build/full/gcc and
build/full/clang, both with warnings as errors, and build/full/asan with the sanitizers.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASE = re.compile(r"^(not )?ok\b\s*\d*\s*(?:-\s*)?(.*?)(?:\s*#\s*(SKIP|TODO)\b\s*(.*))?$", re.I)
LOG_LINES = 40
SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "RHEA_PATIENCE": "4",
}


def tool(name):
    return f"/usr/bin/{name}" if pathlib.Path(f"/usr/bin/{name}").is_file() else name


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped, self.started = 0, [], [], time.monotonic()

    def say(self, text):
        print(f"== [{time.monotonic() - self.started:4.0f} s] {text}", flush=True)

    def fail(self, name, log=""):
        """Counted, and shown at once with its log: of a run that was cut, the end is not there."""
        self.failed.append((name, log))
        self.show_failure(name, log)

    @staticmethod
    def show_failure(name, log):
        print(f"-- FAILED {name}")
        if log:
            print("   " + log.replace("\n", "\n   "), flush=True)

    def tap(self, program, text, status):
        """Counts the cases of one program's output."""
        planned, count, bad, notes = None, 0, 0, []
        for line in text.splitlines():
            plan, case = re.match(r"^1\.\.(\d+)", line), CASE.match(line)
            if plan:
                planned = int(plan[1])
            elif case:
                count += 1
                name = f"{program}: {case[2]}"
                if case[1]:
                    bad += 1
                    self.fail(name, "\n".join(notes[-LOG_LINES:]))
                elif case[3]:
                    self.skipped.append((name, case[4]))
                else:
                    self.passed += 1
                notes = []
            else:
                notes.append(line)
        if planned is None and not bad:
            self.fail(f"{program}: ended without a plan, status {status}", "\n".join(notes[-LOG_LINES:]))
        elif planned is not None and planned != count:
            self.fail(f"{program}: {count} cases of {planned}, status {status}", "\n".join(notes[-LOG_LINES:]))
        elif status and not bad:
            self.fail(f"{program}: status {status}", "\n".join(notes[-LOG_LINES:]))

    def run_tap(self, program, command, env=None):
        """Runs a program that speaks TAP, shows its cases as they come, counts them."""
        process = subprocess.Popen([str(word) for word in command], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, errors="replace", env=os.environ | (env or {}))
        lines = []
        for line in process.stdout:
            lines.append(line)
            if not line.startswith("#"):
                print("   " + line, end="", flush=True)
        self.tap(program, "".join(lines), process.wait())

    def run_step(self, name, command, env=None):
        """A step that either works or does not; its output is shown when it does not."""
        result = subprocess.run([str(word) for word in command], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, errors="replace", env=os.environ | (env or {}))
        if result.returncode:
            self.fail(name, "\n".join(result.stdout.splitlines()[-3 * LOG_LINES:]))
        else:
            self.passed += 1
        return result.returncode == 0

    def end(self):
        for name, log in self.failed:
            self.show_failure(name, log)
        for name, reason in self.skipped:
            print(f"-- skipped {name}: {reason or 'no reason given'}")
        print(f"\nin {time.monotonic() - self.started:.0f} s")
        print(f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped", flush=True)
        return 1 if self.failed else 0


class Checkout:
    def __init__(self, tally, kernel_dir, unpacked):
        self.tally, self.kernel_dir, self.unpacked = tally, pathlib.Path(kernel_dir), unpacked

    def build(self, folder, *options):
        """Set up if need be, and compile.  One case."""
        name = f"build {folder} {' '.join(options)}".rstrip()
        self.tally.say(name)
        if not (ROOT / folder / "build.ninja").is_file():
            (ROOT / folder).mkdir(parents=True, exist_ok=True)
            result = subprocess.run([str(ROOT / "configure"), *options], text=True, capture_output=True,
                                    cwd=ROOT if folder == "build" else ROOT / folder)
            if result.returncode:
                self.tally.fail(name, (result.stdout + result.stderr)[-6000:])
                return False
        return self.tally.run_step(name, [tool("ninja"), "-C", folder])

    def tests(self, folder, long=False, suites=(), env=None):
        """meson runs the tests; its log has what each of them said."""
        self.tally.say(f"tests of {folder}{', long forms' if long else ''}")
        words = ["--no-rebuild", "--timeout-multiplier", "5" if long or env else "1"]
        words += [word for suite in suites for word in ("--suite", suite)] + (["--test-args=--long"] if long else [])
        env = os.environ | (env or {}) | ({"RHEA_LONG": "1"} if long else {})
        log = ROOT / folder / "meson-logs/testlog.json"
        log.unlink(missing_ok=True)
        process = subprocess.Popen([tool("meson"), "test", "-C", folder, *words], cwd=ROOT, text=True, errors="replace",
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)
        said = ""
        for line in process.stdout:
            said += line
            if re.match(r"\s*\d+/\d+ ", line):
                print("   " + line, end="", flush=True)
        process.wait()
        if not log.is_file():
            if "No tests" not in said:
                self.tally.fail(f"meson test {folder}", said[-4000:])
            return
        for line in log.read_text().splitlines():
            test = json.loads(line)
            self.one_test(f"{folder} {test['name']}" if folder != "build" else test["name"], test)

    def one_test(self, name, test):
        said, status = test.get("stdout") or "", test["returncode"]
        errors = "".join(f"# stderr: {line}\n" for line in (test.get("stderr") or "").splitlines()[-LOG_LINES:])
        if test["result"] == "TIMEOUT":
            self.tally.fail(f"{name}: no end within its time", (said + errors)[-4000:])
        elif re.search(r"^(1\.\.\d+|(not )?ok\b)", said, re.M):
            self.tally.tap(name, errors + said, status)
        elif status == 77:
            self.tally.skipped.append((name, said.strip().splitlines()[-1] if said.strip() else ""))
        elif status:
            self.tally.fail(f"{name}: status {status}", said + errors)
        else:
            self.tally.passed += 1

    def lint(self, folder):
        self.tally.say("lint")
        self.tally.run_tap("lint", [tool("python3"), "tests/lint/test_lint.py"])
        self.tally.run_tap("lint", [tool("python3"), "tests/lint/lint.py", "--build", folder])

    def initrd(self, folder):
        output = ROOT / folder / "guest/initrd.gz"
        made = self.tally.run_step("initrd", [tool("python3"), "tests/guest/initrd.py", "--kernel", self.kernel_dir,
                                              "--output", output, "--program", ROOT / folder / "tests/guest/wake"])
        return made and output

    def guests(self, folder, long=False, env=None, only=(), boots=""):
        """Boots (those whose names contain `boots`), and command lines that a user might get wrong."""
        program = ROOT / folder / "rhea-system-x86_64"
        self.tally.say(f"boots of {folder}")
        if not program.is_file():
            self.tally.fail(f"boots: {program.relative_to(ROOT)} was not built")
            return
        initrd = self.initrd(folder)
        if not initrd:
            return
        files = ["--kernel", self.kernel_dir / "vmlinuz", "--initrd", initrd, "--program", program]
        words = {"options.py": ["--long"] if long else [], "boots.py": ["--only", boots] + (["--long"] if long else []),
                 "dump.py": []}
        for script in only or ("options.py", "boots.py", *(["dump.py"] if long else [])):
            self.tally.run_tap(f"{folder} {script}", [tool("python3"), f"tests/guest/{script}", *files, *words[script]], env)


    def other_kernels(self, folder):
        """Debian's full kernel, its 32-bit one, kexec; beside the reference, what the kernel complains about."""
        have = self.unpacked
        words = [("--amd64", have.get("linux-image-amd64/amd64")), ("--686", have.get("linux-image-686-pae/i386")),
                 ("--busybox-686", have.get("busybox-static/i386") and have["busybox-static/i386"] + "/tree/bin/busybox")]
        command = [tool("python3"), "tests/guest/kernels.py", "--program", ROOT / folder / "rhea-system-x86_64",
                   "--cloud", self.kernel_dir, "--work", ROOT / folder / "guest/kernels",
                   "--wake", ROOT / folder / "tests/guest/wake", "--kexec", ROOT / folder / "tests/guest/kexec"]
        self.tally.say(f"other kernels on {folder}")
        self.tally.run_tap(f"{folder} kernels.py", command + [word for pair in words if pair[1] for word in pair])


    def debugger(self, folder):
        """GDB on a guest."""
        initrd = self.initrd(folder)
        if not initrd:
            return
        self.tally.say(f"gdb on {folder}")
        self.tally.run_tap(f"{folder} gdb.py", [tool("python3"), "tests/guest/gdb.py", "--program",
                                                ROOT / folder / "rhea-system-x86_64", "--kernel",
                                                self.kernel_dir / "vmlinuz", "--initrd", initrd])


    def libvirt(self, folder):
        """Debian's libvirt with us in QEMU's place."""
        initrd = self.initrd(folder)
        if not initrd:
            return
        self.tally.say(f"libvirt on {folder}")
        self.tally.run_tap(f"{folder} libvirt.py", [tool("python3"), "tests/guest/libvirt.py", "--program",
                                                    ROOT / folder / "rhea-system-x86_64", "--kernel",
                                                    self.kernel_dir / "vmlinuz", "--initrd", initrd])


def short(checkout):
    if checkout.build("build"):
        checkout.lint("build")
        checkout.tests("build")
        checkout.guests("build")


def full(checkout):
    if checkout.build("build/full/gcc", "--cc=gcc", "--enable-werror"):
        checkout.lint("build/full/gcc")
        checkout.tests("build/full/gcc", long=True)
        checkout.guests("build/full/gcc", long=True)
        checkout.other_kernels("build/full/gcc")
        checkout.debugger("build/full/gcc")
        checkout.libvirt("build/full/gcc")
    if checkout.build("build/full/clang", "--cc=clang", "--enable-werror"):
        checkout.tests("build/full/clang")
        checkout.guests("build/full/clang", only=("boots.py",))
    if checkout.build("build/full/asan", "--cc=gcc", "--enable-asan"):
        checkout.tests("build/full/asan", suites=("unit", "conform"), env=SANITIZER_ENV)
        checkout.guests("build/full/asan", env=SANITIZER_ENV, boots="with firmware")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--kernel-dir", required=True)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--unpacked", action="append", default=[], type=lambda pair: pair.split("=", 1),
                        help="PACKAGE/ARCHITECTURE=FOLDER, repeatable; no folder: it could not be had")
    args = parser.parse_args()
    tally = Tally()
    try:
        (full if args.full else short)(Checkout(tally, args.kernel_dir, dict(args.unpacked)))
    except KeyboardInterrupt:
        tally.fail("interrupted")
    sys.exit(tally.end())


if __name__ == "__main__":
    main()
