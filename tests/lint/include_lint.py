# SPDX-License-Identifier: Apache-2.0
"""Who includes whom: layers.txt, and every #include held to it."""

import re

RULES = {}


def rule(text):
    def register(function):
        RULES[function.__name__] = (text, function)
        return function
    return register


def names_of(text):
    return [word for word in re.split(r"[\s,{}]+", text) if word]


class Layers:
    """The table.  may(a, b): may a file of folder a include a header of folder b?"""

    def __init__(self, path):
        self.arrows, self.only, self.never, self.sees, self.inside = {}, {}, {}, {}, {}
        for line in path.read_text().splitlines():
            line = line.split("#")[0].strip()
            directive = re.match(r"(only|never|sees|inside) ([^:]+): (.*)", line)
            if directive:
                for name in names_of(directive[2]):
                    getattr(self, directive[1]).setdefault(name, []).extend(names_of(directive[3]))
            elif line:
                links = [names_of(link) for link in line.split("<-")]
                for lower, upper in zip(links, links[1:]):
                    for name in upper:
                        self.arrows.setdefault(name, set()).update(lower)
        self.folders = set(self.arrows) | {name for below in self.arrows.values() for name in below}

    def below(self, folder):
        found, todo = set(), [folder]
        while todo:
            for name in self.arrows.get(todo.pop(), ()):
                if name not in found:
                    found.add(name)
                    todo.append(name)
        return found

    @staticmethod
    def _of(path, folder):
        return path == folder or path.startswith(folder + "/")

    def why_not(self, user, header):
        """None if the file `user` may include `header`, else the reason."""
        for private, owners in self.inside.items():
            if self._of(header, private) and not any(self._of(user, owner) for owner in owners):
                return f"{private} is only for {', '.join(owners)}"
        if header.startswith("<"):      # a system header has no layer
            return None
        for folder, headers in self.sees.items():
            if self._of(user, folder) and header in headers:
                return None
        for folder, banned in self.never.items():
            for name in banned:
                if self._of(user, folder) and self._of(header, name):
                    return f"{folder} never includes {name}"
        top, wanted = user.split("/")[0], header.split("/")[0]
        if top == wanted:
            return None
        for folder, allowed in self.only.items():
            if self._of(user, folder):
                return None if wanted in allowed else f"{folder} includes only {', '.join(allowed)}"
        if wanted not in self.below(top):
            return f"{top} does not stand above {wanted}"
        return None


def governed(tree, layers):
    return [source for source in tree.sources if source.is_c and source.folder in layers.folders]


@rule("every folder includes only those below it")
def layering(tree):
    layers = Layers(tree.root / "tests/lint/layers.txt")
    for source in governed(tree, layers):
        for number, name, system in source.includes():
            reason = layers.why_not(source.name, f"<{name}>" if system else name)
            if system and f"<{name}>" not in layers.inside:
                continue
            if reason and not tree.allowed("layering", source.name, name):
                yield f"{source.name}:{number}: {name}: {reason}"


@rule("every include is found from the root, and folders are known to layers.txt")
def resolution(tree):
    layers = Layers(tree.root / "tests/lint/layers.txt")
    known = layers.folders | {"tests", "tools", "docs", ""}
    for source in tree.sources:
        if not source.is_c:
            continue
        if source.folder not in known:
            yield f"{source.name}: folder {source.folder} is not in layers.txt"
        for number, name, system in source.includes():
            generated = tree.build and "/" in name and next(tree.build.rglob(name), None)
            if not system and name not in tree.by_name and not generated and (tree.build or "/" not in name):
                yield f"{source.name}:{number}: no {name}"


@rule("x.c includes x.h first")
def own_header_first(tree):
    for source in tree.sources:
        header = source.name[:-2] + ".h"
        if source.name.endswith(".c") and header in tree.by_name:
            first = next(source.includes(), None)
            if not first or first[1] != header:
                yield f"{source.name}: includes {first[1] if first else 'nothing'} first, not {header}"


@rule("no folder includes in a circle")
def no_circle(tree):
    layers = Layers(tree.root / "tests/lint/layers.txt")
    for folder in sorted(layers.folders):
        if folder in layers.below(folder):
            yield f"tests/lint/layers.txt: {folder} stands above itself"
