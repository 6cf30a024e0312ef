#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Command lines with missing, empty, malformed, huge and repeated values, as TAP

    wrong.py PROGRAM [--long]

A wrong one ends with status 1, nothing on stdout and one line on stderr that names the option (or what
it names) and the value and says what is legal; nothing that it opened is left behind.  A right one, however
odd, makes a machine that ends when it is told to.  For lines that the reference has, too, the verdicts are
compared.  The long form tries every kernel header cut at every byte.
"""

import os
import pathlib
import re
import socket
import struct
import tempfile

from program import ENDS, QUIET, Tap, arguments, bzimage, reference, run

# option, values that are wrong, and what the line has to hold beside the value (None: the option)
WRONG = [
    ("-m", ["", ",", "size=", "0", "-1", "1", "7M", "1T", "9999999999G", "64 ", "64MB", "help", "0x", "0x1p3", "nan", "1e3",
            "18446744073709551616", "64,slots=2", "64,slots=2,maxmem=64M", "64,maxmem=32M", "64,maxmem=128M",
            "64,slots=257,maxmem=64M", "64,slots=x,maxmem=64M", "64,maxmem=x", "64,foo=bar", "foo=bar", "16E"], None),
    ("-smp", [",", "cpus=", "-1", "289", "two", "1.5", "1k", "4,cores=3", "4,sockets=3", "4,maxcpus=2", "1,1",
              "4,maxcpus=289", "4,cores=65536,sockets=65536", "sockets=288,cores=288,threads=288", "4,dies=3",
              "4,clusters=2", "4,foo=1", "99999999999999999999"], None),
    ("-M", [",", "nosuch", "isapc", "q35,nosuch=on", "q35,nosuch", "q35,q35", "q35,hpet=", "q35,hpet=perhaps",
            "q35,usb=on", "q35,sata=on", "q35,pit=perhaps", "q35,x-oem-id=toolong",
            "q35,x-direct-boot=2", "q35,smbios-entry-point-type=16", "q35,max-ram-below-4g=", "pc,max-ram-below-4g=4097M",
            "pc,max-ram-below-4g=99999999999999999999", "pc,max-ram-below-4g=-1",
            "q35,memory-backend=", "q35,memory-backend=nosuch", "q35,accel=", "q35,accel=::", "q35,accel=tcg,thread=multi"], "-machine"),
    ("-M", ["q35,accel=nosuch"], "-accel"),
    ("-accel", ["", ",", "nosuch", "tcg,nosuch=1", "tcg,thread=", "tcg,thread=perhaps", "tcg,thread=single", "tcg,split-wx=on", "tcg,tb-size=",
                "tcg,tb-size=x", "tcg,tb-size=-1", "tcg,tb-size=1025", "tcg,tb-size=99999999999999999999", "tcg,tb-size=1,nosuch=1"], None),
    ("-cpu", ["", ",", "nosuch", "host", "qemu64,nosuch", "qemu64,+nosuch", "qemu64,nx=perhaps", "qemu64,+", "qemu64,+nx=on"],
     "cpu"),
    ("-device", ["", ",", "=", "nosuch", "nosuch,help", "mch", "isa-device", "pvpanic,nosuch=1", "pvpanic,ioport=65536",
                 "pvpanic,ioport=-1", "pvpanic,ioport=", "pvpanic,bus=nosuch", "pvpanic,bus=pcie.0", "pvpanic,id=", "pvpanic,id=1a",
                 "pvpanic,id=a/b", "pvpanic,events=256", "VGA,romfile=/nonexistent", "VGA,romsize=3", "secondary-vga,romsize=0",
                 "i8042,kbd-irq=99", "isa-debug-exit,iosize=0", "isa-debug-exit,iosize=5",
                 "isa-debug-exit,iobase=65535", "isa-serial,chardev=nosuch", "isa-serial,index=9", "isa-serial,irq=16"], ""),
    ("-device", ["{", "{}", "[]", '{"driver":5}', '{"driver":"nosuch"}', '{"driver":"mch"}', '{"driver":"help"}',
                 '{"driver":"pvpanic-pci"', '{"driver":"pvpanic-pci"} x', '{"driver":"pvpanic-pci","nosuch":1}',
                 '{"driver":"pvpanic-pci","id":"a","id":"b"}', '{"driver":"pvpanic-pci","id":"1a"}', '{"driver":"pvpanic-pci","id":5}',
                 '{"driver":"pvpanic-pci","bus":"nosuch"}', '{"driver":"isa-serial","chardev":5}', "pvpanic,x.y=1", "a..b=1"], ""),
    ("-device", ['{"driver":"pvpanic-pci","events":"1"}', '{"driver":"pvpanic-pci","events":true}',
                 '{"driver":"pvpanic-pci","events":18446744073709551616}', '{"driver":"pvpanic-pci","events":4}',
                 '{"driver":"pvpanic-pci","events":-1}', '{"driver":"pvpanic-pci","events":1.5}', '{"driver":"pvpanic-pci","events":[1]}',
                 '{"driver":"pvpanic-pci","events":null}', "pvpanic-pci,events=true", "pvpanic-pci,events=18446744073709551616"],
     "pvpanic-pci.events"),
    ("-device", ["qemu64-x86_64-cpu", "qemu64-x86_64-cpu,socket-id=0", "qemu64-x86_64-cpu,socket-id=0,core-id=0,thread-id=0",
                 "qemu64-x86_64-cpu,socket-id=1,core-id=0,thread-id=0", "qemu64-x86_64-cpu,apic-id=0", "qemu64-x86_64-cpu,apic-id=1",
                 "qemu64-x86_64-cpu,socket-id=-2", "qemu64-x86_64-cpu,apic-id=0,bus=pcie.0", "qemu64-x86_64-cpu,nosuch=1",
                 '{"driver":"qemu64-x86_64-cpu","apic-id":"1"}'], "qemu64-x86_64-cpu"),
    ("-device", ["max-x86_64-cpu,apic-id=0", "x86_64-cpu,apic-id=0"], "x86_64-cpu"),
    ("-device", ["pvpanic-pci,romfile=/nonexistent", "pvpanic-pci,romfile=nosuch.rom", "pvpanic-pci,romfile=/dev/zero",
                 "pvpanic-pci,romfile=/", "pvpanic-pci,romsize=3", "pvpanic-pci,romsize=0", "pvpanic-pci,romsize=33554432",
                 "pvpanic-pci,romsize=4294967296", "pvpanic-pci,romsize=-1", "pvpanic-pci,rombar=x"], "pvpanic-pci.rom"),
    ("-device", ["pvpanic-pci,addr=20", "pvpanic-pci,addr=1.8", "pvpanic-pci,addr=1f.0", "pvpanic-pci,addr=0",
                 "pvpanic-pci,addr=", "pvpanic-pci,addr=-1", "pvpanic-pci,addr=1..1"], "pvpanic-pci.addr"),
    ("-device", ["loader", "loader,file=/nonexistent", "loader,file=/tmp", "loader,file=/dev/zero", "loader,addr=1,data=1",
                 "loader,addr=1,data=1,data-len=9", "loader,cpu-num=0", "loader,addr=0x7ffffffff,data=1,data-len=1"],
     "loader"),
    ("-audiodev", ["", ",", "nosuch", "none", "alsa,id=a", "none,id=a,nosuch=1", "none,id=a,out.format=u7", "{", "{}", "[]",
                   "none,id=a,timer-period=-1"], None),
    ("-compat", ["x", "nosuch=accept", "deprecated-input=", "deprecated-input=reject", "unstable-output=hide", "deprecated-input=hide"], None),
    ("-audio", ["", "none", "none,model=hda", "alsa,model=hda", "none,model=", "none,model=x,nosuch=1"], None),
    ("-k", ["", "nosuch", "/etc/passwd", "..", "."], None),
    ("-echr", ["", "x", "256", "-1", "1 ", "99999999999999999999"], None),
    ("-trace", ["nosuch", "enable=nosuch", "nosuch=1", "events=", "events=/nonexistent/a", "events=/"], "trace"),
    ("-trace", ["file=/nonexistent/a", "events=/dev/null,file=/"], "-D"),
    ("-mem-path", ["", "/nonexistent/a", "/dev/null"], ""),
    ("-set", ["", "x", "device", "device.x", "device.x.y", "device..y=1", ".x.y=1", "device.x.=1"], None),
    ("-readconfig", ["", "/nonexistent", "/tmp", "nosuch.cfg", "/dev/zero"], None),
    ("-object", ["", ",", "nosuch", "nosuch,id=a", "memory-backend,id=a,size=1M", "[]", "=", "nosuch,help", "a..b=1",
                 "memory-backend-ram,id=a", "memory-backend-ram,id=1a,size=1M",
                 "memory-backend-ram,id=a,size=0", "memory-backend-ram,id=a,size=2T", "memory-backend-ram,id=a,size=1M,nosuch=1",
                 "memory-backend-ram,id=a,size=1M,merge=perhaps", "memory-backend-ram,id=a,size=1M,policy=bind",
                 "memory-backend-ram,id=pc.ram,size=1M", "memory-backend-file,id=a,size=1M",
                 "memory-backend-file,id=a,size=1M,mem-path=/nonexistent/a", "memory-backend-file,id=a,size=1M,mem-path=/dev/null",
                 "memory-backend-file,id=a,size=1M,mem-path=/tmp,pmem=on", "iothread,id=a,poll-max-ns=-1",
                 "iothread,id=a,thread-pool-max=0", "rng-random,id=a,filename=/nonexistent/r", "rng-builtin,id=a,opened=on",
                 "rng-builtin,id=a,filename=x", "rng-egd,id=a", "rng-egd,id=a,chardev=nosuch", "secret,id=a",
                 "secret,id=a,file=/nonexistent/s", "secret,id=a,data=x,format=hex", "secret,id=a,data=x,keyid=nosuch",
                 "throttle-group,id=a,limits.iops-total=-1", "throttle-group,id=a,limits.nosuch=1", "throttle-group,id=a,limits=1",
                 "authz-simple,id=a", "authz-list,id=a,policy=maybe", "authz-list,id=a,rules.0.match=x", "authz-list-file,id=a",
                 "secret_keyring,id=a,serial=x", "secret_keyring,id=a", "authz-list-file,id=a,filename=/nonexistent/l",
                 "authz-list-file,id=a,filename=/dev/zero", "authz-pam,id=a,service=x", "tls-creds,id=a", "tls-creds-x509,id=a",
                 "tls-creds-psk,id=a", "tls-creds-x509,id=a,dir=/nonexistent", "tls-creds-psk,id=a,dir=/nonexistent",
                 "tls-creds-anon,id=a,endpoint=both", "tls-creds-anon,id=a,priority=NOSUCH", "tls-creds-anon,id=a,loaded=on",
                 "tls-creds-anon,id=a,username=x", "tls-creds-psk,id=a,dir=/tmp,endpoint=server,username=x",
                 "tls-cipher-suites,id=a"], ""),
    ("-serial", ["", ",", "nosuch", "mon:", "mon:nosuch", "chardev:", "chardev:nosuch", "unix:", "unix:,", "tcp:", "tcp:1",
                 "unix:x,nosuch=1", "unix:x,server=perhaps", "file:", "vc",
                 "udp:", "udp:1", "pipe:", "telnet:x", "websocket:h:1", "unix:x,reconnect=never"], None),
    ("-monitor", ["", "nosuch", "chardev:nosuch"], None),
    ("-qmp", ["", "nosuch", "chardev:nosuch"], None),
    ("-qmp-pretty", ["", "nosuch"], None),
    ("-gdb", ["", ",", "nosuch", "chardev:nosuch", "unix:", "tcp:", "tcp:1", "file:", "mon:stdio"], None),
    ("-mon", ["", ",", "nosuch", "chardev=nosuch", "chardev=x,mode=nosuch", "chardev=x,pretty=perhaps",
              "chardev=x,nosuch=1", "chardev=x,id=1"], None),
    ("-chardev", ["", ",", "nosuch", "nosuch,id=a", "null,id=", "null,id=1a", "null,id=a/b", "null,id=a,nosuch=1",
                  "file,id=a", "socket,id=a", "socket,id=a,path=x,host=y", "socket,id=a,host=127.0.0.1,port=99999,server=on",
                  "ringbuf,id=a,size=-1", "ringbuf,id=a,size=3", "mux,id=a", "mux,id=a,chardev=nosuch", "udp,id=a", "udp,id=a,host=h",
                  "udp,id=a,port=1,localaddr=192.0.2.1", "pipe,id=a,path=/nosuch", "serial,id=a,path=/nosuch",
                  "parallel,id=a,path=/dev/null", "socket,id=a,path=x,server=on,reconnect=1", "socket,id=a,path=x,websocket=on",
                  "socket,id=a,path=x,reconnect=-1", "socket,id=a,path=x,telnet=perhaps", "vc,id=a", "file,id=a,path=,logfile=",
                  "socket,id=a,host=127.0.0.1,port=0,server=on,wait=off,tls-creds=nosuch",
                  "socket,id=a,host=127.0.0.1,port=0,server=on,wait=off,tls-creds=", "socket,id=a,path=x,server=on,tls-creds=a",
                  "socket,id=a,host=127.0.0.1,port=0,server=on,wait=off,tls-authz=a"], ""),
    ("-chardev", ["socket,id=a,fd=0", "socket,id=a,fd=99", "socket,id=a,fd=3,server=on,wait=off", "socket,id=a,fd=-1", "socket,id=a,fd=",
                  "socket,id=a,fd=x", "socket,id=a,fd=99999999999", "socket,id=a,fd=1x", "file,id=a,path=/dev/fdset/1",
                  "file,id=a,path=/dev/fdset/x", "null,id=a,logfile=/dev/fdset/"], "a"),
    ("-add-fd", ["", ",", "fd=0,set=1", "fd=1,set=1", "fd=2,set=1", "fd=99,set=1", "fd=-1,set=1", "fd=,set=1", "fd=x,set=1", "fd=1k,set=1",
                 "set=1", "fd=99", "fd=99,set=", "fd=99,set=-1", "fd=99,set=x", "fd=99,set=9223372036854775808",
                 "fd=99999999999,set=1", "fd=4294967299,set=1", "fd=99,set=1,nosuch=1", "99,1", "nosuch"], "-add-fd"),
    ("-d", ["", ",", "nosuch", "unimp,nosuch", "guest_errors,,", "-1"], None),
    ("-D", ["", "/nonexistent/log", "/tmp", "a%s", "a%n", "%d%d"], None),
    ("-trace", ["", ",", "nosuch", "enable=nosuch"], "trace"),
    ("-display", ["", "nosuch", "none,x"], None),
    ("-kernel", ["", "/nonexistent", "/tmp", "/dev/null", "/dev/zero", "/bin/sh"], None),
    ("-initrd", ["/nonexistent"], None),
    ("-append", ["x"], None),
    ("-option-rom", ["", ",", "bootindex=1", "/nonexistent", "nosuch", "/tmp", "/dev/null", "/dev/zero",
                     "/bin/sh", "x,bootindex=-1", "x,y=1"], None),
    ("-bios", ["", "/nonexistent", "nosuch", "/tmp", "/dev/null", "/dev/zero", "/bin/sh"], None),
    ("-name", ["a,nosuch=1"], None),
    ("-msg", ["timestamp=", "timestamp=perhaps", "nosuch=on", "on"], None),
    ("-overcommit", ["mem-lock=perhaps", "cpu-pm=on", "nosuch=on", "on"], None),
    ("-sandbox", ["perhaps", "on,spawn=perhaps", "on,elevateprivileges=on", "on,nosuch=deny", "on,obsolete=children"],
     None),
    ("-runas", ["", "nosuch user", "1:", "1:2:3", ":1", "-1:-1x"], None),
    ("-chroot", ["", "/nonexistent", "/dev/null"], None),
    ("-vga", ["", "cirrus", "qxl", "virtio", "vmware", "nosuch", "STD"], None),
    ("-watchdog-action", ["", "nosuch", "Reset", "reset,pause"], None),
    ("-action", [",", "reboot", "reboot=", "reboot=pause", "shutdown=reset", "watchdog=nosuch", "panic=", "panic=reset", "nosuch=1"], None),
    ("-boot", ["x", "cc", "cdan", "order=C", "menu=", "menu=2", "splash=/nonexistent", "splash=/dev/zero", "splash-time=",
               "splash-time=65536", "reboot-timeout=-2", "reboot-timeout=99999999999999999999", "nosuch=1"], None),
    ("-rtc", [",", "base=", "base=today", "base=2020-02-32", "base=2020-01-01T25:00:00", "clock=", "clock=sun", "driftfix=crawl",
              "driftfix=x", "nosuch=1"], None),
    ("-fw_cfg", ["", ",", "opt/a", "name=opt/a", "string=x", "name=,string=x", "opt/a,string=", "opt/a,string=x,file=x", "opt/a,gen_id=x",
                 "opt/a,file=/nonexistent", "opt/a,file=/tmp", "opt/a,file=", "opt/a,file=/dev/zero", "opt/a,string=x,nosuch=1",
                 "opt/" + 52 * "n" + ",string=x"], None),
    ("-smbios", ["", ",", "vendor=x", "type=", "type=x", "type=-1", "type=16", "type=127", "type=256", "type=0,nosuch=1", "type=0,release=1",
                 "type=0,release=x.y", "type=0,uefi=perhaps", "type=1,uuid=x", "type=4,max-speed=65536", "type=4,processor-id=x",
                 "type=8,port_type=x", "type=11,path=/nonexistent", "type=17,speed=-1", "type=41,kind=nosuch", "file=", "file=/nonexistent",
                 "file=/dev/null", "file=/dev/zero", "file=/tmp", "file=/dev/null,type=1"], None),
    ("-uuid", ["", "x", "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeef", 36 * "0"], None),
    ("-global", ["", ",", "a", "=", ".", "a.b", "a.=1", ".b=1", "driver=a", "driver=a,property=b",
                 "driver=a,property=b,value=1,nosuch=1", "driver=,property=b,value=1", "driver=a,property=,value=1"], None),
    ("-pidfile", ["", "/nonexistent/pid", "/tmp", "/dev/null"], None),
    ("-debugcon", ["nosuch", "chardev:nosuch"], None),
    ("-numa", ["", ",", "nosuch", "node,nosuch=1", "node,nodeid=128", "node,nodeid=-1", "node,nodeid=1,mem=128M", "node",
               "node,mem=129M", "node,mem=x", "node,memdev=x", "node,mem=128M,cpus=1", "node,mem=128M,cpus=1-0",
               "node,mem=128M,cpus=0-", "node,mem=128M,cpus=99999999999999999999", "node,mem=128M,initiator=0",
               "dist,src=0,dst=1,val=20", "dist", "cpu,node-id=0", "cpu", "hmat-lb", "hmat-cache,node-id=0"], None),
    ("-acpitable", ["", ",", "sig=TEST", "data=", "data=/nonexistent", "data=/tmp", "data=/dev/zero", "file=/dev/null",
                    "data=/dev/null,file=/dev/null", "data=/dev/null,rev=256", "data=/dev/null,oem_rev=-1",
                    "data=/dev/null,nosuch=1"], None),
]
# No value at all, unknown names, leftovers.
LINES = [
    (["-nosuch"], "-nosuch"), (["--nosuch"], "--nosuch"), (["---m", "64"], "---m"), (["-"], "-"), (["--"], "--"), ([""], "argument"),
    (["disk.img"], "disk.img"), (["-M=q35"], "-M=q35"), (["-" + "x" * 5000], "xxxx"), (["-m", "x" * 5000], "xxxx"),
    (["-device", "pvpanic," + "a=b," * 100], "-device"), (["-machine", "q35" + ",hpet=on" * 100], "-machine"),
    (["-device", "pvpanic,id=a", "-device", "pvpanic,id=a"], "a"), (["-chardev", "null,id=a", "-chardev", "null,id=a"], "a"),
    (["-serial", "null"] * 5, "-serial"), (["-parallel", "null"] * 4, "-parallel"),
    (["-parallel", "chardev:nobody"], "-parallel"), (["-parallel", "nosuch"], "-parallel"), (["-device", "vmmouse"], "vmmouse"),
    (["-device", "isa-parallel,index=3"], "index"), (["-device", "isa-parallel,irq=16"], "irq"),
    (["-device", "i6300esb,addr=1f.9"], "addr"), (["-serial", "stdio", "-monitor", "stdio"], "stdio"), (["-cpu", "qemu64",
        "-device", "pvpanic,id=\xff\n"], "id"),
    (["-monitor", "chardev:a", "-chardev", "null,id=a", "-qmp", "chardev:a"], "a"),
    (["-fw_cfg", "opt/a,string=1", "-fw_cfg", "opt/a,string=2"], "opt/a"),
    ([word for n in range(40) for word in ("-fw_cfg", f"opt/{n},string=x")], "x-file-slots"),
    (["-smbios", "type=11,value=" + "x" * 66000], "SMBIOS 2.1 table"), (["-smbios", "type=41,pcidev=nosuch"], "nosuch"),
    (["-global", "hpet.timers=99"], "hpet.timers"), (["-global", "ICH9-LPC.nosuch=1"], "nosuch"),
    (["-global", "device.nosuch=1"], "-global device.nosuch=1: "), (["-global", "a.b=1"] * 65, "at most 64"),
    (["-M", "none", "-fw_cfg", "opt/a,string=x"], "-fw_cfg"), (["-M", "none", "-m", "64", "-numa", "node,mem=64M"], "-numa"),
    (["-object", "memory-backend-ram,id=a,size=1M"] * 2, "object id: a"), (["-object", "{"], "-object: JSON parse error"),
    (["-object", "{}"], "'qom-type' is missing"), (["-object", '{"qom-type":"nosuch","id":"a"}'], "'nosuch'"),
    (["-object", '{"qom-type":"memory-backend-ram","id":"a","size":"1M"}'], "'size' expects uint64"),
    (["-object", "memory-backend-ram,size=1M"], "object id: nothing"),
    (["-set", "device.x.y=1", "-device", "pvpanic,id=x"], "-set device: x"), (["-set", "nosuch.x.y=1"], "-set: nosuch"),
    (["-object", "iothread,id=x", "-set", "object.x.poll-max-ns=1"], "-set: object"), (["-set", "mon.x.y=1"], "-set mon: x"),
    (["-device", '{"driver":"pvpanic","id":"x"}', "-set", "device.x.events=1"], "-set device: x"),
    (["-device", "pvpanic,id=x", "-set", "device.x.events=9"], "pvpanic.events: 9"),
    (["-object", "memory-backend-ram,id=a,size=32M", "-M", "q35,memory-backend=a", "-m", "64"], "memory-backend: a"),
    (["-object", "memory-backend-ram,id=a,size=4M", "-M", "q35,memory-backend=a"], "memory-backend: a"),
    (["-object", "memory-backend-file,id=a,size=1M,mem-path=/dev/zero,readonly=on", "-M", "q35,memory-backend=a"], "readonly"),
    (["-chardev", "null,id=c", "-object", "rng-egd,id=a,chardev=c", "-object", "rng-egd,id=b,chardev=c"], "c"),
    (["-object", "secret,id=a,data=x,file=y"], "one of data, file"), (["-object", "secret,id=a,data=!,format=base64"], "base64"),
    (["-object", "iothread,id=a", "-M", "q35,memory-backend=a"], "memory-backend: a"),
    (["-object", "memory-backend-ram,id=a,size=64M", "-m", "64", "-numa", "node,memdev=a", "-numa", "node,memdev=a"], "memdev: a"),
    (["-object", "memory-backend-ram,id=a,size=32M", "-m", "64", "-numa", "node,memdev=a"], "mem of all nodes"),
    (["-object", "memory-backend-ram,id=a,size=64M", "-m", "64", "-M", "q35,memory-backend=a", "-numa", "node,memdev=a"], "-numa"),
    (["-m", "64", "-numa", "node,memdev=nosuch"], "memdev: nosuch"),
    (["-global", "apic.nosuch=1"], "nosuch"), (["-debugcon", "file:/nonexistent/x"], "debugcon"),
    (["-debugcon", "null", "-debugcon", "null"], "debugcon"),
    (["-M", "none", "-gdb", "null"], "gdb server"), (["-accel", "qtest", "-gdb", "null"], "gdb server"),
    (["-monitor", "chardev:a", "-chardev", "null,id=a", "-gdb", "chardev:a"], "a"),
    (["-device", "vmgenid,guid=x"], "vmgenid.guid"), (["-device", "vmgenid", "-device", "vmgenid"], "vmgenid"),
    (["-device", "vmcoreinfo", "-device", "vmcoreinfo"], "vmcoreinfo"),
]
TAKING = ["k", "audiodev", "audio", "echr", "mem-path", "bios", "L", "M", "machine", "accel", "cpu", "smp", "m", "kernel",
                   "initrd", "append", "device", "object",
          "chardev", "serial", "parallel", "monitor", "qmp", "qmp-pretty", "mon", "gdb", "display", "name", "numa",
          "acpitable", "global", "pidfile", "debugcon", "d", "D", "trace", "fw_cfg", "smbios", "uuid", "boot", "rtc",
          "option-rom", "vga", "watchdog-action", "action", "qtest", "qtest-log"]
# Odd, but machines.
RIGHT = [
    ["-m", "64,slots=0,maxmem=64M"], ["-m", "64", "-m", "maxmem=64M"], ["-mem-path", "/dev/shm", "-m", "16", "-mem-prealloc"],
    ["-audiodev", "none,id=a"], ["-audiodev", '{"id":"audio1","driver":"none"}'], ["-echr", "0x14"], ["-echr", "0", "-echr", "1"],
    ["--audiodev", "none,id=a,out.frequency=44100", "--audiodev", "none,id=a"], ["-trace", "events=/dev/null"],
    ["-M", "q35,dump_guest_core=off"], ["-smp", "4", "-smp", "sockets=2"],
    ["-m", "8M"], ["-m", "1.5G"], ["-m", "0x200"], ["-m", "8192K"], ["-m", "size=64,size=128"], ["-m", "64,"], ["-m", "1000G"],
    ["-parallel", "null", "-parallel", "none", "-parallel", "null"], ["-device", "ib700", "-device", "i6300esb", "-device", "pvpanic-pci"],
    ["-global", "ICH9-LPC.disable_s3=1"], ["-global", "driver=hpet,property=timers,value=8"], ["-debugcon", "null"], ["-debugcon", "none"],
    ["-pidfile", "pid"], ["-gdb", "null"], ["-gdb", "none"], ["-gdb", "nosuch", "-gdb", "unix:g,server=on,wait=off"],
    ["-m", "8388608b"], ["-m", "3G"], ["-m", "2815"], ["-m", "2816M"], ["-m", "128", "-m", "64"],
    ["-smp", "sockets=2"], ["-smp", "4,dies=2"], ["-smp", "2,maxcpus=8"], ["-smp", "4,maxcpus=4"],
    ["-smp", "maxcpus=2"], ["-smp", "0x4"], ["-smp", "4,"],
    ["-smp", "3,cores=3"], ["-smp", "cpus=1,cpus=2"], ["-smp", "6,threads=2,cores=3"], ["-smp", "256"], ["-smp", "288"],
    ["-M", "pc-q35-7.2"], ["-machine", "type=q35"], ["--machine", "q35"], ["-M", "hpet=off"], ["-M", "hpet=yes"],
        ["-M", "smm=auto,vmport=off"],
    ["-M", "q35,hpet=off,hpet=on"], ["-M", "q35,pit=off,pic=off,i8042=off,smbus=off,acpi=off"],
    ["-M", "pc,acpi=off,usb=off,sata=off,nvdimm=off"],
    ["-M", "q35,acpi=auto,pic=auto,pit=auto"],
    ["-M", "q35,dump-guest-core=off,mem-merge=off,x-oem-id=ABCDEF,x-oem-table-id=ABCDEFGH"],
    ["-no-user-config"], ["-rtc", "base=localtime,driftfix=slew"], ["-action", "panic=none"],
    ["-action", "panic=exit-failure,reboot=shutdown"], ["-M", "accel=tcg"], ["-M", "q35,"], ["-no-hpet"], ["-no-acpi"],
    ["-accel", "tcg"], ["-accel", "tcg,thread=multi"], ["-accel", "tcg,tb-size=1,split-wx=off,thread=multi"],
    ["-accel", "tcg,tb-size=0"], ["-cpu", "max"], ["-cpu", "qemu64-v1"], ["-cpu", "qemu64,-nx,-lm"],
    ["-cpu", "qemu64,sse4.1=on,sse4_2=off"], ["-cpu", "max", "-cpu", "qemu64"],
    ["-device", "pvpanic"], ["-device", "driver=pvpanic,id=a"], ["-device", "pvpanic,bus=isa.0"],
    ["-device", "pvpanic", "-device", "pvpanic"],
    ["-device", "pvpanic-pci,romfile="], ["-device", "pvpanic-pci,rombar=0,romfile=nosuch"], ["-device", "pvpanic-pci,romsize=4096"],
    ["-device", "isa-debug-exit,iosize=3"], ["-device", "pvpanic,ioport=65535"], ["-device", "pvpanic,ioport=0x3f8"],
    ["-device", "isa-serial,iobase=0x70"], ["-device", "isa-serial", "-device", "isa-serial"],
    ["-serial", "none"], ["-serial", "null", "-serial", "null", "-serial", "null", "-serial", "null"], ["-serial", "pty"],
    ["-monitor", "null"], ["-monitor", "none", "-monitor", "null"], ["-chardev", "null,id=a.b-c_1", "-serial", "chardev:a.b-c_1"],
    ["-chardev", "null,id=m,mux=on", "-serial", "chardev:m", "-mon", "chardev=m"],
    ["-d", "unimp,guest_errors"], ["-d", "cpu_reset", "-d", "int"], ["-D", "log%d"], ["-display", "none", "-display", "none"],
    ["-m", "128", "-numa", "node,mem=128M"], ["-M", "q35,hmat=on"], ["-acpitable", "sig=TEST,data=/dev/null"],
    ["-m", "128", "-smp", "4", "-numa", "node,mem=64M,cpus=0-3", "-numa", "node,mem=64M", "-numa", "dist,src=1,dst=0,val=255"],
    ["-smp", "1,maxcpus=2", "-device", "qemu64-x86_64-cpu,socket-id=0,core-id=1,thread-id=0"],
    ["-smp", "1,maxcpus=2", "-device", '{"driver":"qemu64-x86_64-cpu","apic-id":1,"id":"c"}'],
    ["-cpu", "max", "-smp", "2,maxcpus=3,sockets=3", "-M", "pc", "-device", "max-x86_64-cpu,socket-id=2,core-id=0,thread-id=0"],
    ["-M", ""], ["-smp", ""], ["-smp", "2", "-smp", ""],
    ["-device", '{"driver":"isa-serial","id":"s0","index":0}'], ["-device", '{"driver":"pvpanic-pci","addr":16,"multifunction":true}'],
    ["-device", '{"driver":"pvpanic-pci","addr":"1d","events":1}', "-device", '{"driver":"VGA"}'],
    ["-object", "memory-backend-ram,id=a,size=1"], ["-object", '{"qom-type":"memory-backend-memfd","id":"a","size":4096,"share":false}'],
    ["-object", "memory-backend-ram,id=a,size=32M", "-M", "q35,memory-backend=a"],
    ["-object", "memory-backend-file,id=a,size=64M,mem-path=ram,share=on", "-M", "pc,memory-backend=a", "-m", "64"],
    ["-m", "64", "-object", "memory-backend-ram,id=a,size=16M", "-object", "memory-backend-memfd,id=b,size=48M", "-numa", "node,memdev=a",
     "-numa", "node,memdev=b"],
    ["-object", "iothread,id=a", "-object", "iothread,id=b,poll-max-ns=0"], ["-object", "rng-random,id=a"],
    ["-object", "secret,id=a,data=x"],
    ["-object", "authz-list,id=a,rules.0.match=x*,rules.0.policy=allow,rules.0.format=glob"],
    ["-object", "throttle-group,id=a,limits.iops-total=10,x-bps-read=5"],
    ["-object", "rng-egd,id=a,chardev=c", "-chardev", "null,id=c", "-object", "rng-builtin,id=b"],
    ["-M", "none", "-m", "16"], ["-M", "none,memory-backend=a", "-object", "memory-backend-ram,id=a,size=16M"],
    ["-name", "a"], ["-name", ""], ["-name", "guest=a,debug-threads=on"], ["-nodefaults", "-nodefaults"], ["-S", "-S"], ["--no-reboot"],
    ["-smbios", "type=0"], ["-smbios", "type=1,serial=,sku=a,,b", "-smbios", "type=1,serial=x"],
    ["-smbios", "type=11,value=,value=x"],
    ["-uuid", "00112233-4455-6677-8899-AABBccddeeff"], ["-M", "q35,smbios-entry-point-type=64"],
    ["-device", "vmgenid,guid=auto", "-device", "vmcoreinfo"],
    ["-fw_cfg", "opt/a,string=a,,b"], ["-fw_cfg", "name=opt/" + 51 * "n" + ",file=/dev/null"],
]


def names(result, words):
    """One line on stderr that holds all the words; the long ones may be cut."""
    lines = result.errors.splitlines()
    return (result.status == 1 and not result.out and len(lines) == 1 and lines[0].startswith("rhea-system-x86_64: ") and
            ("legal:" in lines[0] or "failed on this host:" in lines[0] or "options begin" in lines[0]) and
            len(lines[0]) < 1200 and all(word in lines[0] for word in words))


def value_words(value):
    """Of "a,b=c" the line need only hold the part that is wrong, so any of them will do."""
    return [part for part in re.split(r'[][{}",=:]', value) if part.strip()]


def refused(tap, program, line, words, name, folder):
    guard = pathlib.Path(folder) / "guard"
    guard.unlink(missing_ok=True)
    result = run(program, [*QUIET, "-qmp", f"unix:{guard},server=on,wait=off", *line], folder=folder)
    left = guard.exists()
    tap.case(names(result, words) and not left, name, f"{[w[:200] for w in line]} {result}, left behind: {left}")


def wrong_values(tap, program, folder):
    for option, values, word in WRONG:
        wrong = []
        for value in values:
            result = run(program, [*QUIET, option, value], folder=folder)
            parts = value_words(value)
            told = not parts or any(part in result.errors for part in parts)
            if not names(result, [option if word is None else word]) or not told:
                wrong.append(f"{option} {value!r}: {result}")
        tap.case(not wrong, f"{option}: each of {len(values)} wrong values is refused with one line that names it", "\n".join(wrong))
    for line, word in LINES:
        refused(tap, program, line, [word], f"{' '.join(line)[:60]!r} is refused with one line", folder)
    wrong = [f"-{name}: {result}" for name in TAKING
             if not names(result := run(program, [*QUIET, "-" + name]), [f"-{name}", "legal:"])]
    tap.case(not wrong, f"each of {len(TAKING)} options without its value is refused with one line", "\n".join(wrong))


# What is in a file of -readconfig, and what the line has to hold.
WRONG_FILES = [
    ("a = \"b\"\n", [":1", "[group"]), ("\n# c\nx\n", [":3", "[group"]), ("[device \"x\"]", [":1", "driver"]),
    ("[nosuch]\n", [":1", "nosuch", "smp-opts"]), ("[uuid]\nuuid = \"x\"\n", [":1", "uuid"]), ("[device x]\n", [":1", "device x"]),
    ("[device \"x\"\n", [":1", "[group \"id\"]"]), ("[device \"x]\n", [":1"]), ("[]\n", [":1"]), ("[device] x\n", [":1"]),
    ("[device \"x\" \"y\"]\n", [":1"]), ("[machine]\ntype = q35\n", [":2", "key = \"value\""]),
    ("[machine]\ntype = \"q35\n", [":2", "key = \"value\""]), ("[machine]\ntype\n", [":2"]), ("[machine]\n= \"q35\"\n", [":2"]),
    ("[machine]\ntype = \"q35\" x\n", [":2"]), ("[machine]\n\ntype = \"nosuch\"\n", [":1", "[machine]", "nosuch"]),
    ("[smp-opts]\ncpus = \"2\"\n[memory]\nsize = \"x\"\n", [":3", "[memory]", "-m"]), ("[chardev]\nbackend = \"null\"\n", ["id"]),
    ("[smp-opts]\nthreads = \"x\"\n", [":1", "[smp-opts]", "x"]), ("# " + 1100 * "x" + "\n", [":1", "1023"]), ("a\0b", ["text"]),
    ("[device \"a\"]\ndriver = \"pvpanic-pci\"\n[device \"a\"]\ndriver = \"pvpanic-pci\"\n", ["-device id", "a"]),
]
RIGHT_FILES = [
    "", "\n\n", "# c", "[machine]", "[machine]\n\n  type = \"q35\" # c\n[memory]\n\tsize\t=\t\"64M\"\r\n[smp-opts]\ncpus = \"2\"",
    "[chardev \"c\"]\nbackend = \"null\"\n[mon \"m\"]\nchardev = \"c\"\nmode = \"control\"\n[device \"s\"]\ndriver = \"isa-serial\"\n",
    "[object \"o\"]\nqom-type = \"iothread\"\n[accel]\naccel = \"tcg\"\n[rtc]\nbase = \"utc\"\n[name]\nguest = \"a,b = c\"\n",
    "[boot-opts]\norder = \"c\"\n[global]\ndriver = \"mc146818rtc\"\nproperty = \"base_year\"\nvalue = \"1\"\n",
]


def files_of_options(tap, program, folder):
    wrong = []
    path = folder / "options.cfg"
    for text, words in WRONG_FILES:
        path.write_text(text)
        result = run(program, [*QUIET, "-readconfig", str(path)], folder=folder)
        if not names(result, words):
            wrong.append(f"{text[:60]!r}: {result}")
    for text in RIGHT_FILES:
        path.write_text(text)
        result = run(program, [*ENDS, "-readconfig", str(path)], folder=folder)
        if result.status != 0 or result.errors:
            wrong.append(f"{text[:60]!r}: {result}")
    path.write_text("[device \"a\"]\ndriver = \"pvpanic-pci\"\nevents = \"1\"\n")
    result = run(program, [*QUIET, "-readconfig", str(path), "-set", "device.a.events=9"], folder=folder)
    if not names(result, ["pvpanic-pci.events", "9", "0 to 3"]):
        wrong.append(f"-set after -readconfig: {result}")
    tap.case(not wrong, f"each of {len(WRONG_FILES)} wrong files of options is refused, {len(RIGHT_FILES)} odd ones are taken", "\n".join(wrong))


def fifos(tap, program, folder):
    """Nobody reads them, and nothing but a kill would end a wait for somebody who does."""
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    for words in (["-debugcon", f"file:{fifo}"], ["-D", str(fifo)], ["-pidfile", str(fifo)], ["-qtest", "null", "-qtest-log", str(fifo)],
                  ["-chardev", f"null,id=a,logfile={fifo}"]):
        refused(tap, program, words, ["fifo"], f"{words[-2]} with a FIFO that nobody reads is refused with one line", folder)
    fifo.unlink()


def right_values(tap, program, folder):
    wrong = []
    for line in RIGHT:
        result = run(program, [*ENDS, *line], folder=folder)
        if result.status != 0 or result.errors:
            wrong.append(f"{line}: {result}")
    tap.case(not wrong, f"each of {len(RIGHT)} odd command lines makes a machine that ends with status 0", "\n".join(wrong))


def warnings(tap, program, folder):
    warned = run(program, [*ENDS, "-fw_cfg", "etc/a,string=x"], folder=folder)
    silent = run(program, [*ENDS, "-fw_cfg", "opt/etc/a,string=x"], folder=folder)
    tap.case(warned.status == 0 and len(warned.errors.splitlines()) == 1 and "-fw_cfg etc/a,string=x: warning:" in warned.errors and
             silent.status == 0 and not silent.errors, "-fw_cfg with a name that is not below opt/ is taken with a warning", warned)
    (folder / "table").write_bytes(bytes(36))
    none = run(program, [*ENDS, "-M", "none", "-acpitable", f"data={folder / 'table'}"], folder=folder)
    tap.case(none.status == 0 and "-acpitable has no effect" in none.errors, "an option without effect on -M none is taken with a warning", none)


def kernels(tap, program, folder, long):
    good = folder / "kernel"
    good.write_bytes(bzimage())
    bad = {
        "an empty file": b"", "text": b"hello\n" * 1000, "zeros": bytes(1 << 20), "only the magic": bzimage()[:0x206],
        "no boot flag": bzimage(boot_flag=0), "no magic": bzimage(magic=b"HdrX"), "an old protocol": bzimage(protocol=0x203),
        "no 64-bit entry": bzimage(xloadflags=0), "not loaded high": bzimage(loadflags=0), "load address 0": bzimage(pref_address=0),
        "a load address that wraps": bzimage(pref_address=0xfffffffffffff000), "an odd load address": bzimage(pref_address=0x1000001),
        "a huge init_size": bzimage(init_size=0xffffffff), "a load address beyond RAM": bzimage(pref_address=1 << 40),
        "more setup sectors than there are": bzimage(setup_sects=1)[:0x1f1] + b"\xff" + bzimage()[0x1f2:],
    }
    for name, data in bad.items():
        path = folder / "bad"
        path.write_bytes(data)
        refused(tap, program, ["-kernel", str(path)], ["-kernel", str(path)], f"-kernel, {name}: refused with one line", folder)
    odd = {"setup_sects 0": bzimage(setup_sects=0), "setup_sects 255": bzimage(setup_sects=255), "init_size 0": bzimage(init_size=0)}
    for name, data in odd.items():
        path = folder / "odd"
        path.write_bytes(data)
        result = run(program, [*ENDS, "-kernel", str(path)])
        tap.case(result.status == 0 and not result.errors, f"-kernel, {name}: a machine", result)
    cut = bzimage(payload=1024)
    wrong = []
    for length in range(0, len(cut), 1 if long else 97):
        (folder / "cut").write_bytes(cut[:length])
        result = run(program, [*ENDS, "-kernel", str(folder / "cut")])
        if not names(result, ["-kernel", "cut"]):
            wrong.append(f"{length} bytes: {result}")
    tap.case(not wrong, "a kernel cut short anywhere is refused with one line", "\n".join(wrong[:10]))
    files_beside(tap, program, folder, good)
    firmware_kernels(tap, program, folder)


def files_beside(tap, program, folder, good):
    large, fifo, small = folder / "large", folder / "fifo", folder / "small"
    with large.open("wb") as stream:
        stream.truncate(1 << 30)
    small.write_bytes(b"initrd")
    os.mkfifo(fifo)
    kernel = ["-kernel", str(good)]
    for name, line, words in [
            ("an initrd larger than RAM", [*kernel, "-initrd", str(large)], ["-initrd", "large"]),
            ("a kernel larger than RAM", ["-kernel", str(large)], ["-kernel", "large"]),
            ("a pipe as kernel", ["-kernel", str(fifo)], ["-kernel", "fifo"]),
            ("a pipe as initrd", [*kernel, "-initrd", str(fifo)], ["-initrd", "fifo"]),
            ("a folder as initrd", [*kernel, "-initrd", str(folder)], ["-initrd"]),
            ("an empty initrd", [*kernel, "-initrd", "/dev/null"], ["-initrd"]),
            ("-initrd without -kernel", ["-initrd", str(small)], ["-initrd", "-kernel"]),
            ("a command line too long", [*kernel, "-append", "a" * 2048], ["-append", "2048", "2047"]),
            ("a kernel that RAM does not reach", ["-m", "16", *kernel], ["-kernel", "kernel"])]:
        refused(tap, program, line, words, f"{name}: refused with one line", folder)
    result = run(program, [*ENDS, *kernel, "-initrd", str(small), "-append", "a" * 2047])
    tap.case(result.status == 0 and not result.errors, "a command line of exactly the longest length is taken", result)


def firmware_kernels(tap, program, folder):
    """-kernel by way of firmware: every kind of file is read before a machine runs."""
    good = bzimage()
    firmware = ["-nodefaults", "-display", "none", "-S", "-qmp", "stdio"]
    for board in ("q35", "pc"):
        (folder / "good").write_bytes(good)
        line = ["-M", board, *firmware, "-kernel", str(folder / "good"), "-initrd", str(folder / "small"), "-append", "vga=ask"]
        result = run(program, line)
        tap.case(result.status == 0 and not result.errors, f"-kernel with firmware on {board}: a machine", result)
    elf = b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, 0x200000, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    multiboot = struct.pack("<III", 0x1badb002, 0x10008, 2**32 - 0x1badb002 - 0x10008)
    bad = {
        "text": b"hello\n" * 1000, "one byte": b"M", "a zImage": bzimage(loadflags=0), "protocol 1.99": bzimage(protocol=0x1ff),
        "setup code only": good[:1024], "an ELF file without segments": elf + bytes(32), "an ELF header alone": elf,
        "half an ELF header": elf[:40], "a shell": pathlib.Path("/bin/sh").read_bytes(), "Multiboot that wants too much": multiboot,
        "Multiboot without its addresses": struct.pack("<III", 0x1badb002, 0x10000, 2**32 - 0x1badb002 - 0x10000),
    }
    wrong = []
    for name, data in bad.items():
        (folder / "bad").write_bytes(data)
        result = run(program, ["-M", "q35", *firmware, "-kernel", str(folder / "bad")])
        if not names(result, ["-kernel", "bad"]):
            wrong.append(f"{name}: {result}")
    tap.case(not wrong, f"-kernel with firmware: each of {len(bad)} bad files is refused with one line", "\n".join(wrong))


def sockets(tap, program, folder):
    busy = folder / "busy"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket() as tcp:
        listener.bind(str(busy))
        listener.listen()
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        port = tcp.getsockname()[1]
        refused(tap, program, ["-serial", f"unix:{busy},server=on,wait=off"], ["busy"], "a socket path in use: refused", folder)
        tap.case(busy.exists(), "a socket path in use: its owner's socket is still there")
        refused(tap, program, ["-serial", f"tcp:127.0.0.1:{port},server=on,wait=off"], [str(port)], "a port in use: refused", folder)
    for option in ("-serial", "-monitor", "-qmp"):
        refused(tap, program, [option, "unix:/nonexistent/a,server=on,wait=off"], ["/nonexistent"],
                f"{option}: a socket in no folder: refused", folder)
        refused(tap, program, [option, f"unix:/tmp/{'a' * 200},server=on,wait=off"], ["aaaa", "107"],
                f"{option}: a socket path that is too long: refused", folder)
        refused(tap, program, [option, "unix:nobody"], ["nobody"], f"{option}: a socket that nobody serves: refused", folder)
    result = run(program, [*ENDS, "-serial", "unix:stale,server=on,wait=off"], folder=folder)
    tap.case(result.status == 0 and not (folder / "stale").exists(), "a server's socket goes when the machine does", result)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "stale"))
    result = run(program, [*ENDS, "-serial", "unix:stale,server=on,wait=off"], folder=folder)
    tap.case(result.status == 0, "a socket that a dead process left is taken over", result)
    result = run(program, [*ENDS, "-serial", "unix:waits,server=on"], folder=folder)
    tap.case(result.status == 0, "a machine that waits for a client of its serial port can be told to quit", result)


# Both programs have these options; the verdict is status 0 (told to quit) or 1.
COMPARED = [
    [], ["-m", "64,slots=2"], ["-m", "64,slots=2,maxmem=64M"], ["-m", "64,slots=257,maxmem=64M"], ["-m", "64,maxmem=64M"],
    ["-m", "64,maxmem=32M"], ["-m", "64,slots=x,maxmem=64M"], ["-m", "64", "-m", "maxmem=64M"], ["-m", "maxmem=64M"], ["-m", "64,slots=0"],
    ["-smp", "0"], ["-smp", "4,sockets=0"], ["-smp", "4,clusters=2"], ["-smp", "4", "-smp", "sockets=2"], ["-smp", "maxcpus=0"],
    ["-audiodev", "none,id=a"], ["-audiodev", "none"], ["-audiodev", "nosuch,id=a"], ["-audiodev", '{"id":"a","driver":"none"}'],
    ["-audiodev", "none,id=a,nosuch=1"], ["-audiodev", "none,id=a,out.frequency=44100"], ["-audiodev", '{"driver":"none"}'],
    ["-audiodev", "none,id=a", "-audiodev", "none,id=a"], ["-audio", "none"], ["-audio", "none,model=nosuch"], ["-audio-help"],
    ["-k", "de"], ["-echr", "1"], ["-mem-path", "/dev/shm", "-m", "16"], ["-mem-prealloc", "-m", "16"], ["-display", "none,nosuch=1"],
    ["-display", "nosuch"], ["-trace", "nosuch=1"], ["-trace", "events=/nonexistent/a"],
    ["-M", "q35,dump_guest_core=off"], ["-preconfig", "-numa", "node,nodeid=900"], ["-no-kvm"], ["-semihosting"], ["-dumpdtb", "x"],
    ["-tb-size", "1"], ["-enable-fips"], ["-nodefconfig"], ["-no-user-config"], ["-mem-path", "/dev/shm", "-M", "memory-backend=a"],
    ["-M", "q35,hpet"], ["-msg", "timestamp"], ["-msg", "notimestamp"], ["-boot", "order=c,menu"], ["-smp", "2,sockets"],
    ["-only-migratable"],
    ["-m", "64"], ["-m", "-1"], ["-m", "64 "], ["-m", "64MB"], ["-m", "1.5G"], ["-m", "1e3"], ["-m", ".5G"], ["-m", "1.G"], ["-m", "size="],
    ["-m", "128,foo=bar"], ["-m", "64,"], ["-smp", "4,cores=3"], ["-smp", "4,maxcpus=2"], ["-smp", "1,1"], ["-smp", "1k"], ["-smp", "289"],
    ["-smp", "4,dies=1"], ["-smp", "4,"], ["-smp", "sockets=2"], ["-smp", ","], ["-smp", "maxcpus=2"], ["-cpu", "nosuch"], ["-cpu", "max"],
    ["-cpu", "qemu64,nosuch=on"], ["-cpu", "qemu64,+nx"], ["-cpu", "qemu64,nx=perhaps"], ["-cpu", "qemu64,"], ["-accel", "nosuch"],
    ["-accel", "nosuch", "-accel", "tcg"], ["-accel", "tcg,nosuch=1"], ["-accel", "tcg,thread=perhaps"], ["-accel", "tcg,tb-size=64"],
    ["-accel", "tcg,tb-size=x"],
    ["-accel", "tcg,split-wx=off"], ["-M", "accel=tcg", "-accel", "tcg"],
    ["-device", "nosuch"],
    ["-device", "pvpanic"], ["-device", "pvpanic,id=a", "-device", "pvpanic,id=a"], ["-device", "pvpanic,id=1a"],
    ["-device", "pvpanic,ioport=65536"], ["-device", "pvpanic,bus=isa.0"], ["-device", "pvpanic,bus=nosuch"],
    ["-device", "pvpanic,nosuch=1"],
    ["-device", "pvpanic,bus=pcie.0"], ["-device", "mch"], ["-device", "isa-debug-exit,iosize=3"], ["-serial", "nosuch"],
    ["-serial", "null"],
    ["-serial", "chardev:nosuch"], ["-chardev", "null"], ["-chardev", "null,id=a"], ["-chardev", "null,id=1a"], ["-chardev", "nosuch,id=a"],
    ["-chardev", "null,id=a", "-chardev", "null,id=b", "-mon", "a,id=m", "-mon", "b,id=m"],
    ["-mon", "nosuch"], ["-d", "nosuch"], ["-D", "/nonexistent/a"], ["-nosuch"], ["--nodefaults"], ["-M", "nosuch"], ["-M", "q35,nosuch=1"],
    ["-M", "q35,hpet=off"], ["-M", "q35,hpet=yes"], ["-M", "q35,hpet=perhaps"], ["-M", "q35,accel=tcg"], ["-M", "q35,accel=nosuch:tcg"],
    ["-initrd", "/dev/null"], ["-append", "x"], ["-name", "a"], ["-name", "a,nosuch=1"], ["-name", "guest=a"],
    ["-smbios", ""], ["-smbios", "type=0"], ["-smbios", "type=16"], ["-smbios", "type=x"], ["-smbios", "type=0,release=1"],
    ["-smbios", "vendor=x"],
    ["-smbios", "type=0,release=1.2"], ["-smbios", "type=1,uuid=x"], ["-smbios", "type=4,max-speed=65536"], ["-smbios", "type=41,kind=x"],
    ["-smbios", "file=/nonexistent"], ["-smbios", "type=1,nosuch=x"], ["-uuid", "x"], ["-uuid", "00112233-4455-6677-8899-AABBccddeeff"],
    ["-global", "ICH9-LPC.disable_s3=1"], ["-global", "ICH9-LPC.disable_s3=x"], ["-global", "ICH9-LPC.nosuch=1"],
    ["-global", "nosuch.nosuch=1"], ["-global", "device.nosuch=1"], ["-global", "x"], ["-global", "driver=hpet,property=timers,value=8"],
    ["-global", "driver=hpet,property=timers"], ["-global", "hpet.timers=8", "-device", "nosuch"], ["-debugcon", "null"],
    ["-debugcon", "nosuch"], ["-pidfile", "pid"], ["-pidfile", "/nonexistent/pid"], ["-pidfile", "/tmp"],
    ["-fw_cfg", "opt/a,string=x"], ["-fw_cfg", "opt/a"], ["-fw_cfg", "opt/a,string="], ["-fw_cfg", "name=,string=x"],
    ["-fw_cfg", "a,string=x"],
    ["-fw_cfg", "opt/a,string=x,file=/dev/null"], ["-fw_cfg", "opt/a,file=/nonexistent"], ["-fw_cfg", "opt/" + 52 * "n" + ",string=x"],
    ["-fw_cfg", "opt/a,string=x", "-fw_cfg", "opt/a,string=y"],
]

def compared(tap, program, folder):
    name = f"the verdict on {len(COMPARED)} command lines is the reference's"
    other = reference()
    if not other:
        tap.skip(name, "no qemu-system-x86_64 here")
        return
    wrong = []
    base = ["-M", "q35", "-nodefaults", "-display", "none", "-S", "-qmp", "stdio"]
    for line in COMPARED:
        ours, theirs = run(program, [*base, *line], folder=folder), run(other, [*base, *line], folder=folder)
        if (ours.status == 0) != (theirs.status == 0):
            wrong.append(f"{line}: ours {ours}; the reference: {theirs.status} {theirs.errors[:300]}")
    tap.case(not wrong, name, "\n".join(wrong))


def main():
    args, tap = arguments(__doc__), Tap()
    with tempfile.TemporaryDirectory(prefix="rhea-wrong-") as name:
        folder = pathlib.Path(name)
        wrong_values(tap, args.program, folder)
        files_of_options(tap, args.program, folder)
        fifos(tap, args.program, folder)
        right_values(tap, args.program, folder)
        warnings(tap, args.program, folder)
        kernels(tap, args.program, folder, args.long)
        sockets(tap, args.program, folder)
        compared(tap, args.program, folder)
    tap.end()


if __name__ == "__main__":
    main()
