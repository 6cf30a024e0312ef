#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
The reference of QMP: what the schema says, as Markdown

    qmp_reference.py FOLDER

writes FOLDER/qmp.md: for each folder of sources the commands that it handles and the events that it sends, then the
types that these name.  The words are the schema's.  ./dev docs runs it, and test_docs.py says when the page is not
what it writes.  A command without a handler, or anything without a sentence, is an error.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "qapi"))
import qapi_doc         # noqa: E402
import qapi_schema      # noqa: E402

HEAD = """<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Written by ./dev docs -->
# QMP

Every command and event, by the folder that has it, and the types that they name; from `qapi/schema`. Commands of the
reference that are not here are refused as unknown; [commands.tsv](../tests/facts/qmp/commands.tsv) says what they wait
for. [qapi.md](qapi.md) says how to add one, [monitor.md](monitor.md) how a session goes.

`*`: may be left out. `= x`: what is taken then. oob: may be run out of band. preconfig: may be run before the machine
exists. Where run states stand, the command is legal in these only."""


def snake(name):
    return re.sub(r"\W", "_", name).lower()


def folders():
    """{"qmp_stop": "core", "qapi_event_stop": "core"}: where a handler is, and who sends an event."""
    found = {}
    for path in sorted(ROOT.glob("**/*.c")):
        name = path.relative_to(ROOT)
        if name.parts[0] in ("tests", "qapi") or name.parts[0].startswith("build"):
            continue
        text = path.read_text()
        for symbol in re.findall(r"^int (qmp_\w+)\(struct qapi_ctx|\b(qapi_event_\w+)\(", text, re.M):
            found.setdefault(symbol[0] or symbol[1], set()).add(str(name.parent))
        for symbol in re.findall(r"^EMPTY\w*\((\w+)", text, re.M):        # core/qmp-none.c
            found.setdefault("qmp_" + symbol, set()).add(str(name.parent))
    return found


def words(text):
    """As it is read: what a table or Markdown would take for itself is marked."""
    return re.sub(r"([|<*\[\\])", r"\\\1", " ".join(text.split()))


def type_text(t):
    if isinstance(t, list):
        return "list of " + type_text(t[0])
    return t if t in qapi_schema.BUILTIN_JSON else f"[{t}](#{t.lower()})"


def member_text(m, told):
    star = "\\*" if m.optional else ""
    default = f" = {str(m.default).lower()}" if m.default is not None else ""
    flags = "".join(f" ({f})" for f in m.features)
    said = f": {words(told[m.name])}" if m.name in told else ""
    return f"`{m.name}`{star} {type_text(m.type)}{default}{flags}{said}"


def told_of(schema, e):
    """What is said of its members, here or where they come from."""
    told = {}
    while e:
        told = {**qapi_doc.split(e.doc)[1], **told}
        e = schema.entities.get(e.base) if isinstance(e.base, str) else None
    return told


def sentence(e):
    text = words(qapi_doc.split(e.doc)[0])
    if not text:
        sys.exit(f"qmp_reference: {e.where}: {e.name} has no sentence")
    return text


def arguments(schema, e):
    if not e.arg:
        return []
    owner = schema.entities[e.arg]
    told = {**told_of(schema, owner), **qapi_doc.split(e.doc)[1]}
    lines = [member_text(m, told) for m in schema.all_members(owner)]
    lines += [f"with `{owner.tag}` {case} also those of {type_text(t)}" for case, t in owner.variants.items()]
    return lines


def notes(e):
    since = qapi_doc.since(e.doc)
    parts = [*e.features, *(["oob"] if e.expr.get("allow-oob") else []),
             *(["preconfig"] if e.expr.get("allow-preconfig") else []),
             *(["also members that are not declared"] if e.expr.get("open") else []),
             *(["in " + ", ".join(e.expr["states"])] if "states" in e.expr else [])]
    limit = e.expr.get("rate-limit")
    if limit:
        parts.append(f"at most every {limit['ns'] / 1e9:g} s" + (f" for each `{limit['key']}`" if "key" in limit else ""))
    return "; ".join(parts + ([f"since {since}"] if since else []))


def entity_row(schema, e):
    returns = [f"returns {type_text(e.returns)}"] if e.returns else []
    said = qapi_doc.split(e.doc)[3]
    if returns and said:
        returns = [f"{returns[0]}: {words(said)}"]
    return f"| `{e.name}` | {sentence(e)} | {'<br>'.join(arguments(schema, e) + returns)} | {notes(e)} |"


def folder_section(schema, folder, entities):
    yield f"\n## {folder}/"
    for meta, title in (("command", "command"), ("event", "event")):
        rows = [entity_row(schema, e) for e in sorted(entities, key=lambda e: e.name) if e.meta == meta]
        if rows:
            yield f"\n| {title} | | {'arguments' if meta == 'command' else 'data'} | |\n|---|---|---|---|"
            yield from rows


def type_row(schema, e):
    told = told_of(schema, e)
    if e.meta == "enum":
        lines = [f"`{v}`{': ' + words(told[v]) if v in told else ''}" for v, _ in e.values]
    elif e.meta == "alternate":
        lines = [f"{type_text(m.type)}{': ' + words(told[m.name]) if m.name in told else ''}" for m in e.members]
    else:
        lines = [member_text(m, told) for m in schema.all_members(e)]
        lines += [f"with `{e.tag}` {case} also those of {type_text(t)}" for case, t in e.variants.items()]
    kind = {"enum": "one of", "alternate": "any of"}.get(e.meta, "object")
    return (f"| <a id=\"{e.name.lower()}\"></a>{e.name} | {kind} | {words(qapi_doc.split(e.doc)[0])} | "
            f"{'<br>'.join(lines)} |")


def page(schema):
    yield HEAD
    where, by_folder = folders(), {}
    for e in schema.entities.values():
        if e.meta not in ("command", "event"):
            continue
        symbol = ("qmp_" if e.meta == "command" else "qapi_event_") + snake(e.name)
        if symbol not in where:
            sys.exit(f"qmp_reference: {e.where}: nobody has {symbol}()")
        by_folder.setdefault(sorted(where[symbol])[0], []).append(e)
    for folder in sorted(by_folder):
        yield from folder_section(schema, folder, by_folder[folder])
    yield "\n## Types\n\n| type | | | |\n|---|---|---|---|"
    for e in sorted(schema.entities.values(), key=lambda e: e.name.lower()):
        if e.meta not in ("command", "event") and not e.name.startswith("q_") and e.name[0].isupper():
            yield type_row(schema, e)


def main():
    schema = qapi_schema.load(str(ROOT / "qapi/schema/qapi.json"))
    (pathlib.Path(sys.argv[1]) / "qmp.md").write_text("\n".join(page(schema)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
