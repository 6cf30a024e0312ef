#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Debian's libvirt, unmodified, with Rhea in the place where it expects QEMU: it probes the program, defines a domain,
starts a stock kernel in it, steers it and takes it away

    libvirt.py --program FILE --kernel FILE --initrd FILE [--reference] [--log FILE]

A daemon of its own, on folders of its own in a mount namespace of its own; --reference tries the steps themselves on the
reference; --log keeps what was said on monitors, for tests/facts/libvirt.
TAP on stdout; skipped where libvirt is not installed, and for ordinary users.
"""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tty

from guest import PATIENCE, Console, GuestError

NAMESPACE = "RHEA_LIBVIRT_NAMESPACE"
FOLDERS = ("/etc/libvirt", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt")
DAEMON_CONF = 'auth_unix_rw = "none"\nlog_outputs = "3:stderr{log}"\nlog_filters = "{filters}"\n'
DRIVER_CONF = """user = "root"
group = "root"
dynamic_ownership = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
"""
USER = "libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin\n"      # what a package that is not needed would make
GROUP = "libvirt-qemu:x:64055:\n"
DOMAIN = """<domain type='qemu'>
  <name>guest</name>
  <uuid>3b6c1b7e-5e0e-4b5f-9b53-5d0c1f1f7a10</uuid>
  <memory unit='MiB'>256</memory>
  <vcpu>2</vcpu>
  <os>
    <type arch='x86_64' machine='{machine}'>hvm</type>
    <kernel>{kernel}</kernel><initrd>{initrd}</initrd><cmdline>console=ttyS0</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <on_reboot>restart</on_reboot>
  <devices>
    <emulator>{emulator}</emulator>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    <serial type='pty'/>
    <video><model type='vga' vram='16384' heads='1'/></video>
  </devices>
</domain>
"""


def bind(source, target):
    subprocess.run(["mount", "--bind", str(source), str(target)], check=True)


class Daemon:
    """libvirtd, in the namespace that this process is in."""

    def __init__(self, folder, program, log):
        self.folder = folder
        self._stage(program, log)
        self.errors = (folder / "errors").open("w+")
        # without /usr/bin, where other emulators may be
        environment = {"HOME": str(folder), "PATH": f"{folder}/bin:/usr/sbin:/sbin", "LC_ALL": "C"}
        self.process = subprocess.Popen(["libvirtd"], env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=self.errors)

    def _stage(self, program, log):
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        for number, path in enumerate(FOLDERS):
            (self.folder / str(number)).mkdir()
            bind(self.folder / str(number), path)
        for name, line in (("passwd", USER), ("group", GROUP)):
            (self.folder / name).write_text(pathlib.Path("/etc", name).read_text() + line)
            bind(self.folder / name, f"/etc/{name}")
        pathlib.Path("/etc/libvirt/libvirtd.conf").write_text(DAEMON_CONF.format(
            log=f" 1:file:{log}" if log else "", filters="1:qemu.qemu_monitor 3:*" if log else ""))
        pathlib.Path("/etc/libvirt/qemu.conf").write_text(DRIVER_CONF)
        (self.folder / "bin").mkdir()
        self.emulator = self.folder / "bin/qemu-system-x86_64"
        self.emulator.symlink_to(program)

    def __enter__(self):
        deadline = time.monotonic() + 30 * PATIENCE
        while self.virsh("uri", check=False).returncode:        # it says nowhere else that it listens
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise GuestError(f"libvirtd does not come up: {self.said()}")
        return self

    def __exit__(self, *exception):
        with contextlib.suppress(GuestError):
            self.virsh("destroy", "guest", check=False)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()

    def said(self):
        self.errors.flush()
        log = pathlib.Path("/var/log/libvirt/qemu/guest.log")
        told = (self.folder / "errors").read_text(errors="replace")[-1500:]
        return told + ("\n" + log.read_text(errors="replace")[-1500:] if log.exists() else "")

    def virsh(self, *words, check=True, seconds=60):
        try:
            done = subprocess.run(["virsh", "-q", *map(str, words)], capture_output=True, text=True, check=False,
                                  timeout=seconds * PATIENCE, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as error:
            raise GuestError(f"virsh {' '.join(map(str, words))}: not within {error.timeout:g} s\n{self.said()}") from error
        if check and done.returncode:
            raise GuestError(f"virsh {' '.join(map(str, words))}: {done.stderr}{self.said()}")
        return done


class Lifecycle:
    """What libvirt tells of the domain while something is done to it."""

    def __init__(self):
        self.process = subprocess.Popen(["virsh", "-q", "event", "guest", "lifecycle", "--loop", "--timeout",
                                         str(int(120 * PATIENCE))], stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def wait(self, pattern):
        seen = ""
        for line in self.process.stdout:
            seen += line
            if re.search(pattern, line):
                return
        raise GuestError(f"no event {pattern!r} came; there came:\n{seen or '(nothing)'}")


class Domain:
    """The domain and its console, which another start replaces."""

    def __init__(self, daemon, args, machine):
        self.daemon, self.machine, self.args, self.console = daemon, machine, args, None
        self.xml = daemon.folder / "guest.xml"
        self.xml.write_text(DOMAIN.format(machine=machine, kernel=args.kernel, initrd=args.initrd,
                                          emulator=daemon.emulator))

    def virsh(self, *words, **more):
        return self.daemon.virsh(*words, **more).stdout

    def want(self, condition, what):
        if not condition:
            raise GuestError(f"{what}\n{self.daemon.said()}")

    def state(self):
        return self.virsh("domstate", "guest", "--reason").strip()

    def open_console(self):
        path = self.virsh("ttyconsole", "guest").strip()
        terminal = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(terminal)
        self.console = Console(terminal, terminal)

    def close_console(self):
        if self.console:
            os.close(self.console.reads)
            self.console = None

    def boots(self):
        self.console.wait_for_shell(120)

    def process_id(self):
        return int(pathlib.Path("/run/libvirt/qemu/guest.pid").read_text())


def step_capabilities(domain):
    """virsh capabilities: the program is one that runs x86-64 machines"""
    text = domain.virsh("capabilities")
    domain.want(str(domain.daemon.emulator) in text, f"no such emulator in {text}")
    for word in ("<arch name='x86_64'>", f">{domain.machine}</machine>", "<domain type='qemu'"):
        domain.want(word in text, f"{word} is not in {text}")


def step_domain_capabilities(domain):
    """virsh domcapabilities: machine, CPU models, what there is"""
    text = domain.virsh("domcapabilities", "--emulatorbin", domain.daemon.emulator, "--machine", domain.machine,
                        "--virttype", "qemu")
    for word in (f"<machine>{domain.machine}</machine>", "<mode name='host-model' supported='yes'>",
                 "<mode name='maximum' supported='yes'>", ">qemu64</model>"):
        domain.want(word in text, f"{word} is not in {text}")


def step_define(domain):
    """virsh define: the domain's devices get their addresses"""
    domain.virsh("define", domain.xml)
    text = domain.virsh("dumpxml", "guest")
    domain.want(f"machine='{domain.machine}'" in text and "<model type='isa-serial'" not in text, f"the XML is {text}")


def step_start(domain):
    """virsh start: the kernel boots to its shell on the serial console"""
    domain.virsh("start", "guest")
    domain.want(domain.state() == "running (booted)", f"the state is {domain.state()}")
    domain.open_console()
    domain.boots()
    domain.want(domain.console.shell("nproc").split()[-1] == "2", "the guest has not its two CPUs")


def step_process(domain):
    """the process is confined, and named for its guest"""
    status = pathlib.Path(f"/proc/{domain.process_id()}/status").read_text()
    domain.want(re.search(r"^Seccomp:\s*2$", status, re.MULTILINE), f"system calls are not filtered: {status}")
    tasks = pathlib.Path(f"/proc/{domain.process_id()}/task").glob("*/comm")
    names = {task.read_text().strip() for task in tasks}
    domain.want({"CPU 0/TCG", "CPU 1/TCG"} <= names, f"the threads are {names}")


def step_look(domain):
    """virsh dominfo, domstats, vcpuinfo: what it is, what it uses"""
    text = domain.virsh("dominfo", "guest")
    domain.want(re.search(r"State:\s+running", text) and re.search(r"CPU\(s\):\s+2", text), f"dominfo: {text}")
    text = domain.virsh("domstats", "guest")
    times = [int(time) for time in re.findall(r"vcpu\.\d\.time=(\d+)", text)]
    domain.want(len(times) == 2 and all(times), f"domstats has no time of the two CPUs: {text}")
    text = domain.virsh("vcpuinfo", "guest")
    domain.want(text.count("running") == 2, f"vcpuinfo: {text}")


def step_suspend(domain):
    """virsh suspend, resume: the guest stands, and goes on"""
    domain.virsh("suspend", "guest")
    domain.want(domain.state() == "paused (user)", f"the state is {domain.state()}")
    domain.virsh("resume", "guest")
    domain.want(domain.state() == "running (unpaused)", f"the state is {domain.state()}")
    domain.want("alive" in domain.console.shell("echo alive"), "the guest does not answer")


def step_monitor(domain):
    """virsh qemu-monitor-command: QMP and the human monitor"""
    text = domain.virsh("qemu-monitor-command", "guest", '{"execute": "query-status"}')
    domain.want('"status":"running"' in text.replace(" ", ""), f"query-status: {text}")
    text = domain.virsh("qemu-monitor-command", "guest", "--hmp", "info status")
    domain.want("VM status: running" in text, f"info status: {text}")


def interrupts(console, name):
    return sum(int(n) for n in re.search(rf"^ *{name}:([ \d]*)", console.shell("cat /proc/interrupts"), re.M)[1].split())


def step_nmi(domain):
    """virsh inject-nmi: the guest counts one"""
    before = interrupts(domain.console, "NMI")
    domain.virsh("inject-nmi", "guest")
    domain.want(interrupts(domain.console, "NMI") > before, "no NMI arrived")


def step_keys(domain):
    """virsh send-key: the kernel's magic keys answer"""
    domain.console.shell("dmesg -n 8")
    domain.virsh("send-key", "guest", "KEY_LEFTALT", "KEY_SYSRQ", "KEY_H")
    domain.console.expect("sysrq: HELP", 20, "the kernel's answer to Alt-SysRq-H")
    domain.console.shell("dmesg -n 1")


def step_screenshot(domain):
    """virsh screenshot: a picture of the text screen"""
    path = domain.daemon.folder / "shot"
    domain.virsh("screenshot", "guest", path)
    head = path.read_bytes()[:24]
    size = head.split(b"\n")[1] if head.startswith(b"P6") else f"{head[18] << 8 | head[19]} {head[22] << 8 | head[23]}".encode()
    domain.want(size == b"720 400", f"the picture's size is {size}")


def step_dump(domain):
    """virsh dump --memory-only: a core file, and the guest goes on"""
    path = domain.daemon.folder / "core"
    domain.virsh("dump", "guest", path, "--memory-only", "--live")
    head = path.read_bytes()[:20]
    domain.want(head[:4] == b"\x7fELF" and head[16] == 4, f"the file begins with {head}")
    domain.want(path.stat().st_size > 256 << 20, f"it has {path.stat().st_size} bytes")
    domain.want("alive" in domain.console.shell("echo alive"), "the guest does not answer")


def step_reset(domain):
    """virsh reset: it boots again"""
    domain.virsh("reset", "guest")
    domain.boots()


def step_reboot(domain):
    """virsh reboot --mode acpi: the guest switches off, libvirt starts it again"""
    domain.virsh("reboot", "guest", "--mode", "acpi")
    domain.boots()
    domain.want(domain.state().startswith("running"), f"the state is {domain.state()}")


def step_shutdown(domain):
    """virsh shutdown --mode acpi: the guest switches off, the process ends"""
    process = domain.process_id()
    with Lifecycle() as life:
        domain.virsh("shutdown", "guest", "--mode", "acpi")
        life.wait("Stopped")
    domain.close_console()
    domain.want(domain.state() == "shut off (shutdown)", f"the state is {domain.state()}")
    domain.want(not pathlib.Path(f"/proc/{process}").exists(), "the process is still there")


def step_destroy(domain):
    """virsh start and destroy: a second life, and its end"""
    domain.virsh("start", "guest")
    process = domain.process_id()
    before = time.monotonic()
    domain.virsh("destroy", "guest")
    domain.want(domain.state() == "shut off (destroyed)", f"the state is {domain.state()}")
    domain.want(not pathlib.Path(f"/proc/{process}").exists(), "the process is still there")
    return f"in {time.monotonic() - before:.1f} s"


def step_undefine(domain):
    """virsh undefine"""
    domain.virsh("undefine", "guest")
    domain.want("guest" not in domain.virsh("list", "--all", "--name"), "it is still listed")


STEPS = (step_capabilities, step_domain_capabilities, step_define, step_start, step_process, step_look, step_suspend,
         step_monitor, step_nmi, step_keys, step_screenshot, step_dump, step_reset, step_reboot, step_shutdown,
         step_destroy, step_undefine)


class Tap:
    def __init__(self):
        self.count, self.failed = 0, 0

    def case(self, name, ok, why=""):
        self.count += 1
        self.failed += not ok
        for line in why.splitlines():
            print(f"# {line}")
        print(f"{'ok' if ok else 'not ok'} {self.count} - {name}", flush=True)


def life(args, tap, daemon, machine):
    """A domain's life; after a step that failed the others have no ground to stand on."""
    domain = Domain(daemon, args, machine)
    try:
        for step in STEPS:
            said = step(domain)
            tap.case(f"{machine}: {step.__doc__}" + (f" ({said})" if said else ""), True)
    except (GuestError, OSError) as error:
        tap.case(f"{machine}: {step.__doc__}", False, str(error))
    finally:
        domain.close_console()


def missing():
    if os.geteuid():
        return "this needs root"
    absent = [name for name in ("libvirtd", "virsh", "unshare") if not shutil.which(name)]
    driver = "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so"
    return f"no {', '.join(absent)}" if absent else "" if os.path.exists(driver) else "no driver of libvirt's for this"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "kernel", "initrd"):
        parser.add_argument(f"--{name}", required=True, type=os.path.abspath)
    parser.add_argument("--reference", action="store_true")
    parser.add_argument("--log", type=os.path.abspath)
    args = parser.parse_args()
    if why := missing():
        print(f"1..0 # SKIP {why}")
        return 0
    if NAMESPACE not in os.environ:
        os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv],
                   os.environ | {NAMESPACE: "1"})
    program = shutil.which("qemu-system-x86_64") if args.reference else args.program
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="rhea-libvirt-") as folder:
        try:
            with Daemon(pathlib.Path(folder), program, args.log) as daemon:
                for machine in ("pc-q35-7.2", "pc-i440fx-7.2"):
                    life(args, tap, daemon, machine)
        except GuestError as error:
            tap.case("libvirt", False, str(error))
        finally:
            for path in (*FOLDERS, "/etc/passwd", "/etc/group"):
                subprocess.run(["umount", path], check=False, capture_output=True)
    print(f"1..{tap.count}")
    return tap.failed != 0


if __name__ == "__main__":
    sys.exit(main())
