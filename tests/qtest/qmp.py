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
import os
import shutil
import socket
import subprocess
import tempfile

from qtest import PATIENCE_S, Refused


class Program:
    def __init__(self, command):
        self.folder = tempfile.mkdtemp(prefix="qmp-")
        path = os.path.join(self.folder, "qmp")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        listener.settimeout(PATIENCE_S)
        self.events = []
        self.process = subprocess.Popen([*command, "-display", "none", "-qmp", "unix:" + path],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.socket = listener.accept()[0]
        except TimeoutError:
            self.process.kill()
            raise Refused("nobody came: " + self.process.communicate()[1].decode(errors="replace")) from None
        finally:
            listener.close()
        self.socket.settimeout(PATIENCE_S)
        self.stream = self.socket.makefile("rw", newline="\n")
        self.message()
        self.get("qmp_capabilities")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stream.close()
        self.socket.close()
        self.process.terminate()
        try:
            self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)

    def message(self):
        line = self.stream.readline()
        if not line:
            raise Refused("the connection ends, status %s" % self.process.wait(PATIENCE_S))
        return json.loads(line)

    def execute(self, command, **arguments):
        request = {"execute": command, "arguments": {key.replace("_", "-"): arguments[key] for key in arguments}}
        self.stream.write(json.dumps(request) + "\n")
        self.stream.flush()
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

    def event(self, name):
        """The first event of that name, now or when it comes."""
        while True:
            for e in self.events:
                if e["event"] == name:
                    return e["data"]
            self.events.append(self.message())
