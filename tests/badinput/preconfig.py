#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
-preconfig: what monitors take before the machine is made, and what becomes of it, as TAP

    preconfig.py PROGRAM

Each conversation is on standard input and output, so its end is awaited and nothing else.  Where the reference is
installed, each reply but the long ones is compared with its own.
"""

import json

from program import Tap, arguments, qmp_lines, reference, run

BASE = ["-M", "q35", "-m", "128", "-nodefaults", "-display", "none", "-qmp", "stdio", "-accel", "tcg"]
EXIT, STATUS, CPUS = {"execute": "x-exit-preconfig"}, {"execute": "query-status"}, {"execute": "query-hotpluggable-cpus"}
BEFORE = "is permitted only after machine initialization has completed"


def command(name, **words):
    return {"execute": name, "arguments": words} if words else {"execute": name}


def node(**words):
    return command("set-numa-node", type="node", **words)


def talk(program, options, commands, quits=True):
    """(replies without events, result)"""
    lines = [command("qmp_capabilities"), *commands, *([command("quit")] if quits else [])]
    result = run(program, [*BASE, *options], send="".join(json.dumps(line) + "\n" for line in lines).encode())
    return [line for line in qmp_lines(result.out) if "QMP" not in line and "event" not in line][1:], result


def refused(reply):
    return reply.get("error", {}).get("desc", "")


def conversations(tap, program):
    replies, result = talk(program, ["-preconfig"], [STATUS, command("cont"), command("query-machines"),
                                                     command("human-monitor-command", **{"command-line": "info status"}), EXIT, EXIT])
    tap.case(result.status == 0 and replies[0].get("return", {}).get("status") == "prelaunch" and
             all(BEFORE in refused(reply) for reply in replies[1:4]), "before the machine is made few commands are possible", result)
    tap.case("return" in replies[4] and refused(replies[5]) == "The command is permitted only before machine initialization",
             "x-exit-preconfig works once", replies)
    replies, result = talk(program, ["-preconfig"], [EXIT, STATUS])
    tap.case(replies[1].get("return", {}).get("running") is True, "the machine runs when it is made", result)
    replies, result = talk(program, ["-preconfig", "-S"], [EXIT, STATUS])
    tap.case(replies[1].get("return") == {"status": "prelaunch", "singlestep": False, "running": False}, "but not with -S", result)
    replies, result = talk(program, ["-S"], [EXIT, node(nodeid=0)])
    tap.case(refused(replies[0]) == "The command is permitted only before machine initialization" and
             refused(replies[1]) == "The command is permitted only before the machine has been created",
             "without -preconfig both commands come too late", result)
    replies, result = talk(program, ["-preconfig"], [])
    tap.case(result.status == 0, "quit ends what was never made", result)


def nodes(tap, program):
    smp = ["-preconfig", "-S", "-smp", "2,sockets=2"]
    replies, result = talk(program, smp, [
        CPUS, command("object-add", **{"qom-type": "memory-backend-ram", "id": "a", "size": 64 << 20}),
        command("object-add", **{"qom-type": "memory-backend-ram", "id": "b", "size": 64 << 20}),
        node(nodeid=0, memdev="a"), node(nodeid=1, memdev="b"), node(nodeid=1),
        command("set-numa-node", type="dist", src=0, dst=1, val=21),
        command("set-numa-node", type="cpu", **{"node-id": 0, "socket-id": 1}),
        command("set-numa-node", type="cpu", **{"node-id": 1, "socket-id": 0}), EXIT, CPUS])
    places = [cpu["props"] for cpu in replies[0].get("return", [])]
    tap.case([place["socket-id"] for place in places] == [1, 0], "places of CPUs are told before there are CPUs", result)
    tap.case("error" in replies[5] and all("return" in reply for reply in replies[1:5] + replies[6:]), "nodes and objects can be added", result)
    places = [(cpu["props"]["socket-id"], cpu["props"].get("node-id")) for cpu in replies[10].get("return", [])]
    tap.case(places == [(1, 0), (0, 1)], "the machine has the nodes that were added", result)
    replies, result = talk(program, [*smp, "-numa", "node,nodeid=0,memdev=a"], [EXIT], quits=False)
    tap.case(result.status == 1 and len(result.errors.splitlines()) >= 1 and "a" in result.errors,
             "what the machine cannot be made of ends the program with status 1", result)
    replies, result = talk(program, smp, [
        node(nodeid=128), node(nodeid=0, mem=1 << 20), command("set-numa-node", type="dist", src=0, dst=5, val=20),
        command("set-numa-node", type="cpu", **{"node-id": 9}), command("set-numa-node", type="nosuch")])
    tap.case([bool(refused(reply)) for reply in replies[:5]] == [True, False, True, True, True],
        "what makes no sense is refused at once", result)


def many_cpus(tap, program):
    """More than a -numa has pairs; a name is quoted as it has to be."""
    replies, result = talk(program, ["-preconfig", "-S", "-smp", "200"], [
        command("object-add", **{"qom-type": "memory-backend-ram", "id": "a", "size": 128 << 20}),
        node(nodeid=0, memdev="a", cpus=[*range(100), 150, *range(101, 150)]), node(nodeid=1, memdev="a,cpus=7"),
        node(nodeid=2, cpus=[100, *range(151, 200)]), EXIT, CPUS], quits=False)
    tap.case(["error" in reply for reply in replies[:4]] == [False] * 4 and "a,cpus=7" in result.errors and result.status == 1,
             "a name with a comma stays one name", result)
    replies, result = talk(program, ["-preconfig", "-S", "-smp", "200"], [
        node(nodeid=0, mem=64 << 20, cpus=[*range(100), 150, *range(101, 150)]), node(nodeid=1, mem=64 << 20, cpus=[100, *range(151, 200)]),
        EXIT, CPUS])
    places = sorted((cpu["props"]["core-id"], cpu["props"]["node-id"]) for cpu in replies[3].get("return", []))
    tap.case([core for core, number in places if number == 1] == [100, *range(151, 200)], "a node has any CPUs", result)


def outline(reply):
    """What is compared of a reply: the error, or which keys it has; hints of ours may say more."""
    return "error" if "error" in reply else "return"


def beside(tap, program):
    name = "the same commands are possible as with the reference"
    other = reference()
    if not other:
        tap.skip(name, "no qemu-system-x86_64 here")
        return
    commands = [
        STATUS, CPUS, *(command("query-" + name) for name in (
            "version", "name", "commands", "chardev", "memdev", "iothreads", "machines", "cpus-fast", "pci",
                "command-line-options", "uuid", "block")),
        command("stop"), command("system_reset"), command("device_add", driver="pvpanic"), command("qom-list", path="/machine"),
        command("qom-get", path="/machine", property="hpet"), command("chardev-add", id="a", backend={"type": "null", "data": {}}),
        command("screendump", filename="a"), node(nodeid=0), node(nodeid=0), command("set-action", reboot="shutdown"),
        command("set-numa-node", type="cpu"), command("query-status")]
    ours, theirs = (talk(one, ["-preconfig", "-S", "-smp", "2"], commands)[0] for one in (program, other))
    differ = [(line, mine, its) for line, mine, its in zip(commands, ours, theirs) if outline(mine) != outline(its) or
              (BEFORE in refused(its) and refused(mine) != refused(its))]
    tap.case(len(ours) == len(theirs) == len(commands) + 1 and not differ, name, [differ, len(ours), len(theirs)])


def main():
    args, tap = arguments(__doc__), Tap()
    conversations(tap, args.program)
    nodes(tap, args.program)
    many_cpus(tap, args.program)
    beside(tap, args.program)
    tap.end()


if __name__ == "__main__":
    main()
