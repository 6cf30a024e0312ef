#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
./dev mutate FILE ...: do the tests notice when a source file is broken?

    mutate.py [--count N] [--jobs N] [--tests NAME,...] FILE ...

Each mutant changes one place of one file.  The unit tests that tests/lint/mutate.map names for that
file are built and run; a mutant that no test notices has survived, and is listed.  Not counted: what
does not compile, and what compiles to the same programs as before.  N mutants of each file are taken
(60), spread by a fixed seed, so that two runs on the same sources agree.  Work goes on in copies of
the checkout under build/mutate; the checkout itself is never touched.

Status 0 if at least 80 % of every file's mutants were noticed.
"""

import argparse
import concurrent.futures
import fnmatch
import hashlib
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

from mutants import mutants
from source import files

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "build/mutate"
GOOD_SHARE = 0.8
MEMORY_BYTES = 12 << 30


def tool(name):
    return f"/usr/bin/{name}" if pathlib.Path(f"/usr/bin/{name}").is_file() else name


def tests_of(name):
    for line in (ROOT / "tests/lint/mutate.map").read_text().splitlines():
        pattern, colon, tests = line.split("#")[0].partition(":")
        if colon and fnmatch.fnmatch(name, pattern.strip()):
            return tests.split()
    return []


def limits():
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))


class Worker:
    """A copy of the checkout with a build folder of its own."""

    def __init__(self, number):
        self.source, self.build = WORK / str(number) / "source", WORK / str(number) / "build"
        self.programs, self.seconds, self.baseline = {}, {}, {}
        self.copy()
        if not (self.build / "build.ninja").is_file():
            self.check([tool("meson"), "setup", self.build, self.source, "-Doptimization=1", "-Ddebug=false"])

    @staticmethod
    def check(command):
        result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"mutate: {' '.join(map(str, command))} failed:\n{(result.stdout + result.stderr)[-3000:]}")
        return result.stdout

    def copy(self):
        """Brings the copy up to date; what did not change keeps its time, so that ninja does little."""
        wanted = dict(files(ROOT))
        for name, path in wanted.items():
            target = self.source / name
            if not target.is_file() or target.read_bytes() != path.read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                shutil.copymode(path, target)
        for path in list(self.source.rglob("*")):
            if path.is_file() and str(path.relative_to(self.source)) not in wanted:
                path.unlink()

    def prepare(self, tests):
        """Builds the tests, and runs them once on the file as it is: they must pass."""
        known = {}
        self.check([tool("ninja"), "-C", self.build, "build.ninja"])        # what was set up may know fewer tests
        for test in json.loads(self.check([tool("meson"), "introspect", "--tests", self.build])):
            known[test["name"]] = test["cmd"]
        unknown = [name for name in tests if name not in known]
        if unknown:
            sys.exit(f"mutate: no unit test is called {', '.join(unknown)}; there are: {' '.join(sorted(known))}")
        self.programs, self.seconds = {name: known[name] for name in tests}, {}
        if not self.compile():
            sys.exit("mutate: the tests do not build as they are:\n" + self.said[-3000:])
        self.baseline = self.digest()
        for name in tests:
            start = time.monotonic()
            if self.run(name, 600):
                sys.exit(f"mutate: the test {name} fails before anything was changed")
            self.seconds[name] = time.monotonic() - start

    def compile(self):
        targets = [str(pathlib.Path(command[0]).relative_to(self.build)) for command in self.programs.values()]
        result = subprocess.run([tool("ninja"), "-j1", "-C", str(self.build), *targets], capture_output=True, text=True)
        self.said = result.stdout + result.stderr
        return result.returncode == 0

    def digest(self):
        return [hashlib.sha256(pathlib.Path(command[0]).read_bytes()).digest() for command in self.programs.values()]

    def run(self, name, seconds):
        """True if the test notices something."""
        process = subprocess.Popen(self.programs[name], cwd=self.build, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=limits)
        try:
            return process.wait(seconds) != 0
        except subprocess.TimeoutExpired:
            return True
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()

    def judge(self, name, mutant):
        path = self.source / name
        original = path.read_text()
        try:
            path.write_text(mutant.text)
            if not self.compile():
                return "does not compile"
            if self.digest() == self.baseline:
                return "same program"
            noticed = any(self.run(test, 5 * seconds + 3) for test, seconds in self.seconds.items())
            return "noticed" if noticed else "survived"
        finally:
            path.write_text(original)


class Campaign:
    """One file: mutants are handed to the workers until enough of them counted."""

    def __init__(self, name, workers, tests, count):
        self.name, self.workers, self.count = name, workers, count
        self.todo = mutants(name, (ROOT / name).read_text())
        self.total = len(self.todo)
        random.Random(name).shuffle(self.todo)
        self.lock, self.verdicts, self.counted = threading.Lock(), [], 0
        for worker in workers:
            worker.prepare(tests)

    def next(self):
        with self.lock:
            if self.counted >= self.count or not self.todo:
                return None
            self.counted += 1
            return self.todo.pop(0)

    def work(self, worker):
        while (mutant := self.next()) is not None:
            verdict = worker.judge(self.name, mutant)
            with self.lock:
                self.verdicts.append((verdict, mutant))
                if verdict not in ("noticed", "survived"):
                    self.counted -= 1
                self.progress()

    def progress(self):
        if sys.stderr.isatty():
            end = "\n" if not self.todo or self.counted >= self.count else ""
            print(f"\r   {self.name}: {len(self.verdicts)} tried", end=end, file=sys.stderr, flush=True)

    def run(self):
        """(noticed, counted), after printing the survivors."""
        with concurrent.futures.ThreadPoolExecutor(len(self.workers)) as pool:
            for done in [pool.submit(self.work, worker) for worker in self.workers]:
                done.result()
        tally = {verdict: sum(1 for said, _ in self.verdicts if said == verdict)
                 for verdict in ("noticed", "survived", "same program", "does not compile")}
        for verdict, mutant in sorted(self.verdicts, key=lambda pair: pair[1].line):
            if verdict == "survived":
                print(f"survived  {self.name}:{mutant.line}: {mutant}")
        counted = tally["noticed"] + tally["survived"]
        share = f"{tally['noticed'] / counted:.0%}" if counted else "none counted"
        print(f"{self.name}: {tally['noticed']} of {counted} mutants noticed ({share}); not counted: "
              f"{tally['same program']} same program, {tally['does not compile']} did not compile; "
              f"{self.total} in all", flush=True)
        return tally["noticed"], counted


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--count", type=int, default=60, help="mutants of each file (60)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tests", help="instead of those that tests/lint/mutate.map names")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    names = []
    for file in args.files:
        path = pathlib.Path(file).resolve()
        if not path.is_file() or not path.is_relative_to(ROOT) or path.suffix not in (".c", ".h", ".tbl"):
            sys.exit(f"mutate: '{file}' is not a C or .tbl file of this checkout")
        names.append(str(path.relative_to(ROOT)))
    if args.list:
        for name in names:
            for mutant in mutants(name, (ROOT / name).read_text()):
                print(f"{name}:{mutant.line}: {mutant}")
        return
    tests = {name: args.tests.split(",") if args.tests else tests_of(name) for name in names}
    for name in names:
        if not tests[name]:
            sys.exit(f"mutate: tests/lint/mutate.map names no test for {name}")
    workers, good, noticed, counted = [Worker(number) for number in range(args.jobs)], True, 0, 0
    for name in names:
        seen, of = Campaign(name, workers, tests[name], args.count).run()
        noticed, counted, good = noticed + seen, counted + of, good and of and seen >= GOOD_SHARE * of
    print(f"in all: {noticed} of {counted} mutants noticed")
    sys.exit(not good)


if __name__ == "__main__":
    main()
