#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
What QMP's queries answer, and the same questions put to the reference

    test_queries.py PROGRAM

TAP on stdout.  Without the reference (qemu-system-x86_64) its cases are skipped.  What differs knowingly stands in
tables with its reason; what stands there has to differ.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from qmp import Program
from qtest import Refused

REFERENCE = "qemu-system-x86_64"
OPTIONS = ["-nodefaults", "-serial", "none", "-S"]

# Functions that we have not got yet.
NO_FUNCTIONS = {("q35", 31, 2), ("pc", 1, 1)}

# Requests that fail, in the reference's words.
FAILING = [
    ("qom-list", {"path": "/nope"}), ("qom-list", {"path": ""}), ("qom-list", {}),
    ("qom-get", {"path": "/nope", "property": "type"}), ("qom-get", {"path": "/machine", "property": "nope"}),
    ("qom-get", {"path": "/machine"}), ("qom-set", {"path": "/machine/q35/mch", "property": "nope", "value": 1}),
    ("qom-set", {"path": "/machine/q35/mch", "property": "addr", "value": 1}),
    ("qom-set", {"path": "/machine/q35/mch", "property": "type", "value": "x"}),
    ("qom-set", {"path": "/machine/q35", "property": "mch", "value": "/machine"}),
    ("qom-set", {"path": "/nope", "property": "x", "value": 1}),
    ("qom-list-properties", {"typename": "nope"}), ("device-list-properties", {"typename": "nope"}),
    ("device-list-properties", {"typename": "device"}), ("device-list-properties", {"typename": "pci-device"}),
    ("device-list-properties", {"typename": "container"}), ("device-list-properties", {"typename": 5}),
    ("query-command-line-options", {"option": "nope"}),
    ("object-add", {"qom-type": "nope", "id": "a"}), ("object-add", {"qom-type": "iothread"}), ("object-add", {}),
    ("object-add", {"qom-type": "iothread", "id": "a", "nope": 1}), ("object-del", {"id": "nope"}), ("object-del", {}),
    ("object-add", {"qom-type": "memory-backend-ram", "id": "a"}), ("object-del", {"id": "pc.ram"}),
    ("object-add", {"qom-type": "memory-backend-ram", "id": "a", "size": "1M"}),
    ("object-add", {"qom-type": "memory-backend-ram", "id": "pc.ram", "size": 4096}),
    ("object-add", {"qom-type": "secret", "id": "a", "format": "hex", "data": "x"}),
    ("qom-set", {"path": "/objects/pc.ram", "property": "nope", "value": 1}),
]

# Values of /machine that differ.
MACHINE_VALUES = {
    "acpi": "what there is, not that it was left to the board", "smm": "the same", "pic": "the same",
    "pit": "the same", "vmport": "the same on pc", "max-ram-below-4g": "0 where the board has its own rule",
    "sata": "there is none yet",
}


def normal(value):
    """Without what is in no order: lists of objects by their text; device[N] by what it is."""
    if isinstance(value, list):
        return sorted((normal(v) for v in value), key=str)
    if isinstance(value, dict):
        return {k: normal(v) for k, v in sorted(value.items())}
    return value


def by_type(p, value):
    """Numbers of devices are each program's own."""
    if isinstance(value, str) and re.fullmatch(r"/machine/unattached/device\[\d+\]", value):
        return p.get("qom-get", path=value, property="type")
    if isinstance(value, list):
        return [by_type(p, v) for v in value]
    if isinstance(value, dict):
        return {k: by_type(p, v) for k, v in value.items() if k != "thread-id" or "cpu-index" not in value}
    return value


def same(ours, theirs, what):
    assert ours == theirs, "%s:\n  ours   %s\n  theirs %s" % (what, ours, theirs)


class Case:
    def __init__(self, program):
        self.program, self.count, self.failed = program, 0, 0

    def ours(self, *options):
        return Program([self.program, *OPTIONS, *options])

    def theirs(self, *options):
        return Program(self.reference(*options))

    @staticmethod
    def reference(*options):
        return [REFERENCE, *OPTIONS, "-accel", "tcg", "-vga", "none", "-nic", "none", "-monitor", "none", *options]

    def run(self, name, fn, *args, needs_reference=True):
        self.count += 1
        if needs_reference and not shutil.which(REFERENCE):
            print("ok %d - %s # SKIP there is no %s here" % (self.count, name, REFERENCE))
            return
        try:
            fn(self, *args)
        except (AssertionError, Refused, OSError, KeyError) as e:
            self.failed += 1
            print("\n".join("# " + line for line in ("%s: %s" % (type(e).__name__, e)).splitlines()))
            print("not ok %d - %s" % (self.count, name), flush=True)
        else:
            print("ok %d - %s" % (self.count, name), flush=True)


def cpus_have_their_places(case, *options):
    with case.ours(*options) as a, case.theirs(*options) as b:
        for command in ("query-target", "query-cpus-fast", "query-hotpluggable-cpus", "query-memory-size-summary",
                        "query-memory-devices", "query-iothreads", "query-acpi-ospm-status", "x-query-numa"):
            ours, theirs = a.execute(command), b.execute(command)
            same(by_type(a, ours), by_type(b, theirs), command)
        same(a.get("human-monitor-command", command_line="info numa"),
             b.get("human-monitor-command", command_line="info numa"), "info numa")
        text = [re.sub(r"device\[\d+\]", "device", p.get("human-monitor-command", command_line="info " + what))
                for p in (a, b) for what in ("hotpluggable-cpus", "memory_size_summary")]
        same(sorted(text[0].splitlines()), sorted(text[2].splitlines()), "info hotpluggable-cpus")
        same(text[1], text[3], "info memory_size_summary")


def a_cpu_s_thread_is_one_of_the_program(case):
    with case.ours("-M", "q35", "-smp", "3") as p:
        threads = [cpu["thread-id"] for cpu in p.get("query-cpus-fast")]
        assert len(set(threads)) == 3, threads
        for tid in threads:
            assert tid != p.process.pid and os.path.isdir("/proc/%d/task/%d" % (p.process.pid, tid)), tid


def nodes_have_their_cpus_and_memory(case):
    """What the reference says of the same nodes, whose memory it wants to be back ends."""
    with case.ours("-M", "q35", "-smp", "3,sockets=1,cores=2,threads=2,maxcpus=4", "-m", "256", "-numa",
                   "node,cpus=0-1,mem=128M", "-numa", "node,cpus=2-3,mem=128M") as p:
        same(p.get("x-query-numa")["human-readable-text"],
             "2 nodes\nnode 0 cpus: 0 1\nnode 0 size: 128 MB\nnode 0 plugged: 0 MB\n"
             "node 1 cpus: 2\nnode 1 size: 128 MB\nnode 1 plugged: 0 MB\n", "x-query-numa")
        same([cpu["props"]["node-id"] for cpu in p.get("query-hotpluggable-cpus")], [1, 1, 0, 0], "nodes of places")


def functions_are_the_same(case, machine):
    options = ["-M", machine, "-device", "VGA,id=screen", "-device", "i6300esb,id=dog", "-device", "secondary-vga"]

    def known(p):
        return [f for bus in p.get("query-pci") for f in bus["devices"]
                if (machine, f["slot"], f["function"]) not in NO_FUNCTIONS]

    with case.ours(*options) as a, case.theirs(*options) as b:
        same(known(a), known(b), "query-pci")
        pieces = [re.split(r"(?=  Bus)", p.get("human-monitor-command", command_line="info pci")) for p in (a, b)]
        for piece in pieces[0]:
            assert piece in pieces[1], piece


def failures_have_the_same_words(case):
    with case.ours("-M", "q35") as a, case.theirs("-M", "q35") as b:
        for command, arguments in FAILING:
            ours, theirs = a.execute(command, **arguments), b.execute(command, **arguments)
            assert "error" in theirs, "%s %s does not fail" % (command, arguments)
            same(ours, theirs, "%s %s" % (command, arguments))
    with case.ours("-M", "none") as a, case.theirs("-M", "none") as b:
        for command in ("query-hotpluggable-cpus", "query-acpi-ospm-status", "query-cpus-fast", "query-pci"):
            same(a.execute(command), b.execute(command), command)


def the_machine_shows_what_it_was_built_with(case, machine):
    options = ["-M", machine, "-m", "96", "-smp", "2,cores=2,maxcpus=4", "-boot", "order=d,once=c,menu=on"]
    seen = set()
    with case.ours(*options) as a, case.theirs(*options) as b:
        theirs = {p["name"]: p["type"] for p in b.get("qom-list", path="/machine")}
        for p in a.get("qom-list", path="/machine"):
            name = p["name"]
            if name == "gsi":           # a part of the board with the reference
                continue
            same(p["type"], theirs[name], "the type of " + name)
            values = [normal(q.get("qom-get", path="/machine", property=name)) for q in (a, b)]
            if values[0] != values[1] and name in MACHINE_VALUES:
                seen.add(name)
            else:
                same(values[0], values[1], name)
    if machine == "q35":
        same(seen | {"vmport"}, set(MACHINE_VALUES), "what differs")


OBJECTS = [
    "memory-backend-ram,id=m0,size=1M,share=on,merge=off", "memory-backend-memfd,id=m1,size=64k,dump=off,host-nodes=0,policy=bind",
    "memory-backend-file,id=m2,size=8k,mem-path=/tmp,discard-data=on", "iothread,id=io,poll-max-ns=5,poll-grow=2",
    "rng-builtin,id=r0", "rng-random,id=r1", "secret,id=s0,file=/dev/null,format=base64", "throttle-group,id=t0,x-iops-total=7",
    '{"qom-type":"throttle-group","id":"t1","limits":{"bps-read":5,"bps-read-max":9}}', "authz-simple,id=a0,identity=x",
    '{"qom-type":"authz-list","id":"a1","policy":"allow","rules":[{"match":"x","policy":"deny"}]}',
]


def objects_are_what_they_were_made_as(case):
    options = ["-M", "q35", "-m", "64"] + [word for spec in OBJECTS for word in ("-object", spec)]
    with case.ours(*options) as a, case.theirs(*options) as b:
        compared = 0
        for spec in OBJECTS:
            path = "/objects/" + re.search(r'\bid"?[=:]"?([a-z0-9]+)', spec)[1]
            lists = [sorted((p["name"], p["type"]) for p in q.get("qom-list", path=path) if not p["type"].startswith("child<"))
                     for q in (a, b)]
            same(lists[0], lists[1], spec)
            for name, _ in lists[0]:
                same(a.get("qom-get", path=path, property=name), b.get("qom-get", path=path, property=name), path + " " + name)
                compared += 1
        assert compared > 90, compared
        lists = [{m["id"]: m for m in q.get("query-memdev")} for q in (a, b)]
        same({**lists[0]["pc.ram"], "reserve": True}, lists[1].pop("pc.ram"), "RAM")    # which may be more than the host has
        del lists[0]["pc.ram"]
        same(lists[0], lists[1], "query-memdev")
        lists = [[{**t, "thread-id": 0} for t in q.get("query-iothreads")] for q in (a, b)]
        same(lists[0], lists[1], "query-iothreads")


# JSON of -device, whose values have the kinds of the properties.
TYPED = [
    '{"driver":"isa-serial","index":0}', '{"driver":"isa-serial","index":"0"}', '{"driver":"isa-serial","iobase":"0x3f8"}',
    '{"driver":"pvpanic-pci","events":1}', '{"driver":"pvpanic-pci","events":"1"}', '{"driver":"pvpanic-pci","events":true}',
    '{"driver":"pvpanic-pci","events":300}', '{"driver":"pvpanic-pci","events":18446744073709551616}',
    '{"driver":"pvpanic-pci","events":null}', '{"driver":"pvpanic-pci","addr":"10"}', '{"driver":"pvpanic-pci","addr":16}',
    '{"driver":"pvpanic-pci","addr":-1}', '{"driver":"pvpanic-pci","addr":300}', '{"driver":"pvpanic-pci","addr":true}',
    '{"driver":"pvpanic-pci","multifunction":true}', '{"driver":"pvpanic-pci","multifunction":"on"}',
    '{"driver":"pvpanic-pci","nosuch":1}', '{"driver":"nosuch"}', '{"driver":"help"}', '{}', '{"driver":5}',
    '{"driver":"pvpanic-pci","bus":"nosuch"}', '{"driver":"pvpanic-pci"', '{"driver":"pvpanic-pci"} x',
    '{"driver":"pvpanic-pci","id":"a","id":"b"}', '{"driver":"loader","addr":"4096","data":5,"data-len":4}',
]
# Of the human monitor, that say the same.
DEVICE_LINES = [
    "device_add pvpanic-pci,id=a,addr=10", "device_add pvpanic-pci,id=a", "device_add nosuch", "device_add", "device_add PIIX3",
    "device_add id=q", "device_add pvpanic-pci,bus=no", "device_add driver=pvpanic-pci,id=k", "device_add isa-device",
    'device_add {"driver":"pvpanic-pci"}', "device_add nosuch,help", "device_add pvpanic-pci x", "device_del a", "device_del a",
    "device_del nosuch", "device_del", "device_del /machine", "device_del a b", "help device_add", "help device_del",
]


def slots(buses):
    return sorted((f["slot"], f["function"], f["qdev_id"]) for bus in buses for f in bus["devices"]
                  if f["id"]["device"] in (0x11, 0x25ab))


def functions_beside(command):
    """The functions of a machine that ends at once, or its status."""
    ask = "".join('{"execute": "%s"}\n' % name for name in ("qmp_capabilities", "query-pci", "quit"))
    done = subprocess.run([*command, "-display", "none", "-qmp", "stdio"], input=ask, capture_output=True, text=True,
                          timeout=60)
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode or slots(replies[2]["return"])


def devices_in_json_are_taken_and_refused_alike(case):
    for spec in TYPED:
        line = ["-M", "q35", "-device", spec]
        same(functions_beside([case.program, *OPTIONS, *line]), functions_beside(case.reference(*line)), spec)


OPTIONS_FILE = """# what -readconfig and -set make
[machine]
  type = "q35"
[smp-opts]
  cpus = "2"
  maxcpus = "4"
[memory]
  size = "96M"
[chardev "c"]
  backend = "null"
[device "one"]
  driver = "pvpanic-pci"
  addr = "10"
[device]
  driver = "pvpanic-pci"
"""


def a_file_makes_what_options_make(case):
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/options.cfg"
        with open(path, "w") as f:
            f.write(OPTIONS_FILE)
        line = ["-readconfig", path, "-set", "device.one.addr=1d", "-set", "device.one.events=1"]
        with case.ours(*line) as a, case.theirs(*line) as b:
            for command in ("query-hotpluggable-cpus", "query-memory-size-summary"):
                same(by_type(a, a.get(command)), by_type(b, b.get(command)), command)
            same(slots(a.get("query-pci")), slots(b.get("query-pci")), "functions")
            assert slots(a.get("query-pci"))[-1] == (0x1d, 0, "one"), slots(a.get("query-pci"))
            for p in (a, b):
                assert "c" in {c["label"] for c in p.get("query-chardev")}
                same(p.get("qom-get", path="/machine/peripheral/one", property="events"), 1, "what -set said")


def devices_come_by_lines_of_the_human_monitor(case):
    with case.ours("-M", "pc") as a, case.theirs("-M", "pc") as b:
        for line in DEVICE_LINES:
            same(*(p.get("human-monitor-command", command_line=line) for p in (a, b)), line)
        same(slots(a.get("query-pci")), slots(b.get("query-pci")), "functions")
        said = a.get("human-monitor-command", command_line="device_add pvpanic-pci,help")
        assert said.startswith("pvpanic-pci options:\r\n  addr=<int32> "), said
        assert 'name "i6300esb", bus PCI' in a.get("human-monitor-command", command_line="device_add help")


def machine_types_are_the_same(case):
    with case.ours("-M", "none") as a, case.theirs("-M", "none") as b:
        theirs = {m["name"]: m for m in b.get("query-machines")}
        ours = a.get("query-machines")
        same({m["name"] for m in ours}, {"none", "pc-q35-7.2", "pc-i440fx-7.2"}, "machine types")
        for m in ours:
            same(m, theirs[m["name"]], m["name"])


def options_are_told_as_the_reference_tells_them(case):
    with case.ours("-M", "none") as a, case.theirs("-M", "none") as b:
        theirs = {o["option"]: {p["name"]: p["type"] for p in o["parameters"]}
                  for o in b.get("query-command-line-options")}
        order = list(theirs)
        ours = a.get("query-command-line-options")
        places = [order.index(o["option"]) for o in ours]
        assert len(ours) >= 18 and places == sorted(places), [o["option"] for o in ours]
        for o in ours:
            for p in o["parameters"]:
                same(p["type"], theirs[o["option"]].get(p["name"]), "%s %s" % (o["option"], p["name"]))
        same(a.get("query-command-line-options", option="smp-opts"), [o for o in ours if o["option"] == "smp-opts"],
             "one option")


def cpu_models_come_to_the_same_names(case):
    """Values differ where the software CPU lacks what the reference's has; of qemu64 that is one feature."""
    with case.ours("-M", "none", "-accel", "tcg") as a, case.theirs("-M", "none") as b:
        for model in ("qemu64", "max", "host", "base"):
            ours, theirs = (p.get("query-cpu-model-expansion", type="static", model={"name": model})["model"]
                            for p in (a, b))
            same(ours["name"], theirs["name"], model)
            same(set(ours["props"]), set(theirs["props"]), "names of " + model)
            differ = {n for n, value in ours["props"].items() if value != theirs["props"][n]}
            assert all(ours["props"][n] is False for n in differ), differ
            if model in ("qemu64", "base"):
                same(differ, {"svm"} if model == "qemu64" else set(), "values of " + model)
        full = [p.get("query-cpu-model-expansion", type="full",
                      model={"name": "qemu64", "props": {"avx": True, "sse3": False, "model": 3}})["model"]
                for p in (a, b)]
        same(full[0]["name"], full[1]["name"], "a full expansion's name")
        for name in ("sse3", "pni", "model", "family", "vendor", "xlevel", "level"):
            same(full[0]["props"][name], full[1]["props"][name], name)
        for model in ({"name": "nope"}, {"name": "max", "props": {"nope": True}},
                      {"name": "qemu64", "props": {"avx": 1}}, {"name": "qemu64", "props": {"vendor": "xxx"}}):
            same(a.execute("query-cpu-model-expansion", type="static", model=model),
                 b.execute("query-cpu-model-expansion", type="static", model=model), model)


def cpu_definitions_are_the_models(case):
    with case.ours("-M", "none", "-accel", "tcg") as p:
        found = {d["name"]: d for d in p.get("query-cpu-definitions")}
        same({name: d["unavailable-features"] for name, d in found.items()},
             {"qemu64": ["svm"], "base": [], "host": ["kvm"], "max": []}, "models and what they lack")
        same([name for name, d in found.items() if d["static"]], ["base"], "models that stay as they are")
        for name, d in found.items():
            same(d["typename"], name + "-x86_64-cpu", "the type")
            assert p.get("qom-list-properties", typename=d["typename"])


def a_cpu_shows_its_features(case):
    """The properties that clients ask each CPU for, one by one, are those of its model."""
    with case.ours("-M", "q35", "-cpu", "qemu64,+popcnt,-nx", "-smp", "2,cores=2", "-accel", "tcg") as p:
        path = p.get("query-cpus-fast")[1]["qom-path"]
        bools = [q["name"] for q in p.get("qom-list", path=path) if q["type"] == "bool"]
        on = {n for n in bools if p.get("qom-get", path=path, property=n)}
        assert {"popcnt", "sse2", "lm", "realized"} <= on and not {"nx", "xd", "svm", "vmx-ept"} & on, on
        assert len(bools) > 300, len(bools)
        same(p.get("qom-get", path=path, property="unavailable-features"), ["svm"], "unavailable-features")
        same(p.get("qom-get", path=path, property="core-id"), 1, "core-id")
        word = [w for w in p.get("qom-get", path=path, property="feature-words")
                if w["cpuid-input-eax"] == 1 and w["cpuid-register"] == "EDX"]
        same(word[0]["features"], 0x078bfbfd, "CPUID.1:EDX")


def what_is_not_there_has_empty_lists(case):
    with case.ours("-M", "q35") as p:
        for command, arguments in (("query-block", {}), ("query-named-block-nodes", {"flat": True}),
                                   ("query-blockstats", {"query_nodes": True}), ("query-block-jobs", {}),
                                   ("query-jobs", {}), ("query-tpm-models", {}), ("query-tpm-types", {}),
                                   ("query-memory-devices", {}), ("query-iothreads", {})):
            same(p.get(command, **arguments), [], command)
        for command in ("query-sev-capabilities", "query-sgx-capabilities", "query-migrate"):
            same(p.execute(command)["error"]["class"], "CommandNotFound", command)


def only_events_can_be_switched_on(case):
    def state(p):
        return {c["capability"] for c in p.get("query-migrate-capabilities") if c["state"]}

    with case.ours("-M", "q35") as p:
        names = [c["capability"] for c in p.get("query-migrate-capabilities")]
        same(len(set(names)), 21, "capabilities")
        same(state(p), set(), "capabilities at the start")
        p.get("migrate-set-capabilities",
              capabilities=[{"capability": name, "state": name == "events"} for name in names])
        same(state(p), {"events"}, "capabilities")
        reply = p.execute("migrate-set-capabilities", capabilities=[{"capability": "events", "state": False},
                                                                    {"capability": "xbzrle", "state": True}])
        same(reply, {"error": {"class": "GenericError", "desc": "Capability 'xbzrle' is not supported"}}, "xbzrle")
        same(state(p), {"events"}, "capabilities after a failure")
        p.get("migrate-set-capabilities", capabilities=[{"capability": "events", "state": False}])
        same(state(p), set(), "capabilities")


def a_guest_s_ost_is_told(case, machine, port):
    """_OST writes the event with command 1 and the status with command 2."""
    def play(program):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/qtest"
            with Qtest(path) as q, program("-M", machine, "-smp", "2,maxcpus=4", "-qtest", "unix:" + path,
                                           "-qtest-log", "none") as p:
                q.accept()
                found = [p.get("query-acpi-ospm-status")]
                q.out(port, 4, 0)               # leaves the old registers
                found.append(normal(p.get("query-acpi-ospm-status")))
                q.out(port, 4, 2)
                for command, value in ((1, 0x103), (2, 0x80)):
                    q.out(port + 5, 1, command)
                    q.out(port + 8, 4, value)
                found.append(p.event("ACPI_DEVICE_OST"))
                found.append(normal(p.get("query-acpi-ospm-status")))
                return found

    ours = play(case.ours)
    same(ours[2], {"info": {"slot": "2", "slot-type": "CPU", "source": 0x103, "status": 0x80}}, "the event")
    same(ours, play(case.theirs), "what the guest said")


CPU = "qemu64-x86_64-cpu"
# What device_add is told of a CPU where it is refused; socket 1, core 0 is free.
NO_PLACES = [
    {}, {"socket_id": 0}, {"socket_id": 0, "core_id": 1}, {"socket_id": 0, "core_id": 0, "thread_id": 0},
    {"socket_id": 2, "core_id": 0, "thread_id": 0}, {"socket_id": 1, "core_id": 2, "thread_id": 0},
    {"socket_id": 1, "core_id": 0, "thread_id": 1}, {"socket_id": 1, "core_id": 0, "thread_id": 0, "die_id": 1},
    {"socket_id": 1, "core_id": 0, "thread_id": 0, "node_id": 1}, {"socket_id": 1, "core_id": 0, "thread_id": 0, "apic_id": 1},
    {"socket_id": -2, "core_id": 0, "thread_id": 0}, {"apic_id": 77}, {"apic_id": 0},
    {"driver": "max-x86_64-cpu", "socket_id": 1, "core_id": 0, "thread_id": 0}, {"apic_id": 2, "bus": "pcie.0"},
]


def with_places(program, machine, play):
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/qtest"
        with Qtest(path) as q, program("-M", machine, "-smp", "1,maxcpus=4,sockets=2,cores=2", "-device",
                                       CPU + ",socket-id=0,core-id=1,thread-id=0,id=cold", "-qtest", "unix:" + path,
                                       "-qtest-log", "none") as p:
            q.accept()
            return play(p, q)


def flags(q, port):
    found = []
    for cpu in range(4):
        q.out(port, 4, cpu)
        found.append(q.inb(port + 4))
    return found


def cpus_come_and_are_asked_to_go(case, machine, port):
    def play(p, q):
        found = []

        def see(step, value):
            found.append((step, by_type(p, value)))

        def ask(name, **arguments):
            reply = p.execute(name, **arguments)
            see((name, arguments), reply.get("error", {}).get("class", "taken"))

        see("the bitmap, with a CPU of -device", q.inb(port))
        for place in NO_PLACES:
            ask("device_add", **({"driver": CPU, "id": "new"} | place))
        ask("device_del", id="cold")            # which the old registers cannot say
        q.out(port, 4, 0)
        see("flags of what was there", flags(q, port))
        ask("device_add", driver=CPU, id="new", socket_id=1, core_id=0, thread_id=0)
        ask("device_add", driver=CPU, id="twice", socket_id=1, core_id=0, thread_id=0)
        ask("device_add", driver=CPU, apic_id=3)
        see("flags of what has come", flags(q, port))
        for query in ("query-cpus-fast", "query-hotpluggable-cpus", "query-acpi-ospm-status"):
            see(query, normal(p.get(query)))
        q.out(port, 4, 2)
        q.out(port + 4, 1, 2)
        for name in ("new", "new", "cold", "/machine/unattached/device[0]"):
            ask("device_del", id=name)
        see("flags of what shall go", flags(q, port))
        ask("system_reset")
        see("flags after a reset", flags(q, port))
        see("places", normal(p.get("query-hotpluggable-cpus")))
        return found

    same(with_places(case.ours, machine, play), with_places(case.theirs, machine, play), "CPUs")


def a_cpu_that_is_let_go_is_gone(case, machine, port):
    """The reference does not survive a second CPU in the same place."""
    def play(p, q):
        q.out(port, 4, 0)
        for turn in range(3):
            p.get("device_add", driver=CPU, id="new", socket_id=1, core_id=0, thread_id=0)
            tids = {cpu["thread-id"] for cpu in p.get("query-cpus-fast")}
            same(flags(q, port), [1, 1, 3, 0], "flags")
            p.get("device_del", id="new")
            q.out(port, 4, 2)
            for bit in (2, 4, 8, 8):
                q.out(port + 4, 1, bit)
            gone = [p.event("DEVICE_DELETED"), p.event("DEVICE_DELETED", 1)]
            same(gone, [{"path": "/machine/peripheral/new/lapic"}, {"device": "new", "path": "/machine/peripheral/new"}], "events")
            p.events.clear()
            same(flags(q, port), [1, 1, 0, 0], "flags afterwards")
            left = {cpu["thread-id"] for cpu in p.get("query-cpus-fast")}
            assert left < tids and len(left) == 2, (left, tids)
            same(p.execute("device_del", id="new")["error"]["class"], "DeviceNotFound", "it is gone")
        q.out(port, 4, 0)
        q.out(port + 4, 1, 8)
        same(len(p.get("query-cpus-fast")), 2, "the first one stays")

    with_places(case.ours, machine, play)


def a_guest_that_sets_its_clock_is_heard(case, machine):
    """By how much, beside the clock that -rtc describes: here the year 2030, while the clock stands."""
    def play(program):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/qtest"
            with Qtest(path) as q, program("-M", machine, "-rtc", "base=2026-11-22T06:00:00", "-qtest", "unix:" + path,
                                           "-qtest-log", "none") as p:
                q.accept()
                for index, value in ((0x0b, 0x82), (0x09, 0x30), (0x0b, 0x02)):
                    q.out(0x70, 1, index)
                    q.out(0x71, 1, value)
                data = p.event("RTC_CHANGE")
                same(p.get("rtc-reset-reinjection"), {}, "rtc-reset-reinjection")
                return data["offset"], p.get("qom-get", path=data["qom-path"], property="type")

    for offset, name in (play(case.ours), play(case.theirs)):
        same(name, "mc146818rtc", "the device")
        # Less what it took to get here; an hour is more than anybody's patience.
        assert 0 <= 1461 * 86400 - offset < 3600, offset


# Of statistics: what is asked, and with KVM what comes of it.
STATS = [
    ("query-stats-schemas", {}), ("query-stats-schemas", {"provider": "kvm"}), ("query-stats", {"target": "vm"}),
    ("query-stats", {"target": "vcpu"}), ("query-stats", {"target": "vm", "providers": []}),
    ("query-stats", {"target": "vm", "providers": [{"provider": "kvm", "names": ["pages_4k", "nosuch"]}]}),
    ("query-stats", {"target": "vcpu", "vcpus": ["/nope"]}), ("query-stats", {"target": "vcpu", "vcpus": []}),
    ("query-stats", {"target": "vcpu", "providers": [{"provider": "kvm", "names": ["exits"]},
                                                     {"provider": "kvm", "names": ["exits", "guest_mode"]}]}),
    ("query-stats", {"target": "vcpu", "providers": [{"provider": "kvm", "names": []}]}),
    ("query-stats", {"target": "vm", "vcpus": []}), ("query-stats", {}), ("query-stats", {"target": "nope"}),
    ("query-stats-schemas", {"provider": "nope"}),
]


def without_values(p, value):
    """Numbers are each machine's own; what kind of value it is counts."""
    if isinstance(value, dict):
        return {k: type(v).__name__ if k == "value" else without_values(p, v) for k, v in by_type(p, value).items()}
    return [without_values(p, v) for v in value] if isinstance(value, list) else value


def statistics_are_the_same(case, accel):
    if accel == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return
    with Program([case.program, *OPTIONS, "-M", "q35", "-smp", "2", "-accel", accel]) as a, \
            Program([REFERENCE, *OPTIONS, "-M", "q35", "-smp", "2", "-accel", accel, "-vga", "none"]) as b:
        for command, arguments in STATS:
            ours, theirs = a.execute(command, **arguments), b.execute(command, **arguments)
            same(normal(without_values(a, ours)), normal(without_values(b, theirs)), "%s %s" % (command, arguments))
        assert accel == "kvm" or not a.get("query-stats", target="vm")


class Qtest:
    """The other end of -qtest, beside a Program."""

    def __init__(self, path):
        import socket
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)

    def accept(self):
        self.socket = self.listener.accept()[0]
        self.stream = self.socket.makefile("rw", newline="\n")

    def out(self, port, size, value):
        self.stream.write("out%s %#x %#x\n" % ({1: "b", 4: "l"}[size], port, value))
        self.stream.flush()
        reply = self.stream.readline()
        assert reply.startswith("OK"), reply

    def inb(self, port):
        self.stream.write("inb %#x\n" % port)
        self.stream.flush()
        reply = self.stream.readline()
        assert reply.startswith("OK "), reply
        return int(reply[3:], 16)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.listener.close()


def main():
    case = Case(sys.argv[1])
    case.run("a CPU's thread is one of the program", a_cpu_s_thread_is_one_of_the_program, needs_reference=False)
    case.run("nodes have their CPUs and memory", nodes_have_their_cpus_and_memory, needs_reference=False)
    case.run("CPUs have their places: q35", cpus_have_their_places, "-M", "q35", "-smp", "2,cores=2,maxcpus=4")
    case.run("CPUs have their places: pc with dies", cpus_have_their_places, "-M", "pc", "-m", "96", "-smp",
             "3,sockets=1,dies=2,cores=2,threads=1,maxcpus=4")
    case.run("CPUs have their places: none", cpus_have_their_places, "-M", "none")
    for machine in ("q35", "pc"):
        case.run("functions are the same: " + machine, functions_are_the_same, machine)
        case.run("the machine shows what it was built with: " + machine, the_machine_shows_what_it_was_built_with,
                 machine)
    case.run("failures have the same words", failures_have_the_same_words)
    case.run("objects are what they were made as", objects_are_what_they_were_made_as)
    case.run("devices in JSON are taken and refused alike", devices_in_json_are_taken_and_refused_alike)
    case.run("a file makes what options make", a_file_makes_what_options_make)
    case.run("devices come by lines of the human monitor", devices_come_by_lines_of_the_human_monitor)
    case.run("machine types are the same", machine_types_are_the_same)
    case.run("options are told as the reference tells them", options_are_told_as_the_reference_tells_them)
    case.run("what is not there has empty lists", what_is_not_there_has_empty_lists, needs_reference=False)
    case.run("only events can be switched on", only_events_can_be_switched_on, needs_reference=False)
    case.run("CPU models come to the same names", cpu_models_come_to_the_same_names)
    case.run("CPU definitions are the models", cpu_definitions_are_the_models, needs_reference=False)
    case.run("a CPU shows its features", a_cpu_shows_its_features, needs_reference=False)
    case.run("a guest's _OST is told: q35", a_guest_s_ost_is_told, "q35", 0xcd8)
    case.run("a guest's _OST is told: pc", a_guest_s_ost_is_told, "pc", 0xaf00)
