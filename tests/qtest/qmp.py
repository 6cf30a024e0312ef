# SPDX-License-Identifier: Apache-2.0
"""
A client of QMP, for our program and for the reference alike

    with Program(command) as p:
        p.execute("query-status")       # its reply: {"return": ...} or {"error": ...}
        p.get("query-status")           # what is returned; Refused if it fails

`command` starts a machine; -qmp and what keeps it quiet are added here.  Events that come meanwhile are kept in
p.events.
"""

import json

import qtest
from qtest import PATIENCE_S, Refused


class Program(qtest.Program):
    def __init__(self, command):
        self.events = []
        super().__init__(command, "-qmp")
        self.message()
        self.get("qmp_capabilities")

    def message(self):
        line = self.stream.readline()
        if not line:
            raise Refused("the connection ends, status %s" % self.process.wait(PATIENCE_S))
        return json.loads(line)

    def execute(self, command, **arguments):
        request = {"execute": command, "arguments": {key.replace("_", "-"): arguments[key] for key in arguments}}
        self.send(json.dumps(request))
        while True:
            reply = self.message()
            if "event" not in reply:
                return reply
            self.events.append(reply)

    def get(self, command, **arguments):
        reply = self.execute(command, **arguments)
        if "return" not in reply:
            raise Refused("%s %s: %s" % (command, arguments, reply))
        return reply["return"]

    def event(self, name, before=0):
        """The first event of that name, now or when it comes, or the one that has so many before it."""
        while True:
            found = [e.get("data", {}) for e in self.events if e["event"] == name]
            if len(found) > before:
                return found[before]
            self.events.append(self.message())
