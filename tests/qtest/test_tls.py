#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
TLS as users configure it: -object tls-creds-..., -chardev socket,tls-creds=, and the same beside the reference

    test_tls.py PROGRAM

TAP on stdout.  QMP goes over TLS from a program to a program, ours and the reference's in both places; the client is
a machine whose serial port has the socket.  Other clients are openssl and Python's ssl.  Certificates are made here, by
openssl; without it, without the reference or without gnutls in PROGRAM the cases that need it are skipped, and say so.
"""

import base64
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile

import certs
from qmp import Program
from qtest import PATIENCE_S, Machine, Refused
from tls_client import (Openssl, Serial, connect, converse, converse_with_effect, filename, is_let_in, join, port,
                        same, until)

REFERENCE = "qemu-system-x86_64"
OPTIONS = ["-nodefaults", "-S"]
KEY = "00112233445566778899aabbccddeeff"
QUIET = ["-display", "none", "-monitor", "none"]
SERVER = "socket,id=x,host=127.0.0.1,port=0,server=on,wait=off,tls-creds=s"
PASSWORD = "correct horse battery staple"
HALF_OPEN = 100
SHADOW_BYTES = 1 << 28      # a sanitizer's


class Skipped(Exception):
    pass


class Case:
    def __init__(self, program, folder):
        self.program, self.folder, self.count, self.failed = program, folder, 0, 0
        self.dir = folder + "/pki"
        self.ca = None

    def server(self, *options, program=None):
        """A program that is asked over a Unix socket what its TLS does."""
        accel = ["-accel", "qtest"] if program in (None, self.program) else ["-accel", "tcg"]
        return Program([program or self.program, "-M", "none", *OPTIONS, *accel, *options])

    def machine(self, *options, program=None):
        ours = program in (None, self.program)
        return Machine([program or self.program, "-M", "pc", "-m", "16", *OPTIONS, *QUIET[2:], "-vga", "none",
                        *(["-accel", "qtest"] if ours else ["-nic", "none", "-accel", "tcg"]), *options])

    def objects(self, kind, side, **more):
        words = ["tls-creds-" + kind, "id=" + side[0], "endpoint=" + side]
        words += [] if kind == "anon" else ["dir=" + self.dir]
        return ["-object", ",".join(words + ["%s=%s" % (k.replace("_", "-"), v) for k, v in more.items()])]

    def run(self, name, fn, *args, needs=()):
        self.count += 1
        missing = [why for there, why in needs if not there]
        try:
            if missing:
                raise Skipped(missing[0])
            fn(self, *args)
        except Skipped as e:
            print("ok %d - %s # SKIP %s" % (self.count, name, e), flush=True)
        except (AssertionError, Refused, OSError, KeyError, ValueError) as e:
            self.failed += 1
            print("\n".join("# " + line for line in ("%s: %s" % (type(e).__name__, e)).splitlines()))
            print("not ok %d - %s" % (self.count, name), flush=True)
        else:
            print("ok %d - %s" % (self.count, name), flush=True)


# Cases

def objects_are_what_they_were_made_as(case):
    specs = ["tls-creds-anon,id=a",
             "tls-creds-anon,id=b,endpoint=server,priority=NORMAL,verify-peer=off,dir=/nonexistent",
             "tls-creds-psk,id=c,dir=%s" % case.dir, "tls-creds-psk,id=d,dir=%s,username=qemu" % case.dir,
             "tls-creds-psk,id=e,dir=%s,endpoint=server" % case.dir, "tls-creds-x509,id=f,dir=%s" % case.dir,
             "tls-creds-x509,id=g,dir=%s,endpoint=server,sanity-check=off,passwordid=s" % case.dir]
    options = [word for spec in ("secret,id=s,data=x", *specs) for word in ("-object", spec)]
    with case.server(*options) as a, case.server(*options, program=REFERENCE) as b:
        for spec in specs:
            path = "/objects/" + re.search(r"\bid=(\w)", spec)[1]
            names = [sorted((q["name"], q["type"]) for q in p.get("qom-list", path=path)) for p in (a, b)]
            same(names[0], names[1], spec)
            for name, _ in names[0]:
                same(*(p.get("qom-get", path=path, property=name) for p in (a, b)), "%s of %s" % (name, spec))
            for value in (True, "x"):
                same(*(p.execute("qom-set", path=path, property="loaded", value=value) for p in (a, b)), "loaded")


def qmp_goes_over_tls(case, kind, server, client):
    with case.server(*case.objects(kind, "server"), "-chardev", SERVER, "-mon", "chardev=x,mode=control",
                     program=server) as s:
        to = "socket,id=x,host=localhost,ipv6=off,port=%d,tls-creds=c" % port(s)
        with case.machine(*case.objects(kind, "client"), "-chardev", to, "-serial", "chardev:x", program=client) as c:
            if client == REFERENCE:
                converse_with_effect(Serial(c), s)
            else:
                converse(Serial(c))
            assert filename(s).startswith("tcp:127.0.0.1:"), filename(s)
        until(lambda: filename(s).startswith("disconnected:"), "the client has gone")


def openssl_is_let_in(case, kind, *options):
    with case.server(*case.objects(kind, "server"), "-chardev", SERVER, "-mon", "chardev=x,mode=control") as s:
        client = Openssl(port(s), *options)
        try:
            converse(client)
        finally:
            client.close()


def versions_of_tls(case):
    with case.server(*case.objects("x509", "server"), "-chardev", SERVER, "-mon", "chardev=x,mode=control") as s:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with join(case, port(s), latest=version) as client:
                converse(client)
                same(client.version(), {0x303: "TLSv1.2", 0x304: "TLSv1.3"}[version], "the version")


def priority_is_obeyed(case):
    with case.server(*case.objects("x509", "server", priority="NORMAL:-VERS-TLS1.3"), "-chardev", SERVER,
                     "-mon", "chardev=x,mode=control") as s:
        with join(case, port(s)) as client:
            same(client.version(), "TLSv1.2", "the version")


def websocket_and_telnet_go_over_tls(case):
    """The order of the layers: both programs say the same to the same client."""
    def play(program, telnet):
        request = ("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: "
                   "binary\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n"
                   % base64.b64encode(b"0123456789abcdef").decode())
        with case.server(*case.objects("x509", "server"), "-chardev", SERVER + ",websocket=on" + telnet,
                         "-mon", "chardev=x,mode=control", program=program) as s:
            with join(case, port(s)) as client:
                client.sendall(request.encode())
                data = b""
                while b'{"QMP"' not in data:
                    more = client.recv(4096)
                    assert more, "the connection ends after %r" % data
                    data += more
                assert re.search(rb"Sec-WebSocket-Accept: \S{28}\r\n", data), data
                frames = data[data.index(b"\r\n\r\n") + 4:]
                return filename(s).split(":")[0], frames[:1], re.search(rb"\xff.*?(?=[^\xff\xfb\xfd\x00-\x03])",
                                                                       frames[2:] if telnet else b"\xffx")[0]

    for telnet in ("", ",telnet=on"):
        same(play(case.program, telnet), play(REFERENCE, telnet), "websocket" + telnet)


def telnet_goes_over_tls(case):
    """(The reference sends its options beside TLS, and breaks it.)"""
    with case.server(*case.objects("x509", "server"), "-chardev", SERVER + ",telnet=on", "-mon",
                     "chardev=x,mode=control") as s:
        with join(case, port(s)) as client:
            data = b""
            while b"{" not in data:
                data += client.recv(4096)
            same(data[:data.index(b"{")], b"\xff\xfb\x01\xff\xfb\x03\xff\xfb\x00\xff\xfd\x00", "the options")
            same(filename(s).split(":")[0], "telnet", "the chardev's name")


def the_same_names_may_come(case):
    """What stands in a certificate is told to authz-... as the reference tells it."""
    subjects = ["/CN=client", "/O=us/CN=client", "/CN=client/O=us", "/CN=cli,ent", "/CN=cli\\+ent", "/O=a b/CN=\u00fc"]
    names = ["CN=client", "O=us,CN=client", "CN=client,O=us", "CN=cli\\,ent", "CN=cli\\+ent", "O=a b,CN=\u00fc",
             "client", "*"]
    folders = []
    for i, subject in enumerate(subjects):
        folders.append(case.ca.issue("%s/named%d" % (case.folder, i), "client", subject=subject))

    def play(program):
        rules = [{"match": name, "policy": "allow"} for name in names]
        found = []
        for i in range(len(names)):
            spec = json.dumps({"qom-type": "authz-list", "id": "who", "policy": "deny", "rules": [rules[i]]})
            with case.server(*case.objects("x509", "server"), "-object", spec, "-chardev", SERVER + ",tls-authz=who",
                             "-mon", "chardev=x,mode=control", program=program) as s:
                number = port(s)
                found += [(names[i], subjects[k]) for k, folder in enumerate(folders)
                          if is_let_in(case, number, folder=folder)]
        return found

    ours, theirs = play(case.program), play(REFERENCE)
    same(ours, theirs, "who may come")
    assert len(ours) >= 5, ours


def a_list_in_a_file_may_change(case):
    path = case.folder + "/list"

    def write(match):
        with open(path + ".new", "w") as f:
            json.dump({"policy": "deny", "rules": [{"match": match, "policy": "allow", "format": "glob"}]}, f)
        os.rename(path + ".new", path)

    write("CN=somebody")
    with case.server(*case.objects("x509", "server"), "-object", "authz-list-file,id=who,filename=" + path, "-chardev",
                     SERVER + ",tls-authz=who", "-mon", "chardev=x,mode=control") as s:
        assert not is_let_in(case, port(s))
        write("CN=cl*")
        until(lambda: is_let_in(case, port(s)), "the new list lets the client in")
        with open(path, "w") as f:
            f.write("{")
        assert is_let_in(case, port(s)), "a bad list changes nothing"


def the_same_certificates_are_good(case):
    """What the sanity check refuses on both, each with the file's name."""
    own = [{}, {"extendedKeyUsage": None}, {"extendedKeyUsage": "codeSigning"},
           {"extendedKeyUsage": "critical,codeSigning"}, {"extendedKeyUsage": "critical,anyExtendedKeyUsage"},
           {"keyUsage": None}, {"keyUsage": "critical,digitalSignature"}, {"keyUsage": "critical,keyEncipherment"},
           {"keyUsage": "keyEncipherment"}, {"keyUsage": "critical,keyCertSign"}, {"basicConstraints": None},
           {"basicConstraints": "critical,CA:TRUE"}]
    authorities = [{"basicConstraints": None, "keyUsage": "critical,keyCertSign"},
                   {"basicConstraints": "critical,CA:FALSE", "keyUsage": "critical,keyCertSign"},
                   {"basicConstraints": "critical,CA:TRUE"},
                   {"basicConstraints": "critical,CA:TRUE", "keyUsage": "critical,digitalSignature"},
                   {"basicConstraints": "critical,CA:TRUE", "keyUsage": "digitalSignature"}]
    folders = []

    def add(ca, side, extensions=None, days=(-1, 30)):
        folder = "%s/sane%d" % (case.folder, len(folders))
        base = dict(certs.SERVER if side == "server" else certs.CLIENT)
        folders.append((ca.issue(folder, side, extensions={**base, **(extensions or {})}, days=days), side,
                        extensions, days))

    for side in ("server", "client"):
        for extensions in own:
            add(case.ca, side, extensions)
        for days in ((-10, -1), (1, 10)):
            add(case.ca, side, days=days)
    for i, extensions in enumerate(authorities):
        add(certs.Authority(case.folder, "authority%d" % i, extensions=extensions), "server")
    for i, days in enumerate(((-10, -1), (1, 10))):
        add(certs.Authority(case.folder, "late%d" % i, days=days), "server")
    add(certs.Authority(case.folder, "between", by=case.ca), "server")
    shutil.copy(case.ca.cert, folders[-1][0] + "/ca-cert.pem")
    compare_objects(case, folders)


def compare_objects(case, folders):
    refused = 0
    with case.server() as a, case.server(program=REFERENCE) as b:
        for n, (folder, side, *why) in enumerate(folders):
            for check in (True, False):
                spec = {"qom-type": "tls-creds-x509", "id": "t%d%s" % (n, check), "dir": folder, "endpoint": side,
                        "sanity-check": check}
                replies = [p.execute("object-add", **spec) for p in (a, b)]
                same("error" in replies[0], "error" in replies[1], "%s, check %s: %s" % (why, check, replies))
                if "error" in replies[0]:
                    refused += 1
                    assert folder in replies[0]["error"]["desc"], replies[0]
    assert 10 < refused < len(folders), refused


def the_same_files_are_bad(case):
    """Files that are not there, are empty, or are something else."""
    bad = []
    for i, (name, what) in enumerate((n, w) for n in ("ca-cert.pem", "server-cert.pem", "server-key.pem", "ca-crl.pem",
                                                       "dh-params.pem") for w in (None, b"", b"garbage\n", "other")):
        if what is None and name in ("ca-crl.pem", "dh-params.pem"):
            continue
        folder = "%s/bad%d" % (case.folder, i)
        shutil.copytree(case.dir, folder)
        if what is None:
            os.remove(folder + "/" + name)
        else:
            with open(folder + "/" + name, "wb") as f:
                f.write(open(case.dir + "/keys.psk", "rb").read() if what == "other" else what)
        bad.append((folder, name, what))
    with case.server() as a, case.server(program=REFERENCE) as b:
        for n, (folder, name, what) in enumerate(bad):
            replies = [p.execute("object-add", qom_type="tls-creds-x509", id="t%d" % n, dir=folder, endpoint="server")
                       for p in (a, b)]
            same("error" in replies[0], "error" in replies[1], "%s %s: %s" % (name, what, replies))
            assert "error" not in replies[0] or folder in replies[0]["error"]["desc"], replies[0]
            assert KEY not in str(replies[0])


def keys_may_have_passwords(case):
    folder = case.ca.issue(case.folder + "/password", "server", password=PASSWORD)
    with open(case.folder + "/password.txt", "w") as f:
        f.write(PASSWORD)
    secret = ["-object", "secret,id=pw,file=%s/password.txt" % case.folder]
    creds = ["-object", "tls-creds-x509,id=s,endpoint=server,passwordid=pw,dir=" + folder]
    with case.server(*secret, *creds, "-chardev", SERVER, "-mon", "chardev=x,mode=control") as s:
        assert is_let_in(case, port(s))
        for spec in ({"passwordid": "nosuch"}, {"passwordid": "s"}, {}):
            reply = s.execute("object-add", qom_type="tls-creds-x509", id="t", dir=folder, endpoint="server", **spec)
            assert "error" in reply and PASSWORD not in str(reply), reply
        same(s.execute("object-del", id="pw"), {"return": {}}, "a secret that was used")


def the_password_is_in_no_core_dump(case):
    """Of what a core dump would have of our memory, none is the password."""
    folder = case.ca.issue(case.folder + "/core", "server", password=PASSWORD)
    with open(case.folder + "/core.txt", "w") as f:
        f.write(PASSWORD)
    with case.server("-object", "secret,id=pw,file=%s/core.txt" % case.folder, "-object",
                     "tls-creds-x509,id=s,endpoint=server,passwordid=pw,dir=" + folder, "-chardev", SERVER) as s:
        found, seen = [], 0
        for start, end, dumped in mappings(s.process.pid):
            if end - start > SHADOW_BYTES:
                continue
            with open("/proc/%d/mem" % s.process.pid, "rb", buffering=0) as memory:
                memory.seek(start)
                data = memory.read(end - start)
            seen += dumped
            if PASSWORD.encode() in data:
                found.append(dumped)
        assert seen > 3 and found == [False], (seen, found)


def mappings(pid):
    """Private memory that can be written: where from, where to, and would a core dump have it?"""
    begin = None
    with open("/proc/%d/smaps" % pid) as smaps:
        for line in smaps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw-p", line)
            if m:
                begin = (int(m[1], 16), int(m[2], 16))
            elif re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                begin = None
            elif line.startswith("VmFlags:") and begin:
                yield (*begin, "dd" not in line.split())


def who_does_not_get_through_holds_nobody_up(case):
    """Silence is dropped after ten seconds, and meanwhile the program goes on."""
    with case.server(*case.objects("x509", "server"), "-chardev", SERVER, "-mon", "chardev=x,mode=control") as s:
        number = port(s)
        silent = connect(number)
        assert filename(s).startswith("disconnected:"), filename(s)
        same(s.execute("query-status")["return"]["running"], False, "another monitor")
        waiting = connect(number)
        same(silent.recv(1), b"", "what the silent client hears")
        waiting.close()
        silent.close()
        for said in (b"GET / HTTP/1.1\r\n\r\n", b'{"execute":"qmp_capabilities"}\n', os.urandom(300),
                     b"\x16\x03\x01" + b"\xff" * 40, b"\0" * 2000):
            with connect(number) as plain:
                data = b""
                try:
                    plain.sendall(said)
                    plain.shutdown(socket.SHUT_WR)
                    data = b"".join(iter(lambda: plain.recv(4096), b""))
                except OSError:
                    pass
                assert b"QMP" not in data, data
        crowd = [socket.socket() for _ in range(HALF_OPEN)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", number))
        same(s.execute("query-status")["return"]["running"], False, "another monitor")
        for one in crowd:
            one.close()
        until(lambda: is_let_in(case, number), "a good client after a hundred that were not")


def objects_in_use_stay(case):
    with case.server(*case.objects("x509", "server"), "-object", "authz-simple,id=who,identity=CN=client") as s:
        backend = {"type": "socket", "data": {"addr": {"type": "inet", "data": {"host": "127.0.0.1", "port": "0"}},
                                              "server": True, "wait": False, "tls-creds": "s", "tls-authz": "who"}}
        s.get("chardev-add", id="x", backend=backend)
        for name in ("s", "who"):
            same(s.execute("object-del", id=name)["error"]["desc"],
                 "object '%s' is in use, can not be deleted" % name, name)
        s.get("chardev-remove", id="x")
        for name in ("s", "who"):
            s.get("object-del", id=name)
        reply = s.execute("chardev-add", id="x", backend=backend)
        assert "tls-creds=s" in reply["error"]["desc"], reply


def gdb_and_the_human_monitor_take_it(case):
    with case.server(*case.objects("x509", "server"), "-chardev", SERVER, "-mon", "chardev=x,mode=readline") as s:
        with join(case, port(s)) as client:
            data = b""
            while b"(qemu) " not in data:
                data += client.recv(4096)
            client.sendall(b"info status\n")
            while b"VM status: paused" not in data:
                data += client.recv(4096)
    with Program([case.program, "-M", "q35,x-direct-boot=on", *OPTIONS, "-accel", "tcg",
                  *case.objects("x509", "server"), "-chardev", SERVER, "-gdb", "chardev:x"]) as s:
        with join(case, port(s)) as client:
            client.sendall(b"$?#3f")
            data = b""
            while b"#" not in data:
                data += client.recv(4096)
            assert re.match(rb"\+\$[TS]05", data), data


def without_gnutls_all_is_refused_by_name(case):
    for spec in ("tls-creds-anon,id=s", "tls-creds-psk,id=s,dir=/tmp", "tls-creds-x509,id=s,dir=/tmp,endpoint=server"):
        said = stderr_of(case.program, "-object", spec, "-chardev", SERVER)
        assert "tls-creds s: TLS is not supported by this version, it was built without gnutls" in said, said
    said = stderr_of(case.program, "-chardev", SERVER)
    assert "chardev x: tls-creds=s is not known" in said, said


def stderr_of(program, *options):
    p = subprocess.run([program, "-M", "none", *OPTIONS, *QUIET, *options], stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=PATIENCE_S)
    assert p.returncode == 1, p
    return p.stderr.decode(errors="replace")


def prepare(case):
    """An authority, both sides' certificates and keys that both know; one folder is enough."""
    case.ca = certs.Authority(case.folder)
    case.ca.issue(case.dir, "server")
    case.ca.issue(case.dir, "client")
    with open(case.dir + "/keys.psk", "w") as f:
        f.write("qemu:%s\n" % KEY)


def cases(case, tls):
    reference = (shutil.which(REFERENCE), "there is no %s here" % REFERENCE)
    ours, theirs = case.program, REFERENCE
    for kind in ("anon", "psk", "x509"):
        for name, server, client, needs in (("ours to ours", ours, ours, ()),
                                            ("the reference's to ours", ours, theirs, (reference,)),
                                            ("ours to the reference's", theirs, ours, (reference,))):
            case.run("QMP goes over TLS, %s: %s" % (kind, name), qmp_goes_over_tls, kind, server, client,
                     needs=(*tls, *needs))
    case.run("openssl is let in: psk", openssl_is_let_in, "psk", "-psk", KEY, "-psk_identity", "qemu", needs=tls)
    case.run("openssl is let in: anon", openssl_is_let_in, "anon", "-tls1_2", "-cipher", "ADH:AECDH:@SECLEVEL=0",
             needs=tls)
    case.run("openssl is let in: x509", openssl_is_let_in, "x509", "-cert", case.dir + "/client-cert.pem", "-key",
             case.dir + "/client-key.pem", needs=tls)
    for fn in (versions_of_tls, priority_is_obeyed, telnet_goes_over_tls, a_list_in_a_file_may_change,
               keys_may_have_passwords, the_password_is_in_no_core_dump, who_does_not_get_through_holds_nobody_up,
               objects_in_use_stay,
               gdb_and_the_human_monitor_take_it):
        case.run(fn.__name__.replace("_", " "), fn, needs=tls)
    for fn in (objects_are_what_they_were_made_as, websocket_and_telnet_go_over_tls, the_same_names_may_come,
               the_same_certificates_are_good, the_same_files_are_bad):
        case.run(fn.__name__.replace("_", " "), fn, needs=(*tls, reference))


def main():
    program = sys.argv[1]
    has_tls = "without gnutls" not in stderr_of(program, "-object", "tls-creds-anon,id=s", "-object", "none,id=n")
    tls = ((has_tls, "%s was built without gnutls" % os.path.basename(program)),
           (certs.OPENSSL, "there is no openssl here to make certificates"))
    with tempfile.TemporaryDirectory(prefix="rhea-tls-") as folder:
        case = Case(program, folder)
        if has_tls and certs.OPENSSL:
            prepare(case)
        cases(case, tls)
        case.run("without gnutls all is refused by name", without_gnutls_all_is_refused_by_name,
                 needs=((not has_tls, "it was built with gnutls"),))
        print("1..%d" % case.count)
        sys.exit(case.failed != 0)


main()
