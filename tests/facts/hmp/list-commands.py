#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists the reference's human monitor commands: which are here, and which part of the program the others wait for.

usage: list-commands.py HELP.txt hmp-commands.c > commands.tsv

HELP.txt is what the reference prints for `help` and then for `help info`.  A command that no line below fits fails.
"""
import re
import sys

# The first line that fits counts.
PARTS = [
    ('network', 'announce_self|hostfwd_.*|netdev_.*|set_link|info (network|usernet)'),
    ('virtio-balloon', '(info )?balloon'),
    ('jobs', 'block_(job_.*|stream)|drive_(backup|mirror)|info block-jobs'),
    ('removable media', 'change|eject'),
    ('NBD server and exports', 'nbd_.*'),
    ('snapshots', 'savevm|loadvm|delvm|snapshot_.*|info snapshots'),
    ('block graph', 'block_.*|commit|drive_(add|del)|qemu-io|info block(stats)?'),
    ('boot order at run time', 'boot_set'),
    ('dirty rate', '(info )?(calc_dirty_rate|dirty_rate|(set_|cancel_)?vcpu_dirty_limit)'),
    ('migration', '(info )?migrate.*'),
    ('Spice', 'client_migrate_info|info spice'),
    ('descriptors by the monitor', 'closefd|getfd'),
    ('hot-plug by the monitor', 'device_(add|del)'),
    ('device trees', 'dumpdtb'),
    ('preconfig', 'exit_preconfig'),
    ('VNC', '(expire|set)_password|info vnc'),
    ('machine checks', 'mce'),
    ('PCI Express errors', 'pcie_aer_inject_error'),
    ('record and replay', '(info )?replay.*'),
    ('the translator', 'singlestep|info (jit|opcount|profile)'),
    ('audio', 'stopcapture|wavcapture|info capture'),
    ('profiling of locks', '(info )?sync-profile'),
    ('COLO', 'x_colo_lost_heartbeat'),
    ('page tables in the human monitor', 'info (mem|tlb)'),
    ('local APICs in the human monitor', 'info lapic'),
    ('memory hot-plug', 'info memory-devices'),
    ('device types in the human monitor', 'info qdm'),
    ('ROMs as the human monitor lists them', 'info roms'),
    ('RDMA', 'info rdma'),
    ('rocker', 'info rocker.*'),
    ('SEV', 'info sev'),
    ('SGX', 'info sgx'),
    ('statistics', 'info stats'),
    ('TPM', 'info tpm'),
    ('USB', 'info usb(host)?'),
    ('virtio', 'info virtio.*'),
]


def helped(path):
    """Names with their aliases; a line that begins otherwise goes on with the one before."""
    for line in open(path):
        m = re.match(r'(info )?([A-Za-z_][\w|?-]*) ', line)
        if m and ' -- ' in line or line.startswith('drive_add '):
            yield (m.group(1) or '') + m.group(2)


def here(path):
    commands, info = open(path).read().split('hmp_info_commands[]')
    for prefix, text in (('', commands), ('info ', info)):
        for name in re.findall(r'\.name = "([^"]+)"', text):
            yield prefix + name


def main():
    ours = set(here(sys.argv[2]))
    print('# Commands of the human monitor: done, or the part of the program that they wait for.')
    for name in sorted(set(helped(sys.argv[1]))):
        parts = [part for part, names in PARTS if re.fullmatch(names, name)]
        if name not in ours and not parts:
            sys.exit('%s: which part does it wait for?' % name)
        print('%s\t%s' % (name, 'done' if name in ours else 'waits: ' + parts[0]))


main()
