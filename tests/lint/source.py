# SPDX-License-Identifier: Apache-2.0
"""What all the rules share: the files of the checkout, C text without comments, the exceptions."""

import fnmatch
import pathlib
import re
import subprocess

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def blank(match):
    """The same text with spaces for everything but the line ends, so that line numbers stay."""
    return re.sub(r"[^\n]", " ", match.group())


def files(root):
    """(name, path) of every file that is, or could be, committed."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                                capture_output=True)
        names = listed.stdout.decode().split("\0") if listed.returncode == 0 else None
    except FileNotFoundError:       # a Debian without git has the files all the same
        names = None
    if names is None:
        names = [str(path.relative_to(root)) for path in root.rglob("*")]
    for name in sorted(set(filter(None, names))):
        path = root / name
        if path.is_file() and not path.is_symlink() and not name.startswith((".git/", "build/")):
            yield name, path


class Source:
    def __init__(self, path, name):
        self.name, self.path = name, path
        self.text = path.read_text(errors="replace")
        self.lines = self.text.splitlines()
        self.folder = name.split("/")[0] if "/" in name else ""
        self.is_header, self.is_c = name.endswith(".h"), name.endswith((".c", ".h"))

    def code(self):
        """Without comments and literals."""
        return TOKEN.sub(blank, self.text)

    def includes(self):
        """(line number, name, is it <of the system>)"""
        for number, line in enumerate(TOKEN.sub(lambda m: m.group() if m.group()[0] == '"' else blank(m),
                                                self.text).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
            if match:
                yield number, match[1] or match[2], bool(match[2])


class Tree:
    def __init__(self, root, build=None):
        self.root, self.build = pathlib.Path(root).resolve(), build and pathlib.Path(build).resolve()
        self.sources = [Source(path, name) for name, path in files(self.root)]
        self.by_name = {source.name: source for source in self.sources}
        self.exceptions, self.used = self._exceptions(), set()

    def _exceptions(self):
        """A line is: rule, path, perhaps a name, then two spaces or more and the reason."""
        entries = []
        for line in (self.root / "tests/lint/allow.txt").read_text().splitlines():
            words = re.split(r"\s\s+", line)[0].split()
            if words and words[0] != "#":
                entries.append((words[0], words[1], words[2] if len(words) > 2 else "*"))
        return entries

    def allowed(self, rule, path, name=""):
        for entry in self.exceptions:
            if entry[0] == rule and fnmatch.fnmatch(path, entry[1]) and fnmatch.fnmatch(name, entry[2]):
                self.used.add(entry)
                return True
        return False
