#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
What libvirt says to the program that it probes, and to the one that runs a domain, replayed beside the reference

    test_libvirt.py PROGRAM

The requests were recorded (tests/facts/libvirt); the domain's command line is the one that libvirt made for it.  A reply
has to have the shape of the reference's: the same members of the same types, the same class of error.  TAP on stdout;
skipped without the reference.
"""

import json
import os
import pathlib
import secrets
import shutil
import sys
import tempfile

from qmp import Program
from qtest import Refused

REFERENCE = "qemu-system-x86_64"
RECORDED = pathlib.Path(__file__).parent.parent / "facts/libvirt/conversation.txt"
PROBE = ["-S", "-no-user-config", "-nodefaults", "-nographic", "-machine"]
UUID = "3b6c1b7e-5e0e-4b5f-9b53-5d0c1f1f7a10"
# Asked for by name, and there or not; of these the reference has more.
# A link to an object that only the reference has.
THEIR_OWN = ("memory",)
# Members of lists that we may have where the reference has none.
MAY_TELL = ("description", "default-value")
BY_NAME = ("device-list-properties", "qom-list-properties")


def domain(folder):
    """The command line of a domain, but for its kernel and the descriptor of its monitor."""
    key = folder / "master-key.aes"
    key.write_bytes(secrets.token_bytes(32))
    return ["-name", "guest=guest,debug-threads=on", "-S",
            "-object", json.dumps({"qom-type": "secret", "id": "masterKey0", "format": "raw", "file": str(key)}),
            "-machine", "pc-q35-7.2,usb=off,dump-guest-core=off,memory-backend=pc.ram", "-accel", "tcg",
            "-cpu", "qemu64", "-m", "256", "-object", '{"qom-type":"memory-backend-ram","id":"pc.ram","size":268435456}',
            "-overcommit", "mem-lock=off", "-smp", "2,sockets=2,cores=1,threads=1", "-uuid", UUID, "-no-user-config",
            "-nodefaults", "-rtc", "base=utc", "-no-shutdown", "-boot", "strict=on", "-chardev", "pty,id=charserial0",
            "-device", '{"driver":"isa-serial","chardev":"charserial0","id":"serial0","index":0}',
            "-audiodev", '{"id":"audio1","driver":"none"}',
            "-device", '{"driver":"VGA","id":"video0","vgamem_mb":16,"bus":"pcie.0","addr":"0x1"}',
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            "-msg", "timestamp=on"]


def conversations():
    """{name: [(command, arguments)]}; a list of properties is a request for each."""
    found, current = {}, None
    text = "\n".join(line for line in RECORDED.read_text().splitlines() if not line.startswith("#"))
    for line in text.replace("\n ", " ").splitlines():
        if line.startswith("= "):
            current = found.setdefault(line[2:], [])
            continue
        command, arguments = line.split(" ", 1)
        arguments = json.loads(arguments)
        names = arguments.get("property")
        current.extend((command, arguments | {"property": name}) for name in names) if isinstance(names, list) \
            else current.append((command, arguments))
    return found


def request(p, command, arguments):
    p.send(json.dumps({"execute": command, "arguments": arguments}))
    while "event" in (reply := p.message()):
        p.events.append(reply)
    return reply


def fits(ours, theirs, where):
    """The same members of the same types; what lists hold is each program's own."""
    if isinstance(ours, bool) or isinstance(theirs, bool) or not isinstance(ours, (dict, list)):
        assert type(ours) is type(theirs), "%s: %r, the reference: %r" % (where, ours, theirs)
    elif isinstance(ours, dict):
        theirs = {name: value for name, value in theirs.items() if name not in THEIR_OWN}
        assert set(ours) == set(theirs), "%s: more members %s, missing %s" % (
            where, sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours)))
        for name in ours:
            fits(ours[name], theirs[name], "%s.%s" % (where, name))
    else:
        assert isinstance(theirs, list), "%s: %r, the reference: %r" % (where, ours, theirs)
        list_fits(ours, theirs, where)


def list_fits(ours, theirs, where):
    """Of a list of objects: each has what all of theirs have, and nothing that none of them has."""
    if not theirs or not all(isinstance(item, dict) for item in theirs):
        for item in ours if theirs else []:
            fits(item, theirs[0], where)
        return
    always = set.intersection(*(set(item) for item in theirs))
    for item in ours:
        assert always <= set(item), "%s: %s has not %s" % (where, item, always - set(item))
        for name, value in item.items():
            like = [other[name] for other in theirs if name in other and type(other[name]) is type(value)]
            assert like or name in MAY_TELL, "%s: %s=%r is of no kind that the reference has" % (where, name, value)


def compare(ours, theirs, command, arguments):
    """True: both answer; False: here there is no such type yet."""
    where = ("%s %s" % (command, json.dumps(arguments)))[:120]
    if "error" in ours or "error" in theirs:
        kinds = [reply.get("error", {}).get("class", "none") for reply in (ours, theirs)]
        if command in BY_NAME and kinds == ["DeviceNotFound", "none"]:
            return False
        assert kinds[0] == kinds[1], "%s: error %s, the reference: %s" % (where, *kinds)
        return True
    fits(ours["return"], theirs["return"], where)
    return True


def replay(program, requests, line):
    """line(folder): the command line."""
    lacks = 0
    with tempfile.TemporaryDirectory() as folder:
        with Program([program, *line(pathlib.Path(folder))]) as a, Program([REFERENCE, *line(pathlib.Path(folder))]) as b:
            for command, arguments in requests:
                ours, theirs = request(a, command, arguments), request(b, command, arguments)
                lacks += not compare(ours, theirs, command, arguments)
                model = ours.get("return", {}).get("model") if command == "query-cpu-model-expansion" else None
                if model and arguments["type"] == "static":     # what came back is asked for in full
                    full = {"type": "full", "model": model}
                    compare(request(a, command, full), request(b, command, full), command, full)
            if ("cont", {}) in requests:
                a.event("RESUME")
    return "%d requests, %d for types that are not here" % (len(requests), lacks)


def main():
    if not shutil.which(REFERENCE):
        print("1..0 # SKIP no %s" % REFERENCE)
        return 0
    failed, found = 0, conversations()
    cases = (("probe", "what it asks first", lambda folder: [*PROBE, "none,accel=kvm:tcg"]),
             ("probe-tcg", "what it asks of software CPUs", lambda folder: [*PROBE, "none,accel=tcg"]),
             ("domain", "what it asks of a domain that starts", domain))
    for number, (name, title, line) in enumerate(cases, 1):
        try:
            said = " (%s)" % replay(os.path.abspath(sys.argv[1]), found[name], line)
            print("ok %d - %s%s" % (number, title, said), flush=True)
        except (AssertionError, Refused, OSError) as error:
            failed += 1
            print("".join("# %s\n" % text for text in str(error).splitlines()) + "not ok %d - %s" % (number, title),
                  flush=True)
    print("1..%d" % len(cases))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
